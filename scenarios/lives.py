"""The lives of a target in a play: it is killed, by an operation or at a point of the protocol, and comes back."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod


class Lives(ABC):
    """A crash begins at the next turn of the loop, and `settled` waits until it is over. While one is under way others change nothing,
    but for one that comes once the next life has begun: that life ends, too."""

    def __init__(self) -> None:
        self._restarting: asyncio.Task[None] | None = None
        self._opening = False
        self._again = False

    @abstractmethod
    async def die(self) -> None:
        """Ends the life. Its connections are gone when it returns."""

    @abstractmethod
    async def rise(self) -> None:
        """Begins the next life. Raises TargetProblem."""

    def crash_soon(self) -> None:
        """It is to be killed: at the next turn of the loop it is dead. One that is just being opened dies once it is."""
        if self._restarting is None or self._restarting.done():
            self._restarting = asyncio.get_running_loop().create_task(self._die_and_rise(), name="play: restart after a crash")
        elif self._opening:
            self._again = True

    async def settled(self) -> None:
        """Waits until it is open again. Raises TargetProblem if it is not."""
        while self._restarting is not None:
            restarting = self._restarting
            await restarting
            if self._restarting is restarting:
                self._restarting = None

    async def let_go(self) -> None:
        """Nothing rises any more."""
        if self._restarting is not None:
            self._restarting.cancel()
            await asyncio.gather(self._restarting, return_exceptions=True)

    async def _die_and_rise(self) -> None:
        while True:
            self._again = False
            await self.die()
            self._opening = True
            await self.rise()
            self._opening = False
            if not self._again:
                return
