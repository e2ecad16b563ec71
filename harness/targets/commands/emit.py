"""The program ``streamproof-emit SCRIPT``: writes exact bytes at exact times, so that what a reader got can be held against it.

Times count from the start. One line ``<pid>`` is appended to the marker before the first step: it counts executions. A script that
does not parse exits 64 before anything is touched. A reader that has gone ends the program quietly.
"""

from __future__ import annotations

import os
import signal
import sys
import time

from .script import EXIT_USAGE, Script, Step, parse_script

FILE_NUMBERS = {"stdout": 1, "stderr": 2}
EXIT_MARKER = 74
"""The marker cannot be written: an execution that nobody could count does not take place."""


def main() -> int:
    started_s = time.monotonic()
    try:
        [word] = sys.argv[1:]
        script = parse_script(word)
    except ValueError:  # silent, since whoever reads the outputs takes every byte for the command's
        return EXIT_USAGE
    try:
        mark(script.marker)
    except OSError:
        return EXIT_MARKER
    try:
        play(script, started_s)
    except BrokenPipeError:
        return 0
    return end(script)


def mark(marker: str | None) -> None:
    """One write in append mode: lines of executions at the same time do not mix. Raises OSError."""
    if marker is None:
        return
    number = os.open(marker, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(number, f"{os.getpid()}\n".encode())
    os.close(number)


def play(script: Script, started_s: float) -> None:
    """Raises BrokenPipeError."""
    for step in script.steps:
        sleep_until(started_s + step.at_ms / 1_000)
        if step.data is None:
            os.close(FILE_NUMBERS[step.stream])
        else:
            write(step)
    sleep_until(started_s + script.exit_at_ms / 1_000)


def write(step: Step) -> None:
    for block, times in step.blocks():
        for _ in range(times):
            rest = memoryview(block)
            while rest:
                rest = rest[os.write(FILE_NUMBERS[step.stream], rest) :]


def sleep_until(moment_s: float) -> None:
    while (left_s := moment_s - time.monotonic()) > 0:
        time.sleep(left_s)


def end(script: Script) -> int:
    """The exit status, unless a signal ends the program here."""
    if script.signal is not None:
        if script.signal not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(script.signal, signal.SIG_DFL)
        os.kill(os.getpid(), script.signal)
    return script.exit_code


def run() -> None:
    """Leaves without the interpreter's own farewell, which would complain about a standard output that was closed."""
    os._exit(main())
