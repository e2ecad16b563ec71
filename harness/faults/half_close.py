"""Fault ``half-close``: the client sees the end of the connection, while what it still sends goes on to the server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from . import places
from .base import Family, Fault, Piece
from .decisions import Direction
from .decisions import HalfClose as HalfCloseDecision


@dataclass(frozen=True, kw_only=True)
class HalfClose(Fault):
    """FIN towards the client behind ``after_bytes`` bytes of the head (``part`` "head") or of the payload.

    ``direction``: of the answer, whose rest is lost; or of the request, whose rest is still read, and whose answer is lost.
    """

    name: ClassVar[str] = "half-close"
    family: ClassVar[Family] = "wire"
    summary: ClassVar[str] = "the client gets FIN; what it still sends is read and may be committed"

    direction: Direction = "answer"
    part: Literal["head", "body"] = "body"
    after_bytes: int = 0

    def on_request_piece(self, piece: Piece) -> HalfCloseDecision | None:
        return self._decide(piece) if self.direction == "request" else None

    def on_answer_piece(self, piece: Piece) -> HalfCloseDecision | None:
        return self._decide(piece) if self.direction == "answer" else None

    def _decide(self, piece: Piece) -> HalfCloseDecision | None:
        find = places.in_head if self.part == "head" else places.after_payload
        at = find(piece, self.after_bytes)
        return None if at is None else HalfCloseDecision(at)
