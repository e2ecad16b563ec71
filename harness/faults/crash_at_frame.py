"""Fault ``crash-at-frame``: the target is killed at a WebSocket message, and starts again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from .base import Family, Fault
from .decisions import CrashAtFrame as CrashAtFrameDecision


@dataclass(frozen=True, kw_only=True)
class CrashAtFrame(Fault):
    """``endpoint`` is the type of the message, which has arrived, has taken effect without an answer, or was answered."""

    name: ClassVar[str] = "crash-at-frame"
    family: ClassVar[Family] = "target"
    summary: ClassVar[str] = "the target is killed at a WebSocket message, and starts again"

    moment: Literal["arrived", "committed", "answered"] = "arrived"

    def on_frame(self) -> CrashAtFrameDecision:
        return CrashAtFrameDecision(self.moment)
