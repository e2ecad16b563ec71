"""The run tells its state and asks its user, in the middle of its events."""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import reader_scenario
from .draws import ENDS, cases, drafts
from .stream_faults import event_cuts, in_a_row, repeats

JUDGES = ("ORD-1", "CTL-1", "LOSS-1", "DUP-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("step", "state", "ask", "burst", amount_max=3, size_min=2, size_max=8)
    return cases("states", setting, ops, in_a_row(event_cuts(), repeats(), size_min=0, size_max=2), ends=ENDS)


STATES = reader_scenario("states", "states of the run and requests for permission between the events", JUDGES, draw)
