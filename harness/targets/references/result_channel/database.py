"""The file in the state folder that outlives a kill of the process.

It must survive the end of the process, not of the machine: so nothing is ever synchronised to the disk. The rollback journal stays,
since a kill in the middle of a transaction must not leave half of it; keeping its file, and the lock, between transactions makes it
cheap. The kernel takes the lock from a process that is killed. In a simulation a killed agent leaves its connection open in a process
that lives on: so whoever opens a file closes what an earlier life has left of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

FILE = "agent.sqlite"
SCHEMA = """
BEGIN;
CREATE TABLE IF NOT EXISTS attempts (
    number INTEGER PRIMARY KEY, task TEXT NOT NULL, attempt TEXT NOT NULL, state TEXT NOT NULL, command TEXT NOT NULL,
    received_at TEXT NOT NULL, started_at TEXT, truncated INTEGER NOT NULL DEFAULT 0, UNIQUE (task, attempt));
CREATE TABLE IF NOT EXISTS outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, task TEXT NOT NULL,
    attempt TEXT NOT NULL, stream TEXT NOT NULL, sequence INTEGER NOT NULL, payload TEXT NOT NULL);
COMMIT;
"""


class Connection(sqlite3.Connection):
    """One that can be held weakly."""


_open: WeakValueDictionary[Path, Connection] = WeakValueDictionary()


class Database:
    """Raises OSError or sqlite3.Error when the folder cannot be used."""

    def __init__(self, folder: str) -> None:
        path = Path(folder).absolute() / FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        if path in _open:
            _open[path].close()
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=Connection)
        _open[path] = self.connection
        for setting in ("locking_mode = EXCLUSIVE", "journal_mode = PERSIST", "synchronous = OFF"):
            self.connection.execute(f"PRAGMA {setting}")
        self.connection.executescript(SCHEMA)
        self._in_transaction = False
        self._after: list[Callable[[], None]] = []

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        return self.connection.execute(statement, values)

    def after_commit(self, learn: Callable[[], None]) -> None:
        """Calls ``learn`` once what was executed so far is surely stored: at once outside a transaction, never if one fails."""
        if self._in_transaction:
            self._after.append(learn)
        else:
            learn()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing. Nothing may be awaited within."""
        self.connection.execute("BEGIN")
        self._in_transaction = True
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            self._in_transaction = False
            self._after.clear()
            self.connection.rollback()
            raise
        self._in_transaction = False
        learned, self._after = self._after, []
        for learn in learned:
            learn()

    def close(self) -> None:
        self.connection.close()
