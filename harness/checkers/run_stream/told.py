"""What the application asked of the reader and what it was told: calls, notes, and the bootstraps they divide into.

Nothing is judged here. A *bootstrap* begins with a `watch` of a reader that is not watching, or with a `retry` behind an
error; it ends with `error`, `ended`, `unwatch` or `close`. A self-healing in its midst is part of it, since nobody is told
when it begins. Notes may hold anything: a driver is believed in nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from ...contracts.run_stream import ASIDE_TYPES
from ...values.history import Entry, History
from ..ingest.intent import canonical
from ..wire import Request

TERMINAL = ("completed", "failed", "cancelled")
LIFECYCLE = ("snapshot", "logs", "status", "permission_request", "error", "ended")
Ending = Literal["", "error", "ended", "unwatched", "closed"]


def content_key(content: Any) -> str:
    """The identity of an event: its content. What is no JSON has an identity all the same."""
    try:
        return canonical(content)
    except (TypeError, ValueError, RecursionError):
        return f"no JSON: {content!r}"


def is_aside(content: Any) -> bool:
    return isinstance(content, Mapping) and content.get("type") in ASIDE_TYPES


@dataclass(frozen=True)
class Item:
    """One entry of a snapshot or of logs."""

    key: str
    content: Any

    @property
    def aside(self) -> bool:
        return is_aside(self.content)


@dataclass(frozen=True)
class Note:
    entry: int
    at_us: int
    name: str
    data: Mapping[str, Any]

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """The entries of a snapshot or of logs; none where the note has no array of them."""
        entries = self.data.get("entries")
        return tuple(Item(content_key(each), each) for each in entries) if isinstance(entries, (list, tuple)) else ()

    @property
    def malformed(self) -> bool:
        return not isinstance(self.data.get("entries"), (list, tuple))

    @property
    def terminal(self) -> bool:
        return self.data.get("status") in TERMINAL


@dataclass
class Call:
    """``reply_entry`` 0: it was not answered."""

    entry: int
    at_us: int
    verb: str
    reply_entry: int = 0
    reply_us: int = 0


@dataclass
class Bootstrap:
    """``certain`` False: an `error` or `ended` crossed the call, so that nobody knows whether it began anything."""

    call: Call
    begin: int
    certain: bool = True
    ending: Ending = ""
    end: int = 0
    """Entry of what ended it (0: nothing did)."""
    end_us: int = 0
    next_begin: int = 0
    """Entry at which the next one begins (0: none does)."""
    late: list[Call] = field(default_factory=list)
    """`watch` on the live reader: later subscribers."""
    renewals: list[Call] = field(default_factory=list)
    """`retry` on the live reader: ignored, or a new bootstrap; not judged which."""
    notes: list[Note] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    @property
    def retried(self) -> bool:
        return self.call.verb == "retry"

    def told(self, *names: str) -> Iterator[Note]:
        return (note for note in self.notes if note.name in names)

    @cached_property
    def snapshots(self) -> list[Note]:
        return list(self.told("snapshot"))

    @cached_property
    def error(self) -> Note | None:
        return next(self.told("error"), None)

    @cached_property
    def ended(self) -> Note | None:
        return next(self.told("ended"), None)

    @property
    def epochs(self) -> Iterator[tuple[Note, list[Note]]]:
        """Each snapshot with the logs since: what the transcript is until the next one replaces it."""
        logs: list[Note] = []
        snapshot: Note | None = None
        for note in self.told("snapshot", "logs"):
            if note.name == "snapshot":
                if snapshot is not None:
                    yield snapshot, logs
                snapshot, logs = note, []
            else:
                logs.append(note)
        if snapshot is not None:
            yield snapshot, logs


@dataclass
class Told:
    bootstraps: list[Bootstrap] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    closed: Entry | None = None


def read_told(history: History) -> Told:
    """One pass over the entries; linear."""
    reader = _Reader()
    for entry in history.entries:
        handler = reader.handlers.get(entry.kind)
        if handler is not None:
            handler(entry)
    return reader.told


class _Reader:
    def __init__(self) -> None:
        self.told = Told()
        self._calls: dict[int, Call] = {}
        self._unclear: Call | None = None
        """A `watch` of a live reader that is not answered yet: an end that comes first makes it one of a dead reader."""
        self.handlers = {"call": self._on_call, "reply": self._on_reply, "note": self._on_note, "close": self._on_close}

    @property
    def _present(self) -> Bootstrap | None:
        return self.told.bootstraps[-1] if self.told.bootstraps else None

    def _begin(self, call: Call, begin: int, *, certain: bool = True) -> None:
        if self._present is not None:
            self._present.next_begin = begin
        self.told.bootstraps.append(Bootstrap(call, begin, certain))

    def _end(self, ending: Ending, entry: Entry) -> None:
        present = self._present
        if present is not None and not present.ending:
            present.ending, present.end, present.end_us = ending, entry.number, entry.at_us

    def _on_call(self, entry: Entry) -> None:
        call = self._calls[entry.data["call"]] = Call(entry.number, entry.at_us, entry.data["verb"])
        self.told.calls.append(call)
        present = self._present
        live = present is not None and not present.ending
        if call.verb == "watch" and present is not None and live:
            present.late.append(call)
            self._unclear = call
        elif call.verb == "watch":
            self._begin(call, entry.number)
        elif call.verb == "retry" and present is not None and live:
            present.renewals.append(call)
            self._unclear = call
        elif call.verb == "retry" and present is not None and present.ending == "error":
            self._begin(call, entry.number)

    def _on_reply(self, entry: Entry) -> None:
        call = self._calls.get(entry.data["call"])
        if call is None:
            return
        call.reply_entry, call.reply_us = entry.number, entry.at_us
        if call is self._unclear:
            self._unclear = None
        if call.verb == "unwatch":
            self._end("unwatched", entry)

    def _on_note(self, entry: Entry) -> None:
        data = entry.data.get("data")
        note = Note(entry.number, entry.at_us, str(entry.data.get("note")), data if isinstance(data, Mapping) else {})
        self.told.notes.append(note)
        present = self._present
        if present is None:
            return
        present.notes.append(note)
        if note.name == "error" or note.name == "ended":
            self._end("error" if note.name == "error" else "ended", entry)
            self._cross(present, entry.number)

    def _cross(self, present: Bootstrap, entry: int) -> None:
        """The end and a call met on the way: the call may have found a live reader or a dead one."""
        call, self._unclear = self._unclear, None
        if call is None:
            return
        for calls in (present.late, present.renewals):
            if call in calls:
                calls.remove(call)
        self._begin(call, entry + 1, certain=False)

    def _on_close(self, entry: Entry) -> None:
        self.told.closed = entry
        self._end("closed", entry)
