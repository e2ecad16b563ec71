"""Fault ``black-hole``: from some WebSocket frame on nothing arrives any more, in either direction, and nobody is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from . import places
from .base import Family, Fault, Piece
from .decisions import BlackHole as BlackHoleDecision
from .decisions import Direction


@dataclass(frozen=True, kw_only=True)
class BlackHole(Fault):
    """In front of the ``frame``-th frame in this direction; the connection stays open, as one does whose peer has lost its power."""

    name: ClassVar[str] = "black-hole"
    family: ClassVar[Family] = "wire"
    summary: ClassVar[str] = "from a WebSocket frame on everything is lost in both directions, and the connection stays open"
    ranges: ClassVar[Mapping[str, tuple[int, int | None]]] = {"frame": (1, None)}

    direction: Direction = "request"
    frame: int = 1

    def on_request_piece(self, piece: Piece) -> BlackHoleDecision | None:
        return self._decide(piece) if self.direction == "request" else None

    def on_answer_piece(self, piece: Piece) -> BlackHoleDecision | None:
        return self._decide(piece) if self.direction == "answer" else None

    def _decide(self, piece: Piece) -> BlackHoleDecision | None:
        at = places.in_frame(piece, self.frame, 0)
        return None if at is None else BlackHoleDecision(at)
