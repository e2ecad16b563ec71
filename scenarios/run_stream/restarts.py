"""A server restarts: all its connections are reset, what it stored stays."""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ..drawing import led_by
from ..preconditions import injected
from .base import reader_scenario
from .draws import ENDS, cases, drafts
from .stream_faults import event_cuts, restarts

JUDGES = ("LOSS-1", "DUP-1", "ORD-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("step", "burst", "append", "wait", amount_max=5, size_min=3)
    return cases("restarts", setting, ops, led_by(restarts(1), restarts(2), event_cuts()), ends=ENDS)


RESTARTS = reader_scenario("restarts", "restarts of the servers under any request", JUDGES, draw, counts=injected("restart"))
