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

BOTH, SSE, POLL = ("sse", "poll"), ("sse",), ("poll",)
DAYS = Quota(seconds=60 * 3_600.0, steps=2_000_000, connections=5_000)
"""A run may take a whole day, and one that does not end takes two: until the faults stop, and again behind that."""


def session_scenario(
    name: str,
    summary: str,
    judges: str,
    draw: Callable[[Setting], SearchStrategy[Case]],
    *,
    profiles: tuple[str, ...] = BOTH,
    counts: Callable[[History], str | None] = always,
    **more: Any,
) -> Scenario:
    """``judges``: requirement ids without the prefix ``SES-``, with a space between them."""
    ids = tuple(f"SES-{requirement}" for requirement in judges.split())
    more = {"operations": OPERATIONS, "config": CONFIG, "quota": DAYS, **more}
    return Scenario(f"session-{name}", "agent-session", "runner", summary, profiles, ids, draw, play_runner, counts, **more)
