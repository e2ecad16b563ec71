"""Fault ``trim``: a stream that keeps only its newest events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .base import Family, Fault
from .decisions import ChangeState


@dataclass(frozen=True, kw_only=True)
class Trim(Fault):
    """When a matching request arrives only the newest ``keep`` events are kept; the history of the run keeps them all."""

    name: ClassVar[str] = "trim"
    family: ClassVar[Family] = "server-state"
    summary: ClassVar[str] = "the stream has lost its oldest events: retention"

    endpoint: str = "stream"
    keep: int = 1

    def on_request(self) -> ChangeState:
        return ChangeState("trim", self.keep)
