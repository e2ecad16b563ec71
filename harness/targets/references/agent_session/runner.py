"""The reference runner: the verbs, and what they have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ....values.errors import Failed
from ..background import Background
from .api import SessionApi
from .application import Application, Note
from .run import Run
from .settings import read_settings


class ReferenceRunner(Background):
    """Call it on the running loop. ``config`` and ``note`` are those of the driver protocol. One object is for one run."""

    serves: ClassVar[Sequence[Mapping[str, Any]]] = (
        {"contract": "agent-session", "role": "runner", "capabilities": ["timing", "fail_emits", "fail_schedules"]},
    )
    api_type: ClassVar[type[SessionApi]] = SessionApi
    application_type: ClassVar[type[Application]] = Application
    run_type: ClassVar[type[Run]] = Run

    def __init__(self, config: Mapping[str, Any], note: Note) -> None:
        super().__init__()
        self.settings = read_settings(config)
        self.api = self.api_type(self.settings)
        self.application = self.application_type(self.settings, note, self.begin)
        self.current: Run | None = None

    # --- verbs ------------------------------------------------------------------------------------------------------

    async def run(self, prompt: str) -> Mapping[str, Any]:
        """Returns once the session works on the prompt, or the run has failed."""
        if self.current is not None:
            raise Failed("this runner has a run already")
        self.current = self.run_type(self.settings, self.api, self.application, prompt)
        await self.current.execute()
        return {"session_id": self.current.session or None}

    def cancel(self) -> None:
        """Nothing is emitted and nothing fails from here on. After the end it does nothing."""
        if self.current is not None:
            self.current.cancel()

    def fail_emits(self, count: int) -> None:
        """The application takes none of the next ``count`` results."""
        self.application.emits_to_fail = count

    def fail_schedules(self, count: int) -> None:
        """The scheduler of the application takes none of the next ``count`` schedules."""
        self.application.schedules_to_refuse = count

    async def release(self) -> None:
        await self.api.close()


reference_runner = ReferenceRunner
"""The factory, as `python:module:factory` names it."""
