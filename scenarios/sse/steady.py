"""Nothing goes wrong: events come one by one and in bursts, named and not, with pauses and comments."""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import sse_scenario
from .draws import cases, drafts

JUDGES = ("ACC-1", "ORD-1", "LOSS-1", "DUP-1", "PARSE-1", "ID-1", "OPEN-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("event", "burst", "step", "named", "comment", "wait", amount_max=6, size_max=8)
    return cases("steady", setting, ops, before=(("burst", 2, 1),))


STEADY = sse_scenario("steady", "no fault: single events, bursts, pauses, comments and event types", JUDGES, draw)
