"""What the application has been told of a run, and what is new of what comes. Nothing here knows HTTP, time or a loop.

The same event can come twice over: from the history, which has no ids but is complete and in order, and from the stream,
which has ids but begins somewhere and may repeat itself. The stream against itself is told apart by ids. The history
against the stream can only be told apart by content, and equal contents may be two events; so it is a matter of count:

* *ahead*: told from the stream and not yet seen in the history. An entry of the history that is there cancels one of them.
* *expected*: told from the history and not yet seen in the stream. A live entry that is there cancels one of them,
  whenever it arrives.

A stream that begins behind the newest entry leaves a gap between the history as it was read and its own beginning. So live
entries are *held* until the history has been read once more, to behind that beginning; only then is the order known.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .run_stream_frames import REQUEST_TYPES, STATE_TYPE

Event = Mapping[str, Any]


class Transcript:
    """One bootstrap. ``told``: the snapshot and all logs since. ``history_count``: entries of the history that are accounted for."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.history_count = 0
        self.is_holding = True
        self.left_out = 0
        self._held: list[Event] = []
        self._seen: set[str] = set()
        self._ahead: Counter[bytes] = Counter()
        self._expected: Counter[bytes] = Counter()

    # --- ids of the stream ------------------------------------------------------------------------------------------

    def is_repeated(self, id: str | None) -> bool:
        """Whether this id came before on this leg. An event without an id cannot be known."""
        return id is not None and id in self._seen

    def remember(self, id: str | None) -> None:
        if id is not None:
            self._seen.add(id)

    def change_leg(self) -> None:
        """Ids of another leg may be equal by chance, and mean other events."""
        self._seen.clear()

    def begin_at_newest(self) -> None:
        """A connection without a cursor begins behind all that is known by now: nothing of it is expected any more."""
        self._expected.clear()

    # --- the history ------------------------------------------------------------------------------------------------

    def begin(self, history: Sequence[Any]) -> list[Any]:
        """Takes the whole history; the entries of the snapshot are exactly its own."""
        self.history_count = len(history)
        for entry in history:
            key = content_of(entry)
            if not self.was_told_live(key) and not is_request(entry):  # a live request is told on its own in any case
                self._expected[key] += 1
        self.told = list(history)
        return list(history)

    def catch_up(self, tail: Sequence[Any]) -> list[Any]:
        """Takes what the history holds behind ``history_count``; returns what of it is new, in order.

        What lies before an entry that has been told already was left out by the stream: it can no more be told in its place.
        """
        self.history_count += len(tail)
        fresh: list[tuple[Any, bytes]] = []
        for entry in tail:
            key = content_of(entry)
            if is_state(entry):  # of the state the run itself tells
                continue
            if not self.was_told_live(key):
                fresh.append((entry, key))
            elif not is_request(entry):  # a request is told at once, before what stands in front of it
                self.left_out += len(fresh)
                fresh.clear()
        self._expected.update(key for _, key in fresh)
        return [entry for entry, _ in fresh]

    def was_told_live(self, key: bytes) -> bool:
        """Each live entry is met once in the history."""
        if self._ahead[key] > 0:
            self._ahead[key] -= 1
            return True
        return False

    # --- the stream -------------------------------------------------------------------------------------------------

    def take_live(self, event: Event) -> list[Event]:
        """What is to be told now of an entry that the stream brings for the first time."""
        if self.is_holding:
            self._held.append(event)
            return []
        return [event] if self.is_new(event) else []

    def is_new(self, event: Event) -> bool:
        """Whether the history has not told it. Each entry of the history cancels exactly one live entry."""
        key = content_of(event)
        if self._expected[key] > 0:
            self._expected[key] -= 1
            return False
        self._ahead[key] += 1
        return True

    def hold(self) -> None:
        self.is_holding = True

    def release(self) -> list[Event]:
        """The history has been read to behind the beginning of the stream: what was held and is new, in order."""
        self.is_holding = False
        held, self._held = self._held, []
        return [event for event in held if self.is_new(event)]

    def add_told(self, entries: Iterable[Any]) -> int:
        """Returns the total: how many entries the application has been told."""
        self.told.extend(entries)
        return len(self.told)


def content_of(entry: Any) -> bytes:
    """Equal for equal JSON values, and short, since one is kept for each entry."""
    return hashlib.sha256(json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()).digest()


def type_of(entry: Any) -> str:
    kind = entry.get("type") if isinstance(entry, dict) else None
    return kind if isinstance(kind, str) else ""


def is_state(entry: Any) -> bool:
    return type_of(entry) == STATE_TYPE


def is_request(entry: Any) -> bool:
    return type_of(entry) in REQUEST_TYPES
