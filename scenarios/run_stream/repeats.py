"""The server sends events again, as an at-least-once replay does."""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ..preconditions import injected
from .base import reader_scenario
from .draws import ENDS, cases, drafts
from .stream_faults import clean_ends, event_cuts, in_a_row, repeats

JUDGES = ("DUP-1", "LOSS-1", "ORD-1", "RES-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("step", "burst", "append", amount_max=5, size_min=3)
    faults = in_a_row(repeats(), repeats(), event_cuts(), clean_ends("clean", "rotated"))
    return cases("repeats", setting, ops, faults, ends=ENDS)


REPEATS = reader_scenario("repeats", "events that are sent again with their ids", JUDGES, draw, counts=injected("duplicate"))
