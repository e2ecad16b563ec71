"""One request goes wrong, once; the run goes on as if nothing had been."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ..drawing import any_of, slices
from ..preconditions import any_injected
from .base import session_scenario
from .draws import cases, turns
from .fault_draws import FIRST, READING, answered, lost, lost_requests, slow, spoilt

JUDGES = "ERR-3 COMPLETE-1 END-1 SCHED-2 DEL-1"


def draw(setting: Setting) -> SearchStrategy[Case]:
    faults = any_of(
        answered(st.just("read"), nth=FIRST),
        answered(READING),
        lost(READING),
        lost_requests(READING),
        spoilt(READING),
        slow(READING, setting),
        slices(READING),
        size_max=2,
    )
    return cases("passing", setting, turns(1, 4), faults)


PASSING_TROUBLE = session_scenario(
    "passing", "single failures of status and list: 5xx, lost and useless answers, slow ones", JUDGES, draw, counts=any_injected
)
