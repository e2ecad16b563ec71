"""Fault ``stall``: a peer that says or reads nothing any more, and does not end the connection either."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from . import places
from .base import Family, Fault, Piece
from .decisions import Stall as StallDecision


@dataclass(frozen=True, kw_only=True)
class Stall(Fault):
    """``before-head``: the answer does not begin. ``in-body``: it stops behind ``after_bytes`` bytes of its payload.

    ``never-read``: the request is not read beyond ``after_bytes`` bytes of its payload (0: not at all), so that the
    client's writes fill up. ``for_ms`` null: until the faults stop. What was held then goes on.
    """

    name: ClassVar[str] = "stall"
    family: ClassVar[Family] = "wire"
    summary: ClassVar[str] = "the answer stops before its head or in its body, or the request is never read"
    ranges: ClassVar[Mapping[str, tuple[int, int | None]]] = {"for_ms": (1, None)}

    where: Literal["before-head", "in-body", "never-read"] = "before-head"
    after_bytes: int = 0
    for_ms: int | None = None

    def on_request_piece(self, piece: Piece) -> StallDecision | None:
        if self.where != "never-read":
            return None
        at = places.after_payload(piece, self.after_bytes) if self.after_bytes else places.after_raw(piece, 0)
        return None if at is None else StallDecision(at, self.for_ms)

    def on_answer_piece(self, piece: Piece) -> StallDecision | None:
        if self.where == "never-read":
            return None
        at = places.after_payload(piece, self.after_bytes) if self.where == "in-body" else places.after_raw(piece, 0)
        return None if at is None else StallDecision(at, self.for_ms)
