"""What an ingest sender still holds, and under which numbers: pure state, no network and no clock.

An event gets its number when it is taken in, behind all others, and keeps its place until an answer covers it. The
numbers of what is held always follow the position without a gap. They move in two cases only: a 409 says where the
server wants to go on (`rebase`), or a number was never on the wire, so that nobody can know it yet (the position told
to a fresh sender, another writer). All else only releases what is covered.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Refusal = Literal["oversize", "full"]


class Numbered(NamedTuple):
    """An event under its number. ``payload`` is the event as JSON."""

    number: int
    payload: bytes


class EventBuffer:
    """``position``: the highest number known to be accepted. ``last``: the number of the newest event (the position, if there is none).

    ``sent``: the highest number that was put on the wire as the numbers stand now.
    """

    def __init__(self, events_max: int, event_bytes_max: int) -> None:
        self.events_max = events_max
        self.event_bytes_max = event_bytes_max
        self.pending: list[Numbered] = []
        self.position = 0
        self.last = 0
        self.sent = 0

    # --- taking in ----------------------------------------------------------------------------------------------------

    def admit(self, payload: bytes) -> Refusal | None:
        """Takes an event in, or says why not. A refused event uses no number."""
        if not self.is_within_size(payload):
            return self.refuse("oversize")
        if self.is_full():
            return self.refuse_for_room(payload)
        self.append(payload)
        return None

    def append(self, payload: bytes) -> None:
        self.last += 1
        self.pending.append(Numbered(self.last, payload))

    def refuse(self, why: Refusal) -> Refusal | None:
        return why

    def refuse_for_room(self, payload: bytes) -> Refusal | None:
        """The newest event gives way: the older ones are already numbered, and perhaps on the wire."""
        return self.refuse("full")

    def is_full(self) -> bool:
        return len(self.pending) >= self.events_max

    def is_within_size(self, payload: bytes) -> bool:
        """The limit itself still fits."""
        return self.size_of_line(payload) <= self.event_bytes_max

    def size_of_line(self, payload: bytes) -> int:
        """Bytes of the line that would carry the event, without its LF."""
        return len(self.line(Numbered(self.number_to_measure(), payload))) - 1

    def number_to_measure(self) -> int:
        """The number that the event would really get."""
        return self.last + 1

    def line(self, event: Numbered) -> bytes:
        """The same bytes whenever it is sent, as long as the number stays: the server does not compare duplicates."""
        return b'{"seq":%d,"event":%b}\n' % event

    # --- being told -------------------------------------------------------------------------------------------------

    def acknowledge(self, position: int) -> bool:
        """All up to ``position`` is accepted. True when that is news; an older position than the known one is stale, and ignored."""
        if position <= self.position:
            return False
        self.release(min(position, self.sent))
        self.position = position
        if position > self.sent:
            self.number_from(position)
        return True

    def release(self, number: int) -> None:
        """Lets go of the events up to ``number``."""
        kept = next((index for index, event in enumerate(self.pending) if event.number > number), len(self.pending))
        del self.pending[:kept]

    def rebase(self, position: int) -> bool:
        """The server refuses to go on anywhere but behind ``position``. True when numbers moved."""
        if self.position == position and (not self.pending or self.pending[0].number == position + 1):
            return False
        self.position = position
        self.number_from(position)
        return True

    def number_from(self, position: int) -> None:
        """Numbers what is held from ``position`` + 1 on, in its order; none of these numbers was on the wire yet."""
        self.pending = [Numbered(number, event.payload) for number, event in enumerate(self.pending, position + 1)]
        self.last = position + len(self.pending)
        self.sent = position

    # --- being sent -------------------------------------------------------------------------------------------------

    def mark_sent(self, number: int) -> None:
        self.sent = max(self.sent, number)

    def is_unacknowledged(self) -> bool:
        """Whether something was sent that no answer has covered."""
        return self.sent > self.position

    def final_number(self) -> int:
        """What a completion must name: the last number, or the position if that is higher."""
        return self.last
