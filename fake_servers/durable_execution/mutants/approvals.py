"""Mutants that take decisions wrongly."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace

from aiohttp import web

from ..approvals import Approvals, Decided, Decision, Outcome
from ..bodies import decision_of, json_object
from ..executions import Executions
from ..failures import StepFailed
from ..machine import TIMED_OUT, Machine, RunFailed
from ..problem import refusal
from ..records import Call, Run
from ..store import now_ms
from .base import mutant

STEP_S = 0.01
FLUSH_S = 0.5


# --- answers


class LeakingExecutions(Executions):
    """What the hook says of a decision that it does not wait for goes through."""

    def approval_answer(self, decided: Decided) -> web.StreamResponse:
        if refusal(decided.outcome) is not None:
            raise RuntimeError("Hook not found")
        return super().approval_answer(decided)


class AgreeingExecutions(Executions):
    """Whatever becomes of a decision, it was a success."""

    def approval_answer(self, decided: Decided) -> web.StreamResponse:
        return web.json_response({"success": True})


class BlandExecutions(Executions):
    """The other decision is told nothing of the recorded one."""

    def approval_answer(self, decided: Decided) -> web.StreamResponse:
        if decided.outcome is Outcome.OPPOSITE:
            return web.json_response({"success": True})
        return super().approval_answer(decided)


class BusyExecutions(Executions):
    """Every decision that is accepted wakes the run, and each waking runs the tool."""

    async def approve(self, http: web.Request) -> web.StreamResponse:
        run = self.find_run(http)
        decision = decision_of(json_object(await http.read()))
        decided = self.server.approvals.decide(run.id, http.match_info["call"], decision)
        call = self.server.store.call(run.id, http.match_info["call"])
        if decided.outcome is Outcome.REPEATED and decision.approved and call is not None:
            try:
                await self.server.parts.tools.run(replace(call, key=str(uuid.uuid4())), {})
            except StepFailed as failure:
                self.server.log(str(failure))
        return self.approval_answer(decided)


# --- what is decided


class LastWordApprovals(Approvals):
    """Until it is acted upon, a later decision goes over an earlier one."""

    def decide(self, run_id: str, call_id: str, decision: Decision) -> Decided:
        call = self.store.call(run_id, call_id)
        if call is not None and call.state == "decided" and not self.store.run(run_id).over:
            self.record(call, decision)
            return Decided(Outcome.ACCEPTED, decision.approved)
        return super().decide(run_id, call_id, decision)


class SlowMachine(Machine):
    """A decision is acted upon when the queue brings it."""

    async def settle(self, run: Run, call: Call) -> None:
        if call.state == "decided":
            await asyncio.sleep(STEP_S)
            call = self.store.call(run.id, call.id) or call
        await super().settle(run, call)


class LateApprovals(Approvals):
    """A run that is over has nothing against a decision."""

    def decide(self, run_id: str, call_id: str, decision: Decision) -> Decided:
        decided = super().decide(run_id, call_id, decision)
        return Decided(Outcome.ACCEPTED, decision.approved) if decided.outcome is Outcome.OVER else decided


class RunningApprovals(Approvals):
    """A run that goes on takes any decision, and forgets it."""

    def decide(self, run_id: str, call_id: str, decision: Decision) -> Decided:
        if self.store.run(run_id).status == "running":
            return Decided(Outcome.ACCEPTED, decision.approved)
        return super().decide(run_id, call_id, decision)


class ForgivingApprovals(Approvals):
    """An id that nobody knows can only mean the pending call."""

    def find_call(self, run: Run, call_id: str) -> Call | None:
        return super().find_call(run, call_id) or self.store.pending_call(run.id)


class SwallowingApprovals(Approvals):
    """A decision on a call that nobody knows is as good as done."""

    def decide(self, run_id: str, call_id: str, decision: Decision) -> Decided:
        decided = super().decide(run_id, call_id, decision)
        return Decided(Outcome.ACCEPTED, decision.approved) if decided.outcome is Outcome.UNKNOWN_CALL else decided


class QueueApprovals(Approvals):
    """Decisions are taken in the order in which they come."""

    def find_call(self, run: Run, call_id: str) -> Call | None:
        call = super().find_call(run, call_id)
        return self.store.pending_call(run.id) if call is not None and call.state == "waiting" else call


class ByNameMachine(Machine):
    """A tool that was decided on is decided on."""

    async def settle(self, run: Run, call: Call) -> None:
        if call.state == "waiting":
            decided = [other for other in self.store.calls(run.id) if other.name == call.name and other.approved is not None]
            if decided:
                with self.store.change(run.id) as change:
                    change.decide(call, bool(decided[-1].approved), decided[-1].reason)
                return
        await super().settle(run, call)


class InvertedDenials(Machine):
    """A denial with nothing behind it is run all the same."""

    async def settle(self, run: Run, call: Call) -> None:
        if call.state == "decided" and call.approved is False and call.reason is None:
            call = replace(call, approved=True)
        await super().settle(run, call)


# --- what is kept


class BufferedApprovals(Approvals):
    """The decision is in memory, and written when there is time for it."""

    def record(self, call: Call, decision: Decision) -> None:
        with self.store.change(call.run_id) as change:
            change.set_status("running")
        asyncio.get_running_loop().call_later(FLUSH_S, super().record, call, decision)


class ForgetfulMachine(Machine):
    """Waits only for what it has asked for itself."""

    asked = False

    def suspend(self, run: Run, call: Call) -> None:
        self.asked = True
        super().suspend(run, call)

    async def settle(self, run: Run, call: Call) -> None:
        if call.state == "pending" and not self.asked:
            raise RunFailed("The approval was lost.")
        await super().settle(run, call)


class TimelessMachine(Machine):
    """Waits for ever."""

    async def wait_for_decision(self, call: Call) -> None:
        await self.parts.announcements.next(call.run_id)


class ConsentingMachine(Machine):
    """Who says nothing agrees."""

    async def wait_for_decision(self, call: Call) -> None:
        if call.deadline_ms is not None and call.deadline_ms <= now_ms():
            with self.store.change(call.run_id) as change:
                change.decide(call, True, TIMED_OUT)
            return
        await super().wait_for_decision(call)


APPROVALS = (
    mutant("hook-not-found", "APR-1", "a decision that is not waited for is a 500", "M-C03", executions_type=LeakingExecutions),
    mutant("tool-run-again", "APR-1", "a repeated approval runs the tool again", executions_type=BusyExecutions),
    mutant("swallowed-errors", "APR-2 APR-3 APR-5", "every decision is answered as a success", "M-C04", executions_type=AgreeingExecutions),
    mutant("late-decision-accepted", "APR-2", "a decision on a run that is over is a success", approvals_type=LateApprovals),
    mutant("running-decision-accepted", "APR-2", "a decision on a run that goes on is a success", approvals_type=RunningApprovals),
    mutant("forged-call-decides", "APR-3", "a decision on an unknown call decides the pending one", approvals_type=ForgivingApprovals),
    mutant("forged-call-accepted", "APR-3", "a decision on an unknown call is a success", approvals_type=SwallowingApprovals),
    mutant(
        "second-decision-overwrites",
        "APR-4",
        "a later decision goes over an earlier one",
        "M-C05",
        approvals_type=LastWordApprovals,
        machine_type=SlowMachine,
    ),
    mutant("loser-not-told", "APR-4", "the decision that comes second is a success", executions_type=BlandExecutions),
    mutant("buffered-decision", "APR-5", "a decision is written some time after its answer", approvals_type=BufferedApprovals),
    mutant("decisions-by-tool", "APR-6", "decisions belong to the name of the tool", "M-C13", machine_type=ByNameMachine),
    mutant(
        "decisions-in-order", "APR-6 APR-3", "a decision for a later call goes to the pending one", "M-C14", approvals_type=QueueApprovals
    ),
    mutant("denial-runs-tool", "APR-6 APR-4", "a denied call is run", machine_type=InvertedDenials),
    mutant("pending-lost", "APR-10", "a pending approval does not survive a restart", machine_type=ForgetfulMachine),
    mutant("no-approval-timeout", "APR-10", "an approval is waited for without end", machine_type=TimelessMachine),
    mutant("timeout-approves", "APR-10 APR-6", "an approval that nobody gives is taken for given", machine_type=ConsentingMachine),
)
