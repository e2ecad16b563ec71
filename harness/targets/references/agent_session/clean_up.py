"""The end of a session. What fails here changes nothing of the result, which was told before."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from .api import RequestFailed, SessionApi
from .settings import Settings

TRIES_MAX = 5
NOT_FOUND = 404


class CleanUp:
    def __init__(self, settings: Settings, api: SessionApi, log: Callable[[str], None]) -> None:
        self.settings = settings
        self.api = api
        self.log = log

    async def delete(self, session: str) -> None:
        """Interrupts first, every time: a session that looked finished may have gone on meanwhile."""
        for number in range(TRIES_MAX):
            if number:
                await asyncio.sleep(self.settings.list_delay_s)
            await self.interrupt(session)
            if await self.done(self.api.delete(session)):
                return

    async def interrupt(self, session: str) -> None:
        await self.done(self.api.interrupt(session))

    async def done(self, request: Awaitable[None]) -> bool:
        """Of a session that is gone, everything is done."""
        try:
            await request
        except RequestFailed as failed:
            self.log(str(failed))
            return failed.status == NOT_FOUND
        return True
