"""The shape shared by all scenarios of ``pipe``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Scenario, Setting, always
from ...harness.values.case import Case
from ...harness.values.history import History
from .pipe_play import play_pipe
from .shapes import CONFIG, OPERATIONS

ALL = ("LOSS-1", "DUP-1", "ORD-1", "END-1", "LIVE-1")


def pipe_scenario(
    name: str,
    summary: str,
    draw: Callable[[Setting], SearchStrategy[Case]],
    *,
    judges: tuple[str, ...] = ALL,
    counts: Callable[[History], str | None] = always,
    **more: Any,
) -> Scenario:
    """``judges``: requirement ids without the prefix ``PIPE-``."""
    ids = tuple(f"PIPE-{requirement}" for requirement in judges)
    more = {"operations": OPERATIONS, "config": CONFIG, **more}
    return Scenario(f"pipe-{name}", "pipe", "sender+reader", summary, ("proxy", "direct"), ids, draw, play_pipe, counts, **more)
