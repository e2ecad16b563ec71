"""The shape shared by all server scenarios of ``durable-execution``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Scenario, Setting, always
from ...harness.values.case import Case
from ...harness.values.history import History
from .server_play import play_server
from .shapes import SERVER_CONFIG, SERVER_OPERATIONS

PROFILES = ("executions",)


def server_scenario(
    name: str,
    summary: str,
    judges: tuple[str, ...],
    draw: Callable[[Setting], SearchStrategy[Case]],
    *,
    counts: Callable[[History], str | None] = always,
    **more: Any,
) -> Scenario:
    """``judges``: requirement ids without the prefix ``EXE-``."""
    ids = tuple(f"EXE-{requirement}" for requirement in judges)
    more = {"operations": SERVER_OPERATIONS, "config": SERVER_CONFIG, **more}
    return Scenario(f"durable-{name}", "durable-execution", "server", summary, PROFILES, ids, draw, play_server, counts, **more)
