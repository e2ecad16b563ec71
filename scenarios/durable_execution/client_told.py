"""What the application of a client knows, read from the history as it grows: the play asks it how to go on. It judges nothing."""

from __future__ import annotations

from ...harness.values.history import Entry, History
from ..growing import Growing

OPENING = ("create", "follow")


class ClientTold(Growing):
    """``open``: a stream was asked for, and neither an outcome nor `unfollow` has ended it."""

    def __init__(self, history: History) -> None:
        super().__init__(
            history,
            {"call": self._on_call, "reply": self._on_reply, "note": self._on_note, "closed": self._on_closed, "connect": self._on_connect},
        )
        self.open = False
        self.outcome: str | None = None
        """Of the stream that was asked for last."""
        self.frames = 0
        """Told of that stream."""
        self.connections: set[int] = set()
        self.next_index: dict[str, int] = {}
        """By run: the index behind the last frame that was told."""
        self._run: str | None = None
        self._pending: dict[int, str] = {}
        self._start = 0

    def _on_call(self, entry: Entry) -> None:
        verb, args = entry.data["verb"], entry.data["args"]
        if verb not in OPENING:
            return
        self.open, self.outcome, self.frames = True, None, 0
        self._run = args["run_id"] if verb == "follow" else None
        self._start = args["start_index"] if verb == "follow" else 0
        self._pending[entry.data["call"]] = verb
        if self._run is not None:
            self.next_index[self._run] = self._start

    def _on_reply(self, entry: Entry) -> None:
        verb = self._pending.pop(entry.data["call"], None)
        if verb is not None and entry.data["outcome"] != "ok":
            self.open = False
        elif verb == "create" and isinstance(entry.data["value"].get("run_id"), str):
            self._run = entry.data["value"]["run_id"]
            self.next_index[self._run] = self._start + self.frames

    def _on_note(self, entry: Entry) -> None:
        note, data = entry.data["note"], entry.data["data"]
        if note == "outcome":
            self.open, self.outcome = False, str(data.get("kind"))
        elif note == "frame":
            self.frames += 1
            index = data.get("index")
            if self._run is not None and isinstance(index, int):
                self.next_index[self._run] = index + 1

    def _on_connect(self, entry: Entry) -> None:
        self.connections.add(entry.data["connection"])

    def _on_closed(self, entry: Entry) -> None:
        self.connections.discard(entry.data["connection"])
