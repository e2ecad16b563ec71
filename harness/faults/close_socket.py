"""Fault ``close-socket``: the server closes the WebSocket with a code, before or after a message took effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from .base import Family, Fault
from .decisions import CloseSocket as CloseSocketDecision
from .decisions import Moment


@dataclass(frozen=True, kw_only=True)
class CloseSocket(Fault):
    """``endpoint`` is the type of the message, which has arrived or is to be sent. Codes: RFC 6455, 7.4."""

    name: ClassVar[str] = "close-socket"
    family: ClassVar[Family] = "stream"
    summary: ClassVar[str] = "the server closes the WebSocket with a code, before or after a message took effect"
    ranges: ClassVar[Mapping[str, tuple[int, int | None]]] = {"code": (1000, 4999)}

    code: int = 1011
    moment: Moment = "after"

    def on_frame(self) -> CloseSocketDecision:
        return CloseSocketDecision(self.code, self.moment)
