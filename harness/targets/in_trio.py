"""Targets written on trio: as those in process, but their code runs in a trio run of its own on the simulated loop.

Each life has one trio run. What the factory returns may also be an asynchronous context manager: it is entered in a task
that lasts until `close`, and what it yields is the object. So a nursery can be opened around the object, as trio has it:

    @asynccontextmanager
    async def factory(config, note):
        async with trio.open_nursery() as nursery:
            yield Sender(config, nursery)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

import trio

from ..worlds.base import Owner, Scene
from ..worlds.ownership import LifeOwner
from ..worlds.sim.trio_guest import TrioGuest
from .base import Serves
from .in_process import Begun, Choose, InProcessTarget, Stage
from .verbs import Factory, Note, Settled, invoke, outcome_of, settled_value


class TrioStage(Stage):
    def __init__(self, scene: Scene, owner: Owner) -> None:
        super().__init__(scene, owner)
        self._guest = TrioGuest(cast(LifeOwner, owner), scene.case.seed)
        self._context = _Context()

    def make(self, factory: Factory) -> Factory:
        async def entered(config: dict[str, Any], note: Note) -> Any:
            made = factory(config, note)
            if isinstance(made, Awaitable):
                made = await made
            if not hasattr(type(made), "__aenter__"):
                return made
            self.owner.create_task(self._guest.run(self._context.hold, made))
            return await self._context.wait_entered()

        return entered

    def begin(self, function: Callable[..., Any], arguments: Mapping[str, Any]) -> Begun:
        return self._run(function, arguments)

    def begin_close(self, close: Callable[[], Any] | None) -> Begun:
        async def close_all() -> Any:
            returned = close() if close is not None else None
            if isinstance(returned, Awaitable):
                await returned
            await self._context.leave()

        return self._run(close_all, {})

    async def _run(self, function: Callable[..., Any], arguments: Mapping[str, Any]) -> Settled:
        try:
            settled: Settled = await self._guest.run(_call, function, arguments)
        except Exception as error:  # the trio run itself is over: a task of the implementation has crashed it
            return outcome_of(error)
        return settled


async def _call(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Settled:
    """As `verbs.settle`, but a cancellation inside trio must pass."""
    begun = invoke(function, arguments)
    if isinstance(begun, Settled):
        return begun
    try:
        return settled_value(await begun)
    except (Exception, SystemExit) as error:
        return outcome_of(error)


class _Context:
    """An asynchronous context manager, held open by a task from the opening to the close."""

    def __init__(self) -> None:
        self._entered = trio.Event()
        self._leaving = trio.Event()
        self._left = trio.Event()
        self._held = False
        self._thing: Any = None
        self._error: Exception | None = None

    async def hold(self, manager: Any) -> None:
        self._held = True
        try:
            async with manager as self._thing:
                self._entered.set()
                await self._leaving.wait()
        except Exception as error:
            # One that came in between, from a task of the implementation, is no fault of open or close: its calls will tell.
            if not self._entered.is_set() or self._leaving.is_set():
                self._error = error
        finally:
            self._entered.set()
            self._left.set()

    async def wait_entered(self) -> Any:
        await self._entered.wait()
        if self._error is not None:
            raise self._error
        return self._thing

    async def leave(self) -> None:
        if not self._held:
            return
        self._leaving.set()
        await self._left.wait()
        if self._error is not None:
            raise self._error


class TrioTarget(InProcessTarget):
    stage = TrioStage

    def __init__(self, name: str, choose: Choose, *, serves: tuple[Serves, ...] | None = None) -> None:
        super().__init__(name, choose, serves=serves)
        self.worlds = ("sim",)
