"""Others come to watch what is watched already."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.stall import Stall
from ...harness.values.case import Case
from .base import reader_scenario
from .draws import END, ENDS, TOLD, WATCH, Draft, Timing, case, cases, config, drafts, fixed, timings, wait
from .stream_faults import event_cuts, in_a_row

JUDGES = ("SUB-1", "DUP-1", "LOSS-1", "ORD-1", "TOK-1")
SECOND: Draft = ("watch", 1, 0)


def draw(setting: Setting) -> SearchStrategy[Case]:
    return st.one_of(live(setting), early(setting))


def live(setting: Setting) -> SearchStrategy[Case]:
    def between(before: list[Draft], after: list[Draft]) -> list[Draft]:
        """A second subscriber comes after some events, often right behind them."""
        return [*before, ("moment", 1, 0), SECOND, *after]

    ops = drafts("step", "burst", "append", "wait", "watch", amount_max=4, size_min=1, size_max=4)
    begin = drafts("step", "burst", "append", amount_max=4, size_min=1, size_max=3)
    both = begin.flatmap(lambda before: ops.map(lambda after: between(before, after)))
    return cases("late", setting, both, in_a_row(event_cuts(), size_min=0, size_max=2), ends=ENDS)


def early(setting: Setting) -> SearchStrategy[Case]:
    """The second one comes while the history is still being read."""

    def build(timing: Timing | None, old: int, live: int, ms: int) -> Case:
        held = Stall(endpoint="history", for_ms=100)
        workload = [fixed(1, old), WATCH, wait(ms), WATCH, fixed(old + 1, live), TOLD, WATCH, TOLD, *END]
        return case("late", setting, config(timing), workload, [held])

    return st.builds(build, timings(setting), st.integers(1, 4), st.integers(1, 3), st.sampled_from((0, 30)))


LATE = reader_scenario("late", "later subscribers of a run that is watched", JUDGES, draw)
