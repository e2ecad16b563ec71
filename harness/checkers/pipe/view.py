"""What went in at one end of the pipe and what came out at the other, put together from a history. Nothing is judged here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...contracts.run_stream import ASIDE_TYPES
from ...values.history import Entry, History


def key_of(event: Any) -> str:
    """Canonical JSON: the identity of an event, since workloads give each a mark of its own."""
    return json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True)
class Sent:
    """One event that the application enqueued; ``index`` counts from 0."""

    index: int
    entry: int
    at_us: int
    key: str


@dataclass(frozen=True)
class Shown:
    """One entry of a transcript: the note that showed it, and when."""

    entry: int
    at_us: int
    key: str


@dataclass
class Subscriber:
    """One handle of the reader. ``transcript``: the latest snapshot and the logs since."""

    handle: str
    watched_us: int | None = None
    asked_us: int = 0
    """When it last asked: `watch`, or `retry` behind an error."""
    transcript: list[Shown] = field(default_factory=list)
    first_shown: dict[str, int] = field(default_factory=dict)
    """Key -> when it was first shown, in whatever snapshot or batch."""
    snapshots: int = 0
    ended: list[Entry] = field(default_factory=list)
    last_logs: int = 0
    failed: Entry | None = None
    let_go: bool = False


class View:
    """One pass over the history. A play that waits holds one over a history that still grows, and calls `look`."""

    def __init__(self, history: History) -> None:
        self.header = history.header
        self.sent: list[Sent] = []
        self.index_by_key: dict[str, int] = {}
        self.subscribers: dict[str, Subscriber] = {}
        self.finished: Entry | None = None
        self.completions_asked: list[Entry] = []
        self.stop_ok = False
        self.healed_us: int | None = None
        self.end_us = 0
        self.settled = False
        self._stops: dict[int, bool] = {}
        self._entries = history.entries
        self._seen = 0
        self._handlers = {
            "call": self._on_call,
            "reply": self._on_reply,
            "note": self._on_note,
            "finished": self._on_finished,
            "heal": self._on_heal,
            "settled": self._on_settled,
        }
        self.look()

    def look(self) -> View:
        """Takes in what was added to the history since the last look."""
        while self._seen < len(self._entries):
            entry = self._entries[self._seen]
            self._seen += 1
            self.end_us = entry.at_us
            handler = self._handlers.get(entry.kind)
            if handler is not None:
                handler(entry)
        return self

    @property
    def watching(self) -> list[Subscriber]:
        """Those who watched and were neither let go nor gave up: what they are owed is everything."""
        return [row for row in self.subscribers.values() if row.watched_us is not None and not row.let_go and row.failed is None]

    def _on_call(self, entry: Entry) -> None:
        verb, args = entry.data["verb"], entry.data["args"]
        if verb == "enqueue":
            self._send(entry, args["event"])
        elif verb == "enqueue_many":
            for event in args["events"]:
                self._send(entry, event)
        elif verb == "stop":
            self._stops[entry.data["call"]] = args["complete"]
            if args["complete"]:
                self.completions_asked.append(entry)
        elif verb in ("watch", "unwatch", "retry"):
            reader = self._subscriber(entry)
            if reader.watched_us is None:
                reader.watched_us = entry.at_us
            reader.asked_us = entry.at_us
            reader.let_go = verb == "unwatch"
            reader.failed = None

    def _on_reply(self, entry: Entry) -> None:
        if self._stops.get(entry.data["call"]) and entry.data["outcome"] == "ok":
            self.stop_ok = True

    def _on_note(self, entry: Entry) -> None:
        reader = self._subscriber(entry)
        note, data = entry.data["note"], entry.data["data"]
        if note == "snapshot":
            reader.snapshots += 1
            reader.transcript = []
            self._show(reader, entry, data)
        elif note == "logs":
            reader.last_logs = entry.number
            self._show(reader, entry, data)
        elif note == "ended":
            reader.ended.append(entry)
        elif note == "error":
            reader.failed = entry

    def _on_finished(self, entry: Entry) -> None:
        self.finished = self.finished or entry

    def _on_heal(self, entry: Entry) -> None:
        self.healed_us = entry.at_us

    def _on_settled(self, entry: Entry) -> None:
        self.settled = True

    def _send(self, entry: Entry, event: Any) -> None:
        key = key_of(event)
        self.index_by_key.setdefault(key, len(self.sent))
        self.sent.append(Sent(len(self.sent), entry.number, entry.at_us, key))

    def _show(self, reader: Subscriber, entry: Entry, data: Mapping[str, Any]) -> None:
        entries = data.get("entries")
        for event in entries if isinstance(entries, list) else ():
            if isinstance(event, dict) and event.get("type") in ASIDE_TYPES:
                continue
            shown = Shown(entry.number, entry.at_us, key_of(event))
            reader.transcript.append(shown)
            reader.first_shown.setdefault(shown.key, entry.at_us)

    def _subscriber(self, entry: Entry) -> Subscriber:
        handle = entry.data["handle"]
        return self.subscribers.setdefault(handle, Subscriber(handle))
