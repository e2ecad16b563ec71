"""The payload of `agent.hello`: all that is not acknowledged, and what runs and what waits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .attempts import Attempt, Key, State
from .core import Core
from .envelope import OUTPUT
from .execution import Execution
from .outbox import Row

CLIENT_VERSION = "streamproof-reference/1"


class Hello:
    def __init__(self, core: Core, running: Execution | None) -> None:
        self.core = core
        self.running = running
        self.waiting = self.not_started()

    def not_started(self) -> list[Attempt]:
        """Those of the old way have no attempt that could be named."""
        return [attempt for attempt in self.core.attempts.in_state(State.RECEIVED) if attempt.attempt]

    def payload(self) -> dict[str, Any]:
        settings, outbox = self.core.settings, self.core.outbox
        return {
            "running_task": self.running_task(),
            "received_not_started": [
                {"task_id": attempt.task, "execution_attempt_id": attempt.attempt, "received_at": attempt.received_at}
                for attempt in self.waiting
            ],
            "unacked_finals": self.unacked_finals(),
            "unacked_output": self.unacked_output(),
            "spool_status": {
                "bytes_used": outbox.spool_bytes,
                "byte_cap": settings.spool_bytes,
                "has_rotated_chunks": self.core.attempts.any_truncated(),
            },
            "client_version": CLIENT_VERSION,
            "capabilities": {"results_enabled": settings.results, "delivery_enabled": settings.delivery},
        }

    def running_task(self) -> dict[str, Any] | None:
        if self.running is None or not self.running.key[1]:
            return None
        task, attempt = self.running.key
        sequences = {stream: publisher.sequence for stream, publisher in self.running.publishers.items()}
        return {
            "task_id": task,
            "execution_attempt_id": attempt,
            "started_at": self.running.started_at,
            "last_output_sequence": sequences,
        }

    def unacked_finals(self) -> list[dict[str, Any]]:
        return [self.final(row) for row in self.core.outbox.finals()]

    def final(self, row: Row) -> dict[str, Any]:
        return {
            "message_id": row.message_id,
            "task_id": row.task,
            "execution_attempt_id": row.attempt,
            **row.payload,
            "output_truncated": False,
            "error_truncated": False,
        }

    def unacked_output(self) -> list[dict[str, Any]]:
        outputs = [entry for entry in self.core.outbox.rows() if entry.kind == OUTPUT]
        return [self.range(key, stream, run) for (key, stream), entries in by_stream(outputs).items() for run in runs(entries)]

    def range(self, key: Key, stream: str, run: tuple[int, int]) -> dict[str, Any]:
        return {
            "task_id": key[0],
            "execution_attempt_id": key[1],
            "stream": stream,
            "first_sequence": run[0],
            "last_sequence": run[1],
            "truncated_locally": self.core.attempts.is_truncated(key),
        }


def by_stream(outputs: Iterable[Row]) -> dict[tuple[Key, str], list[int]]:
    """The sequences of each stream, ascending."""
    found: dict[tuple[Key, str], list[int]] = {}
    for entry in outputs:
        found.setdefault((entry.key, entry.stream or ""), []).append(entry.sequence)
    return found


def runs(sequences: Iterable[int]) -> list[tuple[int, int]]:
    """(first, last) of each stretch without a hole."""
    found: list[tuple[int, int]] = []
    for sequence in sequences:
        if found and found[-1][1] + 1 == sequence:
            found[-1] = (found[-1][0], sequence)
        else:
            found.append((sequence, sequence))
    return found
