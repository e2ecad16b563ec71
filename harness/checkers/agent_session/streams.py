"""The streams of a session: which events passed on each, which of them the runner has surely read, and how it ended.

A stream that broke off may have been read up to any byte, since HTTP libraries may discard what they hold; what had arrived
long before has been read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from ..sse.streams import HOLDING_FAULTS, MEDIA_TYPE, essence
from ..wire import Request, Wire


@dataclass(frozen=True)
class Streamed:
    """An event as it was handed to the socket. ``end``: it is whole behind so many bytes of the body."""

    entry: int
    at_us: int
    id: str
    end: int


@dataclass
class Stream:
    """One request for the stream. ``opened_entry`` 0: none was opened. ``broken``: (bytes handed over, surely) of one that was cut."""

    request: Request
    opened_entry: int = 0
    opened_us: int = 0
    rows: list[Streamed] = field(default_factory=list)
    broken: tuple[int, bool] | None = None
    ended_us: int | None = None
    ended_entry: int = 0
    ended_by: str = ""
    """"whole", "broken", "target", or "" while it goes on."""

    @property
    def is_open(self) -> bool:
        """It was a stream at all, as far as the runner could see."""
        answer = self.request.answer
        if answer is None or answer.status != 200 or not self.opened_entry:
            return False
        return essence(answer.headers.get("content-type", "")) == MEDIA_TYPE

    @cached_property
    def passed(self) -> list[Streamed]:
        """All events that the runner may have read."""
        if not self.is_open:
            return []
        if self.broken is None:
            return self.rows
        slack = 1 if "framing" in self.request.faults else 0  # where lines end in CR an event may be taken a byte early
        return [row for row in self.rows if row.end - slack <= self.broken[0]]

    def sure(self, slack_us: int, until_us: int, healed_us: int | None) -> list[Streamed]:
        """The events that the runner has surely read, if it read until then and had ``slack_us`` for each."""
        delivered = self.request.delivered
        if delivered is not None and delivered.certain and self.ended_us is not None and self.ended_us + slack_us <= until_us:
            return self.passed
        last_us = min(until_us, self.ended_us if self.ended_us is not None else until_us) - slack_us
        if self.request.faults & HOLDING_FAULTS and (healed_us is None or healed_us > last_us):
            return []
        sure = [row for row in self.passed if row.at_us <= last_us]
        if "framing" in self.request.faults and sure and self.broken is not None and sure[-1].end >= self.broken[0]:
            sure.pop()  # behind a CR one more byte may be waited for
        return sure


def close_stream(stream: Stream, wire: Wire) -> None:
    """Finds its end."""
    connection = wire.connections.get(stream.request.connection)
    delivered = stream.request.delivered
    closed_entry = connection.closed_entry if connection is not None else 0
    if connection is not None and closed_entry > stream.request.entry and (delivered is None or closed_entry < delivered.delivered_entry):
        stream.ended_us, stream.ended_entry = connection.closed_us, closed_entry
        stream.ended_by = "target" if connection.closed_by == "target" else "broken"
    elif delivered is not None:
        stream.ended_us, stream.ended_entry, stream.ended_by = delivered.delivered_us, delivered.delivered_entry, "whole"
