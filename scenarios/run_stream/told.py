"""What a reader has told its application so far, against what was appended: read from the history as it grows.

A play asks it how long to wait. It judges nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ...harness.contracts.run_stream import ASIDE_TYPES
from ...harness.values.history import Entry, History
from ..growing import Growing


def _keys(events: Iterable[Any]) -> Iterable[str]:
    for event in events:
        if not (isinstance(event, Mapping) and event.get("type") in ASIDE_TYPES):
            yield json.dumps(event, sort_keys=True)


class Told(Growing):
    """``snapshot``: one was told since the last call that asks for one. ``over``: so was `ended` or `error`."""

    def __init__(self, history: History) -> None:
        handlers = {
            "append": self._on_append,
            "finished": self._on_finished,
            "call": self._on_call,
            "note": self._on_note,
            "request": self._on_request,
            "closed": self._on_closed,
        }
        super().__init__(history, handlers)
        self._appended: Counter[str] = Counter()
        self._told: Counter[str] = Counter()
        self._streams: set[int] = set()
        self.watching = False
        self.snapshot = False
        self.over = False
        self.finished = False

    @property
    def everything(self) -> bool:
        """A snapshot was told, and since then all that was ever appended."""
        return self.snapshot and all(self._told[key] >= count for key, count in self._appended.items())

    @property
    def streaming(self) -> bool:
        """A connection on which a stream was asked for has not ended."""
        return bool(self._streams)

    def _on_append(self, entry: Entry) -> None:
        self._appended.update(_keys([entry.data["event"]]))

    def _on_finished(self, entry: Entry) -> None:
        self.finished = True

    def _on_call(self, entry: Entry) -> None:
        verb = entry.data["verb"]
        self.watching = verb != "unwatch"
        if verb == "watch" or (verb == "retry" and self.over):  # a reader that is live may take no notice of `retry`
            self.over = self.snapshot = False

    def _on_note(self, entry: Entry) -> None:
        note, data = entry.data["note"], entry.data["data"]
        entries = data.get("entries")
        if note == "snapshot":
            self.snapshot = True
            self._told.clear()
        if note in ("snapshot", "logs") and isinstance(entries, list):
            self._told.update(_keys(entries))
        if note in ("ended", "error"):
            self.over = True

    def _on_request(self, entry: Entry) -> None:
        if entry.data["endpoint"] == "stream":
            self._streams.add(entry.data["connection"])

    def _on_closed(self, entry: Entry) -> None:
        self._streams.discard(entry.data["connection"])
