"""The service tries again by itself, more than once: that is no end."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import session_scenario
from .draws import IDLE, RUNNING, Drafts, cases, endings, messages

JUDGES = "COMPLETE-3 COMPLETE-1 END-3"


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(rounds: list[Drafts], idles: bool, last: Drafts, end: dict[str, object]) -> Drafts:
        rows: Drafts = []
        for said in rounds:
            rows += [*said, *([{**IDLE, "gap": 0}] if idles else []), {"type": "rescheduled", "gap": 0}, {**RUNNING, "gap": 3}]
        return [*rows, *last, end]

    rounds = st.lists(messages(0, 2), min_size=1, max_size=3)
    return cases("rescheduled", setting, st.builds(build, rounds, st.booleans(), messages(0, 2), endings()))


RESCHEDULED = session_scenario("rescheduled", "the service tries again by itself, with an idle before that or none", JUDGES, draw)
