"""Answers end whole, as an idle proxy or a rotation ends them, though the stream goes on."""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ..preconditions import injected
from .base import ALL, reader_scenario
from .draws import ENDS, cases, drafts
from .stream_faults import clean_ends, event_cuts, in_a_row

JUDGES = ("LOSS-1", "DUP-1", "ORD-1", "RES-1", "END-2", "CTL-1", "BACK-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("step", "burst", "append", "wait", amount_max=6, size_min=3)
    ends = clean_ends("clean", "rotated", "resync", "unknown")
    faults = in_a_row(ends, ends, event_cuts())
    return cases("clean-ends", setting, ops, faults, ends=ENDS)


CLEAN_ENDS = reader_scenario(
    "clean-ends", "streams that end whole: plainly, by rotation, by resync", JUDGES, draw, counts=injected("end-stream"), profiles=ALL
)
