"""Who owns what in this process, and how a life of a target ends without running another line of its code.

A context variable marks everything that belongs to one life of a target: asyncio copies the context into every task
and callback, so whatever is started inside an owner belongs to it. `abandon` is a crash: handles that wait in the loop
are cancelled, the loop refuses new ones whose context belongs to the dead, and the connections of the dead are severed.

Two complications. A coroutine or an asynchronous generator that loses its last reference runs its ``finally`` blocks:
so the remains are kept until the example is over, and only then closed (`bury`). And a loop cannot stop the code that
runs at this very moment: when the owner's own code causes its crash, it runs on to its next ``await``.
"""

from __future__ import annotations

import asyncio
import ctypes
from asyncio.base_events import BaseEventLoop
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from contextvars import Context, ContextVar, copy_context
from typing import Any, Protocol, TypeVarTuple

from .base import Owner

Ts = TypeVarTuple("Ts")

OWNER: ContextVar[LifeOwner | None] = ContextVar("streamproof_owner", default=None)

CLOSE_ATTEMPTS_MAX = 10


class Severable(Protocol):
    """A connection or listener of an owner."""

    def sever(self) -> None:
        """Resets it towards the peer. Its protocol hears nothing."""


class OwnedLoop(BaseEventLoop):
    """Mixin over an asyncio loop class: refuses the handles of owners that were abandoned."""

    _ready: deque[asyncio.Handle]
    _scheduled: list[asyncio.TimerHandle]
    _asyncgens: Any
    _has_dead = False
    _over = False

    def queued_handles(self) -> Iterable[asyncio.Handle]:
        """Every handle that waits for its turn or its time."""
        return [*self._ready, *self._scheduled]

    def silence(self, owner: LifeOwner) -> None:
        """From here on no handle of ``owner`` runs any more."""
        self._has_dead = True
        for handle in self.queued_handles():
            if context_of(handle).get(OWNER) is owner:
                handle.cancel()

    def call_soon(self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None) -> asyncio.Handle:
        if self._has_dead and belongs_to_dead(context):
            return _cancelled(asyncio.Handle(callback, args, self, context))
        return super().call_soon(callback, *args, context=context)

    def call_at(self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None) -> asyncio.TimerHandle:
        if self._has_dead and belongs_to_dead(context):
            handle = asyncio.TimerHandle(when, callback, args, self, context)
            handle.cancel()
            return handle
        return super().call_at(when, callback, *args, context=context)

    def call_soon_threadsafe(self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None) -> asyncio.Handle:
        if self._has_dead and belongs_to_dead(context):
            return _cancelled(asyncio.Handle(callback, args, self, context))
        return super().call_soon_threadsafe(callback, *args, context=context)

    def declare_over(self) -> None:
        """From here on asynchronous generators that are let go of are not closed any more: nothing would run it."""
        self._over = True

    def _asyncgen_finalizer_hook(self, agen: Any) -> None:
        """The base class closes a generator in a task, which must not be one of the dead."""
        if self._over or belongs_to_dead(None):
            self._asyncgens.discard(agen)
        else:
            super()._asyncgen_finalizer_hook(agen)  # type: ignore[misc]  # private, so typeshed does not know it

    def _add_callback(self, handle: asyncio.Handle) -> None:
        """The way in which a selector loop queues the handles of readers and writers."""
        if self._has_dead and belongs_to_dead(context_of(handle)):
            return
        super()._add_callback(handle)  # type: ignore[misc]  # private, so typeshed does not know it


class LifeOwner(Owner):
    """One life of an in-process target on a loop that is an `OwnedLoop`."""

    def __init__(self, name: str, loop: OwnedLoop) -> None:
        self.name = name
        self.dead = False
        self.abandoned = asyncio.Event()
        self._loop = loop
        self._context = copy_context()
        self._context.run(OWNER.set, self)
        self._connections: dict[Severable, None] = {}  # a set would not keep its order
        self._remains: list[object] = []
        self._last_rites: list[Callable[[], None]] = []

    def __repr__(self) -> str:
        return f"<owner {self.name}{' (abandoned)' if self.dead else ''}>"

    def context(self) -> Context:
        """A fresh context inside the owner (one context cannot be entered twice at a time)."""
        return self._context.copy()

    def run(self, function: Callable[..., Any], *args: Any) -> Any:
        self._must_live()
        return self.context().run(function, *args)

    def create_task(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        if self.dead:
            coroutine.close()
        self._must_live()
        return self._loop.create_task(coroutine, context=self.context())

    def abandon(self) -> None:
        if self.dead:
            return
        self.dead = True
        # Before the handles are cancelled: a task that has not begun is held by nothing else.
        self._remains += asyncio.all_tasks(self._loop)
        self._remains += self._loop._asyncgens
        self._loop.silence(self)
        for connection in list(self._connections):
            connection.sever()
        self._connections.clear()
        self.abandoned.set()

    def adopt(self, connection: Severable) -> None:
        """``connection`` is severed when the owner is abandoned."""
        self._connections[connection] = None

    def release(self, connection: Severable) -> None:
        """``connection`` has ended by itself."""
        self._connections.pop(connection, None)

    def at_burial(self, rite: Callable[[], None]) -> None:
        """``rite`` is called when the example is over and the remains are disposed of."""
        self._last_rites.append(rite)

    def bury(self) -> None:
        """Lets go of what was kept. Only when the example is over: from here on clean-up code of the dead may run."""
        for rite in self._last_rites:
            rite()
        self._last_rites.clear()
        self._remains.clear()

    async def perform(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Waits until ``coroutine`` has run inside the owner, or the owner is abandoned, whatever is first."""
        task, abandoned = self.create_task(coroutine), asyncio.ensure_future(self.abandoned.wait())
        try:
            await asyncio.wait((task, abandoned), return_when=asyncio.FIRST_COMPLETED)
        finally:
            abandoned.cancel()
        if task.done():
            task.result()

    def _must_live(self) -> None:
        if self.dead:
            raise RuntimeError(f"{self.name} was abandoned: none of its code may run any more")


def current_owner() -> LifeOwner | None:
    """The owner of the code that runs now; None for the harness."""
    return OWNER.get()


def owner_of_handle(handle: asyncio.Handle) -> LifeOwner | None:
    return context_of(handle).get(OWNER)


def context_of(handle: asyncio.Handle) -> Context:
    context: Context = handle._context  # type: ignore[attr-defined]  # there is no public way to it on Python 3.11
    return context


def belongs_to_dead(context: Context | None) -> bool:
    """Whether ``context`` (None: the current one) belongs to an abandoned owner."""
    owner = OWNER.get() if context is None else context.get(OWNER)
    return owner is not None and owner.dead


def end_pending_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """Closes the coroutines of tasks that will never run again, but for the current one.

    Their clean-up code runs here, and not in a later example. Call it inside the running loop: clean-up that awaits gets
    no further, while outside it would fail on the spot, and code that tries again for ever would do so without a pause.
    """
    if isinstance(loop, OwnedLoop):
        loop.declare_over()
    pending: list[Any] = [task for task in asyncio.all_tasks(loop) if task is not asyncio.current_task(loop)]
    for task in pending:
        task._log_destroy_pending = False  # it is meant to be destroyed
    for task in pending:
        # In its own context: what its clean-up code still wants to start belongs to the dead, and is refused.
        context = task.get_context() if hasattr(task, "get_context") else getattr(task, "context", copy_context())
        context.copy().run(close_quietly, task.get_coro())


def close_quietly(coroutine: Any) -> None:
    """Ends a suspended coroutine whatever its clean-up code does: it may raise, or await, which it cannot any more."""
    for _ in range(CLOSE_ATTEMPTS_MAX):
        try:
            awaited = coroutine.throw(GeneratorExit)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # it is over; what its clean-up raised is nobody's concern any more
            return
        if getattr(awaited, "_asyncio_future_blocking", False):
            awaited._asyncio_future_blocking = False  # as a task does; else the next await of it fails on the spot, for ever
    # It awaits for ever in its clean-up. It is never let go of: the garbage collector would complain about it at any time,
    # and at the end of the process, when no await works any more, its loop would spin for ever. A mere reference would not
    # do, since the interpreter drops all of those when it ends.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(coroutine))


def _cancelled(handle: asyncio.Handle) -> asyncio.Handle:
    handle.cancel()
    return handle
