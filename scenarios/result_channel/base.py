"""The shape shared by all scenarios of ``result-channel``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Scenario, Setting, always
from ...harness.values.case import Case
from ...harness.values.history import History
from .agent_play import play_agent
from .shapes import AGENT_CONFIG, AGENT_OPERATIONS

PROFILES = ("websocket",)


def agent_scenario(
    name: str,
    summary: str,
    judges: tuple[str, ...],
    draw: Callable[[Setting], SearchStrategy[Case]],
    *,
    counts: Callable[[History], str | None] = always,
    **more: Any,
) -> Scenario:
    """``judges``: requirement ids without the prefix ``WSR-``."""
    ids = tuple(f"WSR-{requirement}" for requirement in judges)
    more = {"operations": AGENT_OPERATIONS, "config": AGENT_CONFIG, **more}
    return Scenario(f"result-channel-{name}", "result-channel", "agent", summary, PROFILES, ids, draw, play_agent, counts, **more)
