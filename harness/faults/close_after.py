"""Fault ``close-after``: a kept-alive connection ends unannounced, right behind a whole answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .base import Family, Fault, Piece
from .decisions import Cut, How


@dataclass(frozen=True, kw_only=True)
class CloseAfter(Fault):
    """The next request on that connection races with its end, as with any server whose idle time-out runs out."""

    name: ClassVar[str] = "close-after"
    family: ClassVar[Family] = "wire"
    summary: ClassVar[str] = "the connection ends behind a whole answer that did not announce it"

    how: How = "fin"

    def on_answer_piece(self, piece: Piece) -> Cut | None:
        return Cut(0, self.how) if piece.kind == "end" else None
