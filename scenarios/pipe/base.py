"""The shape shared by all scenarios of ``pipe``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Scenario, Setting
from ...harness.values.case import Case
from ..family import Family
from .pipe_play import play_pipe
from .shapes import CONFIG, OPERATIONS

ALL = ("LOSS-1", "DUP-1", "ORD-1", "END-1", "LIVE-1")


FAMILY = Family("pipe", "pipe", "sender+reader", "PIPE", ("proxy", "direct"), play_pipe, OPERATIONS, CONFIG)


def pipe_scenario(
    name: str, summary: str, draw: Callable[[Setting], SearchStrategy[Case]], *, judges: tuple[str, ...] = ALL, **more: Any
) -> Scenario:
    """``judges``: requirement ids without the prefix."""
    return FAMILY.scenario(name, summary, judges, draw, **more)
