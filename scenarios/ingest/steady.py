"""Nothing goes wrong: events come one by one and in bursts, with pauses, then a stop."""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import sender_scenario
from .draws import STOP, cases, drafts

JUDGES = ("URL-1", "HDR-1", "SYNC-1", "ORD-1", "ORD-2", "LOSS-1", "CMP-1", "ACK-1", "STOP-1", "STOP-2", "STOP-3", "STOP-6", "LIVE-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("enqueue", "burst", "wait", amount_max=6, size_max=8)
    return cases("ingest-steady", setting, ops, end=(("wait", {"ms": 1_000}), STOP))


STEADY = sender_scenario("steady", "no fault: single events, bursts and pauses", JUDGES, draw)
