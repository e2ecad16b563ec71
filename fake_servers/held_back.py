"""A proxy that passes a body on only in blocks."""

from __future__ import annotations

from collections import deque

from .frames import Frame

Passed = tuple[bytes, list[tuple[Frame, bool, int]]]
"""Bytes that go out, and the frames that end among them, each with whether it is a repeat and how many bytes go out behind it."""


class HeldBack:
    """What is not passed on yet. ``index``: of the fault in the plan."""

    def __init__(self, index: int, block_bytes: int) -> None:
        self.index = index
        self._block_bytes = block_bytes
        self._data: list[bytes] = []
        self._held_bytes = 0
        self._frames: deque[tuple[int, Frame, bool]] = deque()  # each with the bytes that must go out until it is whole

    @property
    def held_bytes(self) -> int:
        return self._held_bytes

    def feed(self, data: bytes, frame: Frame, again: bool) -> Passed:
        """Takes a frame; passes on what makes whole blocks."""
        self._data.append(data)
        self._held_bytes += len(data)
        self._frames.append((self._held_bytes, frame, again))
        return self._pass(self._held_bytes - self._held_bytes % self._block_bytes)

    def flush(self) -> Passed:
        return self._pass(self._held_bytes)

    def _pass(self, count: int) -> Passed:
        if not count:
            return b"", []
        data = b"".join(self._data)
        self._data = [data[count:]]
        self._held_bytes -= count
        whole = []
        while self._frames and self._frames[0][0] <= count:
            end, frame, again = self._frames.popleft()
            whole.append((frame, again, count - end))
        self._frames = deque((end - count, frame, again) for end, frame, again in self._frames)
        return data[:count], whole
