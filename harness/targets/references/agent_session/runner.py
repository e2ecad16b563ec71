"""The reference runner: it starts a session, lets its course run, hands the result to its application, and cleans up.

The order at the end: emit, terminal metadata, DELETE. An emit that fails is tried again after the next delay of the polls, with
the whole result, while the session is still there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from .api import RequestFailed, SessionApi
from .application import Application, EmitFailed, ScheduleRefused
from .course import Course, Outcome
from .settings import Settings, read_settings

DELETES_MAX = 4


class ReferenceRunner:
    """Call it on the running loop. ``config`` and ``note`` are those of the driver protocol. One object is one run."""

    serves: ClassVar[Sequence[Mapping[str, Any]]] = (
        {"contract": "agent-session", "role": "runner", "capabilities": ["timing", "fail_emits", "fail_schedules"]},
    )
    api_type: ClassVar[type[SessionApi]] = SessionApi
    application_type: ClassVar[type[Application]] = Application
    course_type: ClassVar[type[Course]] = Course

    def __init__(self, config: Mapping[str, Any], note: Callable[[str, dict[str, Any]], None]) -> None:
        self.settings: Settings = read_settings(config)
        self.api = self.api_type(self.settings)
        self.application = self.application_type(self.settings, self.tell(note))
        self.session: str | None = None
        self.cancelled = False
        self.over = False
        self.status = "running"
        self.worker: asyncio.Task[None] | None = None
        self.cleaning: asyncio.Task[None] | None = None

    def tell(self, note: Callable[[str, dict[str, Any]], None]) -> Callable[[str, dict[str, Any]], None]:
        """A cancelled run emits nothing and fails no more."""
        return lambda name, data: None if self.cancelled and name in ("emit", "failed") else note(name, data)

    # --- verbs ------------------------------------------------------------------------------------------------------

    async def run(self, prompt: str) -> Mapping[str, Any]:
        """Returns once the session works on the prompt, or could not be made to."""
        try:
            self.session, status = await self.api.create()
        except RequestFailed as failed:
            self.over = True
            self.application.fail(str(failed))
            return {"session_id": None}
        self.application.store(self.session, status)
        if self.cancelled:
            self.clean_later(delete=True)
            return {"session_id": self.session}
        try:
            await self.api.send(self.session, [{"type": "user.message", "content": [{"type": "text", "text": prompt}]}])
        except RequestFailed as failed:
            self.fail(str(failed))
            return {"session_id": self.session}
        if self.cancelled:
            self.clean_later(delete=True)
        else:
            self.worker = asyncio.get_running_loop().create_task(self.work(self.session))
        return {"session_id": self.session}

    def cancel(self) -> None:
        """Nothing is emitted from here on; the session is deleted, whatever was asked for."""
        if self.over or self.cancelled:
            return
        self.cancelled = True
        if self.worker is not None:
            self.worker.cancel()
            self.clean_later(delete=True)

    def fail_emits(self, count: int) -> None:
        self.application.failing_emits = count

    def fail_schedules(self, count: int) -> None:
        self.application.failing_schedules = count

    async def close(self) -> None:
        for task in (self.worker, self.cleaning):
            if task is not None:
                task.cancel()
        await self.api.close()

    # --- the run ----------------------------------------------------------------------------------------------------

    async def work(self, session: str) -> None:
        course = self.course_type(self.settings, self.api, self.application, session)
        try:
            outcome = await course.until_over()
            if outcome.failure is not None:
                self.fail(outcome.failure)
            else:
                await self.finish(course, session, outcome)
        except ScheduleRefused as refused:
            self.fail(str(refused))

    async def finish(self, course: Course, session: str, outcome: Outcome) -> None:
        """Raises ScheduleRefused, when an emit has failed and there is no second try."""
        while True:
            try:
                self.application.emit(session, outcome.status, outcome.messages)
                break
            except EmitFailed:
                course.polls += 1
                await self.application.schedule("poll", self.settings.poll_delay_ms(course.polls))
        self.over = True
        self.application.store(session, outcome.status)
        self.status = outcome.status
        self.clean_later(delete=not self.settings.persist_session)

    def fail(self, message: str) -> None:
        self.over = True
        self.application.fail(message)
        self.clean_later(delete=self.cancelled or not self.settings.persist_session)

    # --- the end of the session -------------------------------------------------------------------------------------

    def clean_later(self, *, delete: bool) -> None:
        if self.cleaning is None and self.session is not None:
            self.cleaning = asyncio.get_running_loop().create_task(self.clean(self.session, delete=delete))

    async def clean(self, session: str, *, delete: bool) -> None:
        """What fails here changes nothing of the result."""
        if self.status not in ("idle", "terminated"):
            await self.quietly(self.api.interrupt(session))
        for number in range(DELETES_MAX if delete else 0):
            if number:
                await asyncio.sleep(self.settings.list_delay_ms / 1_000)
                await self.quietly(self.api.interrupt(session))
            if await self.quietly(self.api.delete(session)):
                return

    async def quietly(self, request: Any) -> bool:
        """Whether it is done; what is gone already is done, too."""
        try:
            await request
        except RequestFailed as failed:
            self.application.log(str(failed))
            return failed.status == 404
        return True


reference_runner = ReferenceRunner
"""The factory, as `python:module:factory` names it."""
