"""The shape shared by all scenarios of the contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Scenario, Setting
from ...harness.values.case import Case
from ...harness.worlds.base import Quota
from ..family import Family
from .play import play_runner
from .shapes import CONFIG, OPERATIONS

BOTH, SSE, POLL = ("sse", "poll"), ("sse",), ("poll",)
DAYS = Quota(seconds=60 * 3_600.0, steps=2_000_000, connections=5_000)
"""A run may take a whole day, and one that does not end takes two: until the faults stop, and again behind that."""


FAMILY = Family("session", "agent-session", "runner", "SES", BOTH, play_runner, OPERATIONS, CONFIG, DAYS)


def session_scenario(name: str, summary: str, judges: str, draw: Callable[[Setting], SearchStrategy[Case]], **more: Any) -> Scenario:
    """``judges``: requirement ids without the prefix, with a space between them."""
    return FAMILY.scenario(name, summary, judges.split(), draw, **more)
