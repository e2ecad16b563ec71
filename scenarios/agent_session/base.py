"""The shape shared by all scenarios of the contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Scenario, Setting, always
from ...harness.values.case import Case
from ...harness.values.history import History
from ...harness.worlds.base import Quota
from .play import play_runner
from .shapes import CONFIG, OPERATIONS

DAY = Quota(seconds=30 * 3_600.0, steps=2_000_000, connections=5_000)
"""200 polls that wait 300 s each are 16.6 hours."""


def session_scenario(
    name: str,
    summary: str,
    judges: str,
    draw: Callable[[Setting], SearchStrategy[Case]],
    *,
    counts: Callable[[History], str | None] = always,
    modes: tuple[str, ...] = ("sse", "poll"),
    **more: Any,
) -> Scenario:
    """``judges``: ids of requirements without their SES, in one string."""
    ids = tuple(f"SES-{id}" for id in judges.split())
    more = {"operations": OPERATIONS, "config": CONFIG, "quota": DAY, **more}
    return Scenario(f"session-{name}", "agent-session", "runner", summary, modes, ids, draw, play_runner, counts, **more)
