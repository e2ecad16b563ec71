"""More events than a page holds, and more of them while the pages are read; a page that fails."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.values.case import Case
from .base import session_scenario
from .draws import IDLE, OTHER, Drafts, cases, message
from .fault_draws import answered

JUDGES = "PAGE-1 COMPLETE-1 LAST-1"


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(counts: tuple[int, int, int], gap: int, end: str) -> Drafts:
        first, others, last = counts
        rows = [message("event", gap=0)] * first + [{**OTHER, "gap": 0}] * others + [message("late", gap=gap)] * last
        return [*rows, {**IDLE, "type": end}]

    counts = st.tuples(st.sampled_from((3, 18, 21, 45)), st.sampled_from((0, 5, 25)), st.sampled_from((0, 3, 8)))
    drafts = st.builds(build, counts, st.sampled_from((0, 1)), st.sampled_from(("idle", "terminated")))
    config: dict[str, Any] = {"page_size": st.sampled_from((20, 20, 7, 4)), "paging": st.sampled_from(("cursor", "offset"))}
    few_ms = st.sampled_from((1, 2, 40) if setting.world == "sim" else (2, 20))
    failures: SearchStrategy[list[Fault]] = st.lists(answered(st.just("list"), nth=st.integers(1, 4)), max_size=1)
    return cases("pages", setting, drafts, failures, beat_ms=few_ms, **config)


PAGES = session_scenario(
    "pages", "more events than a page holds, and more of them while the pages are read; a page that fails", JUDGES, draw
)
