"""Fault ``cut``: the connection ends in the middle of a message, at an exact byte, line, chunk header or character."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from ..values.errors import UsageError
from . import places
from .base import Family, Fault, Piece
from .decisions import Cut as CutDecision
from .decisions import Direction, How, LinkDecision, Swallow


@dataclass(frozen=True, kw_only=True)
class Cut(Fault):
    """Where: behind ``after_bytes`` bytes of the head (``part`` "head") or of the payload; or behind ``after_lines`` lines
    of payload; or ``inside`` the ``at``-th line, chunk header or character of several bytes, behind ``after_bytes`` bytes
    of it (at least 1, and always inside).

    ``lost_bytes``: of what was sent before the cut, so many bytes never reach the peer. They are bytes of the part that
    is cut; a cut by lines or ``inside`` can lose no more than the segment it falls in, since the others have gone by. A
    message that ends between the first lost byte and the cut is cut at its end.
    """

    name: ClassVar[str] = "cut"
    family: ClassVar[Family] = "wire"
    summary: ClassVar[str] = "the connection ends inside a request or an answer, with FIN or RST"
    ranges: ClassVar[Mapping[str, tuple[int, int | None]]] = {"at": (1, None)}

    direction: Direction = "request"
    part: Literal["head", "body"] = "body"
    after_bytes: int = 0
    after_lines: int | None = None
    inside: Literal["line", "chunk-header", "character"] | None = None
    at: int = 1
    how: How = "rst"
    lost_bytes: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        places_named = [name for name in ("after_lines", "inside") if getattr(self, name) is not None]
        if len(places_named) == 2:
            raise UsageError("fault 'cut': after_lines and inside are both given; expected one of them at most")
        if places_named and self.part == "head":
            raise UsageError(f"fault 'cut': {places_named[0]} is given with part 'head'; expected part 'body'")

    def on_request_piece(self, piece: Piece) -> LinkDecision | None:
        return self._decide(piece) if self.direction == "request" else None

    def on_answer_piece(self, piece: Piece) -> LinkDecision | None:
        return self._decide(piece) if self.direction == "answer" else None

    def _decide(self, piece: Piece) -> LinkDecision | None:
        at = self._place(piece)
        if at is not None:
            return CutDecision(max(0, at - self.lost_bytes), self.how)
        return self._lose(piece) if self.lost_bytes and self._counts_bytes_of_payload else None

    def _place(self, piece: Piece) -> int | None:
        if self.part == "head":
            return places.in_head(piece, self.after_bytes)
        if self.after_lines is not None:
            return places.after_lines(piece, self.after_lines)
        if self.inside == "line":
            return places.in_line(piece, self.at, self.after_bytes)
        if self.inside == "chunk-header":
            return places.in_chunk_header(piece, self.at, self.after_bytes)
        if self.inside == "character":
            return places.in_character(piece, self.at, self.after_bytes)
        return places.after_payload(piece, self.after_bytes)

    @property
    def _counts_bytes_of_payload(self) -> bool:
        return self.part == "body" and self.after_lines is None and self.inside is None

    def _lose(self, piece: Piece) -> LinkDecision | None:
        """Before the cut: from the first lost byte on nothing passes, so that what comes before it can still go out live."""
        lost_from = max(0, self.after_bytes - self.lost_bytes)
        if piece.kind == "end":
            return CutDecision(0, self.how) if piece.payload_before >= lost_from else None
        at = places.after_payload(piece, lost_from)
        return None if at is None else Swallow(at)
