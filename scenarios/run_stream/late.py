"""Others come to watch what is watched already."""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import reader_scenario
from .draws import ENDS, Draft, cases, drafts
from .stream_faults import event_cuts, in_a_row

JUDGES = ("SUB-1", "DUP-1", "LOSS-1", "ORD-1", "TOK-1")
SECOND: Draft = ("watch", 1, 0)


def draw(setting: Setting) -> SearchStrategy[Case]:
    def between(before: list[Draft], after: list[Draft]) -> list[Draft]:
        """A second subscriber comes after some events, often right behind them."""
        return [*before, SECOND, *after]

    ops = drafts("step", "burst", "append", "wait", "watch", amount_max=4, size_min=1, size_max=4)
    begin = drafts("step", "burst", "append", amount_max=4, size_min=1, size_max=3)
    both = begin.flatmap(lambda before: ops.map(lambda after: between(before, after)))
    return cases("late", setting, both, in_a_row(event_cuts(), size_min=0, size_max=2), ends=ENDS)


LATE = reader_scenario("late", "later subscribers of a run that is watched", JUDGES, draw)
