"""The agent under test: opened and started, stopped, killed, and back with the same ``state_dir``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ...harness.engine.cast import Player
from ...harness.targets.base import Reply
from ...harness.worlds.base import Scene
from ..lives import Lives

QUIET_MS = 50
"""How long the control plane may take to see the end of a killed agent's connections before the next one starts."""


class Agent(Lives):
    """``look``: called between two lives, when no process of the first is left."""

    def __init__(self, scene: Scene, player: Player, look: Callable[[], None]) -> None:
        super().__init__()
        self._scene = scene
        self._player = player
        self._look = look
        self._starting: asyncio.Task[Reply] | None = None
        self.started = False

    async def rise(self) -> None:
        """Does not wait until ``start`` is answered: an agent may be killed before that."""
        await self._player.open()
        if self._player.life > 1:
            self._scene.history.add("back", life=self._player.life)
        self.started = True
        self._starting = asyncio.get_running_loop().create_task(self._player.call("start"), name="play: start")

    async def die(self) -> None:
        life = self._player.life
        await self._player.crash()
        await self._scene.sleep(QUIET_MS)
        self._look()
        self._scene.history.add("gone", life=life)

    async def settled(self) -> None:
        await super().settled()
        while self._starting is not None:
            starting, self._starting = self._starting, None
            await starting
            await super().settled()

    async def start(self) -> None:
        """One that is started already stays so."""
        if not self.started:
            self.started = True
            await self._player.call("start")

    async def stop(self) -> None:
        if self.started:
            self.started = False
            await self._player.call("stop")

    async def crash(self) -> None:
        self.crash_soon()
        await self.settled()
