"""One connection of the stream: from its request to its end, which is told as one of a few ways.

The clock of a connection is its silence: it begins with the request, each byte begins it anew, and when it has run for the
idle time-out the connection is given up. Once the stream has said that it is over the clock runs on, whatever comes: a
server that never closes is not waited for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

import aiohttp

from .run_stream_api import TROUBLE, Api, Leg, Path, is_event_stream
from .run_stream_frames import FrameReader, Message, Says

NEVER_A_STREAM = (403, 404, 406)
UNAUTHORISED = 401


class End(Enum):
    """How a connection ended."""

    OVER = "the stream said that it is over"
    CLEAN = "the answer ended whole, or the server asked to come again"
    ERROR = "the server gave it up with an error frame"
    FAILED = "refused, cut, silent, or answered with something that is no stream"
    UNAUTHORISED = "the proxy does not accept the token"
    REFUSED = "the server will never answer with a stream"


class Listener:
    """What a connection tells while it lasts. Each is a plain function, called in the order of the stream."""

    def __init__(
        self, opened: Callable[[], None], keepalive: Callable[[], None], event: Callable[[str | None, Mapping[str, Any]], None]
    ) -> None:
        self.opened = opened
        self.keepalive = keepalive
        self.event = event


class Connection:
    """Used once. ``lived_s``: how long it was open."""

    frames_type: type[FrameReader] = FrameReader

    def __init__(self, api: Api, listener: Listener) -> None:
        self.api = api
        self.listener = listener
        self.frames = self.frames_type()
        self.idle_timeout_s = api.settings.idle_timeout_s
        self.clock = asyncio.get_running_loop().time
        self.is_over = False
        self.status = 0
        self.lived_s = 0.0

    async def follow(self, leg: Leg, cursor: str | None) -> End:
        """Reads until the connection ends."""
        try:
            async with asyncio.timeout(self.idle_timeout_s) as silence:
                response = await self.api.open_stream(leg, cursor)
                opened_at_s = self.clock()
                try:
                    return await self.listen(leg, response, silence)
                finally:
                    self.lived_s = self.clock() - opened_at_s
                    response.close()
        except TROUBLE:
            return self.end_when_cut()

    async def listen(self, leg: Leg, response: aiohttp.ClientResponse, silence: asyncio.Timeout) -> End:
        self.status = response.status
        if not is_event_stream(response):
            return self.end_when_not_a_stream(leg)
        self.listener.opened()
        self.heard(silence)
        while data := await response.content.readany():
            self.heard(silence)
            for message in self.frames.feed(data):
                end = self.take(message)
                if end is not None:
                    return end
        return self.end_when_closed()

    # --- silence ----------------------------------------------------------------------------------------------------

    def heard(self, silence: asyncio.Timeout) -> None:
        """Once the stream is over, what was set last stays."""
        if not self.is_over:
            silence.reschedule(self.clock() + self.idle_timeout_s)

    # --- messages ---------------------------------------------------------------------------------------------------

    def take(self, message: Message) -> End | None:
        """Not None: the connection ends here, the rest of it is not waited for."""
        if message.says is Says.EVENT:
            self.listener.event(message.id, message.event)
        elif message.says is Says.KEEPALIVE:
            self.listener.keepalive()
        elif message.says is Says.STREAM_END:
            self.is_over = True
        elif message.says is Says.ERROR:
            return self.end_when_error()
        elif message.says is Says.COME_AGAIN:
            return self.end_when_closed()
        return None

    # --- ends -------------------------------------------------------------------------------------------------------

    def end_when_not_a_stream(self, leg: Leg) -> End:
        if self.status in NEVER_A_STREAM:
            return End.REFUSED
        if self.status == UNAUTHORISED and leg.path is Path.PROXY:
            return End.UNAUTHORISED
        return End.FAILED

    def end_when_closed(self) -> End:
        return End.OVER if self.is_over else End.CLEAN

    def end_when_error(self) -> End:
        return End.OVER if self.is_over else End.ERROR

    def end_when_cut(self) -> End:
        """Also when it was silent for too long. What said that it is over is over, however it ends."""
        return End.OVER if self.is_over else End.FAILED
