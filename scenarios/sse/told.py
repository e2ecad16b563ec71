"""How far a client is, read from the history as it grows: a play asks it how long to wait. It judges nothing."""

from __future__ import annotations

from collections import Counter

from ...harness.values.history import Entry, History
from ..growing import Growing


class Told(Growing):
    """``over``: the client was asked to stop (204), has stopped by itself, or was closed by its application."""

    def __init__(self, history: History) -> None:
        handlers = {
            "source": self._on_source,
            "note": self._on_note,
            "request": self._on_request,
            "answer": self._on_answer,
            "stream-over": self._on_over,
            "delivered": self._on_over,
            "closed": self._on_closed,
            "call": self._on_call,
        }
        super().__init__(history, handlers)
        self._sent: Counter[str] = Counter()
        self._told: Counter[str] = Counter()
        self._connections: dict[int, int] = {}
        self._streams: set[int] = set()
        self.over = False
        self.attempted = False
        """It has asked for the stream at all."""

    @property
    def everything(self) -> bool:
        """All that was ever sent was told, as often as it was sent."""
        return all(self._told[data] >= count for data, count in self._sent.items())

    @property
    def streaming(self) -> bool:
        """An answer is a stream that goes on."""
        return bool(self._streams)

    @property
    def connected(self) -> bool:
        """A connection for the stream has not ended."""
        return bool(self._connections)

    def _on_source(self, entry: Entry) -> None:
        self._sent.update(str(event["data"]) for event in entry.data["events"] if event.get("data") is not None)

    def _on_note(self, entry: Entry) -> None:
        note, data = entry.data["note"], entry.data["data"]
        if note == "event":
            self._told[str(data.get("data"))] += 1
        elif note == "ended":
            self.over = True

    def _on_request(self, entry: Entry) -> None:
        if entry.data["endpoint"] == "stream":
            self.attempted = True
            self._connections[entry.data["request"]] = entry.data["connection"]

    def _on_answer(self, entry: Entry) -> None:
        if entry.data["status"] == 200 and entry.data["request"] in self._connections:
            self._streams.add(entry.data["request"])
        self.over = self.over or entry.data["status"] == 204

    def _on_over(self, entry: Entry) -> None:
        self._streams.discard(entry.data["request"])
        if entry.kind == "delivered":
            self._connections.pop(entry.data["request"], None)

    def _on_closed(self, entry: Entry) -> None:
        for request in [number for number, connection in self._connections.items() if connection == entry.data["connection"]]:
            self._streams.discard(request)
            del self._connections[request]

    def _on_call(self, entry: Entry) -> None:
        self.over = entry.data["verb"] == "unwatch"
