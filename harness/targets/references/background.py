"""What works in the background for a reference, and how it lets go of all of it at once."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import Any


class Background(ABC):
    """Made on the running loop. A worker of it is a task that ends with it at the latest."""

    def __init__(self) -> None:
        self.workers: set[asyncio.Task[Any]] = set()
        self.closing: asyncio.Task[None] | None = None

    def begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        worker = asyncio.get_running_loop().create_task(work)
        self.workers.add(worker)
        worker.add_done_callback(self.workers.discard)
        return worker

    def close(self) -> asyncio.Task[None]:
        """Lets go of everything at once. The task that it returns ends when the connections are closed."""
        if self.closing is None:
            workers = frozenset(self.workers)
            for worker in workers:
                worker.cancel()
            self.closing = asyncio.get_running_loop().create_task(self._end(workers))
        return self.closing

    async def _end(self, workers: frozenset[asyncio.Task[Any]]) -> None:
        if workers:
            await asyncio.wait(workers)
        await self.release()

    @abstractmethod
    async def release(self) -> None:
        """Closes the connections, when nothing works with them any more."""
