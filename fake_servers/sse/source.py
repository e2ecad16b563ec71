"""What one client of the server is sent: its part of the log first, then whatever comes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..frames import Frame

REPEATED_BYTES_MIN = 64 * 1024
"""What is shorter stands in a history as it was sent."""


def frame_of(event: Mapping[str, Any]) -> Frame:
    """``{id?, event?, data?, retry?, comment?}`` as a frame. Only data makes it an event."""
    data, id, name, retry, comment = (
        None if event.get(field) is None else str(event[field]) for field in ("data", "id", "event", "retry", "comment")
    )
    return Frame("comment" if data is None else "event", data, id, name, retry, comment)


def behind(log: Sequence[Frame], id: str | None) -> Sequence[Frame]:
    """The part of the log behind the last frame with that id; all of it without an id or with one that is not there."""
    for index in range(len(log), 0, -1):
        if id is not None and log[index - 1].id == id:
            return log[index:]
    return log


def as_repeated_line(data: bytes) -> tuple[bytes, int]:
    """Data of nothing but one line, again and again, as that line and how often: megabytes of comments then stay small in a history."""
    line = data[: data.find(b"\n") + 1]
    repeat = len(data) // len(line) if line and len(data) >= REPEATED_BYTES_MIN else 1
    return (line, repeat) if repeat > 1 and line * repeat == data else (data, 1)


class QueueSource:
    """The queue of one stream."""

    def __init__(self, frames: Iterable[Frame]) -> None:
        self._queue = deque(frames)
        self._ended = False

    def push(self, frame: Frame) -> None:
        if not self._ended:
            self._queue.append(frame)

    def end(self) -> None:
        """Nothing comes behind what is in the queue."""
        self._ended = True

    def next(self) -> Frame | None:
        return self._queue.popleft() if self._queue else None

    def ending(self) -> Sequence[Frame] | None:
        return () if self._ended else None
