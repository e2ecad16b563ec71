"""One run, from the creation of its session to its end. Whatever waits is a hook that the application fires; none begins twice.

The order at the end: emit, terminal metadata, DELETE. An emit that fails leaves the session as it is, and a later poll brings the
whole result again. A stream that does not come to an end leaves the rest to the polls, and what it brought is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any, ClassVar

from .api import RequestFailed, SessionApi
from .application import Application, EmitFailed, Hook, ScheduleRefused
from .clean_up import CleanUp
from .observer import TERMINAL_STATUSES, Observer
from .settings import Settings
from .transcript import State, Verdict

POLLS_MAX = 200
ERRORS_MAX = 5
EMITS_MAX = 20
"""An application that takes no result after so many tries never will."""
BLOCKED_POLLS_MAX = 5
"""So often in a row a session may wait for an action before the run has failed."""
BLOCKED = "the session waits for an action that nobody takes"


class Run:
    """Made on the running loop."""

    observer_type: ClassVar[type[Observer]] = Observer
    clean_up_type: ClassVar[type[CleanUp]] = CleanUp

    def __init__(self, settings: Settings, api: SessionApi, application: Application, prompt: str) -> None:
        self.settings = settings
        self.api = api
        self.application = application
        self.prompt = prompt
        self.observer = self.observer_type(settings, api, prompt)
        self.clean_up = self.clean_up_type(settings, api, application.log)
        self.is_executing = self.is_cleaning = self.has_ended = self.is_cancelled = False
        self.status = ""
        """What was emitted."""
        self.scheduled = self.begun = 0
        """Numbers of hooks: the newest one scheduled, and the newest one begun."""
        self.polls = self.errors = self.failed_emits = self.blocked_polls = 0

    @property
    def session(self) -> str:
        return self.observer.session

    # --- the beginning ----------------------------------------------------------------------------------------------

    async def execute(self) -> None:
        """Returns once the session works on the prompt and a hook is scheduled, or the run has failed."""
        self.is_executing = True
        try:
            self.observer.session, status = await self.api.create()
            self.store(status)
            if not self.has_ended:  # it may be cancelled at any time
                await self.api.send_prompt(self.session, self.prompt)
            if not self.has_ended:
                await self.begin()
        except RequestFailed as failed:
            self.fail(str(failed))
        self.is_executing = False
        if self.has_ended:
            self.clean_up_later()

    async def begin(self) -> None:
        if self.settings.streams:
            self.schedule("stream", self.stream_delay_ms(), self.stream)
        else:
            self.schedule_poll()

    def stream_delay_ms(self) -> int:
        return self.settings.delay_ms_min

    # --- hooks ------------------------------------------------------------------------------------------------------

    def schedule(self, action: str, delay_ms: int, hook: Hook) -> None:
        """Without a hook to come the run is over."""
        self.scheduled += 1
        number = self.scheduled
        try:
            self.application.schedule(action, delay_ms, lambda: self.fire(number, hook))
        except ScheduleRefused as refused:
            self.fail(str(refused))

    async def fire(self, number: int, hook: Hook) -> None:
        with self.application.transaction():  # short: what the hook waits for is not the database's concern
            is_due = self.claim(number)
        if is_due:
            await hook()

    def claim(self, number: int) -> bool:
        """Whether that hook may begin: not a second time, and not when the run is over."""
        if self.has_ended or number <= self.begun:
            return False
        self.begun = number
        return True

    def schedule_poll(self) -> None:
        self.polls += 1
        self.schedule("poll", self.settings.poll_delay_ms(self.polls), self.poll)

    async def stream(self) -> None:
        verdict = None
        try:
            verdict = await self.observer.follow()
        except RequestFailed as failed:
            self.application.log(str(failed))
        if verdict is not None and verdict.state is State.OVER:
            self.conclude(verdict)
        else:
            self.schedule_poll()

    async def poll(self) -> None:
        try:
            status, verdict = await self.observer.poll(is_last=self.is_last_poll)
        except RequestFailed as failed:
            self.on_error(failed)
        else:
            self.errors = 0
            self.decide(status, verdict)

    # --- what follows from a poll -----------------------------------------------------------------------------------

    @property
    def is_last_poll(self) -> bool:
        return self.polls >= POLLS_MAX

    def decide(self, status: str, verdict: Verdict) -> None:
        self.blocked_polls = self.blocked_polls + 1 if verdict.state is State.BLOCKED else 0
        if verdict.state is State.OVER and verdict.status == status:
            self.conclude(verdict)
        elif self.blocked_polls >= BLOCKED_POLLS_MAX:
            self.fail(BLOCKED)
        elif self.is_last_poll:
            self.spend(status, verdict)
        else:
            self.schedule_poll()

    def on_error(self, failed: RequestFailed) -> None:
        self.application.log(str(failed))
        self.errors += 1
        if self.errors >= ERRORS_MAX or self.is_last_poll:
            self.finish("error", self.observer.transcript.verdict().messages)
        else:
            self.schedule_poll()

    def spend(self, status: str, verdict: Verdict) -> None:
        """There is no other poll: what is known has to do. A terminal event counts for more than a status."""
        if verdict.failure is not None or verdict.state is State.BLOCKED:
            self.fail(verdict.failure or BLOCKED)
        else:
            self.finish(verdict.status or (status if status in TERMINAL_STATUSES else "timeout"), verdict.messages)

    # --- the end ----------------------------------------------------------------------------------------------------

    def conclude(self, verdict: Verdict) -> None:
        if verdict.failure is not None:
            self.fail(verdict.failure)
        else:
            self.finish(verdict.status, verdict.messages)

    def finish(self, status: str, messages: tuple[str, ...]) -> None:
        """Hands the result over, and only then ends the session."""
        try:
            with self.application.transaction():
                self.emit(status, messages)
        except EmitFailed as failed:
            self.on_failed_emit(failed)
        else:
            self.has_ended, self.status = True, status
            self.store(status)
            self.clean_up_later()

    def emit(self, status: str, messages: tuple[str, ...]) -> None:
        self.application.emit(self.session, status, messages, messages[-1] if messages else "")

    def on_failed_emit(self, failed: EmitFailed) -> None:
        self.application.log(str(failed))
        self.failed_emits += 1
        if self.failed_emits >= EMITS_MAX:
            self.fail(str(failed))
        else:
            self.schedule_poll()

    def fail(self, message: str) -> None:
        if not self.has_ended:
            self.has_ended = True
            self.application.fail(message)
            self.clean_up_later()

    def cancel(self) -> None:
        """Nothing is told from here on; the session goes, even one that was to persist."""
        if not self.has_ended:
            self.has_ended = self.is_cancelled = True
            self.clean_up_later(self.application.forget_hooks())

    def store(self, status: str) -> None:
        with self.application.transaction():
            self.application.store(self.session, status)

    # --- the end of the session -------------------------------------------------------------------------------------

    def clean_up_later(self, hooks: Collection[asyncio.Task[Any]] = ()) -> None:
        """Once, behind the last request of the run: so not while it begins, and when those hooks have let go."""
        if self.session and not self.is_executing and not self.is_cleaning:
            self.is_cleaning = True
            self.application.begin(self.clean(hooks))

    async def clean(self, hooks: Collection[asyncio.Task[Any]]) -> None:
        if hooks:
            await asyncio.wait(hooks)
        if self.is_cancelled or not self.settings.persist_session:
            await self.clean_up.delete(self.session)
        elif self.status not in TERMINAL_STATUSES:
            await self.clean_up.interrupt(self.session)
