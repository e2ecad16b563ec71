"""The tables, and a connection to them.

One connection, used by one thread; a transaction is never held over an ``await``, so nobody ever waits for a lock. With the
write-ahead log a commit is in the hands of the operating system when it returns: it survives the death of the process (not that
of the machine, which would cost a wait for the disk at every frame).
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

FILE = "runs.sqlite3"

_TABLES = """
CREATE TABLE IF NOT EXISTS conversations (
    tenant_id TEXT NOT NULL, project_id TEXT NOT NULL, id TEXT NOT NULL, created_ms INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, project_id, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY, tenant_id TEXT NOT NULL, project_id TEXT NOT NULL, conversation_id TEXT NOT NULL,
    message TEXT NOT NULL, message_id TEXT);
CREATE INDEX IF NOT EXISTS messages_of_conversation ON messages (tenant_id, project_id, conversation_id);
CREATE UNIQUE INDEX IF NOT EXISTS message_ids ON messages (tenant_id, project_id, conversation_id, message_id)
    WHERE message_id IS NOT NULL;
CREATE TABLE IF NOT EXISTS runs (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, tenant_id TEXT NOT NULL, project_id TEXT NOT NULL, agent_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL, status TEXT NOT NULL, flavour TEXT NOT NULL, operations INTEGER NOT NULL,
    created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL, frame_count INTEGER NOT NULL, prompt_end INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS runs_of_conversation ON runs (tenant_id, project_id, conversation_id, number);
CREATE TABLE IF NOT EXISTS frames (
    run_id TEXT NOT NULL, position INTEGER NOT NULL, data TEXT NOT NULL, PRIMARY KEY (run_id, position)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS turns (
    run_id TEXT NOT NULL, number INTEGER NOT NULL, text TEXT NOT NULL, answered INTEGER NOT NULL,
    PRIMARY KEY (run_id, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS calls (
    run_id TEXT NOT NULL, id TEXT NOT NULL, turn INTEGER NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL,
    arguments TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL, deadline_ms INTEGER, approved INTEGER, reason TEXT, output TEXT,
    PRIMARY KEY (run_id, id)) WITHOUT ROWID;
"""


def open_database(data_dir: str | None) -> sqlite3.Connection:
    """The database of a folder, which is made if it is not there; None: one in memory, for a server that need not outlive its process."""
    if data_dir is None:
        connection = sqlite3.connect(":memory:", isolation_level=None)
    else:
        Path(data_dir).mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(Path(data_dir) / FILE, isolation_level=None)
    # Making the tables can be done again: it need not wait for the disk.
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(f"BEGIN;{_TABLES}COMMIT;")
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection
