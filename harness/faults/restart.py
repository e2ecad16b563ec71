"""Fault ``restart``: the server's process ends and comes back; what it stored stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .base import Family, Fault
from .decisions import ChangeState


@dataclass(frozen=True, kw_only=True)
class Restart(Fault):
    """Every connection to that server is reset when the head of the request has arrived."""

    name: ClassVar[str] = "restart"
    family: ClassVar[Family] = "server-state"
    summary: ClassVar[str] = "the server restarts: all its connections are reset, its stored state stays"

    def on_request(self) -> ChangeState:
        return ChangeState("restart")
