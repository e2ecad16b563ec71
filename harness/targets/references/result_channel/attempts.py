"""The receipts of deliveries: what was received, and what became of it. One row for each attempt, for ever."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

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
    """``truncated``: output of it was thrown away before anybody acknowledged it."""

    task: str
    attempt: str
    state: State
    command: str
    received_at: str
    started_at: str | None = None
    truncated: bool = False

    @property
    def key(self) -> Key:
        return (self.task, self.attempt)


class Attempts:
    """Every change is in the file before it is seen here."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.known: dict[Key, Attempt] = {}
        """In the order of their receipt."""
        rows = database.execute("SELECT task, attempt, state, command, received_at, started_at, truncated FROM attempts ORDER BY number")
        for task, attempt, state, command, received_at, started_at, truncated in rows:
            self.learn(Attempt(task, attempt, State(state), command, received_at, started_at, bool(truncated)))

    def learn(self, attempt: Attempt) -> None:
        self.known[attempt.key] = attempt

    def find(self, key: Key) -> Attempt | None:
        return self.known.get(key)

    def in_state(self, state: State) -> list[Attempt]:
        return [attempt for attempt in self.known.values() if attempt.state is state]

    def is_truncated(self, key: Key) -> bool:
        return key in self.known and self.known[key].truncated

    def any_truncated(self) -> bool:
        return any(attempt.truncated for attempt in self.known.values())

    def receive(self, key: Key, command: str) -> None:
        attempt = Attempt(*key, State.RECEIVED, command, utc_now())
        statement = "INSERT INTO attempts (task, attempt, state, command, received_at) VALUES (?, ?, ?, ?, ?)"
        self.database.execute(statement, *key, attempt.state, command, attempt.received_at)
        self.learn(attempt)

    def start(self, key: Key) -> Attempt:
        """Before the command is: after a kill at this very moment the attempt is interrupted, and never run twice."""
        return self.change(replace(self.known[key], state=State.RUNNING, started_at=utc_now()))

    def set_state(self, key: Key, state: State) -> None:
        self.change(replace(self.known[key], state=state))

    def discard(self, key: Key) -> bool:
        """Whether it had not been started. One that runs ends by itself."""
        if key not in self.known or self.known[key].state is not State.RECEIVED:
            return False
        self.set_state(key, State.DISCARDED)
        return True

    def truncate(self, key: Key) -> None:
        if not self.is_truncated(key):
            self.change(replace(self.known[key], truncated=True))

    def change(self, attempt: Attempt) -> Attempt:
        statement = "UPDATE attempts SET state = ?, started_at = ?, truncated = ? WHERE task = ? AND attempt = ?"
        self.database.execute(statement, attempt.state, attempt.started_at, attempt.truncated, *attempt.key)
        self.database.after_commit(lambda: self.learn(attempt))
        return attempt
