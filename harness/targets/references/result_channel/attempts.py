"""The receipts of deliveries: what was received, what became of it. One row for each attempt, for ever."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .database import Database
from .envelope import utc_now

Key = tuple[str, str]
"""(task, attempt); the attempt is empty for a task of the old way."""


class State(StrEnum):
    RECEIVED = "received"
    RUNNING = "running"
    FINAL = "final"
    INTERRUPTED = "interrupted"
    DISCARDED = "discarded"


@dataclass(frozen=True)
class Attempt:
    task: str
    attempt: str
    state: State
    command: str
    received_at: str
    started_at: str | None

    @property
    def key(self) -> Key:
        return (self.task, self.attempt)


class Attempts:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.truncated: set[Key] = set(database.execute("SELECT task, attempt FROM attempts WHERE truncated"))
        """Those whose output was partly thrown away before anybody acknowledged it."""

    def find(self, key: Key) -> Attempt | None:
        row = self.database.execute("SELECT * FROM receipts WHERE task = ? AND attempt = ?", *key).fetchone()
        return None if row is None else _attempt(row)

    def in_state(self, state: State) -> list[Attempt]:
        """In the order of their receipt."""
        return [_attempt(row) for row in self.database.execute("SELECT * FROM receipts WHERE state = ?", state)]

    def receive(self, key: Key, command: str) -> None:
        self.database.execute(
            "INSERT INTO attempts (task, attempt, state, command, received_at) VALUES (?, ?, ?, ?, ?)",
            *key,
            State.RECEIVED,
            command,
            utc_now(),
        )

    def start(self, key: Key) -> str:
        """Before the command is: after a kill at this very moment the attempt is interrupted, and never run twice."""
        started_at = utc_now()
        self.database.execute(
            "UPDATE attempts SET state = ?, started_at = ? WHERE task = ? AND attempt = ?", State.RUNNING, started_at, *key
        )
        return started_at

    def set_state(self, key: Key, state: State) -> None:
        self.database.execute("UPDATE attempts SET state = ? WHERE task = ? AND attempt = ?", state, *key)

    def discard(self, key: Key) -> bool:
        """Whether it had not been started. One that runs ends by itself."""
        statement = "UPDATE attempts SET state = ? WHERE task = ? AND attempt = ? AND state = ?"
        return self.database.execute(statement, State.DISCARDED, *key, State.RECEIVED).rowcount > 0

    def truncate(self, key: Key) -> None:
        self.database.execute("UPDATE attempts SET truncated = 1 WHERE task = ? AND attempt = ?", *key)
        self.truncated.add(key)


def _attempt(row: tuple[Any, ...]) -> Attempt:
    task, attempt, state, command, received_at, started_at = row
    return Attempt(task, attempt, State(state), command, received_at, started_at)
