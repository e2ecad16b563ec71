"""Fault ``reorder``: a server that mixes up the order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from .base import Family, Fault
from .decisions import Reorder as ReorderDecision


@dataclass(frozen=True, kw_only=True)
class Reorder(Fault):
    """Behind ``after_events`` events of the answer the next ``window`` of what is there come in the opposite order."""

    name: ClassVar[str] = "reorder"
    family: ClassVar[Family] = "stream"
    summary: ClassVar[str] = "some events of a stream come in the opposite order"
    ranges: ClassVar[Mapping[str, tuple[int, int | None]]] = {"window": (2, None)}

    endpoint: str = "stream"
    after_events: int = 0
    window: int = 2

    def on_request(self) -> ReorderDecision:
        return ReorderDecision(self.after_events, self.window)
