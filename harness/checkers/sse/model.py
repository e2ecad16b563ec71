"""What the standard makes of the bytes of an event stream: HTML 9.2.5 and 9.2.6, written down once more for the judge.

It works on bytes, not on characters: a line end is never part of a character of several bytes, so a line can be found first
and decoded then. Every step remembers behind which byte it was taken, so that one reading serves for every prefix of it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\r|\n")


class Key(NamedTuple):
    """What an application sees of an event beside its id."""

    type: str
    data: str


class Step(NamedTuple):
    """An empty line: it commits the id and dispatches what there is. ``end``: behind so many bytes of the stream.

    ``id`` None: the stream has named no id so far, and the one of the client stands. ``by_cr``: the line ended in a lone CR,
    which at the end of what has arrived may be half of a CRLF.
    """

    end: int
    key: Key | None
    id: str | None
    by_cr: bool


@dataclass
class Reading:
    """``retries``: (end of the line, milliseconds). ``halves``: what a client that knows no empty line might make of the end."""

    steps: list[Step] = field(default_factory=list)
    retries: list[tuple[int, int]] = field(default_factory=list)
    halves: tuple[Key, ...] = ()
    half_ids: tuple[str, ...] = ()
    """Ids of the unfinished event: those no empty line has committed."""
    has_bom: bool = False
    has_cr: bool = False

    @cached_property
    def event_steps(self) -> list[Step]:
        return [step for step in self.steps if step.key is not None]

    @cached_property
    def keys(self) -> list[Key]:
        return [step.key for step in self.steps if step.key is not None]

    @cached_property
    def _event_ends(self) -> list[int]:
        return [step.end for step in self.event_steps]

    def events_within(self, bytes_count: int) -> int:
        """How many events are whole within the first bytes."""
        return bisect_right(self._event_ends, bytes_count)

    def retries_within(self, bytes_count: int) -> list[int]:
        return [ms for end, ms in self.retries if end <= bytes_count]

    def cursors(self, events: int, start: str) -> list[str]:
        """The ids that may stand once so many events are dispatched, first to last: steps without an event may have followed."""
        return [cursor for dispatched, cursor in self._cursors(start) if dispatched == events]

    def counts_at(self, cursor: str, start: str) -> set[int]:
        """The numbers of dispatched events at which ``cursor`` may stand."""
        return {dispatched for dispatched, standing in self._cursors(start) if standing == cursor}

    def _cursors(self, start: str) -> Iterator[tuple[int, str]]:
        """(events dispatched so far, id that stands) at the beginning and behind every empty line."""
        yield 0, start
        dispatched = 0
        for step in self.steps:
            dispatched += step.key is not None
            yield dispatched, start if step.id is None else step.id


def read_stream(data: bytes) -> Reading:
    """All that is dispatched, committed and set by ``data``, which may end anywhere."""
    reader = _Reader()
    position = len(BOM) if data.startswith(BOM) else 0
    reader.reading.has_bom = position > 0
    for match in _LINE_END.finditer(data, position):
        reader.line(data[position : match.start()], match[0], match.end())
        position = match.end()
    reader.end(data[position:])
    return reader.reading


class _Reader:
    def __init__(self) -> None:
        self.reading = Reading()
        self._id: str | None = None
        self._committed: str | None = None
        self._clear()

    def _clear(self) -> None:
        self._data: list[str] = []
        self._type = ""

    def line(self, line: bytes, line_end: bytes, end: int) -> None:
        by_cr = line_end == b"\r"
        self.reading.has_cr |= by_cr
        if line:
            self._field(line, end)
        else:
            self.reading.steps.append(Step(end, self._key(), self._id, by_cr))
            self._committed = self._id
            self._clear()

    def _key(self) -> Key | None:
        return Key(self._type or "message", "\n".join(self._data)) if self._data else None

    def _field(self, line: bytes, end: int) -> None:
        name, _, value = line.partition(b":")
        if name not in (b"data", b"event", b"id", b"retry"):
            return
        text = value.removeprefix(b" ").decode("utf-8", "replace")
        if name == b"data":
            self._data.append(text)
        elif name == b"event":
            self._type = text
        elif name == b"id":
            self._id = self._id if "\0" in text else text
        elif text.isascii() and text.isdigit() and end:
            # A number of a thousand digits is valid, too; beyond eighteen they make no difference to anybody.
            self.reading.retries.append((end, int(text.lstrip("0")[:18] or "0")))

    def end(self, rest: bytes) -> None:
        """What is left over is no event; it is kept so that a client which makes one of it is understood."""
        halves = [self._key()]
        ids = [self._id]
        if rest:
            self._field(rest, end=0)
            halves.append(self._key())
            ids.append(self._id)
        self.reading.halves = tuple(key for key in halves if key is not None)
        self.reading.half_ids = tuple(id for id in ids if id is not None and id != self._committed)
