"""What an ingest sender has to do and when: shared by the worker that sends, the upload that is open, and the verbs."""

from __future__ import annotations

import asyncio
import contextlib

from .ingest_buffer import EventBuffer

AT_ONCE = 0.0


class Agenda:
    """Times are those of the running loop, in seconds."""

    def __init__(self, buffer: EventBuffer, flush_delay_s: float) -> None:
        self.buffer = buffer
        self.clock = asyncio.get_running_loop().time
        self.completing = False
        self.completed = False
        self._flush_delay_s = flush_delay_s
        self._flush_at: float | None = None
        self._news = asyncio.Event()
        self._stop_called = asyncio.Event()

    # --- what happens -----------------------------------------------------------------------------------------------

    def event_waits(self) -> None:
        """A new event waits to be sent. The flush delay counts from the first that waits."""
        if self._flush_at is None:
            self._flush_at = self.clock() + self._flush_delay_s
        self._news.set()

    def nothing_waits(self) -> None:
        """All that is held has been put on the wire."""
        self._flush_at = None

    def stop(self, *, complete: bool) -> None:
        self.completing = complete
        self._stop_called.set()
        self._news.set()

    def rouse(self) -> None:
        """Ends a wait for news."""
        self._news.set()

    # --- what is to be done -----------------------------------------------------------------------------------------

    @property
    def is_stopping(self) -> bool:
        return self._stop_called.is_set()

    def is_finished(self) -> bool:
        """Whether `stop` has nothing left to do."""
        return self.is_stopping and not self.buffer.pending and (self.completed or not self.completing)

    def is_due(self) -> bool:
        """Whether something should be sent now."""
        if self.is_stopping:
            return not self.is_finished()
        due_at = self.due_at()
        return due_at is not None and due_at <= self.clock()

    def due_at(self) -> float | None:
        """When what is held should be sent; None when nothing is held. What was sent in vain is due at once."""
        if not self.buffer.pending:
            return None
        return AT_ONCE if self._flush_at is None else self._flush_at

    # --- waiting ----------------------------------------------------------------------------------------------------

    async def until_due_or_stopping(self) -> None:
        while not self.is_stopping and not self.is_due():
            await self.until_news(self.due_at())

    async def until_news(self, when: float | None) -> None:
        """Until a new event, `stop` or `rouse`, but not beyond ``when``."""
        self._news.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(when):
                await self._news.wait()

    async def until_stop(self, seconds: float) -> None:
        """A pause, which `stop` cuts short."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stop_called.wait()
