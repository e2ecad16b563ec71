"""The cast of an example: opens roles on the target, records every call, reply and note, and handles crashes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..targets.base import Instance, Reply, Target
from ..values.requirement import Contract, Role
from ..worlds.base import Scene

GRACE_MS = 30_000
"""What `stop` and `run` may take beyond their own time-out before a reply counts as missing."""


class Player:
    """One handle of a role, with its life counted: a restart opens the same handle again."""

    def __init__(self, cast: Cast, handle: str, role: Role, config: Mapping[str, Any]) -> None:
        self._cast = cast
        self.handle = handle
        self.role = role
        self.config = dict(config)
        self.life = 0
        self._instance: Instance | None = None

    @property
    def value(self) -> Mapping[str, Any]:
        """What ``open`` answered."""
        assert self._instance is not None
        return self._instance.value

    async def open(self) -> None:
        scene = self._cast.scene
        self.life += 1
        life = self.life
        scene.history.add("open", handle=self.handle, contract=self.role.contract, role=self.role.name, life=life)

        def on_note(number: int, note: str, data: Mapping[str, Any]) -> None:
            scene.history.add("note", handle=self.handle, life=life, number=number, note=note, data=dict(data))

        target = self._cast.target_for(self.role.name)
        self._instance = await target.open(scene, self.handle, self.role.contract, self.role.name, self.config, on_note)
        scene.history.add("opened", handle=self.handle, life=life)

    async def call(self, verb: str, timeout_ms: int = 0, **args: Any) -> Reply:
        """Calls a verb; ``timeout_ms`` is the verb's own time-out where it has one (`stop`, `run`)."""
        assert self._instance is not None
        row = self.role.verbs[verb]
        deadline_ms = row.deadline_ms if row.deadline_ms is not None else timeout_ms + GRACE_MS
        number = self._cast.next_call()
        history = self._cast.scene.history
        history.add("call", call=number, handle=self.handle, life=self.life, verb=verb, args=args)
        reply = await self._instance.call(row, args, deadline_ms)
        history.add("reply", call=number, outcome=reply.outcome, value=dict(reply.value), error=reply.error, late=reply.late)
        return reply

    def memory_bytes(self) -> int | None:
        """See `Instance.memory_bytes`."""
        return self._instance.memory_bytes() if self._instance is not None else None

    async def crash(self) -> None:
        assert self._instance is not None
        instance, self._instance = self._instance, None
        # The entry comes first: whatever the target's end sets in motion is then behind it.
        self._cast.scene.history.add("crash", handle=self.handle, life=self.life)
        await instance.crash()

    async def close(self) -> None:
        instance, self._instance = self._instance, None
        if instance is not None:
            self._cast.scene.history.add("close", handle=self.handle, life=self.life)
            await instance.close()


class Cast:
    """Who plays: the target for the roles under test (those of the case), ``stand_in`` for all others."""

    def __init__(self, scene: Scene, contract: Contract, target: Target, stand_in: Target) -> None:
        self.scene = scene
        self.contract = contract
        self._target = target
        self._stand_in = stand_in
        self._calls = 0
        self._players: list[Player] = []

    def target_for(self, role: str) -> Target:
        return self._target if role in self.scene.case.roles else self._stand_in

    def next_call(self) -> int:
        self._calls += 1
        return self._calls

    def player(self, handle: str, role: str, config: Mapping[str, Any]) -> Player:
        """A handle that is not opened yet. It is closed with the example at the latest."""
        player = Player(self, handle, self.contract.roles[role], config)
        self._players.append(player)
        return player

    async def close(self) -> None:
        for player in self._players:
            await player.close()
