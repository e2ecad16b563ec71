"""One request body on its way into a stream: applied line by line as it arrives, then answered.

The first line that does not fit decides the answer; what was applied before it stays, and nothing behind it is applied.
The completion waits for the end of the whole body. A body that is cut simply never comes to `end`.

Every line is written down, also those that come after the answer is decided: they are the record of what was sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .lines import BadLine, CompletionLine, EventLine, LineSplitter, parse_line
from .store import Stream

LINE_BYTES_MAX = 1_000_000
BODY_BYTES_MAX = 5_000_000
EVENT_LINES_MAX = 1_000

COMPLETE_HEADER = "X-PostHog-Event-Stream-Complete"
FINAL_SEQ_HEADER = "X-PostHog-Event-Stream-Final-Seq"

Record = Callable[..., object]
"""``record(kind, **data)``: appends an entry to the history."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the endpoint says. With an ``error`` the counts are left out; ``last`` None leaves the position out."""

    status: int
    error: str = ""
    last: int | None = None
    accepted: int = 0
    duplicate: int = 0
    code: str = ""


@dataclass(frozen=True, slots=True)
class HeaderCompletion:
    """The completion of the older protocol, from the head of the request. ``final_seq`` None: missing or not valid."""

    final_seq: int | None


HeaderRule = Callable[[Mapping[str, str]], HeaderCompletion | None]


def header_completion(headers: Mapping[str, str]) -> HeaderCompletion | None:
    """The rule of the older protocol: only the literal ``true`` counts, and only a final number of plain digits is valid."""
    if headers.get(COMPLETE_HEADER) != "true":
        return None
    text = headers.get(FINAL_SEQ_HEADER, "")
    return HeaderCompletion(int(text) if text.isascii() and text.isdigit() else None)


class Upload:
    """``stream`` None: nothing is applied, the lines are only written down (the request was refused at its head)."""

    event_lines_max = EVENT_LINES_MAX

    def __init__(self, stream: Stream | None, record: Record, request: int, header: HeaderCompletion | None = None) -> None:
        self.stream = stream
        self.record = record
        self.request = request
        self.header = header
        self.stop_after: int | None = None
        """Lines behind this many are not applied any more: the answer is going out."""
        self.lines_read = 0
        self.body_bytes = 0
        self.accepted = 0
        self.duplicate = 0
        self.refusal: Reply | None = None
        self.events = 0
        self.completion: tuple[int, int] | None = None
        """final_seq, and the index of its line."""
        self._splitter = LineSplitter()
        self._overflown = False
        if header is not None and header.final_seq is None:
            self.reject(0, 400, "Invalid final sequence header")

    # --- the body arrives

    def feed(self, data: bytes) -> None:
        """Applies every line that ``data`` completes."""
        room = BODY_BYTES_MAX - self.body_bytes
        self.body_bytes += len(data)
        if self._overflown:
            return
        for line in self._splitter.feed(data if len(data) <= room else data[:room]):
            self._read(line, ended=True)
        if len(data) > room:
            self._overflow("Request body is too large")
        elif self._splitter.tail_bytes > LINE_BYTES_MAX:
            self._overflow("Line is too long")

    def end(self) -> Reply:
        """The whole body was read: its last line, its completion, its answer."""
        if not self._overflown:
            tail = self._splitter.end()
            if tail:
                self.last_line(tail)
        if self.refusal is None and self.stream is not None:
            self._complete(self.stream)
        return self.refusal or self.reply()

    def reply(self) -> Reply:
        """The answer as things stand, were nothing wrong."""
        last = self.stream.last if self.stream is not None else None
        return Reply(200, last=last, accepted=self.accepted, duplicate=self.duplicate)

    def reject(self, index: int, status: int, error: str) -> None:
        """Decides the answer; line ``index`` (0: no line) did not fit. Only a 400 keeps the position to itself."""
        if self.stream is None or self.refusal is not None:
            return
        self.record("reject", run=self.stream.run_id, request=self.request, index=index, status=status, error=error)
        self.refusal = Reply(status, error, None if status == 400 else self.stream.last)

    # --- one line

    def last_line(self, tail: bytes) -> None:
        """A last line without LF counts like any other."""
        self._read(tail, ended=False)

    def _read(self, line: bytes, *, ended: bool) -> None:
        self.lines_read += 1
        text = line.decode("utf-8", "backslashreplace")
        self.record("line", request=self.request, index=self.lines_read, bytes=len(line), text=text, ended=ended)
        if self.stream is None or self.refusal is not None or (self.stop_after is not None and self.lines_read > self.stop_after):
            return
        if self.is_too_long(line):
            self.reject(self.lines_read, 413, "Line is too long")
            return
        try:
            parsed = self.parse(line)
        except BadLine as bad:
            self.reject(self.lines_read, 400, str(bad))
            return
        self.apply(self.stream, parsed)

    def is_too_long(self, line: bytes) -> bool:
        return len(line) > LINE_BYTES_MAX

    def parse(self, line: bytes) -> EventLine | CompletionLine | None:
        """Raises BadLine."""
        return parse_line(line)

    def apply(self, stream: Stream, line: EventLine | CompletionLine | None) -> None:
        """Applies one well-formed line; None is a blank one."""
        if line is None:
            return
        if self.completion is not None:
            self.reject(self.lines_read, 400, "Unexpected line after stream completion")
        elif isinstance(line, CompletionLine):
            self.completion = line.final_seq, self.lines_read
        else:
            self._apply_event(stream, line)

    def _apply_event(self, stream: Stream, line: EventLine) -> None:
        self.events += 1
        if self.events > self.event_lines_max:
            self.reject(self.lines_read, 413, "Too many events in one request")
            return
        verdict = stream.apply(line.seq, line.event)
        where: dict[str, Any] = {"run": stream.run_id, "request": self.request, "index": self.lines_read, "seq": line.seq}
        if verdict == "accept":
            self.accepted += 1
            self.record("accept", **where)
        elif verdict == "duplicate":
            self.duplicate += 1
            self.record("duplicate", **where)
        elif verdict == "gap":
            self.reject(self.lines_read, 409, f"Expected sequence {stream.last + 1}, got {line.seq}")
        else:
            self.reject(self.lines_read, 409, "Task run stream is already complete")

    # --- the end

    def final_seq(self) -> tuple[int, int] | None:
        """(final_seq, index of the line) of the completion this body asks for; a line goes before the headers."""
        if self.completion is None and self.header is not None and self.header.final_seq is not None:
            return self.header.final_seq, 0
        return self.completion

    def _complete(self, stream: Stream) -> None:
        asked = self.final_seq()
        if asked is not None:
            self.complete(stream, *asked)

    def complete(self, stream: Stream, final_seq: int, index: int) -> None:
        done = stream.complete(final_seq)
        if done == "mismatch":
            text = f"Cannot complete stream at sequence {final_seq}; last accepted sequence is {stream.last}"
            self.reject(index, 409, text)
        else:
            self.record("complete", run=stream.run_id, request=self.request, final_seq=final_seq, repeated=done == "repeated")

    def _overflow(self, error: str) -> None:
        """Too much to hold: what has come of the line is written down as far as it goes, the rest is thrown away."""
        tail = self._splitter.end()
        if tail:
            self.lines_read += 1
            self.record(
                "line",
                request=self.request,
                index=self.lines_read,
                bytes=len(tail),
                text=tail[:200].decode("utf-8", "replace"),
                ended=False,
            )
        self._overflown = True
        self.reject(self.lines_read, 413, error)
