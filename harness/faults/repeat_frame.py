"""Fault ``repeat-frame``: a WebSocket message is answered, or sent, more than once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from .base import Family, Fault
from .decisions import RepeatFrame as RepeatFrameDecision


@dataclass(frozen=True, kw_only=True)
class RepeatFrame(Fault):
    """``endpoint`` is the type of the message; ``count`` times more than once."""

    name: ClassVar[str] = "repeat-frame"
    family: ClassVar[Family] = "stream"
    summary: ClassVar[str] = "a WebSocket message is answered, or sent, more than once"
    ranges: ClassVar[Mapping[str, tuple[int, int | None]]] = {"count": (1, 5)}

    count: int = 1

    def on_frame(self) -> RepeatFrameDecision:
        return RepeatFrameDecision(self.count)
