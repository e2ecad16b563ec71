"""Connects, runs the session, and connects again, for ever, with a pause that grows as long as nothing good comes of it."""

from __future__ import annotations

import asyncio
from typing import ClassVar

import aiohttp
from yarl import URL

from .backoff import Backoff, Refusals
from .core import Core
from .envelope import FINAL
from .poller import Poller
from .reporter import Reporter
from .runner import Runner
from .session import CLOSE_S_MAX, Session

DIAL_S_MAX = 10.0
DIAL_PINGS_MAX = 3
"""An upgrade that is not answered is given up no later than a peer that falls silent."""


class Dialer:
    session_type: ClassVar[type[Session]] = Session
    backoff_type: ClassVar[type[Backoff]] = Backoff
    refusals_type: ClassVar[type[Refusals]] = Refusals

    def __init__(self, core: Core, http: aiohttp.ClientSession, runner: Runner, reporter: Reporter, poller: Poller) -> None:
        self.core = core
        self.http = http
        self.runner = runner
        self.reporter = reporter
        self.poller = poller
        self.backoff = self.backoff_type(core.settings.reconnect_min_s, core.settings.reconnect_max_s)
        self.refusals = self.refusals_type()

    async def work(self) -> None:
        while True:
            began_at = self.core.clock()
            socket = await self.dial()
            if socket is not None:
                await self.talk(socket)
            await asyncio.sleep(self.pause_s(began_at))

    async def dial(self) -> aiohttp.ClientWebSocketResponse | None:
        """None when there is no connection to be had."""
        try:
            async with asyncio.timeout(min(DIAL_S_MAX, DIAL_PINGS_MAX * self.core.settings.ping_interval_s)):
                return await self.connect()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self.core.log("debug", f"no connection: {error}")
            return None

    async def connect(self) -> aiohttp.ClientWebSocketResponse:
        return await self.http.ws_connect(
            URL(self.core.settings.socket_url, encoded=True),
            headers=self.core.signer.headers(),
            autoping=False,
            autoclose=False,
            max_msg_size=0,
            timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_S_MAX),
        )

    async def talk(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        session = self.session_type(self.core, self.runner, self.reporter, self.poller, self.refusals, socket)
        await session.run()
        self.backoff.session_over(session.active_s)
        self.report_parked()

    def pause_s(self, began_at: float) -> float:
        return max(self.backoff.next_s(), self.refusals.pause_s(began_at))

    def report_parked(self) -> None:
        """A final that the socket refuses for good can still be told the old way."""
        for entry in self.core.outbox.rows():
            if entry.kind == FINAL and self.refusals.is_parked(entry.message_id):
                self.reporter.expect(entry.number, 0.0)
