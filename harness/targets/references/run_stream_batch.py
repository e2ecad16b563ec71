"""Live entries on their way to the application: told together, when the first has waited long enough or there are many."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

BATCH_ENTRIES = 50

Event = Mapping[str, Any]


class Batch:
    """``deliver`` gets the entries in the order in which they were added, never an empty list."""

    def __init__(self, delay_s: float, deliver: Callable[[list[Event]], None]) -> None:
        self._delay_s = delay_s
        self._deliver = deliver
        self._waiting: list[Event] = []
        self._timer: asyncio.TimerHandle | None = None

    def add(self, event: Event) -> None:
        self._waiting.append(event)
        if len(self._waiting) >= BATCH_ENTRIES:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._delay_s, self.flush)

    def flush(self) -> None:
        """Delivers what waits, now."""
        waiting = self.drop()
        if waiting:
            self._deliver(waiting)

    def drop(self) -> list[Event]:
        """What waits will not be delivered; returns it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, []
        return waiting
