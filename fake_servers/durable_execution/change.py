"""What can be changed of a run inside one transaction of the store. Nothing changes a run that is over."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Sequence

from .own_faults import OwnFaults
from .records import Call, NewCall, Status


class RunIsOver(Exception):
    """It was completed or failed: nothing is written to it any more."""


class Change:
    """``now_ms``: when it happens. Made by `Store.change`, inside its transaction."""

    def __init__(self, database: sqlite3.Connection, run_id: str, now_ms: int, faults: OwnFaults) -> None:
        self.run_id = run_id
        self.now_ms = now_ms
        self._database = database
        self._faults = faults
        # The clock of a machine may go back, updatedAt may not.
        changed = self._execute(
            "UPDATE runs SET updated_ms = MAX(updated_ms, ?) WHERE id = ? AND status IN ('running', 'suspended')", now_ms, run_id
        )
        if not changed:
            raise RunIsOver(run_id)

    def set_status(self, status: Status) -> None:
        self._execute("UPDATE runs SET status = ? WHERE id = ?", status, self.run_id)

    def add_frame(self, data: str) -> None:
        """Puts a frame behind the stream. ``data``: one line."""
        self.write_frame(self.frame_count(), data)

    def add_frames(self, datas: Sequence[str]) -> None:
        for data in datas:
            self.add_frame(data)

    def frame_count(self) -> int:
        row = self._database.execute("SELECT frame_count FROM runs WHERE id = ?", (self.run_id,)).fetchall()[0]
        return int(row[0])

    def write_frame(self, position: int, data: str) -> None:
        self._faults.before_write(self.run_id, position)
        self._execute("INSERT INTO frames VALUES (?, ?, ?)", self.run_id, position, data)
        self._execute("UPDATE runs SET frame_count = ? WHERE id = ?", position + 1, self.run_id)

    # --- turns

    def begin_turn(self, number: int) -> None:
        self._execute("INSERT INTO turns VALUES (?, ?, '', 0)", self.run_id, number)

    def add_text(self, turn: int, text: str) -> None:
        """Notes that so much more of the turn is in frames."""
        self._execute("UPDATE turns SET text = text || ? WHERE run_id = ? AND number = ?", text, self.run_id, turn)

    def end_turn(self, turn: int) -> None:
        self._execute("UPDATE turns SET answered = 1 WHERE run_id = ? AND number = ?", self.run_id, turn)

    def add_call(self, turn: int, position: int, new: NewCall) -> Call:
        """Its id is that of the model, unless the run has a call of that id."""
        key = str(uuid.uuid4())
        call = Call(self.run_id, turn, position, self._unique_id(new.id), new.name, new.arguments, key, "waiting", None, None, None, None)
        self._execute(
            "INSERT INTO calls (run_id, id, turn, position, name, arguments, key, state) VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting')",
            *(self.run_id, call.id, turn, position, call.name, call.arguments, key),
        )
        return call

    def _unique_id(self, wanted: str) -> str:
        taken = {row[0] for row in self._database.execute("SELECT id FROM calls WHERE run_id = ?", (self.run_id,)).fetchall()}
        if wanted and wanted not in taken:
            return wanted
        number = 2
        while (made := f"{wanted or 'call'}-{number}") in taken:
            number += 1
        return made

    # --- calls

    def suspend_for(self, call: Call, deadline_ms: int) -> None:
        """The run waits for the approval of this call."""
        self._execute("UPDATE calls SET state = 'pending', deadline_ms = ? WHERE run_id = ? AND id = ?", deadline_ms, self.run_id, call.id)
        self.set_status("suspended")

    def decide(self, call: Call, approved: bool, reason: str | None) -> None:
        """Records the decision; the run goes on."""
        self._execute(
            "UPDATE calls SET state = 'decided', approved = ?, reason = ? WHERE run_id = ? AND id = ?",
            *(approved, reason, self.run_id, call.id),
        )
        self.set_status("running")

    def settle(self, call: Call, output: str) -> None:
        """``output``: the content of its tool message."""
        self._execute("UPDATE calls SET state = 'settled', output = ? WHERE run_id = ? AND id = ?", output, self.run_id, call.id)

    # --- the conversation

    def say(self, text: str) -> None:
        """Puts what the run has said behind its conversation, for the runs that come after it."""
        self._execute(
            "INSERT INTO messages (tenant_id, project_id, conversation_id, message)"
            " SELECT tenant_id, project_id, conversation_id, ? FROM runs WHERE id = ?",
            *(json.dumps({"role": "assistant", "content": text}), self.run_id),
        )

    def _execute(self, statement: str, *values: object) -> int:
        """Returns how many rows it changed."""
        return self._database.execute(statement, values).rowcount
