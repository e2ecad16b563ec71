"""Connections end, at every event and at every byte around it, once or several times in a row."""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ..drawing import any_of, closings
from ..preconditions import any_injected
from .base import sse_scenario
from .draws import STREAM, cases, cuts, drafts, half_closes, refusals

JUDGES = ("LOSS-1", "DUP-1", "ORD-1", "RES-1", "REC-1", "ID-1", "TELL-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("event", "step", "burst", "named", "wait", amount_max=5, size_max=8)
    return cases("cuts", setting, ops, any_of(cuts(), half_closes(), closings(STREAM), refusals(2)), before=(("burst", 2, 0),))


CUTS = sse_scenario(
    "cuts", "cuts at every kind of place with FIN and RST, half-closed and refused connections", JUDGES, draw, counts=any_injected
)
