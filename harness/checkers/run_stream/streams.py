"""The stream connections of a history: their frames, how much of them the reader surely got, and how they ended.

Nothing is judged here. What a connection was worth to the reader is a set of *readings* where a reset leaves it open; every
checker takes the one that favours the reader.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from ...values.history import Entry, History
from ..wire import Connection, Request, Wire

Reading = Literal["failed", "clean", "error", "fatal", "stopped", "none"]
"""A failed connection, one that ended whole, one given up by an error frame, one that ends the watch with an error, one that
said stream-end, and one that was no connection of a stream at all."""
Receipt = Literal["surely", "perhaps", "never"]

FATAL = (403, 404, 406)
LIVED_LONG_US = 60_000_000
NAMED_ENDS = ("stream-end", "error", "end")
DATA = "event"
HOLDING = frozenset({"stall", "drip", "slice", "lose-answer"})
"""Faults of the wire that may keep bytes from the reader although its connection is open."""
REPEAT_US_MAX = 200_000
QUIET_US = {"sim": 20_000, "loopback": 2_000_000}


@dataclass(frozen=True)
class Frame:
    """``body_bytes``: of the body of its answer, up to and with this frame (0: not known)."""

    entry: int
    at_us: int
    kind: str
    position: int
    id: str | None
    again: bool
    body_bytes: int

    @property
    def is_event(self) -> bool:
        return self.kind == DATA


@dataclass
class Stream:
    """One request for a stream, with everything that became of it."""

    request: Request
    connection: Connection | None
    frames: list[Frame] = field(default_factory=list)
    broken_bytes: int | None = None
    broken_certain: bool = False
    broken_us: int = 0
    broken_entry: int = 0
    quiet_us: int = 20_000
    repeat_us: int = 20_000

    @property
    def leg(self) -> str:
        return self.request.server

    @property
    def entry(self) -> int:
        return self.request.entry

    @property
    def status(self) -> int | None:
        return self.request.answer.status if self.request.answer is not None else None

    @cached_property
    def _end(self) -> tuple[int, int] | None:
        """(entry, time) of its end for the reader: by its own hand, or when the link had passed on all that it would."""
        connection, answer = self.connection, self.request.delivered
        closed = None
        if connection is not None and connection.closed_us is not None and connection.closed_entry > self.entry:
            closed = connection.closed_entry, connection.closed_us
            if connection.closed_by == "target" and (answer is None or closed[0] < answer.delivered_entry):
                return closed
        if answer is not None and answer.delivered_us is not None:
            return answer.delivered_entry, answer.delivered_us
        return closed if self.broken_bytes is None else (self.broken_entry, self.broken_us)

    @property
    def end_entry(self) -> int | None:
        """None: it was still open when the example ended."""
        return self._end[0] if self._end is not None else None

    @property
    def end_us(self) -> int | None:
        return self._end[1] if self._end is not None else None

    @cached_property
    def begin_of_end_us(self) -> int | None:
        """The earliest time at which the reader may have known that it is over: a frame that says so, or its end."""
        named = next((frame.at_us for frame in self.frames if frame.kind in NAMED_ENDS), None)
        return self.end_us if named is None else min(named, self.end_us if self.end_us is not None else named)

    @property
    def closed_by_target(self) -> bool:
        """The reader itself let go of it, in the middle of the answer."""
        return self.request.delivered is None and self.connection is not None and self.connection.closed_by == "target"

    @property
    def lived_long(self) -> bool:
        return self.end_us is None or self.end_us - self.request.at_us >= LIVED_LONG_US

    @property
    def is_event_stream(self) -> bool:
        """A 200 that a reader can make sense of."""
        answer = self.request.answer
        if answer is None or answer.status != 200 or "content-encoding" in answer.headers:
            return False
        return answer.headers.get("content-type", "text/event-stream").split(";")[0].strip().lower() == "text/event-stream"

    @property
    def unheard(self) -> bool:
        """It ended before the reader surely had a byte of its answer."""
        answer = self.request.answer
        if self.end_us is None or (answer is not None and answer.certain):
            return False
        return not (self.broken_certain and self.broken_bytes) and (answer is None or self.end_us - answer.at_us <= self.quiet_us)

    def may_be_repeated_by(self, other: Stream) -> bool:
        """Whether an HTTP client may have sent it again by itself, which some do once and at once with a GET that nothing answers."""
        if not self.unheard or self.end_us is None or other.request.target != self.request.target:
            return False
        return 0 <= other.request.at_us - self.end_us <= self.repeat_us

    def received(self, frame: Frame) -> Receipt:
        """Whether a frame that the server handed to the socket reached the reader."""
        answer = self.request.delivered
        if answer is not None and frame.entry < answer.delivered_entry:
            return "surely" if answer.certain else "perhaps"
        if self.broken_bytes is not None and frame.body_bytes:
            if frame.body_bytes > self.broken_bytes:
                # Of a CRLF the CR alone ends a line already: a frame without its last LF may count as whole.
                half = frame.body_bytes == self.broken_bytes + 1 and "framing" in self.request.faults
                return "perhaps" if half else "never"
            if self.broken_certain:
                return "surely"
        if self.request.faults & HOLDING or (self.broken_bytes is None and "cut" in self.request.faults):
            return "perhaps"
        # What lay in the reader's socket for so long before the connection was reset, it has read.
        return "surely" if self.end_us is None or self.end_us - frame.at_us > self.quiet_us else "perhaps"

    def surely(self, *kinds: str) -> Frame | None:
        """The first frame of these kinds that surely reached the reader."""
        return next((frame for frame in self.frames if frame.kind in kinds and self.received(frame) == "surely"), None)

    def perhaps(self, *kinds: str) -> Frame | None:
        """The first frame of these kinds that may have reached the reader."""
        return next((frame for frame in self.frames if frame.kind in kinds and self.received(frame) != "never"), None)

    @cached_property
    def readings(self) -> frozenset[Reading]:
        """What it may have been for the reader, once it was over."""
        answer = self.request.answer
        if answer is None:
            return frozenset({"failed"})
        if answer.status != 200:
            if answer.status in FATAL:
                return frozenset({"fatal"} if answer.certain else {"fatal", "failed"})
            return frozenset({"failed"})
        if not self.is_event_stream:
            return frozenset({"failed"})
        return self._readings_of_200()

    def _readings_of_200(self) -> frozenset[Reading]:
        readings: set[Reading] = set()
        for frame in self.frames:
            if frame.kind not in NAMED_ENDS or (receipt := self.received(frame)) == "never":
                continue
            readings.add("stopped" if frame.kind == "stream-end" else "error" if frame.kind == "error" else "clean")
            if receipt == "surely":
                return frozenset(readings)
        answer = self.request.delivered
        if answer is not None:
            readings.add("clean")
        if answer is None or not answer.certain:
            readings.add("failed")
        if "spoilt-body" in self.request.faults:
            readings.add("failed")
        return frozenset(readings)


@dataclass(frozen=True)
class Ghost:
    """An attempt to connect of which no server saw a request: refused, or ended before the head had arrived.

    ``resting``: perhaps none at all. A fault closed a kept-alive connection, and what was just then put on it is seen by nobody.
    """

    entry: int
    at_us: int
    server: str
    refused: bool = False
    resting: bool = False


def read_streams(history: History, wire: Wire, backoff_base_ms: int) -> tuple[list[Stream], list[Ghost]]:
    """One pass over the entries; linear."""
    streams: dict[int, Stream] = {}
    used: set[int] = set()
    repeat_us = min(REPEAT_US_MAX, backoff_base_ms * 400)  # well below the shortest pause
    quiet_us = QUIET_US.get(history.header.world, QUIET_US["loopback"])
    for request in wire.requests:
        if request.endpoint == "stream":
            connection = wire.connections.get(request.connection)
            streams[request.number] = Stream(request, connection, quiet_us=quiet_us, repeat_us=repeat_us)
        used.add(request.connection)
    for entry in history.entries:
        if entry.kind == "frame" and entry.data["request"] in streams:
            streams[entry.data["request"]].frames.append(_read_frame(entry))
        elif entry.kind == "broken" and entry.data["request"] in streams:
            _break(streams[entry.data["request"]], entry)
    return list(streams.values()), _ghosts(wire, used)


def _read_frame(entry: Entry) -> Frame:
    data: Any = entry.data
    return Frame(
        entry.number,
        entry.at_us,
        data["frame"],
        data.get("position") or 0,
        data.get("id"),
        bool(data.get("again")),
        data.get("body_bytes") or 0,
    )


def _break(stream: Stream, entry: Entry) -> None:
    stream.broken_bytes, stream.broken_certain = entry.data["bytes"], entry.data["certain"]
    stream.broken_us, stream.broken_entry = entry.at_us, entry.number


def _ghosts(wire: Wire, used: set[int]) -> list[Ghost]:
    ghosts = [Ghost(entry.number, entry.at_us, entry.data["server"], refused=True) for entry in wire.refused]
    for connection in wire.connections.values():
        if connection.number not in used and connection.closed_us is not None:
            ghosts.append(Ghost(connection.closed_entry, connection.closed_us, connection.server))
    resting = _closed_at_rest(wire)
    ghosts += [Ghost(row.closed_entry, row.closed_us, row.server, resting=True) for row in resting if row.closed_us is not None]
    for entry in wire.faults:
        number = entry.data.get("request", 0)
        if number and number not in wire.by_number and entry.data.get("connection") in used:
            ghosts.append(Ghost(entry.number, entry.at_us, wire.connections[entry.data["connection"]].server))
    return sorted(ghosts, key=lambda ghost: ghost.entry)


def _closed_at_rest(wire: Wire) -> list[Connection]:
    """Kept-alive connections that a fault closed behind a whole answer."""
    busy = {request.connection for request in wire.requests if request.delivered is None}
    used = {request.connection for request in wire.requests}
    closed = (wire.connections[number] for number in sorted(used - busy) if number in wire.connections)
    return [row for row in closed if row.closed_by == "link" or (row.closed_by == "server" and row.how == "rst")]
