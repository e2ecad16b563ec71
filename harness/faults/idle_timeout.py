"""Fault ``idle-timeout``: an egress without patience."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from .base import Family, Fault
from .decisions import IdleTimeout


@dataclass(frozen=True, kw_only=True)
class IdleTimeoutFault(Fault):
    """The answer ends, whole as HTTP, once nothing was written to it for ``after_ms``."""

    name: ClassVar[str] = "idle-timeout"
    family: ClassVar[Family] = "proxy"
    summary: ClassVar[str] = "a proxy ends a stream that is silent for a while"
    ranges: ClassVar[Mapping[str, tuple[int, int | None]]] = {"after_ms": (1, None)}

    endpoint: str = "stream"
    after_ms: int = 1_000

    def on_request(self) -> IdleTimeout:
        return IdleTimeout(self.after_ms)
