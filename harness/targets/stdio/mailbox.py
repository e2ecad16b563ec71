"""Hands what a thread reads to whoever listens: a blocking reader, or callbacks on an event loop. Bounded.

The writing side blocks while the box is full, so the pipe behind it fills up and a driver that floods us has to wait.
One side takes at a time; the thread that puts is another.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from .lines import Item, Message

BYTES_MAX = 8 * 1024 * 1024
ITEM_OVERHEAD_BYTES = 200
"""What a short line costs beside its bytes."""


@dataclass(frozen=True)
class Exited:
    """The process is over; nothing comes after this. ``status`` is negative for a signal."""

    status: int


@dataclass(frozen=True)
class Listener:
    loop: asyncio.AbstractEventLoop
    callback: Callable[[], None]


class Mailbox:
    def __init__(self, bytes_max: int = BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._items: deque[Item | Exited] = deque()
        self._changed = threading.Condition()
        self._listener: Listener | None = None
        self._told = False
        self._discarding = False

    def put(self, item: Item | Exited) -> None:
        """Waits while the box is full; the end of the process always fits."""
        with self._changed:
            while self._bytes >= self._bytes_max and not self._discarding and not isinstance(item, Exited):
                self._changed.wait()
            if self._discarding and not isinstance(item, Exited):
                return
            self._items.append(item)
            self._bytes += _weight(item)
            self._changed.notify_all()
            self._tell()

    def take(self, wait_s: float = 0.0) -> Item | Exited | None:
        """The next item, or None when there is none in time."""
        deadline = time.monotonic() + wait_s
        with self._changed:
            while not self._items:
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    self._told = False
                    return None
                self._changed.wait(remaining)
            item = self._items.popleft()
            self._bytes -= _weight(item)
            self._changed.notify_all()
            return item

    def listen(self, listener: Listener) -> None:
        """From now on ``listener`` is told, on its loop, that there is something to take. It takes until there is nothing."""
        with self._changed:
            self._listener = listener
            self._told = False
            if self._items:
                self._tell()

    def discard(self) -> None:
        """Throws away what is here and what comes, except the end of the process: nobody reads any more."""
        with self._changed:
            self._discarding = True
            self._items = deque(item for item in self._items if isinstance(item, Exited))
            self._changed.notify_all()

    def _tell(self) -> None:
        if self._listener is None or self._told:
            return
        try:
            self._listener.loop.call_soon_threadsafe(self._listener.callback)
        except RuntimeError:  # that loop is closed: its example is over, and the next one listens anew
            self._listener = None
        else:
            self._told = True


def _weight(item: Item | Exited) -> int:
    return ITEM_OVERHEAD_BYTES + (item.line_bytes if isinstance(item, Message) else 0)
