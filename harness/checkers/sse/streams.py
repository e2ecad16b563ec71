"""The connections of the client: what each was answered, which bytes of it passed, and which of them it has surely read.

An answer that reached the client whole is read whole. One that broke off may have been read up to any byte: HTTP libraries
may discard what they hold when a connection fails, as the Streams standard does. But what had arrived long before the end has
been read. So each stream has a number of events that the client must have dispatched, and one that it may have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ...values.history import History
from ..wire import Request, Wire
from .model import Reading, read_stream

HOLDING_FAULTS = frozenset({"stall", "drip"})
"""Bytes that one of these holds back arrive at the latest when the faults stop."""
MEDIA_TYPE = "text/event-stream"


@dataclass
class Stream:
    """One request for the stream and what came of it. ``writes``: (time, bytes written up to then, entry), ascending."""

    request: Request
    writes: list[tuple[int, int, int]] = field(default_factory=list)
    data: bytes = b""
    passed_bytes: int = 0
    whole: bool = False
    """The answer reached the client to its end, surely."""
    ended_us: int | None = None
    """When the client may first have known that the connection, or the answer, is over."""
    ended_entry: int = 0
    ended_by: str = ""
    """"whole", "broken", "target", or "" while it goes on."""
    sure_bytes: int = 0

    @property
    def status(self) -> int:
        return self.request.answer.status if self.request.answer is not None else 0

    @property
    def is_stream(self) -> bool:
        answer = self.request.answer
        return answer is not None and answer.status == 200 and essence(answer.headers.get("content-type", "")) == MEDIA_TYPE

    @property
    def is_false(self) -> bool:
        """An answer with a body that is no event stream."""
        return self.request.answer is not None and not self.is_stream

    @property
    def redirects(self) -> bool:
        return self.status in (301, 302, 303, 307, 308)

    @property
    def is_away(self) -> bool:
        return self.request.server == "elsewhere"

    @property
    def claimed(self) -> str | None:
        """The Last-Event-ID it was asked with; None without the header."""
        return self.request.headers.get("last-event-id")

    @cached_property
    def reading(self) -> Reading:
        return read_stream(self.data[: self.passed_bytes])

    def entry_of_byte(self, position: int) -> int:
        """The entry with which the byte at ``position`` (from 0) was written; that of the request when nothing tells."""
        return next((entry for _, total, entry in self.writes if total > position), self.request.entry)

    @cached_property
    def events_max(self) -> int:
        return len(self.reading.keys) if self.is_stream else 0

    @cached_property
    def events_min(self) -> int:
        if not self.is_stream:
            return 0
        count = self.reading.events_within(self.sure_bytes)
        last = self.reading.event_steps[count - 1] if count else None
        if last is not None and last.by_cr and last.end == len(self.data) and not self.whole:
            return count - 1  # a LF might follow: the client may wait for one more byte
        return count


def essence(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


@dataclass(frozen=True)
class Clock:
    """``slack_us``: how long a client may take to hand over what has arrived. ``reading_ends_us``: unwatch, or the end."""

    slack_us: int
    reading_ends_us: int
    healed_us: int | None


def read_streams(history: History, wire: Wire, clock: Clock) -> list[Stream]:
    """Every request of the endpoint ``stream``, on whichever server, in the order of arrival."""
    streams = {request.number: Stream(request) for request in wire.requests if request.endpoint == "stream"}
    pieces: dict[int, list[bytes]] = {number: [] for number in streams}
    broken: dict[int, tuple[int, bool]] = {}
    for entry in history.of_kind("sent", "broken"):
        number = entry.data["request"]
        if number not in streams:
            continue
        if entry.kind == "broken":
            broken[number] = (entry.data["bytes"], entry.data["certain"])
            continue
        pieces[number].append(entry.data["text"].encode("utf-8", "surrogateescape") * entry.data.get("repeat", 1))
        before = streams[number].writes[-1][1] if streams[number].writes else 0
        streams[number].writes.append((entry.at_us, before + len(pieces[number][-1]), entry.number))
    for number, stream in streams.items():
        answer = stream.request.answer
        stream.data = b"".join(pieces[number]) or (answer.body.encode("utf-8", "surrogateescape") if answer is not None else b"")
        _bound(stream, wire, broken.get(number), clock)
    return list(streams.values())


def _bound(stream: Stream, wire: Wire, broken: tuple[int, bool] | None, clock: Clock) -> None:
    connection = wire.connections.get(stream.request.connection)
    closed = connection if connection is not None and connection.closed_us is not None else None
    delivered = stream.request.delivered
    stream.passed_bytes = len(stream.data) if broken is None else min(broken[0], len(stream.data))
    if delivered is not None and delivered.delivered_us is not None:
        stream.ended_us, stream.ended_entry, stream.ended_by = delivered.delivered_us, delivered.delivered_entry, "whole"
    elif closed is not None:
        stream.ended_us, stream.ended_entry = closed.closed_us, closed.closed_entry
        stream.ended_by = "target" if closed.closed_by == "target" else "broken"
    had_time = (stream.ended_us or 0) + clock.slack_us <= clock.reading_ends_us
    stream.whole = delivered is not None and delivered.certain and had_time
    lost_sight = closed is not None and broken is None and delivered is None
    stream.sure_bytes = len(stream.data) if stream.whole else 0 if lost_sight else min(stream.passed_bytes, _settled(stream, clock))


def _settled(stream: Stream, clock: Clock) -> int:
    """The bytes that had arrived, and had their time, before the client stopped reading."""
    last_us = min(clock.reading_ends_us, stream.ended_us if stream.ended_us is not None else clock.reading_ends_us) - clock.slack_us
    if stream.request.faults & HOLDING_FAULTS and (clock.healed_us is None or clock.healed_us > last_us):
        return 0
    return _written_by(stream.writes, last_us)


def _written_by(writes: Sequence[tuple[int, int, int]], until_us: int) -> int:
    written = 0
    for at_us, total, _ in writes:
        if at_us > until_us:
            break
        written = total
    return written
