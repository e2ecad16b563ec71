"""A request takes effect and its answer is lost, or the request itself is: whatever comes of it, once, and nothing is left behind."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ..drawing import any_of
from ..preconditions import any_injected
from .base import session_scenario
from .draws import cases, turns
from .fault_draws import FIRST, answered, lost, lost_requests

JUDGES = "END-1 DEL-1 DEL-2 DEL-4 COMPLETE-1 COMPLETE-3"
CHANGING = st.sampled_from(("send", "delete", "delete", "create"))


def draw(setting: Setting) -> SearchStrategy[Case]:
    faults = any_of(
        lost(CHANGING, nth=FIRST),
        lost_requests(CHANGING, FIRST),
        answered(CHANGING, 500, 503, 429, 400, nth=FIRST, commit=True),
        size_max=2,
    )
    return cases("lost-answers", setting, turns(1, 3), faults, persist_session=False)


LOST_ANSWERS = session_scenario(
    "lost-answers", "creations, prompts and deletes whose answers are lost or false", JUDGES, draw, counts=any_injected
)
