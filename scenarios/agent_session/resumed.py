"""Idle, running again, idle: what looks like the end was none."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import session_scenario
from .draws import IDLE, RUNNING, Draft, Drafts, cases, messages

JUDGES = "COMPLETE-3 COMPLETE-1 LAST-1"


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(first: Drafts, rest: int, lag: int, second: Drafts, end: Draft) -> Drafts:
        return [*first, {**IDLE, "lag": lag}, {**RUNNING, "gap": rest}, *second, {**end, "gap": 2}]

    drafts = st.builds(
        build,
        messages(0, 3),
        st.sampled_from((0, 0, 1, 4)),
        st.sampled_from((0, 2)),
        messages(1, 3),
        st.sampled_from((IDLE, {"type": "terminated"})),
    )
    return cases("resumed", setting, drafts, before=[IDLE])


RESUMED = session_scenario("resumed", "idle, running again, idle: the first one was not the end", JUDGES, draw)
