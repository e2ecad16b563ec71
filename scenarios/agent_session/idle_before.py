"""The log begins with idles from before the prompt: they end nothing."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import session_scenario
from .draws import IDLE, RUNNING, cases, messages

JUDGES = "COMPLETE-3 COMPLETE-1 COMPLETE-2"


def draw(setting: Setting) -> SearchStrategy[Case]:
    drafts = st.builds(lambda rows: [*rows, {**IDLE, "gap": 3}], messages(1, 4))
    stale_ms = st.sampled_from((0, 50, 1_500) if setting.world == "sim" else (0, 25))
    before = st.sampled_from(([IDLE], [RUNNING, IDLE], [IDLE, RUNNING, {"type": "idle", "stop": None}]))
    return before.flatmap(lambda rows: cases("idle-before", setting, drafts, before=rows, status_lag_ms=stale_ms))


IDLE_BEFORE = session_scenario("idle-before", "the log begins with an idle from before the prompt", JUDGES, draw)
