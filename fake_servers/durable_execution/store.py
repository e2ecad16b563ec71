"""The store of the reference: what was created, what was said, what was decided. Everything a run is, is here.

Reading is by `Store`, writing by a `Change` of one run, which is one transaction:

    with store.change(run_id) as change:
        change.add_frame(data)
        change.set_status("completed")

Whoever waits for a run is told when the change is committed. A change that raises leaves nothing behind.
"""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from .change import Change
from .own_faults import OwnFaults
from .records import Call, Creation, DuplicateMessage, Message, Run, Scope, Turn
from .schema import open_database

_RUN = (
    "SELECT id, tenant_id, project_id, agent_id, conversation_id, status, flavour, operations, created_ms, updated_ms, frame_count,"
    " prompt_end FROM runs "
)
_CALL = "SELECT run_id, turn, position, id, name, arguments, key, state, deadline_ms, approved, reason, output FROM calls "


def now_ms() -> int:
    return int(time.time() * 1000)


class Store:
    """``on_change`` is called with the id of a run whenever something of it was committed."""

    change_type: type[Change] = Change

    def __init__(
        self, data_dir: str | None, on_change: Callable[[str], None] = lambda run_id: None, faults: OwnFaults | None = None
    ) -> None:
        self.faults = faults or OwnFaults()
        self._on_change = on_change
        self._database = open_database(data_dir)

    def close(self) -> None:
        self._database.close()

    # --- conversations

    def has_conversation(self, scope: Scope, conversation_id: str) -> bool:
        return (
            self._one("SELECT 1 FROM conversations WHERE tenant_id = ? AND project_id = ? AND id = ?", *scope, conversation_id) is not None
        )

    def add_messages(self, scope: Scope, conversation_id: str, messages: Sequence[Message], message_id: str | None = None) -> int:
        """Makes sure of the conversation and puts messages behind it; the last one has ``message_id``. Returns the number of the last.

        Raises DuplicateMessage. The transaction is its own unless one is under way.
        """
        with self._transaction():
            self._database.execute(
                "INSERT INTO conversations VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", (*scope, conversation_id, now_ms())
            )
            number = 0
            for index, message in enumerate(messages):
                own_id = message_id if index == len(messages) - 1 else None
                number = self._add_message(scope, conversation_id, message, own_id)
            return number

    def messages(self, scope: Scope, conversation_id: str, end: int | None = None) -> list[Message]:
        """All messages of a conversation in order, those up to number ``end`` if given."""
        rows = self._all(
            "SELECT message FROM messages WHERE tenant_id = ? AND project_id = ? AND conversation_id = ? AND (? IS NULL OR number <= ?)"
            " ORDER BY number",
            *(*scope, conversation_id, end, end),
        )
        return [json.loads(message) for (message,) in rows]

    def _add_message(self, scope: Scope, conversation_id: str, message: Message, message_id: str | None) -> int:
        try:
            cursor = self._database.execute(
                "INSERT INTO messages (tenant_id, project_id, conversation_id, message, message_id) VALUES (?, ?, ?, ?, ?)",
                (*scope, conversation_id, json.dumps(message), message_id),
            )
        except sqlite3.IntegrityError:
            raise DuplicateMessage(f"the conversation has a message {message_id!r}") from None
        assert cursor.lastrowid is not None  # of an INSERT
        return cursor.lastrowid

    # --- runs

    def create(self, creation: Creation) -> Run:
        """The run with its conversation and messages, all or nothing. Raises DuplicateMessage."""
        run_id = f"wrun_{uuid.uuid4().hex}"
        conversation_id = creation.conversation_id or f"conv_{uuid.uuid4().hex}"
        scope = creation.tenant.scope
        with self._transaction():
            end = self.add_messages(scope, conversation_id, creation.messages, creation.message_id)
            now = now_ms()
            self._database.execute(
                "INSERT INTO runs (id, tenant_id, project_id, agent_id, conversation_id, status, flavour, operations, created_ms,"
                " updated_ms, frame_count, prompt_end) VALUES (?, ?, ?, ?, ?, 'running', ?, ?, ?, ?, 0, ?)",
                (run_id, *scope, creation.tenant.agent_id, conversation_id, creation.flavour, creation.operations, now, now, end),
            )
        return self.run(run_id)

    def run(self, run_id: str) -> Run:
        """A run that is there: for who holds its id from this store. Raises KeyError."""
        row = self._one(_RUN + "WHERE id = ?", run_id)
        if row is None:
            raise KeyError(run_id)
        return _run(row)

    def find_run(self, scope: Scope, run_id: str) -> Run | None:
        """The run that a client asks for; None if there is none in its scope."""
        row = self._one(_RUN + "WHERE id = ? AND tenant_id = ? AND project_id = ?", run_id, *scope)
        return None if row is None else _run(row)

    def newest_run(self, scope: Scope, conversation_id: str) -> Run | None:
        row = self._one(
            _RUN + "WHERE tenant_id = ? AND project_id = ? AND conversation_id = ? ORDER BY number DESC LIMIT 1", *scope, conversation_id
        )
        return None if row is None else _run(row)

    def unfinished(self) -> list[str]:
        """The ids of the runs that are not over, oldest first."""
        return [run_id for (run_id,) in self._all("SELECT id FROM runs WHERE status IN ('running', 'suspended') ORDER BY number")]

    # --- the parts of a run

    def frames(self, run_id: str, start: int, limit: int = -1) -> list[str]:
        """The data of the frames from number ``start``."""
        rows = self._all("SELECT data FROM frames WHERE run_id = ? AND position >= ? ORDER BY position LIMIT ?", run_id, start, limit)
        return [data for (data,) in rows]

    def turns(self, run_id: str) -> list[Turn]:
        rows = self._all("SELECT number, text, answered FROM turns WHERE run_id = ? ORDER BY number", run_id)
        return [Turn(number, text, bool(answered)) for number, text, answered in rows]

    def calls(self, run_id: str) -> list[Call]:
        """All calls of a run, in the order of the model."""
        return [_call(row) for row in self._all(_CALL + "WHERE run_id = ? ORDER BY turn, position", run_id)]

    def call(self, run_id: str, call_id: str) -> Call | None:
        row = self._one(_CALL + "WHERE run_id = ? AND id = ?", run_id, call_id)
        return None if row is None else _call(row)

    def pending_call(self, run_id: str) -> Call | None:
        """The call that a suspended run waits for."""
        row = self._one(_CALL + "WHERE run_id = ? AND state = 'pending'", run_id)
        return None if row is None else _call(row)

    @contextmanager
    def change(self, run_id: str) -> Iterator[Change]:
        """One transaction on a run that is not over. Raises RunIsOver before anything is done; what the block raises undoes it."""
        with self._transaction():
            yield self.change_type(self._database, run_id, now_ms(), self.faults)
        self._on_change(run_id)

    # --- SQL

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing. Inside another one it is a part of that."""
        if self._database.in_transaction:
            yield
            return
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def _one(self, statement: str, *values: object) -> Any:
        return next(iter(self._all(statement, *values)), None)

    def _all(self, statement: str, *values: object) -> list[Any]:
        """Everything at once: a cursor left open would hold its view of the data."""
        return self._database.execute(statement, values).fetchall()


def _run(row: Any) -> Run:
    run_id, tenant_id, project_id, agent_id, conversation_id, status, flavour, operations, *numbers = row
    return Run(run_id, Scope(tenant_id, project_id), agent_id, conversation_id, status, flavour, bool(operations), *numbers)


def _call(row: Any) -> Call:
    run_id, turn, position, call_id, name, arguments, key, state, deadline_ms, approved, reason, output = row
    decision = None if approved is None else bool(approved)
    return Call(run_id, turn, position, call_id, name, arguments, key, state, deadline_ms, decision, reason, output)
