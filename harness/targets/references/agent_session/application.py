"""The side of the application: emits that can fail, a scheduler that refuses what it cannot do, metadata, transactions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from .settings import Settings

Note = Callable[[str, dict[str, Any]], None]


class EmitFailed(Exception):
    """The application could not take the result."""


class ScheduleRefused(Exception):
    """The scheduler does not take the delay, or takes nothing."""


class Application:
    def __init__(self, settings: Settings, note: Note) -> None:
        self.settings = settings
        self.note = note
        self.failing_emits = 0
        self.failing_schedules = 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """How long it was open is told: nobody may wait in it."""
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        try:
            yield
        finally:
            self.note("transaction", {"open_ms": round((loop.time() - begun_s) * 1_000)})

    def emit(self, session: str, status: str, messages: Sequence[str]) -> None:
        """Raises EmitFailed."""
        with self.transaction():
            if self.failing_emits:
                self.failing_emits -= 1
                raise EmitFailed
            last = messages[-1] if messages else ""
            self.note("emit", {"status": status, "session_id": session, "last_message": last, "messages": list(messages)})

    def fail(self, message: str) -> None:
        self.note("failed", {"message": message})

    def store(self, session: str, status: str) -> None:
        with self.transaction():
            self.note("metadata", {"session": {"id": session, "status": status}})

    async def schedule(self, action: str, delay_ms: int) -> None:
        """Returns when the time has come. Raises ScheduleRefused."""
        if self.failing_schedules or delay_ms < self.settings.delay_ms_min:
            self.failing_schedules = max(0, self.failing_schedules - 1)
            raise ScheduleRefused(f"the scheduler refuses {action} in {delay_ms} ms")
        self.note("scheduled", {"action": action, "delay_ms": delay_ms})
        await asyncio.sleep(delay_ms / 1_000)

    def log(self, message: str, **more: Mapping[str, Any]) -> None:
        self.note("log", {"level": "info", "message": message, **more})
