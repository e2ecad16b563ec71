"""How attempts ended, as it was told: by each task.final, each final that a hello lists, each PUT. Nothing is judged here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote

from ..wire import Request
from .hello import AttemptKey, text_of
from .sockets import Socket
from .view import View

INTERRUPTED = "interrupted"
STATUSES = ("completed", "failed", INTERRUPTED)
Way = Literal["final", "listing", "report"]


@dataclass(frozen=True)
class Told:
    """One telling of how an attempt ended. ``fields``: the payload of the final, its row in the hello, or the body of the PUT."""

    way: Way
    entry: int
    at_us: int
    fields: Mapping[str, Any]

    @property
    def outcome(self) -> tuple[object, object]:
        """(status, exit code)"""
        return self.fields.get("status"), self.fields.get("exit_code")

    @property
    def is_interrupted(self) -> bool:
        return self.fields.get("status") == INTERRUPTED


def outcomes(view: View) -> dict[AttemptKey, list[Told]]:
    """Every telling of each attempt, in order. A PUT names no attempt, so those of a task with several attempts are left out."""
    found: dict[AttemptKey, list[Told]] = {key: [] for key in view.tasks}
    for key, told in _all_told(view):
        found.setdefault(key, []).append(told)
    return {key: sorted(row, key=lambda told: told.entry) for key, row in found.items()}


def _all_told(view: View) -> Iterator[tuple[AttemptKey, Told]]:
    for key, attempt in view.ledger.attempts.items():
        for final in attempt.finals:
            for frame in final.sightings:
                yield key, Told("final", frame.entry, frame.at_us, frame.payload)
    for socket in view.greeted:
        yield from _listed(socket)
    sole = sole_attempts(view)
    for report in view.reports:
        if report.task in sole and report.body is not None:
            yield sole[report.task], Told("report", report.entry, report.at_us, report.body)


def _listed(socket: Socket) -> Iterator[tuple[AttemptKey, Told]]:
    """A row of a hello that lacks a status or an exit code is no valid envelope, and tells of no outcome."""
    hello, heard = socket.hello, socket.hello_frame
    for row in hello.finals.values() if hello is not None else ():
        if heard is not None and row.get("status") in STATUSES and type(row.get("exit_code")) is int:
            key = text_of(row.get("task_id")), text_of(row.get("execution_attempt_id"))
            yield key, Told("listing", heard.entry, heard.at_us, row)


def sole_attempts(view: View) -> dict[str, AttemptKey]:
    """By task, where the task has one attempt only."""
    keys: dict[str, list[AttemptKey]] = {}
    for key in view.tasks:
        keys.setdefault(key[0], []).append(key)
    return {task: row[0] for task, row in keys.items() if len(row) == 1}


def puts_by_task(view: View) -> dict[str, list[Request]]:
    """Every PUT of a report, whatever became of it, by the task that its path names."""
    found: dict[str, list[Request]] = {}
    for request in view.wire.requests:
        if request.endpoint == "report":
            path = request.target.partition("?")[0]
            found.setdefault(unquote(path.rpartition("/")[2]), []).append(request)
    return found
