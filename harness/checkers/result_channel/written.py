"""When what a command wrote was seen: the bytes of each write against the frames that brought them. Nothing is judged here.

Nobody sees when a command begins. But nothing can be seen before it is written, so each write, and the end, says by when it had begun
at the latest: the least of all is taken. A write is then late at least by what it was seen later than that start and its own time allow.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from .sockets import Frame
from .tasks import Task
from .view import View

STREAMS = ("stdout", "stderr")


@dataclass(frozen=True)
class Write:
    """``to_bytes``: what the stream holds with it; ``whole_bytes``: as far as its last whole character."""

    at_ms: int
    stream: str
    size: int
    from_bytes: int
    to_bytes: int
    whole_bytes: int


class Written:
    """What one attempt wrote, and where it was first seen. Streams that are no UTF-8 have no writes here."""

    def __init__(self, view: View, task: Task) -> None:
        self.task = task
        self._attempt = view.ledger.attempts.get(task.key)
        self._seen: dict[str, tuple[list[int], list[Frame]]] = {stream: self._read(stream) for stream in STREAMS}
        self.writes: list[Write] = list(self._writes())
        self._final_us = min(self._over_us(view), default=None)

    def _read(self, stream: str) -> tuple[list[int], list[Frame]]:
        """(bytes of the stream behind each sequence, its first frame), as far as there is no hole."""
        rows = self._attempt.streams.get(stream, {}) if self._attempt is not None else {}
        ends: list[int] = []
        frames: list[Frame] = []
        total = 0
        for sequence in range(1, len(rows) + 1):
            row = rows.get(sequence)
            if row is None:
                break
            first = min((message.first for message in row.messages), key=lambda frame: frame.entry)
            total += len(first.data.encode("utf-8", "surrogatepass"))
            ends.append(total)
            frames.append(first)
        return ends, frames

    def _writes(self) -> Iterator[Write]:
        total = dict.fromkeys(STREAMS, 0)
        data = {stream: (self.task.text(stream) or "").encode() for stream in STREAMS}
        for at_ms, stream, size in self.task.steps:
            before = total[stream]
            total[stream] += size
            if self.task.text(stream) is not None:
                yield Write(at_ms, stream, size, before, total[stream], whole_characters(data[stream], total[stream]))

    def _over_us(self, view: View) -> Iterator[int]:
        """When its end was seen, but for ends that a stop or a kill has made."""
        for final in self._attempt.finals if self._attempt is not None else ():
            if final.first.payload.get("status") != "interrupted":
                yield final.first.at_us
        for report in view.reports_of(self.task.task):
            if report.body is not None and report.body.get("status") != "interrupted":
                yield report.at_us

    def sight(self, stream: str, bytes: int) -> Frame | None:
        """The frame that brought the last of the first so many bytes of a stream; None when they were never seen."""
        ends, frames = self._seen[stream]
        at = bisect_left(ends, bytes)
        return frames[at] if at < len(ends) else None

    def frames(self, stream: str) -> list[Frame]:
        return self._seen[stream][1]

    @property
    def start_us(self) -> int | None:
        """When the command had begun at the latest; None: nothing tells."""
        bounds = [self._final_us - self.task.exit_ms * 1000] if self._final_us is not None else []
        for write in self.writes:
            frame = self.sight(write.stream, write.whole_bytes) if write.whole_bytes > write.from_bytes else None
            if frame is not None:
                bounds.append(frame.at_us - write.at_ms * 1000)
        return min(bounds, default=None)


def whole_characters(data: bytes, to_bytes: int) -> int:
    """Where the last whole character within so many bytes of UTF-8 ends."""
    while 0 < to_bytes < len(data) and data[to_bytes] & 0xC0 == 0x80:
        to_bytes -= 1
    return to_bytes
