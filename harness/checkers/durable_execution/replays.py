"""Everything that was read of a run, compared with its original: where a reading first differs, and whose requirement that is.

A *reading* is an ask of the owner for the stream of a run that was answered 200, with the index it began at. It must be a
prefix of ``original[start:]``, and if it ended by itself it holds at least what anybody had seen when it was asked for.

Whose requirement a difference is:

* a frame of below the index, while nobody had seen the run reach that index: IDX-3;
* a reading that goes on at last seen + 1 behind one that was cut or left: IDX-4;
* the body of a creation: SSE-1, the n-th frame is the same for whoever reads it;
* every other reading: IDX-1.

Not compared: readings begun before a crash in the life of the run, or before its model was asked for a turn again: what
changed behind those is a matter of recovery (RCV-1, RCV-2). Nor are frames behind an approval, where the original ends for good
at the request for it (SSE-6). Nothing is compared where writes were made to fail (SSE-5). A reading
that is short, where reads were made to fail, is a matter of SSE-2.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from .asks import Ask, Frame
from .meaning import Ending, round_ending
from .phrases import named, proof_of, shown
from .runs import Run
from .starts import Start, start_of

Keys = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Difference:
    """``requirement``: whose it is. ``entry``: of the frame, or of the end, that shows it. ``place``: its index in the run.

    ``is_short``: nothing is wrong but that it ended too early.
    """

    requirement: str
    message: str
    entry: int
    place: int
    is_short: bool = False


@dataclass
class Reading:
    """One stream of a run. ``resumes``: the reading that it goes on behind, at last seen + 1."""

    run: Run
    ask: Ask
    start: Start
    resumes: Reading | None = None

    @property
    def first(self) -> int:
        """The index of its first frame, for one that may be compared."""
        return self.start.value

    @property
    def end(self) -> int:
        """The index behind its last frame."""
        return self.first + len(self.ask.keys)

    @property
    def is_creation(self) -> bool:
        return self.ask is self.run.create

    @property
    def frames(self) -> tuple[Frame, ...]:
        return self.ask.frames

    @property
    def agrees(self) -> bool:
        """It is a part of the original, as far as it goes."""
        return self.run.keys[self.first : self.end] == self.ask.keys

    @property
    def broke_off(self) -> bool:
        """It did not come to its end: it was cut, the client left, or the stream failed."""
        return self.ask.how in ("cut", "left") or self.ask.failed_stream


class Replays:
    """The readings of one run, in the order in which they were asked for. ``alone``: its conversation has no other run."""

    def __init__(self, run: Run, *, alone: bool) -> None:
        self.run = run
        self._alone = alone

    @cached_property
    def asked(self) -> list[Ask]:
        """What asked for its stream, answered or not: its creation first."""
        asks = [ask for ask in self.run.own if ask.route == "stream" and ask.id_asked == self.run.id]
        if self._alone:
            asks += [ask for ask in self.run.own if ask.route == "conversation-stream" and ask.id_asked in self.run.conversations]
            asks.sort(key=lambda ask: ask.entry)
        return [*([self.run.create] if self.run.create is not None else []), *asks]

    @cached_property
    def all(self) -> list[Reading]:
        """With an index that is plain, or empty and read as 0."""
        found = []
        for ask in self.asked:
            start = Start("plain", 0) if ask is self.run.create else start_of(ask)
            if ask.status == 200 and start.kind != "bad":
                found.append(Reading(self.run, ask, start))
        self._join(found)
        return found

    def _join(self, readings: list[Reading]) -> None:
        """Finds for each the reading that broke off, with frames, where this one goes on."""
        broken = sorted((each for each in readings if each.broke_off and each.ask.keys), key=lambda each: each.ask.end_entry)
        behind: dict[int, Reading] = {}
        place = 0
        for reading in readings:
            while place < len(broken) and broken[place].ask.end_entry < reading.ask.entry:
                behind[broken[place].end] = broken[place]
                place += 1
            if not reading.is_creation:
                reading.resumes = behind.get(reading.first)

    @cached_property
    def length(self) -> int:
        """Of the whole stream, as far as anybody knows."""
        if self.run.original is not None:
            return len(self.run.original)
        return max((reading.end for reading in self.all), default=0)

    @cached_property
    def _progress(self) -> tuple[list[int], list[int]]:
        """(entries, how many frames of the run had been seen by then), both rising; by readings that agree with the original."""
        seen = sorted(
            (frame.entry, reading.first + place + 1)
            for reading in self.all
            if self.run.original is None or reading.agrees
            for place, frame in enumerate(reading.frames)
        )
        entries: list[int] = []
        counts: list[int] = []
        for entry, count in seen:
            if not counts or count > counts[-1]:
                entries.append(entry)
                counts.append(count)
        return entries, counts

    def known_at(self, entry: int) -> int:
        """How many frames of the run had been seen before an entry: its stream had at least these."""
        entries, counts = self._progress
        place = bisect_left(entries, entry)
        return counts[place - 1] if place else 0

    # --- comparing --------------------------------------------------------------------------------------------------

    def compared(self) -> Iterator[Reading]:
        """Those that can be compared with the original, without the original itself."""
        if self.run.original is not None:
            for reading in self.all:
                if reading.ask is not self.run.whole and reading.ask.entry > self.run.disturbed:
                    yield reading

    def difference(self, reading: Reading) -> Difference | None:
        """Where a reading first differs from the original; see the head of this module."""
        place = None if reading.agrees else _first_difference(reading.ask.keys, self.run.keys, reading.first)
        if place is not None:
            return self._wrong_frame(reading, place)
        return self._short(reading)

    def _wrong_frame(self, reading: Reading, place: int) -> Difference | None:
        frame, index = reading.frames[place], reading.first + place
        if index >= len(self.run.keys) and self.run.accepted and ending_at(self.run.original or (), len(self.run.keys)) == "suspended":
            return None
        where = f"{named(reading.ask)} got as frame {index} {shown(frame.data)}"
        below = reading.frames[0].key in self.run.keys[: reading.first]
        if index >= len(self.run.keys):
            message = f"{where}, expected no such frame: the stream has {len(self.run.keys)}"
        else:
            message = f"{where}, expected {shown(self.run.keys[index][1])} as the stream has it"
        beyond = reading.first > self.known_at(frame.entry)
        return Difference(self._whose(reading, beyond=below and beyond), message, frame.entry, index)

    def _short(self, reading: Reading) -> Difference | None:
        """It ended by itself, and lacks what had been there before it was asked for."""
        ask = reading.ask
        known = self.known_at(ask.entry)
        if not ask.is_whole or ask.failed_stream or reading.end >= known:
            return None
        message = f"{named(ask)} ended behind {reading.end} frames of the run, expected {known} at least: so many had been read before"
        return Difference(self._whose(reading, beyond=False), message, ask.end_entry, reading.end, is_short=True)

    def _whose(self, reading: Reading, *, beyond: bool) -> str:
        if beyond:
            return "EXE-IDX-3"
        if reading.is_creation:
            return "EXE-SSE-1"
        return "EXE-IDX-4" if reading.resumes is not None else "EXE-IDX-1"

    def proof(self, reading: Reading, difference: Difference) -> tuple[int, ...]:
        asks = proof_of(reading.ask, self.run.whole)
        return (*asks, difference.entry) if difference.entry not in asks else asks

    # --- endings ----------------------------------------------------------------------------------------------------

    def ending(self, reading: Reading) -> Ending:
        """How a reading ends, for a reader who knows the frames before its index as well."""
        own = reading.ask.ending
        if own not in ("nothing", "success") or not reading.agrees or self.run.original is None:
            return own
        return ending_at(self.run.original, reading.end)


def ending_at(frames: tuple[Frame, ...], end: int) -> Ending:
    """How a stream ends that has these frames up to an index."""
    return round_ending(frames[place].said for place in range(min(end, len(frames)) - 1, -1, -1))


def _first_difference(keys: Keys, original: Keys, first: int) -> int:
    """The place in ``keys`` that differs from the original behind ``first``."""
    for place, key in enumerate(keys):
        if first + place >= len(original) or original[first + place] != key:
            return place
    return len(keys)
