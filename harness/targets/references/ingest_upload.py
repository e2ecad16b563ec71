"""One upload of an ingest sender, as it is being written: which lines go into it, and where it ends."""

from __future__ import annotations

from .ingest_agenda import Agenda
from .ingest_settings import Settings

PIECE_BYTES = 65_536
"""Lines that are due together are written together, up to about so many bytes."""
END_OF_BODY = b""


class Upload:
    """Begins with the first event that is held. ``next`` is the index of the next event in the buffer."""

    def __init__(self, settings: Settings, agenda: Agenda) -> None:
        self.settings = settings
        self.agenda = agenda
        self.buffer = agenda.buffer
        self.closes_at = agenda.clock() + settings.upload_window_s
        self.next = 0
        self.body_bytes = 0
        self.is_answered = False
        self.is_written = False
        self.holds_completion = False

    def answer_begins(self) -> None:
        """The peer has begun to answer, though the body may still be open: nothing is added any more."""
        self.is_answered = True
        self.agenda.rouse()

    async def next_piece(self) -> bytes:
        """What is to be written next, as soon as it is due; `END_OF_BODY` when there is no more."""
        while not self.is_answered:
            if lines := self.take_lines():
                return lines
            if self.is_over():
                break
            await self.agenda.until_news(self.next_chance_at())
        if self.may_complete():
            self.holds_completion = True
            return self.completion_line()
        self.is_written = True
        return END_OF_BODY

    # --- lines ------------------------------------------------------------------------------------------------------

    def take_lines(self) -> bytes:
        """The lines that are due and still fit, joined; empty when there are none now."""
        if not self.agenda.is_due() or self.is_too_old():
            return b""
        lines: list[bytes] = []
        piece_bytes = 0
        while self.has_waiting() and piece_bytes < PIECE_BYTES:
            event = self.buffer.pending[self.next]
            line = self.buffer.line(event)
            if not self.has_room_for(line):
                break
            self.next += 1
            self.body_bytes += len(line)
            self.buffer.mark_sent(event.number)
            lines.append(line)
            piece_bytes += len(line)
        if not self.has_waiting():
            self.agenda.nothing_waits()
        return self.joined(lines)

    def joined(self, lines: list[bytes]) -> bytes:
        return b"".join(lines)

    def has_waiting(self) -> bool:
        return self.next < len(self.buffer.pending)

    def has_room_for(self, line: bytes) -> bool:
        return self.is_within_events_max() and self.is_within_bytes_max(line)

    def is_within_events_max(self) -> bool:
        return self.next < self.settings.max_upload_events

    def is_within_bytes_max(self, line: bytes) -> bool:
        """A line that is larger than an upload may be goes alone."""
        return self.next == 0 or self.body_bytes + len(line) <= self.settings.max_upload_bytes

    # --- the end ----------------------------------------------------------------------------------------------------

    def is_over(self) -> bool:
        """Whether the body ends, when no line is due that fits. A full buffer wants its acknowledgement, which only the end brings."""
        if not self.settings.persistent or self.agenda.is_stopping or self.is_too_old():
            return True
        has_line_without_room = self.has_waiting() and self.agenda.is_due()
        return has_line_without_room or not self.is_within_events_max() or self.buffer.is_full()

    def is_too_old(self) -> bool:
        """An upload takes at least one piece, however long the connection took."""
        return self.next > 0 and self.agenda.clock() >= self.closes_at

    def next_chance_at(self) -> float | None:
        """How long an open upload waits for news: until it is too old, or a line that waits is due."""
        due_at = self.agenda.due_at() if self.has_waiting() else None
        return self.closes_at if due_at is None else min(self.closes_at, due_at)

    # --- the completion ---------------------------------------------------------------------------------------------

    def may_complete(self) -> bool:
        """Once, behind all that is held, and never when the peer has already begun to answer."""
        if self.holds_completion or self.is_answered:
            return False
        return self.agenda.is_stopping and self.agenda.completing and not self.has_waiting()

    def completion_line(self) -> bytes:
        return b'{"type":"_posthog/stream_complete","final_seq":%d}\n' % self.buffer.final_number()
