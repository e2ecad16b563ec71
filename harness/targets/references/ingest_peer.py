"""The HTTP side of an ingest sender: one request at a time on kept-alive connections, and no patience without end.

A request ends with a whole answer, or with none. Nothing is followed (a redirect would take the credential elsewhere),
no cookie is kept, no proxy of the environment is used.

The clock of a request runs only while it is the peer's turn: while it connects, while it must take what is written, and
from the end of the body until the whole answer is there. While an open upload waits for the sender's own next event it
stands still.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from aiohttp.payload import Payload
from yarl import URL

from .ingest_settings import Settings

MEDIA_TYPE = "application/x-ndjson"
POSITION_LIMIT = 2**53
ALREADY_COMPLETE = "Task run stream is already complete"
NO_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=None)
"""`Patience` keeps the time instead."""


class Answer(NamedTuple):
    """A whole answer. ``position``: its last_accepted_seq, None when it has no valid one. ``error``: its error text, or empty."""

    status: int
    position: int | None = None
    error: str = ""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_already_complete(self) -> bool:
        """Only the text tells this 409 from that of a gap."""
        return self.status == 409 and self.error == ALREADY_COMPLETE

    @property
    def is_refusal(self) -> bool:
        """Nothing that the sender can do by itself will change this answer."""
        return self.status in (401, 403, 404) or self.is_already_complete


def read_answer(status: int, body: bytes) -> Answer:
    """Takes what it can from the body: a page of an intermediary has no position."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return Answer(status)
    if not isinstance(told, dict):
        return Answer(status)
    position, error = told.get("last_accepted_seq"), told.get("error")
    valid = type(position) is int and 0 <= position < POSITION_LIMIT
    return Answer(status, position if valid else None, error if isinstance(error, str) else "")


class Patience:
    """The time-out of one request, which stands still while it is not the peer's turn."""

    def __init__(self, timeout: asyncio.Timeout, seconds: float) -> None:
        self._timeout = timeout
        self._seconds = seconds
        self._clock = asyncio.get_running_loop().time

    def restart(self) -> None:
        """From here on the peer has the whole time again."""
        self._reschedule(self._clock() + self._seconds)

    def rest(self) -> None:
        self._reschedule(None)

    def _reschedule(self, when: float | None) -> None:
        if not self._timeout.expired():  # a body that is still being cancelled has no time left to change
            self._timeout.reschedule(when)


class UploadBody(Payload):
    """A body whose pieces become due while it is being sent. Its length is unknown, so it goes in chunks, one a piece."""

    def __init__(self, next_piece: Callable[[], Awaitable[bytes]], on_answer: Callable[[], None]) -> None:
        """``next_piece`` waits for the next piece; an empty one is the end. ``on_answer``: an answer begins before that."""
        super().__init__(None, content_type=MEDIA_TYPE)
        self._next_piece = next_piece
        self._transport: asyncio.WriteTransport | None = None
        self.on_answer = on_answer
        self.patience: Patience | None = None
        self.is_written = False

    async def write(self, writer: AbstractStreamWriter) -> None:
        assert self.patience is not None
        self._transport = writer.transport
        self.patience.rest()
        while piece := await self._next_piece():
            self.patience.restart()
            await writer.write(piece)
            await writer.drain()
            self.patience.rest()
        self.is_written = True
        self.patience.restart()

    def abandon(self) -> None:
        """Closes the connection although the peer may not have read what was written: an orderly close would wait for it."""
        if self._transport is not None:
            self._transport.abort()

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        raise TypeError("the pieces of an upload can be read only once, by sending them")


class Peer:
    """Speaks to one ingest URL. Made on the running loop."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), timeout=NO_TIMEOUT)

    async def request(self, body: UploadBody | None = None) -> Answer | None:
        """Sends an upload, or (None) the empty POST that asks for the position. None when no whole answer came in time."""
        is_over = False
        try:
            async with asyncio.timeout(self.seconds_of_patience()) as timeout:
                patience = Patience(timeout, self.seconds_of_patience())
                if body is not None:
                    body.patience = patience
                response = await self.post(body)
                if body is not None:
                    self.expect_rest_of_answer(body, patience)
                answer = read_answer(response.status, await self.read_body(response, patience))
            is_over = body is None or body.is_written
            return answer
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None
        finally:
            if body is not None and not is_over:
                body.abandon()

    def seconds_of_patience(self) -> float:
        return self.settings.request_timeout_s

    async def post(self, body: UploadBody | None) -> aiohttp.ClientResponse:
        return await self.session.post(self.url(), data=body, headers=self.headers(body), allow_redirects=False)

    def url(self) -> URL:
        return URL(self.settings.target, encoded=True)

    def headers(self, body: UploadBody | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.settings.token}", "Content-Type": MEDIA_TYPE}

    def expect_rest_of_answer(self, body: UploadBody, patience: Patience) -> None:
        """An answer has begun. If the body is still open, that is its end, and the peer must finish what it began."""
        if not body.is_written:
            body.on_answer()
            patience.restart()

    async def read_body(self, response: aiohttp.ClientResponse, patience: Patience) -> bytes:
        """The time for it is part of the whole: a peer that drips gets no more of it."""
        return await response.read()

    async def close(self) -> None:
        await self.session.close()
