"""Planted bugs in what a run-stream reader makes of lost connections and of the end: pauses, budgets, silence, the final status."""

from __future__ import annotations

import asyncio
from typing import Any

from ..references.run_stream_backoff import ATTEMPTS_MAX, Budgets, Loss, Next, Step, delay_s
from ..references.run_stream_connection import Connection, End
from ..references.run_stream_failure import WatchFailed
from ..references.run_stream_frames import Message
from ..references.run_stream_watch import Watch

A_DAY_S = 86_400.0
A_MOMENT_S = 0.001


# --- pauses ---------------------------------------------------------------------------------------------------------


class GrowsFromTheFirst(Budgets):
    """Four times the base, twice as long each time from the first failure on, and five attempts only."""

    def pause_s(self, loss: Loss) -> float:
        attempt = {Loss.CLEAN: 1, Loss.FAILED: self.failed, Loss.ERROR: self.errors}[loss]
        return min(self.max_s, 4 * self.base_s * float(2 ** (attempt - 1)))


class NeverPauses(Budgets):
    def pause_s(self, loss: Loss) -> float:
        return 0.0


class NeverPausesAfterCleanEnd(Budgets):
    def pause_s(self, loss: Loss) -> float:
        return 0.0 if loss is Loss.CLEAN else super().pause_s(loss)


class PausesGrowWithoutBound(Budgets):
    def pause_s(self, loss: Loss) -> float:
        return delay_s({Loss.CLEAN: 1, Loss.FAILED: self.failed, Loss.ERROR: self.errors}[loss], self.base_s, A_DAY_S)


class OneAttemptTooFew(Budgets):
    def after(self, loss: Loss) -> Next:
        last = max(self.failed + (loss is Loss.FAILED), self.errors + (loss is Loss.ERROR)) >= ATTEMPTS_MAX
        return Next(Step.DISCONNECTED) if last else super().after(loss)


class OpenedIsWell(Watch):
    def on_open(self) -> None:
        self.budgets.failed = 0
        super().on_open()


class FailsForGood(Watch):
    async def pause_after(self, end: End) -> Step:
        try:
            return await super().pause_after(end)
        except WatchFailed as failure:
            raise WatchFailed(failure.title, failure.message, retryable=False) from None


# --- clean ends and keepalives --------------------------------------------------------------------------------------


class CountsNoCleanEnds(Budgets):
    def after(self, loss: Loss) -> Next:
        return Next(Step.RECONNECT, self.pause_s(loss)) if loss is Loss.CLEAN else super().after(loss)


class NeverRebuilds(Budgets):
    def when_reconnects_are_used_up(self, loss: Loss) -> Next:
        return Next(Step.UNREACHABLE)


class RebuildsForEver(Budgets):
    def when_reconnects_are_used_up(self, loss: Loss) -> Next:
        step = super().when_reconnects_are_used_up(loss)
        self.rebuilt = False
        return step


class TakesKeepaliveForEvent(Budgets):
    def on_keepalive(self) -> None:
        self.on_event()


class IgnoresKeepalives(Budgets):
    def on_keepalive(self) -> None:
        return


# --- silence --------------------------------------------------------------------------------------------------------


class WaitsForEver(Connection):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.idle_timeout_s = A_DAY_S


class WaitsForEverOnceOpen(Connection):
    """The time-out is that of the request: once there is an answer it rests."""

    def heard(self, silence: asyncio.Timeout) -> None:
        silence.reschedule(None)


# --- the end --------------------------------------------------------------------------------------------------------


class ConnectsBehindTheEnd(Connection):
    def end_when_closed(self) -> End:
        return End.CLEAN


class TakesCutForNoEnd(Connection):
    def end_when_cut(self) -> End:
        return End.FAILED


class WaitsForEof(Connection):
    def heard(self, silence: asyncio.Timeout) -> None:
        self.silence = silence
        super().heard(silence)

    def take(self, message: Message) -> End | None:
        end = super().take(message)
        if self.is_over:
            self.silence.reschedule(None)
        return end


class RepairsNothing(Watch):
    async def ask_for_state(self) -> bool:
        return False


class TellsEndTwice(Watch):
    async def tell_final_status(self) -> None:
        await super().tell_final_status()
        self.tell("status", self.state.tell())


class TellsNoFinalStatus(Watch):
    async def tell_final_status(self) -> None:
        return


class TakesCleanEndForTheEnd(Connection):
    def end_when_closed(self) -> End:
        return End.OVER


class StopsAtTerminalStatus(Watch):
    """Whenever a connection is lost the status of the run is asked for, and decides."""

    async def is_over_without_a_word(self, end: End) -> bool:
        return await self.ask_for_state() and self.state.is_terminal


class StopsAtTerminalEvent(Watch):
    """A state event that is terminal is the end to it, though events may follow."""

    async def is_over_without_a_word(self, end: End) -> bool:
        return self.state.is_terminal or await super().is_over_without_a_word(end)


class TellsStatusBeforeLogs(Watch):
    async def tell_end(self) -> None:
        await self.tell_final_status()
        self.batch.flush()


class TellsTerminalAtOnce(Watch):
    """What the run is by now is told by now; the end has nothing to add."""

    def tell_change_of_state(self) -> None:
        if self.has_begun.is_set() and self.state.is_news:
            self.tell("status", self.state.tell())

    async def tell_final_status(self) -> None:
        if not self.state.is_terminal:
            await super().tell_final_status()


class EndsWithoutSnapshot(Watch):
    """The end of the stream is the end, also when the history is still being read."""

    async def before_the_end(self) -> None:
        return


class ForgetsEarlyEnd(Watch):
    """An end that comes before the snapshot goes unnoticed, and the stream is connected again."""

    async def connect(self) -> End:
        end = await super().connect()
        return End.CLEAN if end is End.OVER and not self.has_begun.is_set() else end


# --- letting go -----------------------------------------------------------------------------------------------------


class TellsWhatWaits(Watch):
    """What waited to be told is told a moment after it was let go."""

    def let_go(self) -> None:
        waiting, tell = self.batch.drop(), self.tell
        total = self.transcript.add_told(waiting)
        super().let_go()
        if waiting:
            asyncio.get_running_loop().call_later(A_MOMENT_S, tell, "logs", {"entries": waiting, "total": total})
