"""Fault ``garbage``: what comes in place of the answer is no HTTP, or is HTTP that cannot be right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from . import places
from .base import Family, Fault, Piece
from .decisions import How, Replace

_DATA: dict[str, bytes] = {
    "binary": b"\x16\x03\x01\x00\xff\x00\x01\x80\xfe\xff\n\r\n\r\n",
    "text": b"upstream connect error or disconnect before headers\n\n",
    "header": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nno colon here\r\n: no name\r\n\r\n",
    "status-line": b"HTTP/1.1 two hundred\r\nContent-Length: 0\r\n\r\n",
    "length": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: many\r\n\r\n{}",
    "chunk": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n",
}


@dataclass(frozen=True, kw_only=True)
class Garbage(Fault):
    """The request has been committed; its answer is lost, and the connection ends behind the garbage."""

    name: ClassVar[str] = "garbage"
    family: ClassVar[Family] = "wire"
    summary: ClassVar[str] = "bytes that are no valid HTTP come in place of the answer"

    what: Literal["binary", "text", "header", "status-line", "length", "chunk"] = "binary"
    how: How = "fin"

    def on_answer_piece(self, piece: Piece) -> Replace | None:
        return None if places.after_raw(piece, 0) is None else Replace(_DATA[self.what], self.how)
