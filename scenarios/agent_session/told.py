"""What the application of its runs knows, read from the history as it grows: the play asks it how to go on. It judges nothing."""

from __future__ import annotations

from collections import Counter

from ...harness.contracts.agent_session import POLLS_MAX
from ...harness.values.history import Entry, History
from ..growing import Growing

ENDS = ("emit", "failed")
HOPELESS = 5 * POLLS_MAX
"""Polls of a run that nobody waits for any more."""


class RunsTold(Growing):
    """By handle: what its run was told. By label: what its session went through."""

    def __init__(self, history: History) -> None:
        handlers = {
            "call": self._on_call,
            "reply": self._on_reply,
            "note": self._on_note,
            "crash": self._on_crash,
            "session": self._on_session,
            "stream-open": self._on_event,
            "recorded": self._on_event,
        }
        super().__init__(history, handlers)
        self._calls: dict[int, tuple[str, str]] = {}
        self._run_by_session: dict[str, str] = {}
        self._notes: Counter[tuple[str, str]] = Counter()
        self._events: Counter[tuple[str, str]] = Counter()
        self.begun: set[str] = set()
        """`run` was called."""
        self.over: set[str] = set()
        """It was emitted, has failed, was cancelled, never began, or died."""

    def is_over(self, handle: str) -> bool:
        """It came to its end, or has polled so often that it never will."""
        return handle in self.over or self._notes[handle, "scheduled"] > HOPELESS

    def reached(self, handle: str, label: str, what: str, count: int) -> bool:
        """``what``: a note, or something that its session went through, so many times."""
        if what == "done":
            return self.is_over(handle)
        return self._notes[handle, what] >= count or self._events[label, what] >= count

    def _on_call(self, entry: Entry) -> None:
        self._calls[entry.data["call"]] = entry.data["handle"], entry.data["verb"]
        if entry.data["verb"] == "run":
            self.begun.add(entry.data["handle"])

    def _on_reply(self, entry: Entry) -> None:
        handle, verb = self._calls.pop(entry.data["call"], ("", ""))
        is_ok = entry.data["outcome"] == "ok"
        if (verb == "run" and not is_ok) or (verb == "cancel" and is_ok):
            self.over.add(handle)

    def _on_note(self, entry: Entry) -> None:
        handle, note = entry.data["handle"], entry.data["note"]
        self._notes[handle, note] += 1
        if note in ENDS:
            self.over.add(handle)

    def _on_crash(self, entry: Entry) -> None:
        self.over.add(entry.data["handle"])

    def _on_session(self, entry: Entry) -> None:
        self._run_by_session[entry.data["session"]] = entry.data["run"]

    def _on_event(self, entry: Entry) -> None:
        label = self._run_by_session.get(entry.data["session"])
        if label is not None:
            self._events[label, entry.kind] += 1
