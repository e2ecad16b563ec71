"""The shape shared by all sender scenarios of ``ingest``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Scenario, Setting, always
from ...harness.values.case import Case
from ...harness.values.history import History
from ..preconditions import any_injected as any_injected
from ..preconditions import injected as injected
from .sender_play import play_sender
from .shapes import SENDER_CONFIG, SENDER_OPERATIONS

BOTH = ("proxy", "direct")


def sender_scenario(
    name: str,
    summary: str,
    judges: tuple[str, ...],
    draw: Callable[[Setting], SearchStrategy[Case]],
    *,
    counts: Callable[[History], str | None] = always,
    profiles: tuple[str, ...] = BOTH,
    **more: Any,
) -> Scenario:
    """``judges``: requirement ids without the prefix ``ING-``."""
    ids = tuple(f"ING-{requirement}" for requirement in judges)
    more = {"operations": SENDER_OPERATIONS, "config": SENDER_CONFIG, **more}
    return Scenario(f"ingest-{name}", "ingest", "sender", summary, profiles, ids, draw, play_sender, counts, **more)
