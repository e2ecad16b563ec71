"""What the application asked of the client and was told by it: the notes of the handle, in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...values.history import Entry, History
from .model import Key


@dataclass(frozen=True)
class Event:
    """A note ``event``. The driver protocol leaves its type out where it is "message"; null and "" are the same empty id."""

    entry: int
    at_us: int
    key: Key
    id: str


@dataclass
class Told:
    """``watched``/``unwatched``: the replies of the verbs (None: no such reply, or not "ok")."""

    events: list[Event] = field(default_factory=list)
    opens: list[Entry] = field(default_factory=list)
    ends: list[Entry] = field(default_factory=list)
    """Notes ``error`` and ``ended``: the application knows that a stream is over."""
    watched: Entry | None = None
    unwatch_called: Entry | None = None
    unwatched: Entry | None = None


def read_told(history: History) -> Told:
    told = Told()
    verbs: dict[int, str] = {}
    for entry in history.entries:
        if entry.kind == "note":
            _note(told, entry)
        elif entry.kind == "call":
            verbs[entry.data["call"]] = entry.data["verb"]
            if entry.data["verb"] == "unwatch" and told.unwatch_called is None:
                told.unwatch_called = entry
        elif entry.kind == "reply" and entry.data["outcome"] == "ok":
            _reply(told, verbs.get(entry.data["call"], ""), entry)
    return told


def _reply(told: Told, verb: str, entry: Entry) -> None:
    if verb == "watch" and told.watched is None:
        told.watched = entry
    elif verb == "unwatch" and told.unwatched is None:
        told.unwatched = entry


def _note(told: Told, entry: Entry) -> None:
    note, data = entry.data["note"], entry.data["data"]
    if note == "event":
        told.events.append(Event(entry.number, entry.at_us, _key(data), _text(data.get("id"))))
    elif note == "open":
        told.opens.append(entry)
    elif note in ("error", "ended"):
        told.ends.append(entry)


def _key(data: Mapping[str, Any]) -> Key:
    return Key(_text(data.get("type")) or "message", _text(data.get("data")))


def _text(value: object) -> str:
    """Some languages hand over a number or nothing where the wire had digits or nothing."""
    return "" if value is None else str(value)
