"""Fault ``duplicate``: events that were sent come again with their ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from .base import Family, Fault
from .decisions import Repeat


@dataclass(frozen=True, kw_only=True)
class Duplicate(Fault):
    """Behind ``after_events`` events of the answer the last ``count`` of them are sent again."""

    name: ClassVar[str] = "duplicate"
    family: ClassVar[Family] = "stream"
    summary: ClassVar[str] = "events of a stream are sent again, as an at-least-once replay does"
    ranges: ClassVar[Mapping[str, tuple[int, int | None]]] = {"after_events": (1, None), "count": (1, None)}

    endpoint: str = "stream"
    after_events: int = 1
    count: int = 1

    def on_request(self) -> Repeat:
        return Repeat(self.after_events, self.count)
