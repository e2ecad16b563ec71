"""`spawn`: how an agent in Python starts the command of a task, in a simulation and in life.

On a loop of ours the command is played in the loop's time, and no process is started. Anywhere else it is a real one, in
the process group of its parent, so that whoever kills that group kills it as well.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
from typing import Protocol

from .folder import with_commands
from .played import PlayedCommand
from .script import PROGRAM

OWNERSHIP = __name__.removesuffix(".targets.commands.spawn") + ".worlds.ownership"
"""Looked up, not imported: where nobody has loaded it, the loop is none of ours, and its import would slow every driver down."""


NEEDS_A_SHELL = frozenset("\\'\"#")
"""Without these a command falls apart at its spaces; shlex would take a millisecond for a long script."""


class Command(Protocol):
    """A command that runs."""

    @property
    def stdout(self) -> asyncio.StreamReader: ...
    @property
    def stderr(self) -> asyncio.StreamReader: ...
    @property
    def returncode(self) -> int | None: ...
    async def wait(self) -> int:
        """The exit status; negative: the signal that ended it."""

    def kill(self) -> None:
        """SIGKILL. Does nothing once it has ended."""


class ProcessCommand:
    """A real process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None  # both are asked for below
        assert process.stderr is not None
        self.stdout = process.stdout
        self.stderr = process.stderr
        self._process = process

    @property
    def returncode(self) -> int | None:
        return self._process.returncode

    async def wait(self) -> int:
        return await self._process.wait()

    def kill(self) -> None:
        try:
            self._process.kill()
        except ProcessLookupError:  # it has just ended by itself
            return


async def spawn(command: str) -> Command:
    """Starts ``command``, split as a shell would split it, without a shell. Raises OSError when it cannot be started, and ValueError."""
    words = command.split() if NEEDS_A_SHELL.isdisjoint(command) else shlex.split(command)
    if not words:
        raise ValueError("an empty command")
    if is_loop_of_ours():
        return played(words)
    return ProcessCommand(
        await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=with_commands(os.environ),
        )
    )


def is_loop_of_ours() -> bool:
    ownership = sys.modules.get(OWNERSHIP)
    return ownership is not None and isinstance(asyncio.get_running_loop(), ownership.OwnedLoop)


def played(words: list[str]) -> PlayedCommand:
    if words[0] != PROGRAM or len(words) != 2:
        raise FileNotFoundError(f"a simulation plays `{PROGRAM} SCRIPT` and no other command, got {words[0]!r}")
    return PlayedCommand(words[1])
