"""Fault ``refuse-frame``: a WebSocket message is answered with an error, before or after it took effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from .base import Family, Fault
from .decisions import Commit
from .decisions import RefuseFrame as RefuseFrameDecision


@dataclass(frozen=True, kw_only=True)
class RefuseFrame(Fault):
    """``endpoint`` is the type of the message. ``related``: the error names that message, none, or one that nobody sent."""

    name: ClassVar[str] = "refuse-frame"
    family: ClassVar[Family] = "stream"
    summary: ClassVar[str] = "a WebSocket message is answered with an error, before or after it took effect"

    code: str = "internal"
    retryable: bool = True
    related: Literal["message", "nothing", "unknown"] = "message"
    commit: Commit = "none"

    def on_frame(self) -> RefuseFrameDecision:
        return RefuseFrameDecision(self.code, self.retryable, self.related, self.commit)
