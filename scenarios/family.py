"""What the scenarios of one contract and role share: the beginnings of their names, the play, what a repro file of theirs may hold."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis.strategies import SearchStrategy

from ..harness.engine.cast import Cast
from ..harness.engine.scenario import DEFAULT_QUOTA, Scenario, Setting, always
from ..harness.values.case import Case
from ..harness.values.history import History
from ..harness.worlds.base import Quota, Scene


@dataclass(frozen=True)
class Family:
    """``name``: of its scenarios begins so; ``prefix``: ids of its requirements do. The others are as in `Scenario`."""

    name: str
    contract: str
    role: str
    prefix: str
    profiles: tuple[str, ...]
    play: Callable[[Scene, Cast], Awaitable[None]]
    operations: Mapping[str, Mapping[str, Any]]
    config: Mapping[str, Any]
    quota: Quota = DEFAULT_QUOTA

    def scenario(
        self,
        name: str,
        summary: str,
        judges: Iterable[object],
        draw: Callable[[Setting], SearchStrategy[Case]],
        *,
        profiles: tuple[str, ...] | None = None,
        counts: Callable[[History], str | None] = always,
        **more: Any,
    ) -> Scenario:
        """``judges``: requirement ids without the prefix. ``more``: what is otherwise than in the family."""
        ids = tuple(f"{self.prefix}-{requirement}" for requirement in judges)
        more = {"operations": self.operations, "config": self.config, "quota": self.quota, **more}
        return Scenario(
            f"{self.name}-{name}", self.contract, self.role, summary, profiles or self.profiles, ids, draw, self.play, counts, **more
        )
