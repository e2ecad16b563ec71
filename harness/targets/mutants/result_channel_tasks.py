"""Bugs of an agent's tasks: deliveries, executions, finals, reports over HTTP, and polling."""

from __future__ import annotations

import asyncio
from typing import Any

from ..commands.spawn import Command
from ..references.result_channel.agent import Life
from ..references.result_channel.attempts import Attempts, Key, State
from ..references.result_channel.envelope import FINAL
from ..references.result_channel.execution import STATUS_COMPLETED, STATUS_FAILED, Execution
from ..references.result_channel.outbox import REPORT, Row
from ..references.result_channel.poller import Poller
from ..references.result_channel.reporter import OK, Reporter
from ..references.result_channel.runner import Runner

# --- deliveries -----------------------------------------------------------------------------------------------------


class RunsDuplicates(Runner):
    def admit(self, key: Key, command: str) -> State | None:
        """Only what waits is known; what was begun is begun again."""
        state = super().admit(key, command)
        if state not in (None, State.RECEIVED, State.DISCARDED):
            self.enqueue(key)
        return state


class KnowsNothingOfTheOldWay(Attempts):
    """A task without an attempt is forgotten once it has ended."""

    def set_state(self, key: Key, state: State) -> None:
        super().set_state(key, state)
        if not key[1]:
            self.database.execute("DELETE FROM attempts WHERE task = ? AND attempt = ?", *key)
            self.database.after_commit(lambda: self.forget(key))

    def forget(self, key: Key) -> None:
        del self.known[key]


class ForgetsWhatWaits(Runner):
    def recover(self) -> None:
        """Receipts of an earlier life are kept, and never queued again."""
        super().recover()
        self.queue.clear()


class ForgetsWithTheSession(Life):
    """What was received is queued by the session, and lost with it."""

    def begin(self) -> None:
        super().begin()
        self.tasks.append(asyncio.get_running_loop().create_task(self.forget()))

    async def forget(self) -> None:
        had_channel = False
        while True:
            await asyncio.sleep(0.005)
            if had_channel and self.core.channel is None:
                self.runner.queue.clear()
            had_channel = self.core.channel is not None


class ObeysNoDiscard(Attempts):
    def discard(self, key: Key) -> bool:
        return False


class RunsBeforeTheAnswer(Runner):
    def hold(self, keys: Any) -> None:
        """Nothing waits for the answer to a hello."""


class InterruptsWhatHadEnded(Runner):
    def recover(self) -> None:
        for attempt in self.core.attempts.in_state(State.FINAL):
            self.record(attempt.key, self.interrupted(), State.INTERRUPTED, self.interrupted_id(attempt.key))
        super().recover()


class RunsAgainAfterRestart(Runner):
    """What ran is begun anew instead of interrupted."""

    def recover(self) -> None:
        for attempt in self.core.attempts.in_state(State.RUNNING):
            self.core.attempts.set_state(attempt.key, State.RECEIVED)
        super().recover()


# --- executions -----------------------------------------------------------------------------------------------------


class EndsWithTheFirstStream(Execution):
    async def ended(self, process: Command) -> dict[str, Any]:
        outputs = ((self.captures["stdout"], process.stdout), (self.captures["stderr"], process.stderr))
        reading = [asyncio.ensure_future(capture.read(output)) for capture, output in outputs]
        await asyncio.wait(reading, return_when=asyncio.FIRST_COMPLETED)
        return self.outcome(0, "") if process.returncode is None else await self.told(process)

    async def told(self, process: Command) -> dict[str, Any]:
        status = await process.wait()
        return self.outcome(self.exit_code(status), "")


class FailsByStderr(Execution):
    def status(self, code: int) -> str:
        return STATUS_FAILED if self.captures["stderr"].text else STATUS_COMPLETED


class TellsNoExitCode(Execution):
    def exit_code(self, status: int) -> int:
        return min(1, abs(status))


class TellsTheSignal(Execution):
    def exit_code(self, status: int) -> int:
        """As a shell does."""
        return status if status >= 0 else 128 - status


class TellsPartOfTheOutput(Execution):
    """`output` of the final is what has not been sent as chunks."""

    def outcome(self, code: int, otherwise: str) -> dict[str, Any]:
        return {**super().outcome(code, otherwise), "output": self.captures["stdout"].texts[-1] if self.captures["stdout"].texts else ""}


# --- reports --------------------------------------------------------------------------------------------------------


class ReportsAlways(Life):
    def tell_final(self, number: int) -> None:
        super().tell_final(number)
        self.reporter.expect(number, 0.0)


class ReportsNever(Reporter):
    """What a socket could carry is left to the next session."""

    def expect(self, number: int, after_s: float) -> None:
        row = self.core.outbox.row(number)
        if row is not None and row.kind == REPORT:
            super().expect(number, after_s)


class TakesStoredForTold(Life):
    def tell_final(self, number: int) -> None:
        row = self.core.outbox.row(number)
        if row is not None and row.kind == FINAL and self.core.active_channel() is None:
            return
        super().tell_final(number)


class GivesUpAtOnce(Reporter):
    pauses_s = ()


class ReportsUntilAcknowledged(Reporter):
    """An answer of 200 means nothing: it goes on until somebody acknowledges."""

    async def should_go_on(self, number: int, planned: Any) -> bool:
        row = self.core.outbox.row(number)
        if row is not None and not planned.is_cancelled:
            await self.ask(row, planned)
            await asyncio.sleep(1.0)
        return row is not None


class ReportsAsIfCompleted(Reporter):
    def body(self, row: Row) -> dict[str, object]:
        return {**super().body(row), "status": STATUS_COMPLETED}


class ReportsOtherwise(Reporter):
    """The report leaves the output out, which the socket tells when it is sent there as well."""

    def body(self, row: Row) -> dict[str, object]:
        return {**super().body(row), "output": ""}

    def reported(self, row: Row) -> None:
        """The socket has its own turn."""
        if row.kind == REPORT:
            super().reported(row)


class WaitsForTheSession(Reporter):
    """A final that a session had is never reported, however long the control plane is out of reach."""

    def expect_all(self, after_s: float) -> None:
        for row in self.core.outbox.rows():
            if row.kind == REPORT:
                self.expect(row.number, 0.0)


class ReportsWithTheSession(Reporter):
    """A session that ends means a report at once, not after a while; and the next session carries the final all the same."""

    def expect_all(self, after_s: float) -> None:
        super().expect_all(0.0)

    def reported(self, row: Row) -> None:
        """The socket has its own turn."""
        if row.kind == REPORT:
            super().reported(row)


class PutsRawIds(Reporter):
    async def put(self, row: Row) -> int:
        url = f"{self.core.settings.tasks_url}/{row.task}"
        async with self.http.put(url, json=self.body(row), headers=self.core.signer.headers(), allow_redirects=False) as answer:
            return OK if answer.status == OK else answer.status


# --- polling --------------------------------------------------------------------------------------------------------


class PollsAlways(Poller):
    def session_active(self, delivering: bool) -> None:
        """Whatever a session does."""


class PollsNeverAgain(Poller):
    def session_over(self) -> None:
        """Once a session has delivered, polling is over."""


class PollsAtOnce(Poller):
    def session_over(self) -> None:
        self.allow_at(0.0)


class PollsByItsOwnSwitch(Poller):
    def session_active(self, delivering: bool) -> None:
        """What the control plane says about delivery does not count."""
        super().session_active(self.core.settings.delivery)
