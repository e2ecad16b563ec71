"""Fault ``interject``: what a stream may hold beside its events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from .base import Family, Fault
from .decisions import Interject as InterjectDecision
from .decisions import Interjection


@dataclass(frozen=True, kw_only=True)
class Interject(Fault):
    """Behind ``after_events`` events of the answer come ``count`` frames of the kind ``what``; ``with_id``: each with an id."""

    name: ClassVar[str] = "interject"
    family: ClassVar[Family] = "stream"
    summary: ClassVar[str] = "frames that are no events stand between the events"
    ranges: ClassVar[Mapping[str, tuple[int, int | None]]] = {"count": (1, 10_000)}

    endpoint: str = "stream"
    after_events: int = 0
    what: Interjection = "keepalive"
    count: int = 1
    with_id: bool = False

    def on_request(self) -> InterjectDecision:
        return InterjectDecision(self.after_events, self.what, self.count, self.with_id)
