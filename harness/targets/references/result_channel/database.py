"""The file in the state folder that outlives a kill of the process.

It must survive the end of the process, not of the machine: so nothing is ever synchronised to the disk. The rollback journal stays,
since a kill in the middle of a transaction must not leave half of it; keeping its file between transactions makes it cheap. Locks
are let go of after each transaction, so that the next life can open the file while the remains of the last one still lie about.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FILE = "agent.sqlite"
BUSY_S = 5.0
SCHEMA = """
BEGIN;
CREATE TABLE IF NOT EXISTS attempts (
    number INTEGER PRIMARY KEY, task TEXT NOT NULL, attempt TEXT NOT NULL, state TEXT NOT NULL, command TEXT NOT NULL,
    received_at TEXT NOT NULL, started_at TEXT, truncated INTEGER NOT NULL DEFAULT 0, UNIQUE (task, attempt));
CREATE TABLE IF NOT EXISTS outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, task TEXT NOT NULL,
    attempt TEXT NOT NULL, stream TEXT, sequence INTEGER, bytes INTEGER NOT NULL, payload TEXT NOT NULL);
CREATE VIEW IF NOT EXISTS receipts AS SELECT task, attempt, state, command, received_at, started_at FROM attempts ORDER BY number;
CREATE VIEW IF NOT EXISTS entries AS SELECT number, message_id, kind, task, attempt, stream, sequence FROM outbox;
CREATE VIEW IF NOT EXISTS messages AS SELECT number, message_id, kind, task, attempt, stream, sequence, payload FROM outbox;
COMMIT;
"""


class Database:
    """Raises OSError or sqlite3.Error when the folder cannot be used."""

    def __init__(self, folder: str) -> None:
        Path(folder).mkdir(parents=True, exist_ok=True)
        self.connection = sqlite3.connect(Path(folder) / FILE, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        self.connection.execute("PRAGMA journal_mode = PERSIST")
        self.connection.execute("PRAGMA synchronous = OFF")
        self.connection.executescript(SCHEMA)
        self._depth = 0

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        return self.connection.execute(statement, values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing. One inside another belongs to the outer. Nothing may be awaited within."""
        if self._depth == 0:
            self.connection.execute("BEGIN IMMEDIATE")
        self._depth += 1
        try:
            yield
        except BaseException:
            self._depth -= 1
            if self._depth == 0:
                self.connection.execute("ROLLBACK")
            raise
        self._depth -= 1
        if self._depth == 0:
            self.connection.execute("COMMIT")

    def close(self) -> None:
        self.connection.close()
