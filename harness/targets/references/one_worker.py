"""What references have in common that work in the background, one thing at a time."""

from __future__ import annotations

import asyncio
from typing import Protocol


class Connections(Protocol):
    """What is to be closed in the end."""

    async def close(self) -> None: ...


class OneWorker:
    """``worker``: what is under way, if anything is."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self.worker: asyncio.Task[None] | None = None
        self.closing: asyncio.Task[None] | None = None

    def let_go(self) -> None:
        """Nothing is told from here on."""
        worker, self.worker = self.worker, None
        if worker is not None:
            worker.cancel()

    def close(self) -> asyncio.Task[None]:
        """Lets go of everything at once. The task that it returns ends when the connections are closed."""
        worker = self.worker
        self.let_go()
        if self.closing is None:
            self.closing = asyncio.get_running_loop().create_task(self.end(worker))
        return self.closing

    async def end(self, worker: asyncio.Task[None] | None) -> None:
        if worker is not None:
            await asyncio.wait([worker])
        await self._connections.close()
