"""Fault ``cut-frame``: the connection ends inside a WebSocket frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from . import places
from .base import Family, Fault, Piece
from .decisions import Cut, Direction, How, LinkDecision


@dataclass(frozen=True, kw_only=True)
class CutFrame(Fault):
    """Behind ``after_bytes`` bytes of the ``frame``-th frame (control frames count) in this direction, its header included; always
    inside it. 0: in front of it."""

    name: ClassVar[str] = "cut-frame"
    family: ClassVar[Family] = "wire"
    summary: ClassVar[str] = "the connection ends inside a WebSocket frame, with FIN or RST"
    ranges: ClassVar[Mapping[str, tuple[int, int | None]]] = {"frame": (1, None)}

    direction: Direction = "request"
    frame: int = 1
    after_bytes: int = 0
    how: How = "rst"

    def on_request_piece(self, piece: Piece) -> LinkDecision | None:
        return self._decide(piece) if self.direction == "request" else None

    def on_answer_piece(self, piece: Piece) -> LinkDecision | None:
        return self._decide(piece) if self.direction == "answer" else None

    def _decide(self, piece: Piece) -> LinkDecision | None:
        at = places.in_frame(piece, self.frame, self.after_bytes)
        return None if at is None else Cut(at, self.how)
