"""The shape shared by all scenarios of ``sse``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Scenario, Setting, always
from ...harness.values.case import Case
from ...harness.values.history import History
from .play import play_reader
from .shapes import CONFIG, OPERATIONS


def sse_scenario(
    name: str,
    summary: str,
    judges: tuple[str, ...],
    draw: Callable[[Setting], SearchStrategy[Case]],
    *,
    counts: Callable[[History], str | None] = always,
    **more: Any,
) -> Scenario:
    """``judges``: requirement ids without the prefix ``SSE-``."""
    ids = tuple(f"SSE-{requirement}" for requirement in judges)
    more = {"operations": OPERATIONS, "config": CONFIG, **more}
    return Scenario(f"sse-{name}", "sse", "reader", summary, ("plain",), ids, draw, play_reader, counts, **more)
