"""The end of what a driver says on standard error, in bounded memory; it goes into the report of a failure."""

from __future__ import annotations

import threading
from collections import deque

STDERR_LINES = 100
STDERR_LINE_BYTES_MAX = 4 * 1024


class StderrTail:
    """The last lines of standard error, long ones cut short."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=STDERR_LINES)
        self._partial = bytearray()
        self._lock = threading.Lock()

    def feed(self, data: bytes) -> None:
        with self._lock:
            *ended, rest = data.split(b"\n")
            for piece in ended[-(STDERR_LINES + 1) :]:
                self._keep(piece)
                self._lines.append(self._text())
                self._partial.clear()
            self._keep(rest)

    def lines(self) -> list[str]:
        with self._lock:
            return [*self._lines, *([self._text()] if self._partial else [])][-STDERR_LINES:]

    def _keep(self, piece: bytes) -> None:
        self._partial += piece[: max(0, STDERR_LINE_BYTES_MAX - len(self._partial))]

    def _text(self) -> str:
        return self._partial.decode("utf-8", "backslashreplace").rstrip("\r")
