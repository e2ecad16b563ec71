"""The stored truth of the ingest endpoint: one stream per run, with its last accepted number and its completion.

The rules, all of them decided per line and at once:

* number L+1 is accepted, a number at or below L is a duplicate (its content is not looked at), a higher one is a gap;
* a completed stream takes no event any more, duplicates included: completion is looked at before the number;
* a completion needs final_seq = L, on a completed stream any final_seq will do;
* losing state lowers L; the completion, as the newest write, is lost with any of it;
* two writers of one run cannot be told apart.

Nothing here knows HTTP, time or a loop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Verdict = Literal["accept", "duplicate", "gap", "completed"]
Completion = Literal["complete", "repeated", "mismatch"]


@dataclass(frozen=True)
class Run:
    """A run and the token that opens it. ``exists`` False: the token is good, but the run is gone (404 on the direct leg)."""

    project_id: int
    task_id: str
    run_id: str
    token: str
    exists: bool = True


class Listener(Protocol):
    """Who follows a stream: told at once, in order."""

    def appended(self, event: Mapping[str, Any]) -> None:
        """The event is at the end of the log."""

    def completed(self) -> None:
        """No event follows, unless the completion is lost again."""


@dataclass
class Stream:
    """The stream of one run. ``log`` holds (number, event) in the order of acceptance and is never shortened."""

    run_id: str
    last: int = 0
    completed: bool = False
    log: list[tuple[int, Mapping[str, Any]]] = field(default_factory=list)
    listeners: list[Listener] = field(default_factory=list, repr=False, compare=False)

    def apply(self, seq: int, event: Mapping[str, Any]) -> Verdict:
        """Takes one event line, or says why not."""
        if self.completed:
            return "completed"
        if seq <= self.last:
            return "duplicate"
        if seq > self.last + 1:
            return "gap"
        self.last = seq
        self.log.append((seq, event))
        for listener in self.listeners:
            listener.appended(event)
        return "accept"

    def complete(self, final_seq: int) -> Completion:
        """Takes a completion, or says that it does not fit."""
        if self.completed:
            return "repeated"
        if final_seq != self.last:
            return "mismatch"
        self._complete()
        return "complete"

    def forget(self, count: int | None) -> bool:
        """Loses the last ``count`` positions (None: all) and the completion. False when there was nothing to lose."""
        lost = self.last if count is None else min(count, self.last)
        if not lost and not self.completed:
            return False
        self.last -= lost
        self.completed = False
        return True

    def complete_by_others(self) -> bool:
        """Somebody else completes the run where it stands. False when it was complete already."""
        if self.completed:
            return False
        self._complete()
        return True

    def _complete(self) -> None:
        self.completed = True
        for listener in self.listeners:
            listener.completed()

    def second_writer(self, count: int) -> bool:
        """Somebody else writes ``count`` events. False when the stream takes none any more."""
        if self.completed:
            return False
        for _ in range(count):
            self.apply(self.last + 1, {"type": "second-writer", "position": self.last + 1})
        return count > 0


class Store:
    """The streams of all runs, made when they are first asked for."""

    def __init__(self, stream_type: Callable[[str], Stream] = Stream) -> None:
        self._stream_type = stream_type
        self.streams: dict[str, Stream] = {}

    def stream(self, run_id: str) -> Stream:
        found = self.streams.get(run_id)
        if found is None:
            found = self.streams[run_id] = self._stream_type(run_id)
        return found
