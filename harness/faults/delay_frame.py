"""Fault ``delay-frame``: a WebSocket message is looked at, or sent, later than those behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from .base import Family, Fault
from .decisions import DelayFrame as DelayFrameDecision


@dataclass(frozen=True, kw_only=True)
class DelayFrame(Fault):
    """``endpoint`` is the type of the message. Frames behind it overtake it."""

    name: ClassVar[str] = "delay-frame"
    family: ClassVar[Family] = "stream"
    summary: ClassVar[str] = "a WebSocket message is looked at, or sent, later than those behind it"
    ranges: ClassVar[Mapping[str, tuple[int, int | None]]] = {"for_ms": (1, None)}

    for_ms: int = 100

    def on_frame(self) -> DelayFrameDecision:
        return DelayFrameDecision(self.for_ms)
