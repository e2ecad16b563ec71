"""Mutants whose status is not the truth about the run."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiohttp import web

from ..approvals import Approvals, Decision
from ..executions import Executions, iso_time, status_of
from ..machine import Machine, RunFailed
from ..records import Call, Run, Scope, Status, Turn
from ..store import Store
from .base import mutant

STEP_S = 0.01
"""How long one step lags behind another."""
RETRY_S = 1.0


class OverwritingStore(Store):
    def overwrite_status(self, run_id: str, status: Status) -> None:
        """Whatever the run has come to."""
        self._database.execute("UPDATE runs SET status = ? WHERE id = ?", (status, run_id))


class LateStepMachine(Machine):
    """A step that comes behind the end writes the status that it knows of."""

    store: OverwritingStore

    def finish(self, run: Run, turns: Sequence[Turn]) -> None:
        super().finish(run, turns)
        if self.store.calls(run.id):
            asyncio.get_running_loop().call_later(STEP_S, self.store.overwrite_status, run.id, "failed")


class CoarseExecutions(Executions):
    """The time of the last change of a run that is over has no fractions of a second."""

    async def status(self, http: web.Request) -> web.StreamResponse:
        run = self.find_run(http)
        row = status_of(run)
        if run.over:
            row["updatedAt"] = iso_time(run.updated_ms // 1000 * 1000)
        return web.json_response(row)


class EarlySuspension(Machine):
    """The run is suspended, and its readers are told, before its decision can be taken."""

    async def settle(self, run: Run, call: Call) -> None:
        tool = self.parts.settings.tools.get(call.name)
        if call.state == "waiting" and tool is not None and tool.needs_approval:
            with self.store.change(run.id) as change:
                change.add_frames(self.flavour(run).approval_request(call))
                change.set_status("suspended")
            await asyncio.sleep(STEP_S)
            with self.store.change(run.id) as change:
                change.suspend_for(call, change.now_ms + self.parts.settings.approval_timeout_ms)
        else:
            await super().settle(run, call)


class LingeringApprovals(Approvals):
    """The decision is recorded; the status follows when the run is taken up again."""

    def record(self, call: Call, decision: Decision) -> None:
        with self.store.change(call.run_id) as change:
            change.decide(call, decision.approved, decision.reason)
            change.set_status("suspended")


class LingeringMachine(Machine):
    async def settle(self, run: Run, call: Call) -> None:
        if call.state == "decided" and run.status == "suspended":
            await asyncio.sleep(STEP_S)
            with self.store.change(run.id) as change:
                change.set_status("running")
        await super().settle(run, call)


class SilentFailure(Machine):
    """What fails is not recorded."""

    def fail(self, text: str) -> None:
        """Somebody will look at the log."""


class EndlessRetries(Machine):
    async def ask_model(self, run: Run, turn: Turn) -> None:
        while True:
            try:
                await super().ask_model(run, turn)
                return
            except RunFailed:
                await asyncio.sleep(RETRY_S)


class FirstWordMachine(Machine):
    """A failure before the first word finds nobody who would take it."""

    async def ask_model(self, run: Run, turn: Turn) -> None:
        try:
            await super().ask_model(run, turn)
        except RunFailed:
            if turn.number == 0 and not self.written_chars(run, 0):
                await asyncio.Event().wait()
            raise


class OldestFirstStore(Store):
    def newest_run(self, scope: Scope, conversation_id: str) -> Run | None:
        row = self._one(
            "SELECT id FROM runs WHERE tenant_id = ? AND project_id = ? AND conversation_id = ? ORDER BY number LIMIT 1",
            *scope,
            conversation_id,
        )
        return None if row is None else self.run(row[0])


class WaitingFirstStore(Store):
    """A run that waits for an approval goes before a newer one."""

    def newest_run(self, scope: Scope, conversation_id: str) -> Run | None:
        row = self._one(
            "SELECT id FROM runs WHERE tenant_id = ? AND project_id = ? AND conversation_id = ? AND status = 'suspended'",
            *scope,
            conversation_id,
        )
        return super().newest_run(scope, conversation_id) if row is None else self.run(row[0])


STATUSES = (
    mutant(
        "late-step",
        "STAT-1",
        "a late step overwrites the terminal status",
        "M-C35",
        store_type=OverwritingStore,
        machine_type=LateStepMachine,
    ),
    mutant("time-goes-back", "STAT-1", "updatedAt of a run that is over is earlier than before", executions_type=CoarseExecutions),
    mutant(
        "suspended-too-early",
        "STAT-2 APR-5",
        "a run shows suspended before its approval can be given",
        "M-C31",
        machine_type=EarlySuspension,
    ),
    mutant(
        "suspended-too-long",
        "STAT-2",
        "a run still shows suspended when its approval is answered",
        approvals_type=LingeringApprovals,
        machine_type=LingeringMachine,
    ),
    mutant("silent-failure", "STAT-3", "a run whose model fails goes on for ever", machine_type=SilentFailure),
    mutant("endless-retries", "STAT-3", "the model is asked again without end", machine_type=EndlessRetries),
    mutant("failure-before-first-word", "STAT-3", "a failure before the first word is lost", machine_type=FirstWordMachine),
    mutant("oldest-run", "STAT-4", "a conversation is taken for its oldest run", "M-C10", store_type=OldestFirstStore),
    mutant("waiting-run-first", "STAT-4", "a suspended run of a conversation goes before a newer one", store_type=WaitingFirstStore),
)
