"""The status is a stale one: the idle from before the prompt, or running long behind the end."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import session_scenario
from .draws import IDLE, Drafts, cases, messages

JUDGES = "COMPLETE-2 COMPLETE-3 COMPLETE-1 END-3"


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(rows: Drafts, behind: int, type: str) -> Drafts:
        return [*rows, {"type": type, "status_lag": behind}]

    # A status that lags behind the end for ever would only be a session that never ends.
    drafts = st.builds(build, messages(1, 4), st.sampled_from((0, 2, 20)), st.sampled_from(("idle", "terminated")))
    stale_ms = st.sampled_from((100, 2_000, 20_000) if setting.world == "sim" else (30, 90))
    return cases("stale", setting, drafts, before=[IDLE], status_lag_ms=stale_ms)


STALE = session_scenario("stale", "the status tells the idle from before the prompt, or running long behind the end", JUDGES, draw)
