"""The only writer of a connection: so no two frames mix, and reading never waits for writing.

Rows of the outbox wait by number and are looked up when their turn comes: one that was acknowledged in the meantime is not sent.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Iterable

import aiohttp

from .core import Core
from .envelope import FINAL, OUTPUT, Envelope, envelope
from .outbox import Row

Send = Callable[[], Awaitable[None]]


class Pump:
    """``may_send`` is asked for each row."""

    def __init__(self, core: Core, socket: aiohttp.ClientWebSocketResponse, may_send: Callable[[Row], bool]) -> None:
        self.core = core
        self.socket = socket
        self.may_send = may_send
        self.urgent: deque[Send] = deque()
        self.rows: deque[int] = deque()
        self.news = asyncio.Event()

    # --- what is to be sent -----------------------------------------------------------------------------------------

    def offer(self, numbers: Iterable[int]) -> None:
        """Behind all that waits; what waits already keeps its place."""
        self.rows.extend(number for number in numbers if number not in self.rows)
        self.news.set()

    def resend(self, numbers: Iterable[int]) -> None:
        """Before all that waits, in this order."""
        first = list(numbers)
        self.rows = deque([*first, *(number for number in self.rows if number not in first)])
        self.news.set()

    def notice(self, message: Envelope) -> None:
        self.hurry(lambda: self.send(message))

    def pong(self, data: bytes) -> None:
        self.hurry(lambda: self.socket.pong(data))

    def ping(self) -> None:
        self.hurry(lambda: self.socket.ping())

    def hurry(self, send: Send) -> None:
        self.urgent.append(send)
        self.news.set()

    # --- sending ----------------------------------------------------------------------------------------------------

    async def work(self) -> None:
        """Raises aiohttp.ClientError or OSError when the connection is gone."""
        while True:
            await self.news.wait()
            self.news.clear()
            while self.urgent or self.rows:
                await self.send_next()

    async def send_next(self) -> None:
        if self.urgent:
            await self.urgent.popleft()()
            return
        row = self.core.outbox.row(self.rows.popleft())
        if row is not None and self.may_send(row):
            await self.send(self.message(row))

    def message(self, row: Row) -> Envelope:
        """As it was the first time, but for the moment of sending."""
        message = envelope(self.core.settings.agent_id, row.message_id, self.type_of(row), row.payload, row.key)
        return {**message, "sequence": row.sequence} if row.kind == OUTPUT else message

    def type_of(self, row: Row) -> str:
        return OUTPUT if row.kind == OUTPUT else FINAL

    async def send(self, message: Envelope) -> None:
        await self.socket.send_str(json.dumps(message))
