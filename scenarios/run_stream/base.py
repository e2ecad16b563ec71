"""The shape shared by all scenarios of ``run-stream``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Scenario, Setting, always
from ...harness.values.case import Case
from ...harness.values.history import History
from .reader_play import play_reader
from .shapes import READER_CONFIG, READER_OPERATIONS

ALL = ("proxy", "direct", "legacy")
DURABLE = ("proxy", "direct")


def reader_scenario(
    name: str,
    summary: str,
    judges: tuple[str, ...],
    draw: Callable[[Setting], SearchStrategy[Case]],
    *,
    counts: Callable[[History], str | None] = always,
    profiles: tuple[str, ...] = DURABLE,
    **more: Any,
) -> Scenario:
    """``judges``: requirement ids without the prefix ``RD-``."""
    ids = tuple(f"RD-{requirement}" for requirement in judges)
    more = {"operations": READER_OPERATIONS, "config": READER_CONFIG, **more}
    return Scenario(f"run-stream-{name}", "run-stream", "reader", summary, profiles, ids, draw, play_reader, counts, **more)
