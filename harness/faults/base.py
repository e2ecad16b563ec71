"""What a fault is: a frozen value that says what goes wrong, where and when, by logical position.

A fault sits at the ``nth`` request of an ``endpoint`` (and on ``times`` requests in a row from there). It is asked at
fixed points and returns a decision or None. As JSON it is one flat object: ``{"fault": NAME, "endpoint": .., ..}``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

from .decisions import FrameDecision, LinkDecision, Refuse, ServerDecision
from .fields import check

PieceKind = Literal["head", "framing", "payload", "end"]
Family = Literal["wire", "http", "proxy", "server-state", "stream", "target"]


@dataclass(frozen=True)
class Position:
    """Which request: of which server, on which endpoint, the how-many-th of that endpoint and of that server at all."""

    server: str
    endpoint: str
    nth: int
    nth_any: int


class Piece(NamedTuple):
    """A run of bytes of one HTTP message, as the link sees it.

    ``head``: start line and headers, always whole. ``framing``: one line of it (chunk header, chunk end, trailer),
    always whole. ``payload``: body bytes. ``end``: no bytes; the message is over. ``*_before`` count what came before
    this piece in the same message: raw bytes of the message, payload bytes, LFs in the payload, payload bytes since
    the last of those LFs, and characters of more than one byte (UTF-8) begun in the payload.
    ``chunk``: k when the piece is the header line of the k-th chunk, else 0.

    Behind a switch to WebSocket the header of each frame is ``framing`` and what it carries is ``payload``. ``frame``: k for a piece of
    the k-th frame in this direction, else 0; ``frame_bytes_before`` counts the bytes of that frame before the piece, of ``frame_bytes``.
    """

    kind: PieceKind
    data: bytes
    raw_before: int
    payload_before: int
    lines_before: int
    line_bytes_before: int = 0
    characters_before: int = 0
    chunk: int = 0
    frame: int = 0
    frame_bytes_before: int = 0
    frame_bytes: int = 0


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Base of all faults. Subclasses add parameters and answer at the points that concern them."""

    name: ClassVar[str]
    family: ClassVar[Family]
    summary: ClassVar[str]
    choices: ClassVar[Mapping[str, tuple[Any, ...]]] = {}
    """Allowed values of a field, where its type does not say it all."""
    ranges: ClassVar[Mapping[str, tuple[int, int | None]]] = {"nth": (1, None), "times": (1, None)}
    """Smallest and largest value of integer fields (None: no limit); those without a row begin at 0."""

    endpoint: str = "any"
    nth: int = 1
    times: int = 1

    def __post_init__(self) -> None:
        """Raises UsageError for a value that is not allowed. Subclasses that add a rule of their own call this first."""
        check(self)

    def matches(self, position: Position) -> bool:
        if self.endpoint not in ("any", position.endpoint):
            return False
        number = position.nth_any if self.endpoint == "any" else position.nth
        return self.nth <= number < self.nth + self.times

    def connecting(self, connection: int) -> Refuse | None:
        """Asked for each new connection, numbered from 1."""
        return None

    def on_request_piece(self, piece: Piece) -> LinkDecision | None:
        """Asked for each piece of a matching request on its way to the server."""
        return None

    def on_answer_piece(self, piece: Piece) -> LinkDecision | None:
        """Asked for each piece of the answer to a matching request on its way to the client."""
        return None

    def on_request(self) -> ServerDecision | None:
        """Asked by the server when the head of a matching request has arrived."""
        return None

    def on_frame(self) -> FrameDecision | None:
        """Asked by a WebSocket server when a matching frame has arrived, or is about to be sent.

        The type of its message stands for the endpoint then, and frames are counted apart from requests."""
        return None

    def to_json(self) -> dict[str, Any]:
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {"fault": self.name, **{key: list(v) if isinstance(v, tuple) else v for key, v in values.items()}}
