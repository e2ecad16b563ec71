"""A target behind the driver protocol. One process serves example after example; what it does wrong is named as the driver's.

It is started afresh after a crash, after it broke the protocol, and after `close`. On the wire each opened object has a
handle of its own, never used twice in the life of a process: so what an old object still says cannot be taken for a new one's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...values.errors import TargetProblem
from ...values.requirement import Verb
from ...worlds.base import Scene
from ..base import Instance, OnNote, Reply, Serves, Target
from ..declared import sendable_config
from .driver import Driver, Hello
from .lines import STRAY_LINE, Trouble
from .process import Patience
from .protocol import Answer, Event, Note


@dataclass
class _Stage:
    """What one example has opened. ``told``: the kinds of trouble that are in its history already."""

    scene: Scene
    instances: dict[str, StdioInstance] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    opening: asyncio.Lock = field(default_factory=asyncio.Lock)


class StdioTarget(Target):
    """``command``: program and arguments. Nothing is started before `serves` or `open`."""

    worlds = ("loopback",)

    def __init__(self, name: str, command: Sequence[str], patience: Patience | None = None) -> None:
        self.name = name
        self.command = tuple(command)
        self.patience = patience or Patience()
        self._driver: Driver | None = None
        self._hello: Hello | None = None
        self._stage: _Stage | None = None
        self._opened = 0
        self._stray_told = False
        self._untold: list[Trouble] = []
        """What went wrong while no example was there to be told."""

    def serves(self) -> tuple[Serves, ...]:
        hello = self.hello()
        self.version = hello.version
        return hello.serves

    def hello(self) -> Hello:
        """What the driver said of itself. Starts it if need be, and blocks until it has answered. Raises TargetProblem."""
        if self._hello is None:
            self._forget_in_fork()
            self._driver = Driver(self.command, self.patience, self._heard)
            self._hello = self._driver.hello()
        return self._hello

    async def open(self, scene: Scene, handle: str, contract: str, role: str, config: Mapping[str, Any], on_note: OnNote) -> Instance:
        self.tag_secrets(scene)
        self._forget_in_fork()
        stage = await self._enter(scene)
        try:
            return await self._open(stage, handle, contract, role, config, on_note)
        except TargetProblem as problem:
            raise TargetProblem(scene.secrets.apply(f"{self.name}: {problem}")) from problem

    def close(self) -> None:
        self._forget_in_fork()
        driver, self._driver = self._driver, None
        self._stage = None
        if driver is not None:
            driver.stop()

    async def _open(self, stage: _Stage, handle: str, contract: str, role: str, config: Mapping[str, Any], on_note: OnNote) -> Instance:
        async with stage.opening:
            driver = await self._sound_driver(stage)
        self._opened += 1
        instance = StdioInstance(self, driver, stage, f"{handle}-{self._opened}", handle, on_note)
        stage.instances[instance.wire_handle] = instance
        config = sendable_config(config, self.capabilities(contract, role) or ())
        reply = await driver.request(
            "open", self.patience.open_ms, handle=instance.wire_handle, contract=contract, role=role, config=config
        )
        if reply.outcome == "ok":
            instance.value = reply.value
            return instance
        del stage.instances[instance.wire_handle]
        if reply.late:
            driver.kill()
        raise TargetProblem(f"could not open the role {role!r} of {contract!r}: {reply.outcome}: {_message(reply)}")

    def _forget_in_fork(self) -> None:
        """A process that the parent of this one started is the parent's affair: here nobody reads what it says."""
        if self._driver is not None and not self._driver.process.is_ours:
            self._driver.process.disown()
            self._driver, self._stage = None, None

    async def _enter(self, scene: Scene) -> _Stage:
        """The stage of this scene. What an earlier example has left open is closed first."""
        if self._stage is None or self._stage.scene is not scene:
            left = list(self._stage.instances.values()) if self._stage is not None else []
            self._stage = _Stage(scene)
            if self._driver is not None:
                self._driver.attach(asyncio.get_running_loop())
            for instance in left:
                await instance.close()
            for trouble in self._untold:
                self._tell(trouble)
            self._untold.clear()
        return self._stage

    async def _sound_driver(self, stage: _Stage) -> Driver:
        """The process to talk to: a fresh one after a crash, and after a broken protocol once nothing is open any more."""
        driver = self._driver
        if driver is not None and (driver.over or (driver.broken and not stage.instances)):
            driver.kill()
            await asyncio.wrap_future(driver.process.finished)
            driver = None
        if driver is None:
            driver = self._driver = Driver(self.command, self.patience, self._heard)
            driver.attach(asyncio.get_running_loop())
            self._hello = await driver.hello_in_loop()
        return driver

    def _heard(self, event: Event) -> None:
        if isinstance(event, Trouble):
            self._tell(event)
            return
        instance = (
            self._stage.instances.get((event.handle if isinstance(event, Note) else event.request.handle) or "") if self._stage else None
        )
        if instance is not None:
            instance.heard(event)

    def _tell(self, trouble: Trouble) -> None:
        """Into the history of the example, each kind once; a stray line once for good."""
        stage = self._stage
        if stage is None:
            self._untold.append(trouble)
            return
        if trouble.problem in stage.told or (trouble.problem == STRAY_LINE and self._stray_told):
            return
        stage.told.add(trouble.problem)
        self._stray_told |= trouble.problem == STRAY_LINE
        stderr = self._driver.process.stderr_tail() if self._driver is not None else []
        stage.scene.history.add("driver-problem", problem=trouble.problem, message=f"{self.name}: {trouble.message}", stderr=stderr)


class StdioInstance(Instance):
    def __init__(self, target: StdioTarget, driver: Driver, stage: _Stage, wire_handle: str, handle: str, on_note: OnNote) -> None:
        self.value: Mapping[str, Any] = {}
        self.wire_handle = wire_handle
        self._target = target
        self._driver = driver
        self._stage = stage
        self._handle = handle
        self._on_note = on_note

    async def call(self, verb: Verb, args: Mapping[str, Any], deadline_ms: int) -> Reply:
        return await self._driver.request("call", deadline_ms, handle=self.wire_handle, verb=verb.name, args=dict(args))

    async def close(self) -> None:
        if self._driver.over:
            self._leave()
            return
        reply = await self._driver.request("close", self._target.patience.close_ms, handle=self.wire_handle)
        self._driver.release(self.wire_handle)
        self._leave()
        if reply.outcome != "ok" and not self._driver.over:
            self._driver.broken = True
            self._stage.scene.history.add(
                "driver-problem", problem="close", message=f"close of {self._handle!r}: {_message(reply)}", stderr=[]
            )
        if reply.late:
            self._driver.kill()

    async def crash(self) -> None:
        self._driver.kill("crashed")
        self._leave()
        await asyncio.wrap_future(self._driver.process.finished)

    def memory_bytes(self) -> int | None:
        return self._driver.process.memory_bytes()

    def heard(self, event: Note | Answer) -> None:
        if isinstance(event, Note):
            self._on_note(event.number, event.name, event.data)
        else:
            data = {"handle": self._handle, "verb": event.request.what, "outcome": event.reply.outcome}
            self._stage.scene.history.add("late-reply", **data)

    def _leave(self) -> None:
        self._stage.instances.pop(self.wire_handle, None)


def _message(reply: Reply) -> str:
    return (reply.error or {}).get("message", "")
