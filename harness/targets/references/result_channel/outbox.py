"""What is to be told and was not acknowledged: a row for each message, in the order in which they came to be.

A row is stored before its message is sent, keeps its message id, and goes by nothing but an acknowledgement of that id (or a PUT
that was answered 200, for a final; or the spool, for output). ``report`` is a final that the socket does not carry.

What the file holds is held in memory as well, and that is what is looked at: the file is read once, by the next life.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .attempts import Attempts, Key
from .database import Database
from .envelope import FINAL, OUTPUT, new_message_id

REPORT = "report"


@dataclass(frozen=True)
class Row:
    """``stream`` and ``sequence`` are those of output."""

    number: int
    message_id: str
    kind: str
    task: str
    attempt: str
    stream: str
    sequence: int
    payload: Mapping[str, Any]

    @property
    def key(self) -> Key:
        return (self.task, self.attempt)

    @property
    def spool_bytes(self) -> int:
        return int(self.payload.get("byte_count", 0))


class Outbox:
    """``spool_bytes_max``: the room for output that is not acknowledged."""

    def __init__(self, database: Database, attempts: Attempts, spool_bytes_max: int) -> None:
        self.database = database
        self.attempts = attempts
        self.spool_bytes_max = spool_bytes_max
        self.spool_bytes = 0
        self.newest = 0
        """The number of the newest row that there ever was in this life."""
        self.by_number: dict[int, Row] = {}
        self.by_id: dict[str, Row] = {}
        stored = database.execute("SELECT number, message_id, kind, task, attempt, stream, sequence, payload FROM outbox ORDER BY number")
        for number, message_id, kind, task, attempt, stream, sequence, payload in stored:
            self.learn(Row(number, message_id, kind, task, attempt, stream, sequence, json.loads(payload)))

    # --- putting in -------------------------------------------------------------------------------------------------

    def add_output(self, key: Key, stream: str, sequence: int, data: str) -> int:
        """The number of the row. Raises sqlite3.Error when it cannot be stored."""
        payload = {"stream": stream, "data": data, "byte_count": self.byte_count(data)}
        if self.attempts.is_truncated(key):
            payload["truncated_locally"] = True
        return self.add(self.output_id(), OUTPUT, key, payload, stream, sequence)

    def output_id(self) -> str:
        return new_message_id("output")

    def byte_count(self, data: str) -> int:
        return len(data.encode())

    def add_final(self, key: Key, kind: str, payload: Mapping[str, Any], message_id: str) -> int:
        return self.add(message_id, kind, key, payload)

    def add(self, message_id: str, kind: str, key: Key, payload: Mapping[str, Any], stream: str = "", sequence: int = 0) -> int:
        statement = "INSERT INTO outbox (message_id, kind, task, attempt, stream, sequence, payload) VALUES (?, ?, ?, ?, ?, ?, ?)"
        cursor = self.database.execute(statement, message_id, kind, *key, stream, sequence, json.dumps(payload))
        row = Row(cursor.lastrowid or 0, message_id, kind, *key, stream, sequence, payload)
        self.database.after_commit(lambda: self.accept(row))
        return row.number

    def accept(self, row: Row) -> None:
        self.learn(row)
        self.make_room()

    def learn(self, row: Row) -> None:
        self.by_number[row.number] = self.by_id[row.message_id] = row
        self.spool_bytes += row.spool_bytes
        self.newest = row.number

    def make_room(self) -> None:
        """Gives up the oldest output, but never the newest row, and marks its attempt."""
        if self.spool_bytes <= self.spool_bytes_max:
            return
        for row in self.rows():
            if row.kind == OUTPUT and row.number < self.newest and self.spool_bytes > self.spool_bytes_max:
                self.attempts.truncate(row.key)
                self.remove(row)

    # --- looking up -------------------------------------------------------------------------------------------------

    def row(self, number: int) -> Row | None:
        return self.by_number.get(number)

    def named(self, message_id: str) -> Row | None:
        return self.by_id.get(message_id)

    def rows(self) -> list[Row]:
        """All of them, in their order."""
        return list(self.by_number.values())

    def newer_than(self, number: int) -> list[Row]:
        return [row for row in self.rows() if row.number > number]

    def of_stream(self, key: Key, stream: str, from_sequence: int) -> list[Row]:
        """Ascending, from a sequence on."""
        found = [row for row in self.rows() if row.kind == OUTPUT and row.key == key and row.stream == stream]
        return [row for row in found if row.sequence >= from_sequence]

    def finals(self) -> list[Row]:
        return [row for row in self.rows() if row.kind == FINAL]

    def final_of(self, key: Key) -> Row | None:
        return next((row for row in self.finals() if row.key == key), None)

    # --- taking out -------------------------------------------------------------------------------------------------

    def acknowledge(self, message_id: str) -> None:
        """Exactly this message and no other. One that is not there does no harm."""
        row = self.named(message_id)
        if row is not None:
            self.remove(row)

    def acknowledge_finals(self, message_ids: Iterable[str]) -> None:
        for message_id in message_ids:
            row = self.named(message_id)
            if row is not None and row.kind == FINAL:
                self.remove(row)

    def remove(self, row: Row) -> None:
        """Does nothing when it is gone already."""
        if self.by_number.pop(row.number, None) is not None:
            self.database.execute("DELETE FROM outbox WHERE number = ?", row.number)
            self.by_id.pop(row.message_id, None)
            self.spool_bytes -= row.spool_bytes
