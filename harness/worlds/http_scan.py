"""Cuts the bytes of one direction of an HTTP/1.1 connection into pieces, so that faults can sit at logical positions.

The scanner is no validator: it finds where heads, chunk headers and bodies begin and end, and nothing more. The data of
its pieces, put together, is its input. Only a head or a line of chunk framing that is still incomplete is held back, so
that such a piece is always whole. Behind a switch to WebSocket it finds the frames. What it cannot make sense of (and
everything after another 101 or CONNECT) passes as raw payload without an end: a relay must never be the one that complains.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

from ..faults.base import Piece, PieceKind

HEAD_BYTES_MAX = 65_536
LINE_BYTES_MAX = 8_192
_NOT_LEADS = bytes(range(0xC2)) + bytes(range(0xF5, 0x100))
"""All bytes but those that begin a UTF-8 character of two bytes or more."""

State = Literal["head", "length", "until-close", "chunk-header", "chunk-data", "chunk-end", "trailers", "raw", "frame", "frame-payload"]


class Malformed(Exception):
    """Inside this file only: the bytes are not the HTTP/1.1 that was expected here."""


class Head(NamedTuple):
    """What a head says. Requests have ``method`` and ``target``, answers ``status``. Header names are lower-case."""

    method: str
    target: str
    status: int
    headers: Mapping[str, str]

    @property
    def interim(self) -> bool:
        """1xx: another answer to the same request follows. 101 is the last of its kind."""
        return 100 <= self.status < 200 and self.status != 101


@lru_cache(maxsize=512)
def parse_head(data: bytes, answers: bool) -> Head:
    """Reads a whole head, whose lines may end in CRLF or LF. Raises Malformed.

    Remembered, since thousands of examples a minute send the very same heads. Nobody changes a `Head`.
    """
    first, *rest = data.strip(b"\r\n").decode("latin-1").split("\n")
    method, target, status = _answer_line(first) if answers else _request_line(first)
    headers: dict[str, str] = {}
    for line in rest:
        name, colon, value = line.partition(":")
        name, value = name.lower(), value.strip()
        if not colon or not name or name != name.strip():
            raise Malformed(line)
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Head(method, target, status, headers)


def _request_line(line: str) -> tuple[str, str, int]:
    parts = line.rstrip("\r").split(" ")
    if len(parts) != 3 or not _may_begin_request(parts[0]) or not parts[1] or not parts[2].startswith("HTTP/1."):
        raise Malformed(line)
    return parts[0], parts[1], 0


def _may_begin_request(text: str) -> bool:
    return text[:1].isalpha() and text[:1].isascii()


def _answer_line(line: str) -> tuple[str, str, int]:
    version, _, rest = line.rstrip("\r").partition(" ")
    status = rest[:3]
    if not version.startswith("HTTP/1.") or len(status) != 3 or not (status.isascii() and status.isdigit()):
        raise Malformed(line)
    return "", "", int(status)


def body_length(head: Head) -> int | None:
    """Content-Length, or None when there is none. Raises Malformed for one that is no plain number."""
    value = head.headers.get("content-length")
    if value is None:
        return None
    values = {part.strip() for part in value.split(",")}
    text = values.pop()
    if values or not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise Malformed(value)
    return int(text)


class Scanner:
    """Feed it bytes as they come; each head piece it returns has its `Head` at the left end of ``heads``."""

    def __init__(self, direction: Literal["request", "answer"]) -> None:
        self._answers = direction == "answer"
        self._state: State = "head"
        self._buffer = b""
        self._at = 0
        """Where in the buffer the next piece begins; bytes before it are done with."""
        self._left = 0
        self._chunks = 0
        self._frames = self._frame_at = self._frame_bytes = 0
        self.unmasked = 0
        """The first frame without a mask, 0 if there is none. A client must mask each of its frames (RFC 6455, 5.1)."""
        self._raw = self._payload = self._lines = self._line_bytes = self._characters = 0
        self._methods: deque[str] = deque()
        self._pieces: list[Piece] = []
        self.heads: deque[Head] = deque()

    def expect(self, method: str) -> None:
        """Tells the scanner of answers which method the next request had: HEAD has no body, CONNECT opens a tunnel."""
        self._methods.append(method)

    @property
    def switched_to(self) -> State | None:
        """What follows in place of HTTP in both directions, once it is switched: frames, or raw bytes."""
        if self._state in ("frame", "frame-payload"):
            return "frame"
        return "raw" if self._state == "raw" else None

    def switch(self, state: State) -> None:
        """From here on the bytes are no HTTP: the other direction has switched protocols to ``state``."""
        self._state = state

    def feed(self, data: bytes) -> list[Piece]:
        """The pieces that ``data`` completes. Never raises."""
        self._buffer = self._buffer + data if self._buffer else data
        self._at = 0
        try:
            while self._step():
                pass
        except Malformed:
            self._state = "raw"
            self._step_body("raw", len(self._buffer) - self._at)
        self._buffer = self._buffer[self._at :]
        return self._taken()

    def eof(self) -> list[Piece]:
        """The source has ended: what was held back, and the end of a message that lasts until the close."""
        self._at = 0
        if self._buffer:
            self._emit("payload" if self._state == "raw" else "framing", len(self._buffer))
            self._buffer = b""
            self._state = "raw"
        elif self._state == "until-close":
            self._end()
        return self._taken()

    def _taken(self) -> list[Piece]:
        pieces, self._pieces = self._pieces, []
        return pieces

    # --- one step: one piece, or False when more bytes are needed ---------------------------------------------------

    def _step(self) -> bool:
        if self._at >= len(self._buffer):
            return False
        state = self._state
        if state == "head":
            return self._step_head()
        if state in ("chunk-header", "chunk-end", "trailers"):
            return self._step_line(state)
        if state == "frame":
            return self._step_frame()
        return self._step_body(state, len(self._buffer) - self._at)

    def _step_body(self, state: State, available: int) -> bool:
        if state in ("raw", "until-close"):
            self._emit("payload", available)
            return False
        size = min(available, self._left)
        self._emit("payload", size)
        self._left -= size
        if not self._left:
            if state == "length":
                self._end()
            else:
                self._state = "frame" if state == "frame-payload" else "chunk-end"
        return True

    def _step_frame(self) -> bool:
        """The header of a frame (RFC 6455, 5.2): two bytes, the longer lengths, and the key of the mask."""
        header = self._buffer[self._at : self._at + 10]
        if len(header) < 2:
            return False
        short = header[1] & 0x7F
        length_bytes = {126: 2, 127: 8}.get(short, 0)
        size = 2 + length_bytes + (4 if header[1] & 0x80 else 0)
        if len(self._buffer) - self._at < size:
            return False
        self._left = int.from_bytes(header[2 : 2 + length_bytes], "big") if length_bytes else short
        self._frames += 1
        self._frame_at, self._frame_bytes = 0, size + self._left
        if not header[1] & 0x80:
            self.unmasked = self.unmasked or self._frames
        self._emit("framing", size)
        self._state = "frame-payload" if self._left else "frame"
        return True

    def _step_line(self, state: State) -> bool:
        newline = self._buffer.find(b"\n", self._at, self._at + LINE_BYTES_MAX)
        if newline < 0:
            if len(self._buffer) - self._at >= LINE_BYTES_MAX:
                raise Malformed("a line of chunk framing without an end")
            return False
        line = self._buffer[self._at : newline].rstrip(b"\r")
        size = newline + 1 - self._at
        if state == "chunk-header":
            self._chunk_header(line, size)
        elif state == "chunk-end":
            if line:
                raise Malformed("bytes behind a chunk")
            self._emit("framing", size)
            self._state = "chunk-header"
        else:
            self._emit("framing", size)
            if not line:
                self._end()
        return True

    def _chunk_header(self, line: bytes, size: int) -> None:
        digits = line.partition(b";")[0].strip()
        if not digits or len(digits) > 15 or digits.strip(b"0123456789abcdefABCDEF"):
            raise Malformed("a chunk size that is no hexadecimal number")
        self._chunks += 1
        self._emit("framing", size, self._chunks)
        self._left = int(digits, 16)
        self._state = "chunk-data" if self._left else "trailers"

    def _step_head(self) -> bool:
        start = self._after_empty_lines()
        stop = self._head_stop(start)
        if stop < 0 or stop - start > HEAD_BYTES_MAX:
            if len(self._buffer) - start >= HEAD_BYTES_MAX:
                raise Malformed("a head that is too long")
            self._refuse_early(start)
            return False
        head = parse_head(self._buffer[start:stop], self._answers)
        state = self._body_state(head)  # may raise: then the head is raw, too
        self.heads.append(head)
        self._chunks = self._raw = self._payload = self._lines = self._line_bytes = self._characters = 0
        self._emit("head", stop - self._at)
        if head.interim:
            self._state = "head"
        elif state == "head":
            self._end()
        else:
            self._state = state
        return True

    def _after_empty_lines(self) -> int:
        """Empty lines before a start line are to be ignored (RFC 9112, 2.2); they stay part of the head piece."""
        start = self._at
        while start < len(self._buffer) and self._buffer[start] in b"\r\n":
            start += 1
        return start

    def _head_stop(self, start: int) -> int:
        """Behind the empty line that ends the head, or -1. A line may end in a bare LF (RFC 9112, 2.2)."""
        limit = start + HEAD_BYTES_MAX
        stops = [at + len(mark) for mark in (b"\n\r\n", b"\n\n") if (at := self._buffer.find(mark, start, limit)) >= 0]
        return min(stops, default=-1)

    def _refuse_early(self, start: int) -> None:
        """Raises as soon as the first line cannot be HTTP: a server would say so too, and must get the bytes to do it."""
        if self._answers:
            begin = self._buffer[start : start + 7]
            if not b"HTTP/1.".startswith(begin):
                raise Malformed("no answer")
            return
        newline = self._buffer.find(b"\n", start)
        if newline >= 0:
            _request_line(self._buffer[start:newline].decode("latin-1"))
        elif start < len(self._buffer) and not _may_begin_request(chr(self._buffer[start])):
            raise Malformed("no request")

    def _body_state(self, head: Head) -> State:
        """The state after this head; ``head`` when the message has no body. Sets how much is left of a counted body."""
        if self._answers:
            if head.interim:
                return "head"
            method = self._methods.popleft() if self._methods else ""
            if head.status == 101 and head.headers.get("upgrade", "").lower() == "websocket":
                return "frame"
            if head.status == 101 or (method == "CONNECT" and 200 <= head.status < 300):
                return "raw"
            if method == "HEAD" or head.status in (204, 304):
                return "head"
        codings = head.headers.get("transfer-encoding")
        if codings is not None:
            if codings.lower().rpartition(",")[2].strip() == "chunked":
                return "chunk-header"
            return self._until_close()
        length = body_length(head)
        if length is None:
            return self._until_close() if self._answers else "head"
        self._left = length
        return "length" if length else "head"

    def _until_close(self) -> State:
        if not self._answers:
            raise Malformed("a request whose end cannot be known")
        return "until-close"

    # --- pieces -----------------------------------------------------------------------------------------------------

    def _end(self) -> None:
        self._emit("end", 0)
        self._state = "head"

    def _emit(self, kind: PieceKind, size: int, chunk: int = 0) -> None:
        data = self._buffer[self._at : self._at + size]
        self._at += size
        piece = Piece(kind, data, self._raw, self._payload, self._lines, self._line_bytes, self._characters, chunk)
        if self._frames:
            piece = piece._replace(frame=self._frames, frame_bytes_before=self._frame_at, frame_bytes=self._frame_bytes)
            self._frame_at += size
        self._pieces.append(piece)
        self._raw += size
        if kind == "payload":
            self._payload += size
            self._lines, self._line_bytes, self._characters = after_payload(data, self._lines, self._line_bytes, self._characters)


def after_payload(data: bytes, lines: int, line_bytes: int, characters: int) -> tuple[int, int, int]:
    """The counts (LFs, bytes since the last LF, characters of several bytes begun) after ``data`` of payload."""
    found = data.count(b"\n")
    if found:
        line_bytes = len(data) - data.rfind(b"\n") - 1
    else:
        line_bytes += len(data)
    if not data.isascii():
        characters += len(data.translate(None, _NOT_LEADS))
    return lines + found, line_bytes, characters


def split_piece(piece: Piece, at: int) -> tuple[Piece, Piece]:
    """The piece as two, the second beginning ``at`` bytes later."""
    first, rest = piece.data[:at], piece.data[at:]
    payload, counts = piece.payload_before, (piece.lines_before, piece.line_bytes_before, piece.characters_before)
    if piece.kind == "payload":
        payload += len(first)
        counts = after_payload(first, *counts)
    second = Piece(
        piece.kind, rest, piece.raw_before + len(first), payload, *counts, piece.chunk,
        piece.frame, piece.frame_bytes_before + (len(first) if piece.frame else 0), piece.frame_bytes,
    )  # fmt: skip
    return piece._replace(data=first), second
