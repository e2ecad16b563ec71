"""An error that only an idle follows, in a run that says nothing."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import session_scenario
from .draws import IDLE, OTHER, RUNNING, Draft, Drafts, cases, error

JUDGES = "ERR-2 END-1 DEL-1"


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(first: list[Draft], errors: int, second: list[Draft]) -> Drafts:
        return [*first, *[error()] * errors, *second, IDLE]

    others = st.lists(st.sampled_from((OTHER, RUNNING, {"type": "blank"})), max_size=2)
    return cases("silent-errors", setting, st.builds(build, others, st.sampled_from((1, 1, 2)), others))


SILENT_ERRORS = session_scenario("silent-errors", "an error, no message, and an idle: no success", JUDGES, draw)
