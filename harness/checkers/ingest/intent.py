"""What the application asked for: the lives of the sender, the events handed over, the stops; and which drops were legal.

An event is identified by its content (workloads give every event a mark of its own). ``key`` is its canonical JSON.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from typing import Any

from ...values.history import Entry, History

DEFAULT_LIMITS = {"max_buffered_events": 20_000, "max_event_bytes": 900_000, "max_upload_events": 900, "max_upload_bytes": 4_000_000}
DEFAULT_TIMING_MS = {
    "flush_delay": 0,
    "retry_delay": 1_000,
    "request_timeout": 10_000,
    "stop_timeout": 30_000,
    "upload_window": 300_000,
}
APP_DATA = "com.posthog.mcp/app_data"


@dataclass
class Event:
    """One event of B: handed over by the application before stop began. ``index`` counts over all lives."""

    index: int
    life: int
    entry: int
    at_us: int
    content: Any
    key: str
    slim_key: str | None
    promised: bool
    """The target said that it accepted it."""

    def line_bytes(self, seq: int) -> int:
        """Size of its compact raw UTF-8 line under this number, without LF."""
        return len(f'{{"seq":{seq},"event":'.encode()) + len(self.key.encode("utf-8", "surrogatepass")) + 1


@dataclass
class Stop:
    call_entry: int
    called_us: int
    complete: bool
    life: int
    replied_us: int | None = None
    reply_entry: int = 0
    outcome: str = ""
    given_up_us: int | None = None
    """When we stopped waiting for its return: far beyond anything that it may take."""


@dataclass
class Life:
    """From one ``open`` to the crash or the end. ``ended_us`` None: alive to the end of the history."""

    number: int
    opened_us: int
    events: list[Event] = field(default_factory=list)
    stop: Stop | None = None
    killed_entry: int = 0


@dataclass
class Enqueue:
    """One call of enqueue or enqueue_many with its reply."""

    call_entry: int
    called_us: int
    life: int
    replied_us: int | None = None
    outcome: str = ""
    late: bool = False
    reply_entry: int = 0


@dataclass
class Intent:
    lives: dict[int, Life] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    enqueues: list[Enqueue] = field(default_factory=list)
    logs: list[Entry] = field(default_factory=list)

    @property
    def last_life(self) -> Life | None:
        return self.lives[max(self.lives)] if self.lives else None

    def indices_by_key(self) -> dict[str, list[int]]:
        """Canonical content -> indices of the events with that content, the slimmed form of an event included."""
        found: dict[str, list[int]] = {}
        for event in self.events:
            found.setdefault(event.key, []).append(event.index)
            if event.slim_key is not None and event.slim_key != event.key:
                found.setdefault(event.slim_key, []).append(event.index)
        return found


def canonical(content: Any) -> str:
    """Compact raw JSON with sorted keys: as long as the line of a raw UTF-8 sender, and blind to the order of keys."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def slimmed(content: Any) -> Any | None:
    """The event without its MCP app data, or None where the rule does not apply."""
    try:
        notification = content["notification"]
        update = notification["params"]["update"]
        meta = update["rawOutput"]["_meta"]
        applies = notification["method"] == "session/update" and update["sessionUpdate"] in ("tool_call", "tool_call_update")
    except (KeyError, TypeError):
        return None
    if not applies or not isinstance(meta, dict) or APP_DATA not in meta:
        return None
    slim = copy.deepcopy(content)
    del slim["notification"]["params"]["update"]["rawOutput"]["_meta"][APP_DATA]
    return slim


def read_intent(history: History) -> Intent:
    """One pass over the entries; linear."""
    reader = _Reader(Intent())
    for entry in history.entries:
        handler = reader.handlers.get(entry.kind)
        if handler is not None:
            handler(entry)
    return reader.intent


class _Reader:
    def __init__(self, intent: Intent) -> None:
        self.intent = intent
        self.pending_events: dict[int, list[Event]] = {}
        self.pending_enqueues: dict[int, Enqueue] = {}
        self.pending_stops: dict[int, Stop] = {}
        self.handlers = {
            "open": self.on_open,
            "call": self.on_call,
            "reply": self.on_reply,
            "crash": self.on_crash,
            "note": self.on_note,
        }

    def on_open(self, entry: Entry) -> None:
        number = entry.data["life"]
        self.intent.lives[number] = Life(number, entry.at_us)

    def on_call(self, entry: Entry) -> None:
        life = self.intent.lives[entry.data["life"]]
        args, call = entry.data["args"], entry.data["call"]
        if entry.data["verb"] == "stop":
            stop = Stop(entry.number, entry.at_us, args["complete"], life.number)
            self.pending_stops[call] = stop
            life.stop = life.stop or stop
            return
        contents = [args["event"]] if entry.data["verb"] == "enqueue" else args["events"]
        enqueue = Enqueue(entry.number, entry.at_us, life.number)
        self.pending_enqueues[call] = enqueue
        self.intent.enqueues.append(enqueue)
        if life.stop is None:
            self.pending_events[call] = [self.new_event(life, entry, content) for content in contents]

    def new_event(self, life: Life, entry: Entry, content: Any) -> Event:
        slim = slimmed(content)
        slim_key = None if slim is None else canonical(slim)
        event = Event(len(self.intent.events), life.number, entry.number, entry.at_us, content, canonical(content), slim_key, False)
        self.intent.events.append(event)
        life.events.append(event)
        return event

    def on_reply(self, entry: Entry) -> None:
        call = entry.data["call"]
        stop = self.pending_stops.pop(call, None)
        if stop is not None and entry.data.get("late"):
            stop.given_up_us = entry.at_us
        elif stop is not None:
            stop.replied_us, stop.reply_entry, stop.outcome = entry.at_us, entry.number, entry.data["outcome"]
        enqueue = self.pending_enqueues.pop(call, None)
        if enqueue is not None:
            enqueue.replied_us, enqueue.outcome, enqueue.reply_entry = entry.at_us, entry.data["outcome"], entry.number
            enqueue.late = bool(entry.data.get("late"))
            self.note_promises(self.pending_events.pop(call, []), entry.data["value"].get("accepted"))

    def note_promises(self, events: list[Event], accepted: Any) -> None:
        flags = accepted if isinstance(accepted, list) else [accepted] * len(events)
        for event, flag in zip(events, flags, strict=False):
            event.promised = flag is True

    def on_crash(self, entry: Entry) -> None:
        self.intent.lives[entry.data["life"]].killed_entry = entry.number

    def on_note(self, entry: Entry) -> None:
        if entry.data["note"] == "log":
            self.intent.logs.append(entry)
