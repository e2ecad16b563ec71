"""Fault ``stop-reading``: a WebSocket server reads no more for a while, so that its client's writes fill up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from . import places
from .base import Family, Fault, Piece
from .decisions import Stall


@dataclass(frozen=True, kw_only=True)
class StopReading(Fault):
    """In front of the client's ``frame``-th frame; what the server sends still arrives. ``for_ms`` null: until the faults stop."""

    name: ClassVar[str] = "stop-reading"
    family: ClassVar[Family] = "wire"
    summary: ClassVar[str] = "from a WebSocket frame on the server reads nothing for a while"
    ranges: ClassVar[Mapping[str, tuple[int, int | None]]] = {"frame": (1, None), "for_ms": (1, None)}

    frame: int = 1
    for_ms: int | None = None

    def on_request_piece(self, piece: Piece) -> Stall | None:
        at = places.in_frame(piece, self.frame, 0)
        return None if at is None else Stall(at, self.for_ms)
