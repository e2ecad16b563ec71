"""The tasks of an example: what their commands write, how they end, and how often they were executed."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...harness.values.errors import UsageError

PROGRAM = "streamproof-emit"
COMMAND_BYTES_MAX = 96 * 1024
SIGNALLED = -1
"""The exit code of a command that a signal has ended."""


@dataclass(frozen=True)
class Task:
    """``texts``: all that the command writes, by stream; None where it is no UTF-8. ``steps``: (ms, stream, bytes) of each write."""

    task: str
    attempt: str
    via: str
    priority: int
    token: str
    marker: Path
    texts: Mapping[str, str | None]
    steps: tuple[tuple[int, str, int], ...]
    exit_code: int

    @property
    def key(self) -> tuple[str, str]:
        return self.task, self.attempt

    @property
    def command(self) -> str:
        return f"{PROGRAM} {self.token}"

    @property
    def status(self) -> str:
        return "completed" if self.exit_code == 0 else "failed"

    def executions(self) -> int:
        """How many times its command was begun: each has left a line."""
        try:
            return len(self.marker.read_bytes().splitlines())
        except FileNotFoundError:
            return 0


def task_of(args: Mapping[str, Any], marker: Path) -> Task:
    """From the arguments of the operation. Raises UsageError for a script that no command line can hold."""
    given = args["script"]
    steps = sorted(given["steps"], key=lambda step: int(step["at_ms"]))
    script = {**given, "v": 1, "marker": str(marker), "steps": steps}
    token = base64.b64encode(json.dumps(script).encode()).decode()
    if len(PROGRAM) + 1 + len(token) > COMMAND_BYTES_MAX:
        raise UsageError(f"workload: the script of task {args['task']!r} is too long; use `repeat` for what is the same")
    writes = _writes(steps)
    return Task(
        task=args["task"],
        attempt=args["attempt"],
        via=args.get("via", "socket"),
        priority=args.get("priority", 0),
        token=token,
        marker=marker,
        texts={name: _text(b"".join(data for _, stream, data in writes if stream == name)) for name in ("stdout", "stderr")},
        steps=tuple((at_ms, stream, len(data)) for at_ms, stream, data in writes),
        exit_code=SIGNALLED if "signal" in given else given.get("exit", 0),
    )


def _writes(steps: list[Mapping[str, Any]]) -> list[tuple[int, str, bytes]]:
    """What really goes out: a stream that was closed takes nothing more."""
    closed: set[str] = set()
    writes = []
    for step in steps:
        if "close" in step:
            closed.add(step["close"])
        elif step["stream"] not in closed:
            writes.append((step["at_ms"], step["stream"], base64.b64decode(step["data_b64"]) * step.get("repeat", 1)))
    return writes


def _text(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None
