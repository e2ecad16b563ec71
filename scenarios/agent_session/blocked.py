"""Idle because somebody must act: the action comes, or never does."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import session_scenario
from .draws import BLOCKED, RUNNING, Draft, Drafts, cases, endings, messages

JUDGES = "COMPLETE-4 END-1 DEL-1 COMPLETE-1"


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(first: Drafts, after: int | None, second: Drafts, end: Draft) -> Drafts:
        if after is None:
            return [*first, BLOCKED]
        return [*first, BLOCKED, {**RUNNING, "gap": after}, *second, end]

    # On real sockets nobody waits until a runner gives up by itself.
    after = st.sampled_from((None, 1, 3, 10) if setting.world == "sim" else (1, 3))
    drafts = st.builds(build, messages(0, 3), after, messages(0, 3), endings())
    return cases("blocked", setting, drafts)


BLOCKED_RUNS = session_scenario("blocked", "idle with requires_action, resolved later or never", JUDGES, draw)
