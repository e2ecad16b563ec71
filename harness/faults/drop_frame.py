"""Fault ``drop-frame``: a WebSocket message is lost inside the server: it is not looked at, or not sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .base import Family, Fault
from .decisions import DropFrame as DropFrameDecision


@dataclass(frozen=True, kw_only=True)
class DropFrame(Fault):
    """``endpoint`` is the type of the message, such as ``task.output`` (from the client) or ``ack`` (to it)."""

    name: ClassVar[str] = "drop-frame"
    family: ClassVar[Family] = "stream"
    summary: ClassVar[str] = "a WebSocket message is lost inside the server: it is not looked at, or not sent"

    def on_frame(self) -> DropFrameDecision:
        return DropFrameDecision()
