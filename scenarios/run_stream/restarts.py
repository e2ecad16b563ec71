"""A server restarts: all its connections are reset, what it stored stays."""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ..drawing import any_of
from ..preconditions import injected
from .base import ALL, reader_scenario
from .draws import ENDS, cases, drafts
from .stream_faults import event_cuts, restarts

JUDGES = ("LOSS-1", "DUP-1", "ORD-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("step", "burst", "append", "wait", amount_max=5, size_min=3)
    return cases("restarts", setting, ops, restarted_streams().flatmap(lambda first: any_of(restarts(), event_cuts(), size_min=0).map(lambda more: [*first, *more])), ends=ENDS)


RESTARTS = reader_scenario("restarts", "restarts of the servers under any request", JUDGES, draw, counts=injected("restart"), profiles=ALL)
