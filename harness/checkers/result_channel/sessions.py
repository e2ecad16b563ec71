"""What a session owes by its hello and hello_ack: rows and finals that were there before, and whether it stood long enough to send them.

Shared by the checkers of RPL-1, RPL-2, RPL-3, HELLO-4, ACK-1 and SEQ-1. Nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .hello import Range, StreamKey
from .ledger import Message
from .sockets import DURABLE, Frame, Socket
from .view import View

REPLAY_MS = {"sim": 300, "loopback": 400}
"""By when, behind the hello_ack, a replay is through where nothing holds up the connection."""
UNKNOWN_ROWS_MAX = 10_000
"""A hello may claim any range: so many of the rows that nobody has seen are asked for."""


def replay_us(view: View) -> int:
    return REPLAY_MS.get(view.header.world, REPLAY_MS["loopback"]) * 1000 + view.allowance_us


def stood(view: View, socket: Socket) -> bool:
    """It was active, undisturbed by the link, for as long as a replay may take."""
    active_us = socket.active_us
    return active_us is not None and not socket.faults and view.open_until_us(socket) >= active_us + replay_us(view)


def stood_to_the_end(view: View) -> bool:
    """The last session is one without directives that stood, and still did when the example was over: all that is kept has been sent."""
    last = view.greeted[-1] if view.greeted else None
    if last is None or view.settled is None or not stood(view, last) or last.directives.present:
        return False
    return last.over_entry is None or last.over_entry > view.settled.number


@dataclass(frozen=True)
class Patience:
    """How long, and from when on at the earliest, an agent may wait for a session before it goes on without one."""

    from_us: int
    us: int


def patience_with(view: View) -> Patience | None:
    """T; where nobody knows that, a session that stands to the end leaves nothing to wait for. None: the agent may wait for ever."""
    if view.t_us is not None:
        return Patience(0, view.t_us)
    active_us = view.greeted[-1].active_us if stood_to_the_end(view) else None
    return None if active_us is None else Patience(active_us, view.t_least_us)


def is_free_within(view: View, message: Message, until_us: int) -> bool:
    """By that time the agent may have let go of it."""
    free = message.free_entry
    return free is not None and view.history.entries[free - 1].at_us <= until_us


def sent_in(socket: Socket) -> Iterator[Frame]:
    """Output and finals that arrived on it behind its hello_ack."""
    ack = socket.hello_ack
    return (frame for frame in socket.frames if ack is not None and frame.entry > ack.entry and frame.type in DURABLE and frame.durable)


def shows_later(message: Message, socket: Socket) -> bool:
    """It was there all the time: this socket or a later one carries it, or the hello of a later one lists it."""
    hello = socket.hello_frame
    if hello is None:
        return False
    if message.listed and message.listed[-1] > hello.entry:
        return True
    return any(frame.entry > hello.entry and frame.socket >= socket.number for frame in reversed(message.sightings))


@dataclass(frozen=True)
class Owed:
    """A row (``stream``, ``sequence``) or final (``final``: its message id) that was there when the hello was sent.

    ``message``: as it was seen before; None: only the hello speaks of it.
    """

    stream: StreamKey
    sequence: int
    final: str
    message: Message | None

    def name(self) -> str:
        if self.message is not None:
            return self.message.name()
        return f"the final {self.final!r}" if self.final else f"{self.stream[2]} {self.sequence} of {self.stream[0]!r}"


def owed_at(view: View, socket: Socket) -> list[Owed]:
    """Everything unacknowledged that the hello lists, or that was seen before and shows later: whatever an agent should still have."""
    hello, ack = socket.hello, socket.hello_ack
    if hello is None or ack is None:
        return []
    known = [message for message in view.due_at(socket) if message.is_listed_by(hello) or shows_later(message, socket)]
    owed = [Owed(message.stream_key, message.sequence, message.id if message.is_final else "", message) for message in known]
    ids = {message.id for message in known}
    rows = {(message.stream_key, message.sequence) for message in known}
    messages = view.ledger.messages
    for final, row in hello.finals.items():
        if final not in ids and (final not in messages or messages[final].first.entry > socket.request_entry):
            task, attempt = row.get("task_id"), row.get("execution_attempt_id")
            owed.append(Owed((str(task), str(attempt), ""), 0, final, None))
    left = UNKNOWN_ROWS_MAX
    for stream, ranges in hello.ranges.items():
        for sequence in _sequences(ranges, left):
            left -= 1
            row_seen = view.ledger.row(stream, sequence)
            if (stream, sequence) not in rows and (row_seen is None or row_seen.first_entry > socket.request_entry):
                owed.append(Owed(stream, sequence, "", None))
    return owed


def _sequences(ranges: list[Range], most: int) -> Iterator[int]:
    for each in ranges:
        for sequence in range(each.first, min(each.last, each.first + most - 1) + 1):
            yield sequence
            most -= 1
