"""Connections end: inside a line, a chunk header, a character, an answer; refused, closed behind an answer, half closed."""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import any_injected, sender_scenario
from .draws import AFTER_FAULTS, any_of, cases, connection_faults, cuts, drafts

JUDGES = ("LOSS-1", "ORD-1", "ORD-2", "IDEM-1", "ACK-1", "RETRY-1", "LIVE-2", "CMP-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("step", "burst", "enqueue", "wait", amount_max=5)
    return cases("ingest-cuts", setting, ops, any_of(cuts(), connection_faults()), ends=AFTER_FAULTS)


CUTS = sender_scenario(
    "cuts", "cuts at every kind of place, refused, half-closed and sliced connections, garbage", JUDGES, draw, counts=any_injected
)
