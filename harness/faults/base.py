"""What a fault is: a frozen value that says what goes wrong, where and when, by logical position.

A fault sits at the ``nth`` request of an ``endpoint`` (and on ``times`` requests in a row from there). It is asked at
fixed points and returns a decision or None. As JSON it is one flat object: ``{"fault": NAME, "endpoint": .., ..}``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from .decisions import LinkDecision, Refuse, ServerDecision

PieceKind = Literal["head", "framing", "payload", "end"]
Family = Literal["wire", "http", "proxy", "server-state", "stream", "target"]


@dataclass(frozen=True)
class Position:
    """Which request: of which server, on which endpoint, the how-many-th of that endpoint and of that server at all."""

    server: str
    endpoint: str
    nth: int
    nth_any: int


@dataclass(frozen=True)
class Piece:
    """A run of bytes of one HTTP message, as the link sees it.

    ``head``: start line and headers. ``framing``: chunk headers, chunk ends, trailers. ``payload``: body bytes.
    ``end``: no bytes; the message is over. ``*_before`` count what came before this piece in the same message:
    raw bytes of the message, payload bytes, and LFs in the payload.
    """

    kind: PieceKind
    data: bytes
    raw_before: int
    payload_before: int
    lines_before: int


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Base of all faults. Subclasses add parameters and answer at the points that concern them."""

    name: ClassVar[str]
    family: ClassVar[Family]
    summary: ClassVar[str]
    choices: ClassVar[Mapping[str, tuple[Any, ...]]] = {}
    """Allowed values of a field, where its type does not say it all."""

    endpoint: str = "any"
    nth: int = 1
    times: int = 1

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

    def to_json(self) -> dict[str, Any]:
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {"fault": self.name, **{key: list(v) if isinstance(v, tuple) else v for key, v in values.items()}}
