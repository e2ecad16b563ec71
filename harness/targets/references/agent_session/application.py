"""What the runner is a part of: an application that takes results, stores metadata, schedules hooks, and has transactions.

Its scheduler delivers each hook at least once, as one does that waits for a confirmation: a hook that takes long is fired again
meanwhile. Its transactions are those of a database that ends one which is open and idle for too long; so how long each was
open is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from .settings import Settings

CONFIRMATION_S_MAX = 20.0

Note = Callable[[str, dict[str, Any]], None]
Hook = Callable[[], Coroutine[Any, Any, None]]
Begin = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]


class EmitFailed(Exception):
    """The application could not take the result."""


class ScheduleRefused(Exception):
    """The scheduler does not take that delay, or takes nothing."""


class Application:
    """``begin`` starts a task that ends with the runner at the latest."""

    def __init__(self, settings: Settings, note: Note, begin: Begin) -> None:
        self.settings = settings
        self.note = note
        self.begin = begin
        self.hooks: set[asyncio.Task[None]] = set()
        self.emits_to_fail = 0
        self.schedules_to_refuse = 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        try:
            yield
        finally:
            self.note("transaction", {"open_ms": round((loop.time() - begun_s) * 1_000)})

    # --- results ----------------------------------------------------------------------------------------------------

    def emit(self, session: str, status: str, messages: Sequence[str], last: str) -> None:
        """Raises EmitFailed."""
        if self.emits_to_fail:
            self.emits_to_fail -= 1
            raise EmitFailed("the application could not take the result")
        self.note("emit", {"status": status, "session_id": session, "last_message": last, "messages": list(messages)})

    def fail(self, message: str) -> None:
        self.note("failed", {"message": message})

    def store(self, session: str, status: str) -> None:
        self.note("metadata", {"session": {"id": session, "status": status}})

    def log(self, message: str) -> None:
        self.note("log", {"level": "info", "message": message})

    # --- hooks ------------------------------------------------------------------------------------------------------

    def schedule(self, action: str, delay_ms: int, hook: Hook) -> None:
        """Raises ScheduleRefused. A delay that is too short is told all the same: it was asked for."""
        if self.schedules_to_refuse:
            self.schedules_to_refuse -= 1
            raise ScheduleRefused(f"the scheduler is down: {action} was not scheduled")
        self.note("scheduled", {"action": action, "delay_ms": delay_ms})
        if delay_ms < self.settings.delay_ms_min:
            raise ScheduleRefused(f"a delay of {delay_ms} ms is less than {self.settings.delay_ms_min} ms")
        self.start(self.fire(delay_ms / 1_000, hook))

    async def fire(self, delay_s: float, hook: Hook) -> None:
        await asyncio.sleep(delay_s)
        first = self.start(hook())
        await asyncio.wait([first], timeout=CONFIRMATION_S_MAX)
        if not first.done():
            await hook()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self.begin(work)
        self.hooks.add(task)
        task.add_done_callback(self.hooks.discard)
        return task

    def forget_hooks(self) -> frozenset[asyncio.Task[None]]:
        """Nothing is fired any more, and what was is let go of: the tasks that are still to end."""
        hooks = frozenset(self.hooks)
        for hook in hooks:
            hook.cancel()
        return hooks
