"""Fault ``crash``: the target dies at a point of the protocol, and is started again by the play."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from . import places
from .base import Family, Fault, Piece
from .decisions import Crash as CrashDecision


@dataclass(frozen=True, kw_only=True)
class Crash(Fault):
    """``point``: when the head of the request has gone out, behind ``lines`` lines of its body, when its answer has been
    written but nothing of it has arrived, or when all of it has."""

    name: ClassVar[str] = "crash"
    family: ClassVar[Family] = "target"
    summary: ClassVar[str] = "the target is killed at a point of the protocol and starts again"

    point: Literal["head", "after-lines", "before-answer", "after-answer"] = "before-answer"
    lines: int = 1

    def on_request_piece(self, piece: Piece) -> CrashDecision | None:
        if self.point not in ("head", "after-lines"):
            return None
        at = places.after_lines(piece, self.lines if self.point == "after-lines" else 0)
        return None if at is None else CrashDecision(at)

    def on_answer_piece(self, piece: Piece) -> CrashDecision | None:
        if self.point == "after-answer" and piece.kind == "end":
            return CrashDecision(0)
        if self.point == "before-answer" and places.after_raw(piece, 0) is not None:
            return CrashDecision(0)
        return None
