"""The tasks of an example: what their commands write, how they end, and how often they were executed."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...fake_servers.result_channel.board import Via
from ...harness.targets.commands.script import PROGRAM, STREAMS, parse_script
from ...harness.values.errors import UsageError

COMMAND_BYTES_MAX = 96 * 1024
SIGNALLED = -1
"""The exit code of a command that a signal has ended."""


@dataclass(frozen=True)
class Task:
    """``texts``: all that the command writes, by stream; None where it is no UTF-8. ``steps``: (ms, stream, bytes) of each write."""

    task: str
    attempt: str
    via: Via
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
    """From the arguments of the operation. Raises UsageError for a script that no command can hold."""
    given = args["script"]
    token = base64.b64encode(json.dumps({**given, "v": 1, "marker": str(marker), "steps": _in_order(given["steps"])}).encode()).decode()
    try:
        script = parse_script(token)
    except ValueError as problem:
        raise UsageError(f"workload: the script of task {args['task']!r}: {problem}") from None
    if len(PROGRAM) + 1 + len(token) > COMMAND_BYTES_MAX:
        raise UsageError(f"workload: the script of task {args['task']!r} is too long; use `repeat` for what is the same")
    writes = [(step.at_ms, step.stream, step.data * step.repeat) for step in script.steps if step.data is not None]
    return Task(
        task=args["task"],
        attempt=args["attempt"],
        via=args.get("via", "socket"),
        priority=args.get("priority", 0),
        token=token,
        marker=marker,
        texts={name: _text(b"".join(data for _, stream, data in writes if stream == name)) for name in STREAMS},
        steps=tuple((at_ms, stream, len(data)) for at_ms, stream, data in writes),
        exit_code=SIGNALLED if script.signal is not None else script.exit_code,
    )


def _in_order(steps: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """By their times; a stream that was closed takes nothing more. So a smaller case is a case as well."""
    closed: set[str] = set()
    kept = []
    for step in sorted(steps, key=lambda step: int(step["at_ms"])):
        if step.get("close", step.get("stream")) not in closed:
            kept.append(step)
            closed |= {step["close"]} if "close" in step else set()
    return kept


def _text(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None
