"""One execution of a command: its outputs are captured apart, and its outcome is told when both have ended and it was reaped."""

from __future__ import annotations

import asyncio
import signal
from typing import Any, ClassVar

from ...commands.spawn import Command, spawn
from .attempts import Attempt
from .capture import Capture
from .core import Core

STATUS_COMPLETED, STATUS_FAILED, STATUS_INTERRUPTED = "completed", "failed", "interrupted"
CODE_NONE = -1
"""The exit code of what did not exit: a signal ended it, or it was never started."""


class Publisher:
    """Stores the chunks of one output under ascending sequences, and hands them to the session if there is an active one."""

    def __init__(self, core: Core, key: tuple[str, str], stream: str) -> None:
        self.core = core
        self.key = key
        self.stream = stream
        self.sequence = 0
        """The last that was stored."""

    def publish(self, chunks: list[str]) -> None:
        """Raises sqlite3.Error, and then nothing has changed."""
        numbers = self.store(chunks)
        self.advance(len(chunks))
        channel = self.core.active_channel()
        if channel is not None:
            for number in numbers:
                channel.stored(number)

    def store(self, chunks: list[str]) -> list[int]:
        with self.core.database.transaction():
            return [self.core.outbox.add_output(self.key, self.stream, self.sequence + n, chunk) for n, chunk in enumerate(chunks, 1)]

    def advance(self, chunks: int) -> None:
        self.sequence += chunks


class Silent(Publisher):
    """For tasks whose output is told by their report alone."""

    def store(self, chunks: list[str]) -> list[int]:
        return []


class Execution:
    capture_type: ClassVar[type[Capture]] = Capture
    publisher_type: ClassVar[type[Publisher]] = Publisher

    def __init__(self, core: Core, attempt: Attempt) -> None:
        self.core = core
        self.key = attempt.key
        self.command = attempt.command
        self.started_at = attempt.started_at
        self.process: Command | None = None
        self.publishers = {stream: self.publisher(stream) for stream in ("stdout", "stderr")}
        self.captures = {stream: self.capture(publisher) for stream, publisher in self.publishers.items()}

    def publisher(self, stream: str) -> Publisher:
        kind = self.publisher_type if self.core.uses_channel(self.key) else Silent
        return kind(self.core, self.key, stream)

    def capture(self, publisher: Publisher) -> Capture:
        settings = self.core.settings
        return self.capture_type(publisher.publish, settings.flush_threshold_bytes, settings.flush_interval_s)

    async def run(self) -> dict[str, Any]:
        """What the final says. A command that cannot be started has failed."""
        try:
            self.process = await spawn(self.command)
        except (OSError, ValueError) as error:
            return self.outcome(CODE_NONE, f"cannot be started: {error}")
        return await self.ended(self.process)

    async def ended(self, process: Command) -> dict[str, Any]:
        await asyncio.gather(self.captures["stdout"].read(process.stdout), self.captures["stderr"].read(process.stderr))
        status = await process.wait()
        return self.outcome(self.exit_code(status), exit_text(status))

    def exit_code(self, status: int) -> int:
        return status if status >= 0 else CODE_NONE

    def outcome(self, code: int, otherwise: str) -> dict[str, Any]:
        """``otherwise``: the text of the error where the command has said nothing on stderr."""
        return {
            "status": self.status(code),
            "exit_code": code,
            "output": self.captures["stdout"].text,
            "error": self.captures["stderr"].text or otherwise,
        }

    def status(self, code: int) -> str:
        return STATUS_COMPLETED if code == 0 else STATUS_FAILED

    async def kill(self) -> None:
        """Returns when the command is gone."""
        for capture in self.captures.values():
            capture.forget_timer()
        if self.process is not None:
            self.process.kill()
            await self.process.wait()


def exit_text(status: int) -> str:
    if status >= 0:
        return f"exit status {status}" if status else ""
    return f"ended by {signal.Signals(-status).name}"
