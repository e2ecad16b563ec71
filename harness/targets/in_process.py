"""Targets that run in this process: a factory makes an object with one method for each verb.

Each `open` makes a fresh owner from the scene, and everything of the implementation runs inside it: so a crash can abandon
it without another line of it being run. A method that is not asynchronous is called on the spot; an awaitable runs as a
task of the owner, while the call waits for the first of: its end, its deadline, the end of the object.
"""

from __future__ import annotations

import asyncio
import gc
import threading
import traceback
import tracemalloc
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial
from typing import Any

from aiohttp import web

from ..values.errors import TargetProblem
from ..values.requirement import Verb
from ..worlds.base import Owner, Scene
from .base import Instance, OnNote, Reply, Serves, Target
from .declared import TIMING_AND_LIMITS, everything, sendable_config
from .verbs import NOTE_BYTES_MAX, Factory, Note, Settled, failed, invoke, json_size, settle

OPEN_MS = 30_000
CLOSE_MS = 5_000
Choose = Callable[[str, str], Factory | None]
"""(contract, role) -> the factory that serves it, or None."""
Begun = Settled | Coroutine[Any, Any, Settled]
"""A call that is over, or what remains to be awaited of it."""


class Stage:
    """Where the implementation runs inside its owner: here on the loop itself."""

    def __init__(self, scene: Scene, owner: Owner) -> None:
        self.scene = scene
        self.owner = owner

    def make(self, factory: Factory) -> Factory:
        """The factory as it is to be called."""
        return factory

    def begin(self, function: Callable[..., Any], arguments: Mapping[str, Any]) -> Begun:
        begun = self.owner.run(invoke, function, arguments)
        return begun if isinstance(begun, Settled) else settle(begun)

    def begin_close(self, close: Callable[[], Any] | None) -> Begun:
        return self.begin(close, {}) if close is not None else Settled("ok", {})


class InProcessTarget(Target):
    """``serves`` None: it serves whatever it is run for, with timing and limits."""

    internal = True
    stage: type[Stage] = Stage

    def __init__(self, name: str, choose: Choose, *, serves: tuple[Serves, ...] | None = None) -> None:
        self.name = name
        self.worlds: tuple[str, ...] = ("sim", "loopback")
        self.choose = choose
        self.declares = serves is not None
        self._serves = serves if serves is not None else everything(TIMING_AND_LIMITS)

    def serves(self) -> tuple[Serves, ...]:
        return self._serves

    async def open(self, scene: Scene, handle: str, contract: str, role: str, config: Mapping[str, Any], on_note: OnNote) -> Instance:
        factory = self.choose(contract, role)
        if factory is None:
            raise TargetProblem(f"{self.name} does not serve the role {role!r} of {contract!r}")
        self.tag_secrets(scene)
        instance = InProcessInstance(handle, self.stage(scene, scene.new_owner(handle)), on_note)
        await instance.start(factory, sendable_config(config, self.capabilities(contract, role) or ()))
        return instance


class InProcessInstance(Instance):
    def __init__(self, handle: str, stage: Stage, on_note: OnNote) -> None:
        self.value: Mapping[str, Any] = {}
        self._scene = stage.scene
        self._owner = stage.owner
        self._stage = stage
        self._handle = handle
        self._on_note = on_note
        self._object: Any = None
        self._notes = 0
        self._note_bytes = 0
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._ended: asyncio.Future[str] = self._loop.create_future()
        """Set to how it ended: nothing is called and nothing is heard any more."""

    async def start(self, factory: Factory, config: dict[str, Any]) -> None:
        """Makes the object, and serves its application if it is a server. Raises TargetProblem."""
        making = _Making(self._stage.make(factory), self._note)
        begun = self._stage.begin(making.run, {"config": config})
        reply = await self._finish("open", begun, OPEN_MS, self._ended)
        if reply.outcome != "ok":
            self._end("crashed")
            self._owner.abandon()
            message = f"the factory failed to open {self._handle!r}: {_error_text(reply)}{making.where}"
            raise TargetProblem(self._scene.secrets.apply(message))
        self._object = making.made
        await self._serve()

    async def call(self, verb: Verb, args: Mapping[str, Any], deadline_ms: int) -> Reply:
        if self._owner.abandoned.is_set():
            self._end("crashed")
        if self._ended.done():
            return _reply(failed("driver_error", "not-open", f"{self._handle!r} was {self._ended.result()}"))
        method = None if verb.name.startswith("_") else getattr(self._object, verb.name, None)
        if not callable(method):
            return _reply(failed("unsupported", "unknown-verb", f"no method {verb.name!r}"))
        return await self._finish(verb.name, self._stage.begin(method, args), deadline_ms, self._ended)

    async def close(self) -> None:
        if self._ended.done() or self._owner.abandoned.is_set():
            return
        self._end("closed")
        close = getattr(self._object, "close", None)
        begun = self._stage.begin_close(close if callable(close) else None)
        reply = await self._finish("close", begun, CLOSE_MS, self._loop.create_future())
        if reply.outcome != "ok":
            self._scene.history.add("driver-problem", problem="close", message=f"close of {self._handle!r}: {_error_text(reply)}")
        if reply.late:
            self._owner.abandon()

    async def crash(self) -> None:
        if self._ended.done():
            return
        self._owner.abandon()
        self._end("crashed")

    def memory_bytes(self) -> int | None:
        """What tracemalloc knows of the whole process, while it traces. What only waits for the collector does not count."""
        if not tracemalloc.is_tracing():
            return None
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    async def _finish(self, what: str, begun: Begun, deadline_ms: int, ended: asyncio.Future[str]) -> Reply:
        """Waits for the first of: the end of the call, its deadline, ``ended``."""
        if isinstance(begun, Settled):
            return _reply(begun)
        task = self._owner.create_task(begun)
        done, _ = await asyncio.wait((task, ended), timeout=deadline_ms / 1000, return_when=asyncio.FIRST_COMPLETED)
        if task in done:
            return _reply(task.result())
        task.add_done_callback(partial(self._came_late, what, late=ended not in done))
        if ended in done:
            return _reply(failed("unknown", ended.result(), f"{self._handle!r} was {ended.result()} while {what!r} was pending"))
        return _reply(failed("unknown", "deadline", f"no answer to {what!r} within {deadline_ms} ms"), late=True)

    def _came_late(self, what: str, task: asyncio.Task[Settled], *, late: bool) -> None:
        """Logs an answer that came after its deadline; whatever a call of a closed object comes to is nobody's concern."""
        if late and not task.cancelled() and task.exception() is None:
            self._scene.history.add("late-reply", handle=self._handle, verb=what, outcome=task.result().outcome)

    async def _serve(self) -> None:
        app = getattr(self._object, "app", None)
        if isinstance(app, web.Application):
            site = await self._scene.serve(app, server="target", classify=lambda *_: "any", owner=self._owner)
            self.value = {"url": site.url}
        elif isinstance(getattr(self._object, "url", None), str):
            self.value = {"url": self._object.url}

    def _note(self, name: str, data: Mapping[str, Any] | None = None) -> None:
        if threading.get_ident() != self._thread:
            self._loop.call_soon_threadsafe(self._hear, name, data)
        else:
            self._hear(name, data)

    def _hear(self, name: str, data: Mapping[str, Any] | None) -> None:
        if self._ended.done():
            return
        self._notes += 1
        what = f"note {self._notes} ({name!r}) of {self._handle!r}"
        try:
            self._note_bytes += _note_size(data)
        except ValueError as problem:
            self._report("bad-note", f"{what} cannot be written as JSON: {problem}")
            return
        if self._note_bytes > NOTE_BYTES_MAX:
            self._report(
                "flood", f"{what}: with it the notes of the handle are longer than {NOTE_BYTES_MAX} bytes; the object was abandoned"
            )
            self._end("abandoned")
            self._owner.abandon()
            return
        self._on_note(self._notes, str(name), data or {})

    def _report(self, problem: str, message: str) -> None:
        self._scene.history.add("driver-problem", problem=problem, message=message)

    def _end(self, how: str) -> None:
        if not self._ended.done():
            self._ended.set_result(how)


def _note_size(data: object) -> int:
    """Raises ValueError for data that is no object of plain values."""
    if data is not None and not isinstance(data, Mapping):
        raise ValueError(f"its data is {type(data).__name__}, not an object")
    return json_size(data)


class _Making:
    """Runs a factory: what it makes is no reply, and where it failed is worth telling."""

    def __init__(self, factory: Factory, note: Note) -> None:
        self.made: Any = None
        self.where = ""
        self._factory = factory
        self._note = note

    def run(self, config: dict[str, Any]) -> Any:
        try:
            self.made = self._factory(config, self._note)
        except Exception as error:
            self.where = _where(error)
            raise
        return self._wait() if isinstance(self.made, Awaitable) else None

    async def _wait(self) -> None:
        try:
            self.made = await self.made
        except Exception as error:
            self.where = _where(error)
            raise


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f" (in {frames[-1].filename}, line {frames[-1].lineno})" if frames else ""


def _reply(settled: Settled, *, late: bool = False) -> Reply:
    return Reply(settled.outcome, settled.value, settled.error, late)


def _error_text(reply: Reply) -> str:
    error = reply.error or {}
    return f"{error.get('kind')}: {error.get('message')}"
