"""The algorithm of HTML 9.2.5 and 9.2.6: bytes in, whole frames out. It keeps no cursor; who reads decides what commits one.

Lines end at LF, CRLF or a lone CR, and a CR at the end of what has arrived may be the first half of a CRLF: so the line is
taken at once, and a LF that comes next is skipped. A frame without its empty line is never given out. The field ``retry``
is no part of a frame: it counts as soon as its line is there.

The work is linear in the bytes, whatever their division: the pieces of a line wait in a list until its end is there.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

RETRY_DIGITS_MAX = 15
A_LONG_TIME_MS = 10**RETRY_DIGITS_MAX
"""What a number of more digits comes to; Python refuses to read one of thousands of digits."""


@dataclass(frozen=True)
class Frame:
    """One block of fields with its empty line. ``data`` None: it had no data field. ``id`` None: it had no (valid) id field."""

    event: str
    data: str | None
    id: str | None


class SseParser:
    """Feed it bytes in any division; the frames are the same. ``retry_ms``: the last reconnection time, None before the first."""

    def __init__(self) -> None:
        self.retry_ms: int | None = None
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._line: list[str] = []
        self._skip_lf = False
        self._data: list[str] = []
        self._event = ""
        self._id: str | None = None

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that ``data`` completes."""
        text = self._decoder.decode(data)
        if self._skip_lf and text:
            text = text.removeprefix("\n")
            self._skip_lf = False
        if not text:
            return []
        self._skip_lf = text.endswith("\r")
        *whole, rest = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        frames = []
        for piece in whole:
            line = "".join([*self._line, piece]) if self._line else piece
            self._line.clear()
            frame = self._take(line)
            if frame is not None:
                frames.append(frame)
        if rest:
            self._line.append(rest)
        return frames

    def _take(self, line: str) -> Frame | None:
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        self._field(name, value.removeprefix(" "))
        return None

    def _field(self, name: str, value: str) -> None:
        """A line that begins with a colon has an empty name: a comment."""
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry_ms = int(value) if len(value) <= RETRY_DIGITS_MAX else A_LONG_TIME_MS

    def _dispatch(self) -> Frame | None:
        if not self._data and self._id is None and not self._event:
            return None
        frame = Frame(self._event, "\n".join(self._data) if self._data else None, self._id)
        self._clear()
        return frame

    def _clear(self) -> None:
        self._data, self._event, self._id = [], "", None
