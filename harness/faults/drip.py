"""Fault ``drip``: a message comes a few bytes at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from . import places
from .base import Family, Fault, Piece
from .decisions import Direction
from .decisions import Drip as DripDecision


@dataclass(frozen=True, kw_only=True)
class Drip(Fault):
    """``size_bytes`` every ``every_ms``, until the message ends or the faults stop."""

    name: ClassVar[str] = "drip"
    family: ClassVar[Family] = "wire"
    summary: ClassVar[str] = "a request or an answer goes out drop by drop"
    ranges: ClassVar[Mapping[str, tuple[int, int | None]]] = {"size_bytes": (1, None), "every_ms": (1, None)}

    direction: Direction = "answer"
    size_bytes: int = 1
    every_ms: int = 10

    def on_request_piece(self, piece: Piece) -> DripDecision | None:
        return self._decide(piece) if self.direction == "request" else None

    def on_answer_piece(self, piece: Piece) -> DripDecision | None:
        return self._decide(piece) if self.direction == "answer" else None

    def _decide(self, piece: Piece) -> DripDecision | None:
        return None if places.after_raw(piece, 0) is None else DripDecision(self.size_bytes, self.every_ms)
