"""What the checkers ask of a history of a client: what it was told to do, what it told, its connections, and both matched.

Built once a history; linear but for the few ways of reading that ``matching`` follows at once.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise

from ...contracts.sse import RECONNECT
from ...values.history import Entry, Header, History
from ..wire import Wire, read_wire
from .matching import Alignment, Expected, Matching, Slot, align, match
from .model import Key
from .streams import Clock, Stream, read_streams
from .told import Event, Told, read_told

SIM_SLACK_MS = 50
LOOPBACK_SLACK_MS = 500
"""How long a client may take to hand over an event that has arrived, before it counts as surely read."""
SLOW_READING_US_A_BYTE = 1
"""Megabytes take their time in real time: a million bytes a second is asked of nobody."""
JITTER_MS = {"sim": 1, "loopback": 30}
"""How much a lower bound may seem undercut by the way it is observed."""


class View:
    """A history of the role ``reader``, ready to be judged."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.header: Header = history.header
        self.wire: Wire = read_wire(history)
        self.told: Told = read_told(history)

    @property
    def reconnects(self) -> bool:
        return RECONNECT in self.header.capabilities

    @property
    def allowance_ms(self) -> int:
        return self.header.allowance_ms

    @property
    def jitter_us(self) -> int:
        return JITTER_MS.get(self.header.world, JITTER_MS["loopback"]) * 1000

    @property
    def end_us(self) -> int:
        """When the example was over: from there on nobody looked."""
        return self.wire.settled.at_us if self.wire.settled is not None else self.wire.end_us

    @property
    def stored_id(self) -> str:
        return self.header.config.get("last_event_id") or ""

    # --- connections ------------------------------------------------------------------------------------------------

    @cached_property
    def _clock(self) -> Clock:
        if self.header.world == "sim":
            slack_us = SIM_SLACK_MS * 1000
        else:
            bytes_count = sum(len(entry.data["text"]) * entry.data.get("repeat", 1) for entry in self.history.of_kind("sent"))
            slack_us = (LOOPBACK_SLACK_MS + self.allowance_ms) * 1000 + bytes_count * SLOW_READING_US_A_BYTE
        closing = self.told.unwatch_called
        reading_ends_us = self.end_us if closing is None else min(closing.at_us, self.end_us)
        return Clock(slack_us, reading_ends_us, self.wire.healed.at_us if self.wire.healed is not None else None)

    @cached_property
    def streams(self) -> list[Stream]:
        return read_streams(self.history, self.wire, self._clock)

    @cached_property
    def claims(self) -> list[str]:
        """The last id that the client went by when it made each request: its Last-Event-ID. Clients need not tell another origin."""
        claims: list[str] = []
        for stream in self.streams:
            before = claims[-1] if claims else self.stored_id
            claims.append(before if stream.claimed is None and stream.is_away else stream.claimed or "")
        return claims

    @cached_property
    def attempts(self) -> list[Entry]:
        """Requests for the stream and refused connections, in order. A request that follows a redirect is part of the attempt before."""
        numbers = {refused.number for refused in self.wire.refused}
        numbers |= {stream.request.entry for stream in self.streams[:1]}
        numbers |= {second.request.entry for first, second in pairwise(self.streams) if not first.redirects}
        return [self.history.entries[number - 1] for number in sorted(numbers)]

    def attempt_after(self, entry: int) -> Entry | None:
        position = bisect_right(self.attempts, entry, key=lambda attempt: attempt.number)
        return self.attempts[position] if position < len(self.attempts) else None

    @cached_property
    def pauses_us(self) -> list[int]:
        """How long after the end of each stream the next attempt came."""
        pauses = []
        for stream in self.streams:
            following = self.attempt_after(stream.ended_entry) if stream.ended_entry else None
            if stream.is_stream and following is not None and stream.ended_us is not None:
                pauses.append(following.at_us - stream.ended_us)
        return pauses

    # --- events -----------------------------------------------------------------------------------------------------

    @cached_property
    def dispatched(self) -> list[Event]:
        """What was told while the client was asked to read; what comes behind `unwatch` is another matter."""
        unwatched = self.told.unwatched
        return [event for event in self.told.events if unwatched is None or event.entry < unwatched.number]

    @cached_property
    def _keys(self) -> list[Key]:
        return [event.key for event in self.dispatched]

    @cached_property
    def _slots(self) -> list[Slot]:
        slots = []
        for number, stream in enumerate(self.streams):
            following = self.streams[number + 1] if number + 1 < len(self.streams) else None
            # What was told before the next request came cannot be of the next stream.
            told_by_then = 0 if following is None else bisect_left(self.dispatched, following.request.entry, key=lambda event: event.entry)
            keys = stream.reading.keys
            if stream.is_stream:
                agreeing = None if following is None else _agreeing(stream, self.claims[number], self.claims[number + 1])
                slots.append(Slot(keys, stream.events_min, stream.events_max, agreeing, told_by_then))
            else:
                slots.append(Slot(keys, 0, len(keys), told_by_then=told_by_then, false=True))
        return slots

    @cached_property
    def matching(self) -> Matching:
        return match(self._keys, self._slots)

    @cached_property
    def alignment(self) -> Alignment | None:
        """Only where no way of reading explains what was told."""
        if self.matching.taken is not None or self.matching.pruned:
            return None
        expected = [
            Expected(number, index, key, index < slot.least)
            for number, slot in enumerate(self._slots)
            if not slot.false
            for index, key in enumerate(slot.keys[: slot.most])
        ]
        return align(self._keys, expected)

    @cached_property
    def taken(self) -> tuple[int, ...]:
        """Events dispatched of each stream; where nothing explains them all, as many as could be found."""
        if self.matching.taken is not None:
            return self.matching.taken
        counts = [0] * len(self.streams)
        for _, row in self.alignment.matched if self.alignment is not None else ():
            counts[row.slot] = row.place + 1
        return tuple(counts)

    @cached_property
    def pairs(self) -> list[tuple[Event, Stream, int]]:
        """Each event told, with the stream it came from and its index there; those that fit nowhere are left out."""
        if self.alignment is not None:
            return [(self.dispatched[at], self.streams[row.slot], row.place) for at, row in self.alignment.matched]
        if self.matching.taken is None:
            return []
        origins = [(stream, index) for stream, count in zip(self.streams, self.matching.taken, strict=True) for index in range(count)]
        return [(event, stream, index) for event, (stream, index) in zip(self.dispatched, origins, strict=True)]

    def followed(self) -> Iterator[tuple[int, Stream, Stream]]:
        """(index of the first, first, second) for each two requests in a row."""
        return ((number, first, second) for number, (first, second) in enumerate(pairwise(self.streams)))


def _agreeing(stream: Stream, start: str, following: str) -> set[int]:
    """The numbers of dispatched events of a stream that agree with the Last-Event-ID asked with next."""
    reading = stream.reading
    if stream.whole:
        # Everything was read, so only the id that stands at the very end will do.
        last = reading.steps[-1].id if reading.steps else None
        return {len(reading.keys)} if (start if last is None else last) == following else set()
    return reading.counts_at(following, start)
