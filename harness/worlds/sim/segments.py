"""What travels on a simulated connection, and how much of it a kernel would keep on each side."""

from __future__ import annotations

from collections import deque
from enum import Enum


class Mark(Enum):
    """The end of one direction (FIN), or of the connection (RST)."""

    FIN = "fin"
    RST = "rst"


FIN = Mark.FIN
RST = Mark.RST

SEND_BUFFER_BYTES = 64 * 1024
"""What is taken from a writer before its transport's own buffer begins to grow."""

RECEIVE_BUFFER_BYTES = 64 * 1024
"""What waits for a reader that does not read before the sender's bytes stay with the sender."""


class ByteQueue:
    """Bytes that were written and have not left yet."""

    __slots__ = ("_pieces", "size")

    def __init__(self) -> None:
        self._pieces: deque[bytes | memoryview] = deque()
        self.size = 0

    def append(self, data: bytes) -> None:
        self._pieces.append(data)
        self.size += len(data)

    def clear(self) -> None:
        self._pieces.clear()
        self.size = 0

    def take(self, bytes_max: int) -> bytes:
        """The next bytes, at most so many. What is cut is cut as a view: to copy the rest each time would be quadratic."""
        if self.size <= bytes_max:
            taken = list(self._pieces)
            self._pieces.clear()
        else:
            taken = self._cut(bytes_max)
        first = taken[0] if len(taken) == 1 else None
        data = first if isinstance(first, bytes) else b"".join(taken)
        self.size -= len(data)
        return data

    def keep(self, bytes_max: int) -> None:
        """Drops what stands behind the first so many bytes."""
        if self.size > bytes_max:
            kept = self.take(bytes_max)
            self.clear()
            self.append(kept)

    def _cut(self, room: int) -> list[bytes | memoryview]:
        taken: list[bytes | memoryview] = []
        while room:
            piece = self._pieces.popleft()
            if len(piece) > room:
                view = memoryview(piece)
                self._pieces.appendleft(view[room:])
                piece = view[:room]
            taken.append(piece)
            room -= len(piece)
        return taken
