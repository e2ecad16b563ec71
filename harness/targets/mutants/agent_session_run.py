"""Planted bugs in the course of a run: its beginning, its hooks and polls, its end."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

from ..references.agent_session.api import RequestFailed
from ..references.agent_session.application import Application, EmitFailed, Hook, ScheduleRefused
from ..references.agent_session.observer import TERMINAL_STATUSES
from ..references.agent_session.run import Run
from ..references.agent_session.transcript import State, Verdict

# --- the beginning ----------------------------------------------------------------------------------------------------


class WaitsForTheResult(Run):
    """`run` reads the list itself until the session is over, or for half a minute."""

    async def begin(self) -> None:
        for _ in range(15):
            await asyncio.sleep(self.settings.list_delay_s)
            if (await self.observer.look(1)).state is State.OVER:
                break
        await super().begin()


class StreamsAtOnce(Run):
    """The stream is read by `run` itself."""

    async def begin(self) -> None:
        if self.settings.streams:
            await self.stream()
        else:
            await super().begin()


class ReadsFirst(Run):
    """The status is read behind the prompt, and if that fails the run has failed."""

    async def begin(self) -> None:
        await self.api.status(self.session)
        await super().begin()


class PromptsTwice(Run):
    """A prompt whose answer is lost, or is 5xx, is sent again."""

    async def execute(self) -> None:
        send = self.api.send_prompt

        async def send_again(session: str, text: str) -> None:
            try:
                await send(session, text)
            except RequestFailed as failed:
                if failed.status is not None and failed.status < 500:
                    raise
                await send(session, text)

        self.api.send_prompt = send_again  # type: ignore[method-assign]  # the bug of this object alone
        await super().execute()


class LeavesAFailedPrompt(Run):
    """A session whose prompt was not taken is forgotten."""

    def clean_up_later(self, hooks: Collection[asyncio.Task[Any]] = ()) -> None:
        if self.scheduled:
            super().clean_up_later(hooks)


# --- delays -----------------------------------------------------------------------------------------------------------


class StreamsWithoutDelay(Run):
    def stream_delay_ms(self) -> int:
        return 0


class ForgetsARefusedSchedule(Run):
    """A schedule that is refused is logged, and no more."""

    def schedule(self, action: str, delay_ms: int, hook: Hook) -> None:
        try:
            self.application.schedule(action, delay_ms, lambda: self.fire(self.scheduled, hook))
        except ScheduleRefused as refused:
            self.application.log(str(refused))


class OrphansARefusedSession(Run):
    """A schedule that is refused fails the run, and leaves the session."""

    is_refused = False

    def schedule(self, action: str, delay_ms: int, hook: Hook) -> None:
        refusing = self.application.schedules_to_refuse
        self.is_refused = refusing > 0
        super().schedule(action, delay_ms, hook)

    def clean_up_later(self, hooks: Collection[asyncio.Task[Any]] = ()) -> None:
        if not self.is_refused:
            super().clean_up_later(hooks)


class PollsEvenly(Run):
    def schedule_poll(self) -> None:
        self.polls += 1
        self.schedule("poll", self.settings.first_poll_ms, self.poll)


class PollsEverMoreSeldom(Run):
    """Nothing bounds the delay but the doublings."""

    def schedule_poll(self) -> None:
        self.polls += 1
        self.schedule("poll", self.settings.first_poll_ms * 2 ** min(self.polls - 1, 8), self.poll)


class StartsOver(Run):
    """A good read sets the delay back."""

    shorter = 0

    def decide(self, status: str, verdict: Verdict) -> None:
        self.shorter = self.polls
        super().decide(status, verdict)

    def schedule_poll(self) -> None:
        self.polls += 1
        self.schedule("poll", self.settings.poll_delay_ms(self.polls - self.shorter), self.poll)


class Jitters(Run):
    """Each delay is a tenth longer than it should be."""

    def schedule_poll(self) -> None:
        self.polls += 1
        self.schedule("poll", self.settings.poll_delay_ms(self.polls) * 11 // 10, self.poll)


# --- errors -----------------------------------------------------------------------------------------------------------


class NeverForgivesErrors(Run):
    """Five errors in all end the run."""

    async def poll(self) -> None:
        before = self.errors
        await super().poll()
        self.errors = self.errors or before


class NeverCountsErrors(Run):
    """Errors of the service are polled away, for as long as it takes."""

    def on_error(self, failed: RequestFailed) -> None:
        self.schedule_poll()


class GivesUpAtOnce(Run):
    def on_error(self, failed: RequestFailed) -> None:
        self.fail(str(failed))


class GivesUpEarly(Run):
    """The third error in a row ends the run."""

    def on_error(self, failed: RequestFailed) -> None:
        self.errors += 2 if self.errors else 0
        super().on_error(failed)


# --- hooks ------------------------------------------------------------------------------------------------------------


class HoldsATransaction(Run):
    """A hook has its transaction open as long as it lasts."""

    async def fire(self, number: int, hook: Hook) -> None:
        with self.application.transaction():
            if self.claim(number):
                await hook()


class HasNoGuard(Run):
    """A hook that is fired again begins again."""

    def claim(self, number: int) -> bool:
        return True


class OutlivesItsCancellation(Run):
    """A hook goes on behind `cancel`; when it finds that the session is gone, it emits what it has."""

    def cancel(self) -> None:
        if not self.has_ended:
            self.is_cancelled = True
            self.clean_up_later()

    def on_error(self, failed: RequestFailed) -> None:
        self.errors += 4 if self.is_cancelled else 0
        super().on_error(failed)


class FailsWhenCancelled(Run):
    """A cancelled run is told as a failed one."""

    def cancel(self) -> None:
        is_open = not self.has_ended
        super().cancel()
        if is_open:
            self.application.begin(self.tell())

    async def tell(self) -> None:
        await asyncio.sleep(0.02)
        self.application.fail("the run was cancelled")


# --- the end ----------------------------------------------------------------------------------------------------------


class EndsTheSessionFirst(Run):
    """Terminal metadata and the DELETE come before the emit; a poll that finds terminal metadata does nothing."""

    is_stored = False

    def finish(self, status: str, messages: tuple[str, ...]) -> None:
        self.is_stored = True
        self.store(status)
        self.application.begin(self.finish_deleted(status, messages))

    async def finish_deleted(self, status: str, messages: tuple[str, ...]) -> None:
        await self.clean(())
        super().finish(status, messages)

    async def poll(self) -> None:
        if not self.is_stored:
            await super().poll()


class DeletesFirst(Run):
    """The session is deleted, and then the result is emitted; when that fails the poll asks for a session that is gone."""

    def finish(self, status: str, messages: tuple[str, ...]) -> None:
        self.application.begin(self.finish_deleted(status, messages))

    async def finish_deleted(self, status: str, messages: tuple[str, ...]) -> None:
        await self.clean(())
        super().finish(status, messages)


class StoresFirst(Run):
    """Terminal metadata come before the emit."""

    def emit(self, status: str, messages: tuple[str, ...]) -> None:
        self.store(status)
        super().emit(status, messages)


class FailsWithItsEmit(Run):
    """An emit that fails fails the run."""

    def on_failed_emit(self, failed: EmitFailed) -> None:
        self.fail(str(failed))


class EmitsLessAgain(Run):
    """What was to be emitted once is gone: a later emit has no messages."""

    def emit(self, status: str, messages: tuple[str, ...]) -> None:
        super().emit(status, () if self.failed_emits else messages)


class StoresRunning(Run):
    """The metadata stay at what they were."""

    def store(self, status: str) -> None:
        super().store("running" if self.has_ended else status)


class StoresNothing(Run):
    """Behind the emit no metadata are stored."""

    def store(self, status: str) -> None:
        if not self.has_ended:
            super().store(status)


class CallsItIdle(Run):
    """Every end is emitted as idle."""

    def finish(self, status: str, messages: tuple[str, ...]) -> None:
        super().finish("idle" if status == "terminated" else status, messages)


class EmitsTheToldStatus(Run):
    """What the status says is emitted, not what the event says."""

    def decide(self, status: str, verdict: Verdict) -> None:
        if verdict.state is State.OVER and verdict.status != status and status in TERMINAL_STATUSES and verdict.failure is None:
            self.finish(status, verdict.messages)
        else:
            super().decide(status, verdict)


class LooksAtTheClockFirst(Run):
    """The last poll is a time-out before it has read anything."""

    async def poll(self) -> None:
        if self.is_last_poll:
            self.finish("timeout", self.observer.transcript.verdict().messages)
        else:
            await super().poll()


class TimesOutEarly(Run):
    """Fifty polls are enough."""

    @property
    def is_last_poll(self) -> bool:
        return self.polls >= 50


class PollsTwiceAsOften(Run):
    """Four hundred polls are its budget."""

    @property
    def is_last_poll(self) -> bool:
        return self.polls >= 400


class EmitsTwice(Run):
    """The hook that emitted emits once more when its session is gone."""

    async def clean(self, hooks: Collection[asyncio.Task[Any]]) -> None:
        await super().clean(hooks)
        if self.status and not self.settings.persist_session:
            super().emit(self.status, self.observer.transcript.verdict().messages)


class EmitsBeforeItFails(Run):
    """A failure is emitted as well."""

    def fail(self, message: str) -> None:
        if not self.has_ended and self.session:
            self.application.emit(self.session, "error", (), "")
        super().fail(message)


class EmitsTheFirstForTheLast(Run):
    def emit(self, status: str, messages: tuple[str, ...]) -> None:
        self.application.emit(self.session, status, messages, messages[0] if messages else "")


class PollsWithoutALast(Run):
    """`last_message` is what the stream has brought; polls leave it empty."""

    def emit(self, status: str, messages: tuple[str, ...]) -> None:
        self.application.emit(self.session, status, messages, "" if self.polls or not messages else messages[-1])


class PollsWithoutMessages(Run):
    """Polls fill `last_message` only."""

    def emit(self, status: str, messages: tuple[str, ...]) -> None:
        last = messages[-1] if messages else ""
        self.application.emit(self.session, status, () if self.polls else messages, last)


class DeletesTheBlocked(Run):
    """A session that waits for an action is deleted, and the run goes on."""

    def decide(self, status: str, verdict: Verdict) -> None:
        if verdict.state is State.BLOCKED and not self.is_cleaning:
            self.clean_up_later()
        super().decide(status, verdict)


class SplitsTheEmit(Application):
    """An emit that fails has reached the application all the same."""

    def emit(self, session: str, status: str, messages: Any, last: str) -> None:
        try:
            super().emit(session, status, messages, last)
        except EmitFailed:
            self.note("emit", {"status": status, "session_id": session, "last_message": last, "messages": list(messages)})
            raise
