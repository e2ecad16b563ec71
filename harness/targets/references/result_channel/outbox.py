"""What is to be told and was not acknowledged: a row for each message, in the order in which they came to be.

A row is written before its message is sent, keeps its message id, and goes by nothing but an acknowledgement of that id (or a PUT
that was answered 200, for a final; or the spool, for output). ``report`` is a final that the socket does not carry.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .attempts import Attempts, Key
from .database import Database
from .envelope import FINAL, OUTPUT, new_message_id

REPORT = "report"


@dataclass(frozen=True)
class Entry:
    """A row without what it carries."""

    number: int
    message_id: str
    kind: str
    task: str
    attempt: str
    stream: str | None
    sequence: int

    @property
    def key(self) -> Key:
        return (self.task, self.attempt)


@dataclass(frozen=True)
class Row(Entry):
    payload: dict[str, Any]


class Outbox:
    """``spool_bytes_max``: the room for output that is not acknowledged."""

    def __init__(self, database: Database, attempts: Attempts, spool_bytes_max: int) -> None:
        self.database = database
        self.attempts = attempts
        self.spool_bytes_max = spool_bytes_max
        [self.spool_bytes] = database.execute("SELECT COALESCE(SUM(bytes), 0) FROM outbox").fetchone()

    # --- putting in -------------------------------------------------------------------------------------------------

    def add_output(self, key: Key, stream: str, sequence: int, data: str) -> int:
        """The number of the row. Raises sqlite3.Error when it cannot be stored."""
        payload = {"stream": stream, "data": data, "byte_count": self.byte_count(data)}
        if key in self.attempts.truncated:
            payload["truncated_locally"] = True
        number = self.add(self.output_id(), OUTPUT, key, payload, stream, sequence)
        self.make_room(number)
        return number

    def output_id(self) -> str:
        return new_message_id("output")

    def byte_count(self, data: str) -> int:
        return len(data.encode())

    def add_final(self, key: Key, kind: str, payload: dict[str, Any], message_id: str) -> int:
        return self.add(message_id, kind, key, payload)

    def add(
        self, message_id: str, kind: str, key: Key, payload: dict[str, Any], stream: str | None = None, sequence: int | None = None
    ) -> int:
        size = payload.get("byte_count", 0)
        cursor = self.database.execute(
            "INSERT INTO outbox (message_id, kind, task, attempt, stream, sequence, bytes, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            message_id,
            kind,
            *key,
            stream,
            sequence,
            size,
            json.dumps(payload),
        )
        self.spool_bytes += size
        return cursor.lastrowid or 0

    def make_room(self, newest: int) -> None:
        """Gives up the oldest output, but not the one that has just come, and marks its attempt."""
        while self.spool_bytes > self.spool_bytes_max:
            statement = "SELECT * FROM entries WHERE kind = ? AND number < ? ORDER BY number LIMIT 1"
            row = self.database.execute(statement, OUTPUT, newest).fetchone()
            if row is None:
                return
            oldest = Entry(*row)
            self.attempts.truncate(oldest.key)
            self.remove(oldest.number)

    # --- looking up -------------------------------------------------------------------------------------------------

    def row(self, number: int) -> Row | None:
        found = self.database.execute("SELECT * FROM messages WHERE number = ?", number).fetchone()
        return None if found is None else _row(found)

    def named(self, message_id: str) -> Entry | None:
        found = self.database.execute("SELECT * FROM entries WHERE message_id = ?", message_id).fetchone()
        return None if found is None else Entry(*found)

    def entries(self) -> list[Entry]:
        """All of them, in their order."""
        return self.newer_than(0)

    def newer_than(self, number: int) -> list[Entry]:
        return self.listed("SELECT * FROM entries WHERE number > ? ORDER BY number", number)

    def of_stream(self, key: Key, stream: str, from_sequence: int) -> list[Entry]:
        """Ascending, from a sequence on."""
        statement = "SELECT * FROM entries WHERE task = ? AND attempt = ? AND stream = ? AND sequence >= ? ORDER BY sequence"
        return self.listed(statement, *key, stream, from_sequence)

    def final_of(self, key: Key) -> Entry | None:
        found = self.listed("SELECT * FROM entries WHERE kind = ? AND task = ? AND attempt = ?", FINAL, *key)
        return found[0] if found else None

    def finals(self) -> list[Row]:
        return [_row(row) for row in self.database.execute("SELECT * FROM messages WHERE kind = ? ORDER BY number", FINAL)]

    def newest(self) -> int:
        """The number of the newest row that there ever was."""
        found = self.database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'").fetchone()
        return 0 if found is None else int(found[0])

    def listed(self, statement: str, *values: Any) -> list[Entry]:
        return [Entry(*row) for row in self.database.execute(statement, *values)]

    # --- taking out -------------------------------------------------------------------------------------------------

    def acknowledge(self, message_id: str) -> None:
        """Exactly this message and no other. One that is not there does no harm."""
        entry = self.named(message_id)
        if entry is not None:
            self.remove(entry.number)

    def acknowledge_finals(self, message_ids: Iterable[str]) -> None:
        for message_id in message_ids:
            entry = self.named(message_id)
            if entry is not None and entry.kind == FINAL:
                self.remove(entry.number)

    def remove(self, number: int) -> None:
        found = self.database.execute("DELETE FROM outbox WHERE number = ? RETURNING bytes", number).fetchone()
        self.spool_bytes -= 0 if found is None else found[0]


def _row(found: tuple[Any, ...]) -> Row:
    return Row(*found[:-1], json.loads(found[-1]))
