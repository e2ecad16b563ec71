"""Fault ``buffer-answer``: an egress that buffers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from .base import Family, Fault
from .decisions import HoldBack


@dataclass(frozen=True, kw_only=True)
class BufferedAnswer(Fault):
    """The body passes in blocks of ``bytes`` bytes, and what is left when the answer ends."""

    name: ClassVar[str] = "buffer-answer"
    family: ClassVar[Family] = "proxy"
    summary: ClassVar[str] = "a proxy passes a stream on only in blocks, or when it ends"
    ranges: ClassVar[Mapping[str, tuple[int, int | None]]] = {"bytes": (1, None)}

    endpoint: str = "stream"
    bytes: int = 4_096

    def on_request(self) -> HoldBack:
        return HoldBack(self.bytes)
