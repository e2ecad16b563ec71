"""Streams end anywhere: between two events, inside a line, a chunk header, a character, a head."""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ..preconditions import injected
from .base import ALL, reader_scenario
from .draws import ENDS, cases, drafts
from .stream_faults import in_a_row, stream_cuts

JUDGES = ("LOSS-1", "DUP-1", "ORD-1", "RES-1", "TOK-1", "END-2", "PARSE-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("step", "burst", "append", "wait", amount_max=6, size_min=3, size_max=8)
    return cases("cuts", setting, ops, in_a_row(stream_cuts()), ends=ENDS)


CUTS = reader_scenario(
    "cuts", "streams that are cut at every kind of place, also several in a row", JUDGES, draw, counts=injected("cut"), profiles=ALL
)
