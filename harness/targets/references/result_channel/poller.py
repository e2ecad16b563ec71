"""Asks for tasks over HTTP, as long as no session delivers them."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
from yarl import URL

from .core import Core
from .runner import Runner

NEVER = float("inf")


class Poller:
    def __init__(self, core: Core, http: aiohttp.ClientSession, runner: Runner) -> None:
        self.core = core
        self.http = http
        self.runner = runner
        self.allowed_at = 0.0
        """The moment from which it may ask; `NEVER` while a session delivers."""
        self.changed = asyncio.Event()

    # --- the gate ---------------------------------------------------------------------------------------------------

    def session_active(self, delivering: bool) -> None:
        self.allow_at(NEVER if delivering else 0.0)

    def session_over(self) -> None:
        """A delivering session may come back soon; until then nothing is asked."""
        if self.allowed_at == NEVER:
            self.allow_at(self.core.clock() + self.core.settings.polling_fallback_s)

    def allow_at(self, moment: float) -> None:
        self.allowed_at = moment
        self.changed.set()

    async def until_allowed(self) -> None:
        while (left_s := self.allowed_at - self.core.clock()) > 0:
            self.changed.clear()
            await self.wait(None if left_s == NEVER else left_s)

    async def wait(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self.changed.wait()
        except TimeoutError:  # it is time to look again
            return

    # --- asking -----------------------------------------------------------------------------------------------------

    async def work(self) -> None:
        while True:
            await self.until_allowed()
            await self.poll()
            await asyncio.sleep(self.core.settings.poll_interval_s)

    async def poll(self) -> None:
        try:
            tasks = await self.ask()
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            self.core.log("debug", f"no tasks: {error}")
            return
        for task in tasks if isinstance(tasks, list) else []:
            self.take(task)

    async def ask(self) -> Any:
        url = URL(self.core.settings.tasks_url, encoded=True)
        async with self.http.get(url, headers=self.core.signer.headers(), allow_redirects=False) as answer:
            return await answer.json(content_type=None) if answer.status == 200 else []

    def take(self, task: Any) -> None:
        """Unless it is completed, or was taken before. The id may be a number."""
        if not isinstance(task, dict) or task.get("status") == "completed":
            return
        command = task.get("command")
        if task.get("id") is not None and isinstance(command, str) and command:
            self.runner.admit((str(task["id"]), task.get("execution_attempt_id") or ""), command)
