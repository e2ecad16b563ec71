"""Fault ``already-complete``: the run is complete before this request arrives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .base import Family, Fault
from .decisions import ChangeState


@dataclass(frozen=True, kw_only=True)
class AlreadyComplete(Fault):
    """Somebody else has ended the run at its present position."""

    name: ClassVar[str] = "already-complete"
    family: ClassVar[Family] = "server-state"
    summary: ClassVar[str] = "the run is marked complete by somebody else"

    def on_request(self) -> ChangeState:
        return ChangeState("complete")
