"""The shape shared by all scenarios of the role ``client``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Scenario, Setting, always
from ...harness.values.case import Case
from ...harness.values.history import History
from .client_play import play_client
from .client_shapes import CLIENT_CONFIG, CLIENT_OPERATIONS


def client_scenario(
    name: str,
    summary: str,
    judges: tuple[int, ...],
    draw: Callable[[Setting], SearchStrategy[Case]],
    *,
    counts: Callable[[History], str | None] = always,
    **more: Any,
) -> Scenario:
    """``judges``: numbers of the requirements EXE-CLI."""
    ids = tuple(f"EXE-CLI-{number}" for number in judges)
    more = {"operations": CLIENT_OPERATIONS, "config": CLIENT_CONFIG, **more}
    return Scenario(
        f"durable-client-{name}", "durable-execution", "client", summary, ("executions",), ids, draw, play_client, counts, **more
    )
