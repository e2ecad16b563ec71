"""One request of the server under test to its model or its tools: read whole, then answered."""

from __future__ import annotations

import asyncio
import json
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Literal

from aiohttp import web

from ..streaming import StreamingExchange

if TYPE_CHECKING:
    from .app import DurableServers


class ClientGone(Exception):
    """The body was cut. ``body-end`` is written."""


class WholeBodyExchange(StreamingExchange):
    """What it asks for counts once its whole body is here: nothing of one that was cut has happened."""

    def __init__(self, servers: DurableServers, http: web.Request, server: str) -> None:
        super().__init__(servers, http, server, servers.classify(http.method, http.raw_path, {}))
        self.servers = servers
        self._body_over = False

    async def run(self) -> web.StreamResponse:
        self.note_request()
        try:
            if await self._restarted():
                raise ClientGone
            return await self.respond(await self._read_body())
        except asyncio.CancelledError:  # the world ends a handler whose client has gone
            self._end_body("cut", 0)
            raise
        except ClientGone:
            self._end_body("cut", 0)
            return web.Response(status=408)

    @abstractmethod
    async def respond(self, body: bytes) -> web.StreamResponse:
        """Does what the body asks for and answers, as the faults leave it."""

    async def _restarted(self) -> bool:
        """A fault restarts this server before anything of the request is looked at. What it has stored stays."""
        for index, change in self.orders.changes:
            if change.change == "restart":
                self.injected(index)
                await self.servers.restart(self.server)
                return True
        return False

    async def _read_body(self) -> bytes:
        """Raises ClientGone."""
        try:
            body = await self.http.content.read()
        except (ConnectionError, web.RequestPayloadError):
            raise ClientGone from None
        self._end_body("end", len(body))
        return body

    def _end_body(self, how: Literal["end", "cut"], body_bytes: int) -> None:
        if not self._body_over:
            self._body_over = True
            self.history.add("body-end", request=self.number, how=how, bytes=body_bytes)


def json_object(body: bytes) -> dict[str, Any] | None:
    """The body as an object, None when it is none."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
