"""The list shows events late and out of order; the status is told before them."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import session_scenario
from .draws import Draft, Drafts, cases, messages

JUDGES = "COMPLETE-1 COMPLETE-2 LAST-1 END-3"


def draw(setting: Setting) -> SearchStrategy[Case]:
    lags = st.lists(st.sampled_from((0, 1, 3, 12)), min_size=5, max_size=5)
    ends: SearchStrategy[Draft] = st.builds(
        lambda type, lag, early: {"type": type, "lag": lag, "status_lag": -early},
        st.sampled_from(("idle", "terminated")),
        st.sampled_from((2, 0, 1, 8, 30)),
        st.sampled_from((0, 0, 1)),
    )

    def build(rows: Drafts, late: list[int], end: Draft) -> Drafts:
        return [*({**row, "lag": lag} for row, lag in zip(rows, late, strict=False)), end]

    beat_ms = st.sampled_from((400, 3_000, 40) if setting.world == "sim" else (20, 40))
    return cases("lagging", setting, st.builds(build, messages(1, 5), lags, ends), beat_ms=beat_ms)


LAGGING = session_scenario("lagging", "the list shows events late and out of order, and the terminal one last", JUDGES, draw)
