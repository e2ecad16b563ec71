"""A stream that comes drop by drop."""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ..drawing import drips
from ..preconditions import injected
from .base import reader_scenario
from .draws import ENDS, cases, drafts
from .stream_faults import STREAM, event_cuts, in_a_row

JUDGES = ("LOSS-1", "DUP-1", "ORD-1", "PARSE-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("burst", "step", "append", "wait", amount_max=4, size_min=2, size_max=5)
    every_ms = (1, 20, 150) if setting.world == "sim" else (1, 3)
    return cases("slow", setting, ops, in_a_row(drips(STREAM, every_ms), drips(STREAM, every_ms), event_cuts(), size_max=3), ends=ENDS)


SLOW = reader_scenario("slow", "streams that drip", JUDGES, draw, counts=injected("drip"), profiles=("proxy",))
