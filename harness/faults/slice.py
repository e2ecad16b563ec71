"""Fault ``slice``: a message comes in segments of odd sizes, as networks may do at any time. It is legal and must be harmless."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from . import places
from .base import Family, Fault, Piece
from .decisions import Slice as SliceDecision


@dataclass(frozen=True, kw_only=True)
class Slice(Fault):
    """Segments of ``sizes`` bytes, in turn, without delay. Behind the first 1,000 of them the message passes whole."""

    name: ClassVar[str] = "slice"
    family: ClassVar[Family] = "wire"
    summary: ClassVar[str] = "a request, an answer or both arrive in small segments"
    ranges: ClassVar[Mapping[str, tuple[int, int | None]]] = {"sizes": (1, None)}

    direction: Literal["request", "answer", "both"] = "both"
    sizes: tuple[int, ...] = (1,)

    def on_request_piece(self, piece: Piece) -> SliceDecision | None:
        return self._decide(piece) if self.direction != "answer" else None

    def on_answer_piece(self, piece: Piece) -> SliceDecision | None:
        return self._decide(piece) if self.direction != "request" else None

    def _decide(self, piece: Piece) -> SliceDecision | None:
        return None if places.after_raw(piece, 0) is None else SliceDecision(self.sizes)
