"""What the drivers of clients that block share: a thread reads, until it ends by itself or is told to stop.

The thread is never waited for: a client may be deaf to its own ``close`` while it waits for bytes. It ends at the latest when the
driver's handle is closed and the client next calls back, since a driver process serves example after example.
"""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from ..verbs import Note
from .asyncio_reader import MESSAGE_CHARACTERS_MAX

STOP_S_MAX = 0.5
"""So long `unwatch` waits for the client's own ``close``, which may wait for bytes that never come."""


class Released(Exception):
    """The driver's handle was closed: the thread must end."""


class BlockingReader(ABC):
    def __init__(self, config: dict[str, Any], note: Note) -> None:
        self.url: str = config["url"]
        self.headers: dict[str, str] = dict(config.get("headers") or {})
        self.last_event_id: str | None = config.get("last_event_id")
        self._note = note
        self._watching = False
        self._released = False

    @abstractmethod
    def read(self) -> None:
        """Connects and hands on what comes. Returns or raises when the client has let go of the stream."""

    @abstractmethod
    def stop(self) -> None:
        """Ends `read` by the client's own means, from another thread. May block."""

    def watch(self) -> None:
        if not self._watching:
            self._watching = True
            _in_thread(self._follow)

    async def unwatch(self) -> None:
        if self._watching:
            self._watching = False
            await asyncio.wait((asyncio.wrap_future(_in_thread(self.stop)),), timeout=STOP_S_MAX)

    def close(self) -> None:
        self._released = True
        if self._watching:
            self._watching = False
            _in_thread(self.stop)

    def tell_open(self) -> None:
        self._tell("open", {})

    def tell_event(self, id: str, type: str, data: str) -> None:
        self._tell("event", {"id": id, "type": type, "data": data})

    def tell_error(self, message: str) -> None:
        """Not after `unwatch`: an application that has closed a client does not ask how it ended."""
        if self._watching:
            self._tell("error", {"message": message[:MESSAGE_CHARACTERS_MAX]})
        self._check_released()

    def _tell(self, name: str, data: dict[str, Any]) -> None:
        self._check_released()
        self._note(name, data)

    def _check_released(self) -> None:
        if self._released:
            raise Released

    def _follow(self) -> None:
        try:
            try:
                self.read()
            except Exception as error:  # how the client tells its application that it gives up
                self.tell_error(f"{type(error).__name__}: {error}")
            if self._watching:
                self._tell("ended", {})
        except Released:
            return


def _in_thread(function: Callable[[], None]) -> Future[None]:
    """The result comes when the function has returned or raised."""
    done: Future[None] = Future()

    def run() -> None:
        try:
            function()
        finally:
            done.set_result(None)

    threading.Thread(target=run, daemon=True).start()
    return done
