"""Fault ``lose-answer``: commit, then lose the answer. The most important of all faults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from . import places
from .base import Family, Fault, Piece
from .decisions import Cut, How


@dataclass(frozen=True, kw_only=True)
class LoseAnswer(Fault):
    """The request passes whole and the server answers it; the client gets ``answer_bytes`` raw bytes of the answer, head
    included, and then the end of the connection. An answer that is no longer than that is not lost, and the fault does
    not act."""

    name: ClassVar[str] = "lose-answer"
    family: ClassVar[Family] = "wire"
    summary: ClassVar[str] = "the request is committed, then its answer is lost"

    answer_bytes: int = 0
    how: How = "rst"

    def on_answer_piece(self, piece: Piece) -> Cut | None:
        at = places.after_raw(piece, self.answer_bytes)
        return None if at is None else Cut(at, self.how)
