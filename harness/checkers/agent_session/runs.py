"""What the application asked of the runner and was told by it: one run a handle, with its calls, its notes and its session."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...values.history import Entry
from .record import Session

POLL = "poll"


@dataclass
class Run:
    """``terminal`` and ``messages``: what its script comes to at last. ``end``: its first note `emit` or `failed`."""

    label: str
    handle: str
    entry: int
    prompt: str
    terminal: str | None
    messages: tuple[str, ...]
    call: Entry | None = None
    reply: Entry | None = None
    cancel: Entry | None = None
    cancel_reply: Entry | None = None
    failing_emits: list[Entry] = field(default_factory=list)
    """Calls of ``fail_emits`` with a count, before the end."""
    failing_schedules: list[Entry] = field(default_factory=list)
    ends: list[Entry] = field(default_factory=list)
    scheduled: list[Entry] = field(default_factory=list)
    metadata: list[Entry] = field(default_factory=list)
    transactions: list[Entry] = field(default_factory=list)
    lost: Entry | None = None
    """It was killed, or everything was: what came of it is nobody's fault."""
    sessions: list[Session] = field(default_factory=list)

    @property
    def session(self) -> Session | None:
        """The one that got the prompt, or else the last one made for it."""
        prompted = (session for session in self.sessions if session.prompts)
        return next(prompted, self.sessions[-1] if self.sessions else None)

    @property
    def is_under_way(self) -> bool:
        """The runner took it on, and nothing killed it."""
        return self.call is not None and self.reply is not None and self.reply.data["outcome"] == "ok" and self.lost is None

    @property
    def end(self) -> Entry | None:
        return self.ends[0] if self.ends else None

    @property
    def emit(self) -> Entry | None:
        return next((note for note in self.ends if note.data["note"] == "emit"), None)

    @property
    def failed(self) -> Entry | None:
        """The note `failed` of a run that ended by it."""
        return self.end if self.end is not None and self.end.data["note"] == "failed" else None

    @property
    def is_cancelled(self) -> bool:
        """Before it had ended."""
        return self.cancel is not None and (self.end is None or self.cancel.number < self.end.number)

    @property
    def polls(self) -> list[Entry]:
        return [note for note in self.scheduled if note.data["data"].get("action") == POLL]


def emitted_status(note: Entry) -> str:
    return str(note.data["data"].get("status"))


def emitted_messages(note: Entry) -> list[Any]:
    messages = note.data["data"].get("messages")
    return list(messages) if isinstance(messages, Sequence) and not isinstance(messages, str) else []


def emits(runs: Sequence[Run]) -> Iterator[tuple[Run, Entry]]:
    """Runs that ended by an emit and were not cancelled before, with it."""
    for run in runs:
        if run.lost is None and not run.is_cancelled and run.end is not None and run.end.data["note"] == "emit":
            yield run, run.end
