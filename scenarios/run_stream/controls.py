"""Frames that are no events stand between the events: keepalives, comments, unknown names, data that is no JSON."""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ..preconditions import injected
from .base import reader_scenario
from .draws import ENDS, GOES_ON, cases, drafts
from .stream_faults import event_cuts, in_a_row, interjections

JUDGES = ("CTL-1", "PARSE-1", "KA-1", "RES-1", "LOSS-1", "DUP-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("step", "burst", "append", amount_max=5, size_min=3)
    return cases("controls", setting, ops, in_a_row(interjections(), interjections(), event_cuts(), size_max=4), ends=(GOES_ON, *ENDS))


CONTROLS = reader_scenario(
    "controls", "control frames and spoilt frames between events, with ids", JUDGES, draw, counts=injected("interject")
)
