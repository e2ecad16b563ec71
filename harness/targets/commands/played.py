"""A command as it looks from outside, played on the running loop: two outputs and an exit status, in the loop's time.

It belongs to whoever started it, like any task: where its owner is abandoned, no further step of it is taken.
"""

from __future__ import annotations

import asyncio
import os
import signal

from . import emit
from .script import EXIT_USAGE, Script, Step, parse_script


class PlayedCommand:
    """Made on the running loop. ``stdout`` and ``stderr`` end at their close or at the exit."""

    def __init__(self, word: str) -> None:
        self.stdout = asyncio.StreamReader()
        self.stderr = asyncio.StreamReader()
        self.pid = os.getpid()
        self._loop = asyncio.get_running_loop()
        self._status: asyncio.Future[int] = self._loop.create_future()
        self._playing = self._loop.create_task(self._run(word))

    @property
    def returncode(self) -> int | None:
        return self._status.result() if self._status.done() else None

    async def wait(self) -> int:
        """The exit status; negative: the signal that ended it."""
        return await asyncio.shield(self._status)

    def kill(self) -> None:
        """Does nothing once it has ended."""
        self._playing.cancel()
        self._end(-signal.SIGKILL)

    async def _run(self, word: str) -> None:
        self._end(await self._played(word))

    async def _played(self, word: str) -> int:
        started_s = self._loop.time()
        try:
            script = parse_script(word)
        except ValueError:
            return EXIT_USAGE
        try:
            emit.mark(script.marker)
        except OSError:
            return emit.EXIT_MARKER
        for step in script.steps:
            await self._until(started_s + step.at_ms / 1_000)
            self._take(step)
        await self._until(started_s + script.exit_at_ms / 1_000)
        return _status_of(script)

    async def _until(self, moment_s: float) -> None:
        await asyncio.sleep(max(0.0, moment_s - self._loop.time()))

    def _take(self, step: Step) -> None:
        output = self.stdout if step.stream == "stdout" else self.stderr
        if step.data is None:
            output.feed_eof()
        for block, times in step.blocks():
            output.feed_data(block * times)

    def _end(self, status: int) -> None:
        if self._status.done():
            return
        for output in (self.stdout, self.stderr):
            output.feed_eof()
        self._status.set_result(status)


def _status_of(script: Script) -> int:
    return script.exit_code if script.signal is None else -script.signal
