"""Streams break off at every kind of place; the client goes on behind the last frame that it told."""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ..drawing import any_of, closings
from ..preconditions import any_injected
from .client_base import client_scenario
from .client_draws import STREAMS, clean_ends, cuts, half_closes, lives, rounds

JUDGES = (3, 1, 4)


def draw(setting: Setting) -> SearchStrategy[Case]:
    faults = any_of(cuts(), half_closes(), clean_ends(), closings(STREAMS))
    return lives("cuts", setting, faults, rounds(size_min=1))


CUTS = client_scenario(
    "cuts", "cuts and false ends at every kind of place, and the stream followed behind them", JUDGES, draw, counts=any_injected
)
