"""The streams that a client was answered with: which frames passed, which of them it has surely read, and how each answer ended.

The frames are those that the server wrote down, with the byte behind which each is whole: nothing is parsed here. An answer
that broke off may have been read up to any byte, since HTTP libraries may discard what they hold; what had arrived long before
has been read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ....values.history import History
from ...sse.streams import HOLDING_FAULTS, MEDIA_TYPE, essence
from ...wire import Request, Wire

ENDPOINTS = ("create", "stream")


@dataclass(frozen=True)
class Written:
    """A frame as it was handed to the socket. ``kind`` "event": ``index`` is its place in the run. ``end``: behind so many bytes."""

    entry: int
    at_us: int
    kind: str
    index: int | None
    data: str
    end: int


@dataclass
class Body:
    """One request for a stream and what came of it. ``run``: whose frames they are, where there was one."""

    request: Request
    run: str = ""
    written: list[Written] = field(default_factory=list)
    broken: tuple[int, bool] | None = None
    """(bytes that were handed over, surely) of an answer that was cut."""
    ended_us: int | None = None
    ended_entry: int = 0

    @property
    def is_stream(self) -> bool:
        answer = self.request.answer
        return answer is not None and answer.status == 200 and essence(answer.headers.get("content-type", "")) == MEDIA_TYPE

    @property
    def delivered(self) -> bool:
        """The answer reached the client to its end, perhaps."""
        return self.request.delivered is not None

    @property
    def surely_whole(self) -> bool:
        return self.request.delivered is not None and self.request.delivered.certain

    @cached_property
    def passed_bytes(self) -> int:
        total = self.written[-1].end if self.written else 0
        return total if self.broken is None else min(self.broken[0], total)

    @property
    def _is_framed(self) -> bool:
        """Its lines may end in CR: then a frame may be taken a byte early, or be waited for a byte longer."""
        return "framing" in self.request.faults

    @cached_property
    def passed(self) -> list[Written]:
        """All frames that a client may have read."""
        slack = 1 if self._is_framed else 0
        return [frame for frame in self.written if frame.end - slack <= self.passed_bytes]

    def sure(self, until_us: int, slack_us: int, healed_us: int | None) -> list[Written]:
        """The frames that the client has surely read, if it read until then, and had ``slack_us`` for each."""
        if not self.is_stream:
            return []
        if self.surely_whole and (self.ended_us or 0) + slack_us <= until_us:
            return self.passed
        if self.ended_us is not None and self.broken is None and not self.delivered:
            return []  # nobody saw how it ended
        last_us = min(until_us, self.ended_us if self.ended_us is not None else until_us) - slack_us
        if self.request.faults & HOLDING_FAULTS and (healed_us is None or healed_us > last_us):
            return []
        sure = [frame for frame in self.passed if frame.at_us <= last_us and frame.end <= self.passed_bytes]
        if self._is_framed and sure and sure[-1].end >= self.passed_bytes:
            sure.pop()
        return sure


def read_bodies(history: History, wire: Wire) -> list[Body]:
    """Every request that creates or follows, on whichever server, in the order of arrival."""
    bodies = {request.number: Body(request) for request in wire.requests if request.endpoint in ENDPOINTS}
    for entry in history.of_kind("frame", "broken"):
        body = bodies.get(entry.data["request"])
        if body is None:
            continue
        if entry.kind == "broken":
            body.broken = (entry.data["bytes"], entry.data["certain"])
        else:
            body.written.append(_written(entry.number, entry.at_us, entry.data))
            body.run = entry.data["run"]
    for body in bodies.values():
        _end(body, wire)
    return list(bodies.values())


def _written(entry: int, at_us: int, data: Mapping[str, object]) -> Written:
    index, end = data["index"], data["body_bytes"]
    assert index is None or isinstance(index, int)
    assert isinstance(end, int)
    return Written(entry, at_us, str(data["frame"]), index, str(data["data"] or ""), end)


def _end(body: Body, wire: Wire) -> None:
    """What the link still hands over once the client has closed the connection reaches nobody."""
    connection = wire.connections.get(body.request.connection)
    delivered = body.request.delivered
    closed_entry = connection.closed_entry if connection is not None else 0
    if connection is not None and closed_entry and (delivered is None or closed_entry < delivered.delivered_entry):
        body.ended_us, body.ended_entry = connection.closed_us, closed_entry
    elif delivered is not None:
        body.ended_us, body.ended_entry = delivered.delivered_us, delivered.delivered_entry
