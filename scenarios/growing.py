"""A history that grows while a play goes on, taken in bit by bit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Self

from ..harness.values.history import Entry, History


class Growing:
    """A play that waits for something to happen keeps what it must know in a subclass, with a handler for each kind of entry."""

    def __init__(self, history: History, handlers: Mapping[str, Callable[[Entry], None]]) -> None:
        self._history = history
        self._handlers = handlers
        self.seen = 0
        """How much was in the history at the last look."""

    def look(self) -> Self:
        """Takes in what was added to the history since the last look."""
        entries = self._history.entries
        while self.seen < len(entries):
            entry = entries[self.seen]
            self.seen += 1
            handler = self._handlers.get(entry.kind)
            if handler is not None:
                handler(entry)
        return self
