"""The reference reader of the contract ``sse``: an EventSource by the letter of the HTML standard, for an application without a page.

It departs from the standard where the standard leaves it open: pauses grow while connections bring nothing, and headers of
the application are its own matter, so they stay at their origin.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import aiohttp

from .one_worker import OneWorker
from .sse_parser import Frame, SseParser
from .sse_pause import Pause
from .sse_request import EVENT_STREAM, NoStream, SseRequest

NO_CONTENT = 204
HEAD_TIMEOUT_S = 60.0

Note = Callable[[str, dict[str, Any]], None]


class Stopped(Exception):
    """The server asked the reader to connect no more."""


class ReferenceSseReader(OneWorker):
    """Call it on the running loop. ``config`` and ``note`` are those of the driver protocol."""

    serves: ClassVar[Sequence[Mapping[str, Any]]] = (
        {"contract": "sse", "role": "reader", "capabilities": ["reconnect", "headers", "stored_id"]},
    )
    request_type: ClassVar[type[SseRequest]] = SseRequest
    parser_type: ClassVar[type[SseParser]] = SseParser
    pause_type: ClassVar[type[Pause]] = Pause

    def __init__(self, config: Mapping[str, Any], note: Note) -> None:
        self.note = note
        self.request = self.request_type(config["url"], config.get("headers") or {})
        super().__init__(self.request)
        self.stored_id: str = config.get("last_event_id") or ""
        self.last_id = ""
        self.pause = self.pause_type()

    # --- verbs ------------------------------------------------------------------------------------------------------

    def watch(self) -> None:
        """Connects, from the stored id on. While it is connected or connecting this does nothing."""
        if self.worker is None:
            self.last_id = self.stored_id
            self.pause = self.pause_type()
            self.worker = asyncio.get_running_loop().create_task(self.work())

    def unwatch(self) -> None:
        """Nothing is told from here on."""
        self.let_go()

    # --- the work ---------------------------------------------------------------------------------------------------

    async def work(self) -> None:
        try:
            while True:
                await self.connect()
                await asyncio.sleep(self.pause.next_ms() / 1_000)
        except NoStream as failure:
            self.note("error", {"message": str(failure)})
        except Stopped:
            pass  # the server's wish is no error
        self.worker = None
        self.note("ended", {})

    async def connect(self) -> None:
        """One connection, to its end. Raises NoStream or Stopped when there is to be no other."""
        try:
            async with asyncio.timeout(HEAD_TIMEOUT_S) as patience:
                response = await self.request.open(self.last_id)
                try:
                    self.judge(response)
                    patience.reschedule(None)  # a stream may be silent as long as it likes
                    self.note("open", {})
                    await self.read(response)
                finally:
                    response.close()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self.log("info", f"the connection is lost: {type(error).__name__}")

    def judge(self, response: aiohttp.ClientResponse) -> None:
        if response.status == NO_CONTENT:
            raise Stopped
        if response.status != 200:
            raise NoStream(f"the answer was {response.status}")
        if response.content_type != EVENT_STREAM:
            raise NoStream(f"the answer is {response.content_type!r}, no event stream")

    async def read(self, response: aiohttp.ClientResponse) -> None:
        parser = self.parser_type()
        while data := await response.content.readany():
            frames = parser.feed(data)
            if parser.retry_ms is not None:
                self.pause.retry_ms = parser.retry_ms
            for frame in frames:
                self.take(frame)

    # --- frames -----------------------------------------------------------------------------------------------------

    def take(self, frame: Frame) -> None:
        """The id counts from here on, also when there is nothing to dispatch."""
        if frame.id is not None:
            self.last_id = frame.id
        if frame.data is not None:
            self.pause.on_event()
            self.note("event", {"id": self.last_id, "type": frame.event or "message", "data": frame.data})

    def log(self, level: str, message: str) -> None:
        self.note("log", {"level": level, "message": message})


reference_sse_reader = ReferenceSseReader
"""The factory, as `python:module:factory` names it."""
