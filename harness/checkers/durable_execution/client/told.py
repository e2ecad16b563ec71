"""What the application asked of a client and was told by it: one session for each stream that was asked for, and the approvals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ....values.history import Entry, History

OPENING = ("create", "follow")


@dataclass(frozen=True)
class Call:
    """A call with its reply, where there was one before the example was over."""

    entry: int
    at_us: int
    verb: str
    args: Mapping[str, Any]
    reply: Entry | None = None

    @property
    def outcome(self) -> str:
        return str(self.reply.data["outcome"]) if self.reply is not None else ""

    @property
    def value(self) -> Mapping[str, Any]:
        value: Mapping[str, Any] = self.reply.data["value"] if self.reply is not None else {}
        return value


@dataclass
class Session:
    """A stream that was asked for, until the application lets go of it, asks for another, or the example is over.

    ``end``: the entry from which on it is over. ``read_until_us``: so long the client was to read.
    """

    call: Call
    end: int
    read_until_us: int
    frames: list[Entry] = field(default_factory=list)
    outcomes: list[Entry] = field(default_factory=list)

    @property
    def start(self) -> int:
        index = self.call.args.get("start_index")
        return index if isinstance(index, int) else 0

    @property
    def run(self) -> str:
        """The id that the client was given, or has given; empty for a creation that told none."""
        run = self.call.args.get("run_id") if self.call.verb == "follow" else self.call.value.get("run_id")
        return run if isinstance(run, str) else ""

    @property
    def is_owed(self) -> bool:
        """The client took the call: frames and an outcome are to follow."""
        return self.call.outcome == "ok"

    def holds(self, entry: int) -> bool:
        return self.call.entry < entry < self.end


@dataclass
class Told:
    """``unfollows``: those that were answered ok."""

    calls: list[Call]
    sessions: list[Session]
    unfollows: list[Call]
    notes: list[Entry]
    """Frames and outcomes, whenever they were told."""


def read_told(history: History, end_us: int) -> Told:
    calls = _calls(history)
    notes = [entry for entry in history.of_kind("note") if entry.data["note"] in ("frame", "outcome")]
    unfollows = [call for call in calls if call.verb == "unfollow" and call.outcome == "ok"]
    sessions = _sessions(calls, len(history.entries) + 1, end_us)
    _sort_in(sessions, notes)
    return Told(calls, sessions, unfollows, notes)


def _calls(history: History) -> list[Call]:
    replies = {entry.data["call"]: entry for entry in history.of_kind("reply")}
    return [
        Call(entry.number, entry.at_us, entry.data["verb"], entry.data["args"], replies.get(entry.data["call"]))
        for entry in history.of_kind("call")
    ]


def _sessions(calls: list[Call], last_entry: int, end_us: int) -> list[Session]:
    sessions: list[Session] = []
    for call in calls:
        if call.verb not in (*OPENING, "unfollow"):
            continue
        if sessions and sessions[-1].end == last_entry:
            before = sessions[-1]
            before.read_until_us = call.at_us
            # What is told while `unfollow` runs is still in order; behind its reply nothing is.
            before.end = call.reply.number if call.verb == "unfollow" and call.reply is not None else call.entry
        if call.verb in OPENING:
            sessions.append(Session(call, last_entry, end_us))
    return sessions


def _sort_in(sessions: list[Session], notes: list[Entry]) -> None:
    """Both are in order, so one pass is enough."""
    position = 0
    for note in notes:
        while position < len(sessions) and sessions[position].end <= note.number:
            position += 1
        if position == len(sessions):
            return
        session = sessions[position]
        if session.holds(note.number):
            (session.frames if note.data["note"] == "frame" else session.outcomes).append(note)
