"""What the drivers of clients on asyncio share: one task reads, until it ends by itself or is told to stop."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import Any

from ..verbs import Note

CLOSE_S_MAX = 1.0
MESSAGE_CHARACTERS_MAX = 500
"""An exception may quote a whole body."""


class AsyncioReader(ABC):
    def __init__(self, config: dict[str, Any], note: Note) -> None:
        self.url: str = config["url"]
        self.headers: dict[str, str] = dict(config.get("headers") or {})
        self.note = note
        self._watching = False
        self._task: asyncio.Task[None] | None = None

    @abstractmethod
    async def read(self) -> None:
        """Connects and hands on what comes. Returns or raises when the client has let go of the stream."""

    async def stop(self) -> None:
        """Ends `read` by the client's own means. A client that has none is cancelled, as its application would do."""
        if self._task is not None:
            self._task.cancel()

    def watch(self) -> None:
        if not self._watching:
            self._watching = True
            self._task = asyncio.get_running_loop().create_task(self._follow())

    async def unwatch(self) -> None:
        if self._watching:
            self._watching = False
            await self.stop()

    async def close(self) -> None:
        self._watching = False
        if self._task is not None:
            self._task.cancel()
            # Half closed, a library's coroutines would complain when the loop is gone.
            await asyncio.wait((self._task,), timeout=CLOSE_S_MAX)

    def tell_event(self, id: str, type: str, data: str) -> None:
        self.note("event", {"id": id, "type": type, "data": data})

    def tell_error(self, message: str) -> None:
        """Not after `unwatch`: an application that has closed a client does not ask how it ended."""
        if self._watching:
            self.note("error", {"message": message[:MESSAGE_CHARACTERS_MAX]})

    async def _follow(self) -> None:
        try:
            await self.read()
        except Exception as error:  # how the client tells its application that it gives up
            self.tell_error(f"{type(error).__name__}: {error}")
        if self._watching:
            self.note("ended", {})
