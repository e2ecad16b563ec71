"""What the application of a runner knows, read from the history as it grows: the play asks it how to go on. It judges nothing."""

from __future__ import annotations

from collections import Counter

from ...harness.values.history import Entry, History
from ..growing import Growing


class RunnerTold(Growing):
    """By handle: what it was told, and whether its run is over."""

    def __init__(self, history: History) -> None:
        super().__init__(
            history,
            {
                "call": self._on_call, "reply": self._on_reply, "note": self._on_note, "crash": self._on_crash,
                "stream-open": self._on_stream,
            },
        )  # fmt: skip
        self._calls: dict[int, tuple[str, str]] = {}
        self._replied: set[str] = set()
        self._over: set[str] = set()
        self._dead: set[str] = set()
        self._notes: Counter[tuple[str, str]] = Counter()
        self._streams = 0

    def replied(self, handle: str) -> bool:
        """Its `run` has been answered."""
        return handle in self._replied or handle in self._dead

    def done(self, handle: str) -> bool:
        return handle in self._over or handle in self._dead

    def dead(self, handle: str) -> bool:
        return handle in self._dead

    def count(self, handle: str, what: str) -> int:
        """Of its notes of that name; "stream": how many streams were opened, by anybody."""
        return self._streams if what == "stream" else self._notes[handle, what]

    def _on_call(self, entry: Entry) -> None:
        self._calls[entry.data["call"]] = entry.data["handle"], entry.data["verb"]

    def _on_reply(self, entry: Entry) -> None:
        handle, verb = self._calls.pop(entry.data["call"], ("", ""))
        if verb == "run":
            self._replied.add(handle)
            if entry.data["outcome"] != "ok":
                self._over.add(handle)
        elif verb == "cancel" and entry.data["outcome"] == "ok":
            self._over.add(handle)

    def _on_note(self, entry: Entry) -> None:
        handle, note = entry.data["handle"], entry.data["note"]
        self._notes[handle, note] += 1
        if note in ("emit", "failed"):
            self._over.add(handle)

    def _on_crash(self, entry: Entry) -> None:
        self._dead.add(entry.data["handle"])

    def _on_stream(self, entry: Entry) -> None:
        self._streams += 1
