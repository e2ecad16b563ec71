"""What the tasks of an example are to come to, what was reported over HTTP, and the lives of the agent. Nothing is judged here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ...values.history import Entry
from .hello import AttemptKey


@dataclass(eq=False)
class Task:
    """A task as the play made it. ``stdout``, ``stderr``: all that its command writes, None where that is no UTF-8.

    ``steps``: (ms since its start, stream, bytes) of each write, ascending. ``exit_ms``: when it ends, since its start. ``exit_code`` -1:
    by a signal. ``again``: entries of further deliveries that the play asked for. ``executions``: (entry, how often it was begun by then).
    """

    task: str
    attempt: str
    entry: int
    at_us: int
    via: str
    stdout: str | None
    stderr: str | None
    status: str
    exit_code: int
    steps: tuple[tuple[int, str, int], ...]
    exit_ms: int
    discardable: bool
    again: list[Entry] = field(default_factory=list)
    executions: list[tuple[int, int]] = field(default_factory=list)

    @property
    def key(self) -> AttemptKey:
        return self.task, self.attempt

    def text(self, stream: str) -> str | None:
        return self.stdout if stream == "stdout" else self.stderr


@dataclass(eq=False)
class Report:
    """A PUT when it took effect. ``body`` None: it was no JSON object. ``status``: of the true answer (a fault may have changed what the
    agent got: see the answer of ``request`` in the wire). ``again``: one for that task had been answered 200 before."""

    entry: int
    at_us: int
    request: int
    task: str
    body: Mapping[str, Any] | None
    problems: tuple[str, ...]
    status: int
    again: bool


@dataclass(eq=False)
class Pause:
    """A time in which the agent does not run. ``how`` "crash": killed and opened again; "stop": the verb, from its call to the next start.

    ``to_*`` None: it never came back.
    """

    how: Literal["crash", "stop"]
    from_entry: int
    from_us: int
    to_entry: int | None = None
    to_us: int | None = None


def read_task(entry: Entry, scripts: Mapping[AttemptKey, Mapping[str, Any]]) -> Task:
    """``scripts``: those of the workload, which say how long a command goes on behind its last write."""
    data = entry.data
    steps = tuple((at_ms, stream, size) for at_ms, stream, size in data["steps"])
    script = scripts.get((data["task"], data["attempt"]), {})
    exit_ms = max(script.get("exit_at_ms", 0), max((step["at_ms"] for step in script.get("steps", ())), default=0))
    return Task(
        task=data["task"],
        attempt=data["attempt"],
        entry=entry.number,
        at_us=entry.at_us,
        via=data["via"],
        stdout=data["stdout"],
        stderr=data["stderr"],
        status=data["status"],
        exit_code=data["exit_code"],
        steps=steps,
        exit_ms=max(exit_ms, steps[-1][0] if steps else 0),
        discardable=data["discardable"],
    )


def read_report(entry: Entry) -> Report:
    data = entry.data
    body = data["body"] if isinstance(data["body"], Mapping) else None
    return Report(entry.number, entry.at_us, data["request"], data["task"], body, tuple(data["problems"]), data["status"], data["again"])
