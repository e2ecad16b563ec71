"""Where a play performs its operations: the table of them, and those that every play has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ..harness.values.errors import UsageError
from ..harness.worlds.base import Scene

Perform = Callable[[Mapping[str, Any]], Awaitable[None]]


class Stage:
    """A play adds the operations of its own. ``wait`` {ms}; ``heal`` {}: the faults stop."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.operations: dict[str, Perform] = {"wait": self.wait, "heal": self.heal}

    async def perform(self, verb: str, args: Mapping[str, Any]) -> None:
        operation = self.operations.get(verb)
        if operation is None:
            raise UsageError(f"workload: unknown operation {verb!r}; known: {', '.join(self.operations)}")
        await operation(args)

    async def wait(self, args: Mapping[str, Any]) -> None:
        await self.scene.sleep(args["ms"])

    async def heal(self, args: Mapping[str, Any]) -> None:
        self.scene.plan.heal()
