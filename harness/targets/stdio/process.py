"""A driver as a process that cannot hurt us: always drained, its end noticed at once, and nothing of it left behind.

It gets a session (and so a process group) of its own. Four threads serve it, since they have to go on between examples,
when no event loop runs: one writes requests, one reads standard output into the mailbox, one drains standard error, and
one waits for the end; that one also ends what the driver has left running, and only then says that it is over.
"""

from __future__ import annotations

import atexit
import itertools
import os
import queue
import secrets
import shutil
import signal
import subprocess
import sysconfig
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import IO
from weakref import WeakSet

from ...values.errors import TargetProblem
from ..commands.folder import with_commands
from .lines import LineReader, Trouble
from .mailbox import Exited, Mailbox
from .stderr_tail import StderrTail
from .tree import MARK_VARIABLE, end_descendants, resident_bytes

READ_BYTES = 64 * 1024
LAST_WORDS_S_MAX = 0.5
"""How long the end of a process waits for what it wrote last; a pipe that a stranger still holds open never ends."""


@dataclass(frozen=True)
class Patience:
    """How long a driver may take, in milliseconds of real time."""

    hello_ms: int = 30_000
    open_ms: int = 30_000
    close_ms: int = 5_000
    shutdown_ms: int = 3_000
    terminate_ms: int = 3_000


class DriverProcess:
    """Starts the command at once. Raises TargetProblem when it cannot be started."""

    def __init__(self, command: Sequence[str], mailbox: Mailbox, reader: LineReader) -> None:
        self.finished: Future[int] = Future()
        """The exit status (negative: a signal), once the process and all it had started are gone."""
        self.left_running = 0
        """How many processes the driver had left behind when it ended."""
        self._starter = os.getpid()
        self._mark = f"{os.getpid()}-{secrets.token_hex(8)}"
        self._requests: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._stderr = StderrTail()
        self._mailbox = mailbox
        self._reader = reader
        self._process = _start(command, {MARK_VARIABLE: self._mark})
        _living.add(self)
        self._threads = [_thread(self._read_stdout), _thread(self._read_stderr)]
        _thread(self._write_stdin)
        _thread(self._wait)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exited(self) -> bool:
        return self.finished.done()

    @property
    def unfinished_line(self) -> str:
        return self._reader.unfinished

    def stderr_tail(self) -> list[str]:
        return self._stderr.lines()

    def write(self, line: bytes) -> None:
        """Never blocks; a driver that does not read is noticed by its missing replies."""
        self._requests.put(line)

    def end_input(self) -> None:
        self._requests.put(None)

    @property
    def is_ours(self) -> bool:
        """False in a fork of the process that started it."""
        return self._starter == os.getpid()

    def disown(self) -> None:
        """In a fork: lets go of our copies of its pipes, and of the wish to wait for it."""
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            _pipe(pipe).close()
        self._process.returncode = 0
        _living.discard(self)

    def memory_bytes(self) -> int | None:
        """The resident memory of the process and all it has started; None once it is gone, or where it cannot be read."""
        return None if self.exited else resident_bytes(self.pid, self._mark)

    def wait(self, milliseconds: float) -> int | None:
        """The exit status, or None when it still lives after that time."""
        try:
            return self.finished.result(milliseconds / 1000)
        except TimeoutError:
            return None

    def signal_group(self, number: int) -> None:
        if not self.exited:
            try:
                os.killpg(self.pid, number)
            except ProcessLookupError:  # it has just ended; the waiting thread is at work
                return

    def kill(self) -> None:
        """SIGKILL to the group. What has left the group is ended before `finished` is."""
        self.signal_group(signal.SIGKILL)

    def stop(self, patience: Patience) -> int | None:
        """The end of input, then SIGTERM, then SIGKILL, each when the one before had no effect in time. Blocks."""
        try:
            self._mailbox.discard()
            self.end_input()
            status = self.wait(patience.shutdown_ms)
            if status is None:
                self.signal_group(signal.SIGTERM)
                status = self.wait(patience.terminate_ms)
        finally:
            self.kill()
        return self.wait(patience.terminate_ms) if status is None else status

    def _write_stdin(self) -> None:
        with _pipe(self._process.stdin) as pipe:
            try:
                for line in iter(self._requests.get, None):
                    _write_all(pipe, line)
            except OSError:  # it has closed its input or is gone: `_wait` or a missing reply tells
                return

    def _read_stdout(self) -> None:
        with _pipe(self._process.stdout) as pipe:
            while not self._reader.broken and (data := pipe.read(READ_BYTES)):
                for item in self._reader.feed(data):
                    if isinstance(item, Trouble) and item.fatal:
                        self.kill()
                    self._mailbox.put(item)

    def _read_stderr(self) -> None:
        with _pipe(self._process.stderr) as pipe:
            while data := pipe.read(READ_BYTES):
                self._stderr.feed(data)

    def _wait(self) -> None:
        status = self._process.wait()
        self.left_running = end_descendants(self.pid, self._mark)
        for thread in self._threads:
            thread.join(LAST_WORDS_S_MAX)
        self._requests.put(None)
        _living.discard(self)
        self._mailbox.put(Exited(status))
        self.finished.set_result(status)


def exit_text(status: int) -> str:
    """``exited with status 3``, or ``was killed by SIGKILL``."""
    if status >= 0:
        return f"exited with status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:  # a real-time signal has no name
        return f"was killed by signal {-status}"


def driver_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Our own, with the folder of the command of tasks first on PATH, and then that of our programs."""
    path = os.environ.get("PATH", os.defpath)
    return with_commands({**os.environ, "PATH": f"{sysconfig.get_path('scripts')}{os.pathsep}{path}", **extra})


def _start(command: Sequence[str], extra: Mapping[str, str]) -> subprocess.Popen[bytes]:
    environment = driver_environment(extra)
    try:
        return subprocess.Popen(  # noqa: S603 - the command is what the user asked to be run, without a shell
            _resolved(command, environment["PATH"]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise TargetProblem(f"cannot start the driver {command[0]!r}: {error.strerror or error}") from error


def _resolved(command: Sequence[str], path: str) -> list[str]:
    """Looks the program up on the driver's own PATH: Popen would take ours."""
    return [shutil.which(command[0], path=path) or command[0], *command[1:]]


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # all three are asked for above
    return pipe


def _write_all(pipe: IO[bytes], data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[pipe.write(rest) :]


_thread_numbers = itertools.count(1)


def _thread(function: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=function, name=f"streamproof-driver-{next(_thread_numbers)}", daemon=True)
    thread.start()
    return thread


_living: WeakSet[DriverProcess] = WeakSet()


@atexit.register
def end_all() -> None:
    """Nothing survives us. A driver that we cannot end any more (we were killed) sees the end of its input."""
    for process in [process for process in _living if process.is_ours]:
        process.kill()
        process.wait(LAST_WORDS_S_MAX * 2_000)
