"""Fault ``stray-ack``: an ack of something else comes before the answer to a WebSocket message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from .base import Family, Fault
from .decisions import StrayAck as StrayAckDecision


@dataclass(frozen=True, kw_only=True)
class StrayAck(Fault):
    """``endpoint`` is the type of the message. The ack names the task, attempt and stream of the message, and a message id that nobody
    sent (``unknown``), or that was acknowledged before (``acked``; if there is none it does not act)."""

    name: ClassVar[str] = "stray-ack"
    family: ClassVar[Family] = "stream"
    summary: ClassVar[str] = "an ack of something else comes before the answer to a WebSocket message"

    of: Literal["unknown", "acked"] = "unknown"

    def on_frame(self) -> StrayAckDecision:
        return StrayAckDecision(self.of)
