"""The status says idle while the session still speaks."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import session_scenario
from .draws import Draft, Drafts, cases, messages

JUDGES = "COMPLETE-2 COMPLETE-1 END-3"


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(rows: Drafts, early: int, lag: int, type: str) -> Drafts:
        end: Draft = {"type": type, "gap": 2, "status_lag": -early, "lag": lag}
        return [*rows, end]

    drafts = st.builds(
        build, messages(1, 4), st.sampled_from((2, 3, 8)), st.sampled_from((0, 4)), st.sampled_from(("idle", "idle", "terminated"))
    )
    beat_ms = st.sampled_from((3_000, 20_000, 400) if setting.world == "sim" else (20, 60))
    return cases("early-idle", setting, drafts, beat_ms=beat_ms)


EARLY_IDLE = session_scenario("early-idle", "the status is terminal while messages are still to come", JUDGES, draw)
