"""Planted bugs in how an SSE reader connects, resumes, pauses, dispatches and ends."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
from yarl import URL

from ..references.sse_parser import Frame, SseParser
from ..references.sse_pause import Pause
from ..references.sse_reader import NO_CONTENT, Note, ReferenceSseReader, Stopped
from ..references.sse_request import Headers, NoStream, SseRequest

NEVER_S = 1e9


# --- requests -------------------------------------------------------------------------------------------------------


class AcceptsAnything(SseRequest):
    def all_headers(self, given: Headers, last_id: str) -> Headers:
        return {**super().all_headers(given, last_id), "Accept": "*/*"}


class SendsNoId(SseRequest):
    def all_headers(self, given: Headers, last_id: str) -> Headers:
        return super().all_headers(given, "")


class SendsEmptyIds(SseRequest):
    def all_headers(self, given: Headers, last_id: str) -> Headers:
        return {**super().all_headers(given, last_id), "Last-Event-ID": last_id}


class KeepsTheFirstId(SseRequest):
    first = ""

    def all_headers(self, given: Headers, last_id: str) -> Headers:
        self.first = self.first or last_id
        return super().all_headers(given, self.first)


class GivesHeadersOnce(SseRequest):
    given = False

    async def open(self, last_id: str) -> aiohttp.ClientResponse:
        if self.given:
            self.headers = {}
        self.given = True
        return await super().open(last_id)


class TakesHeadersAlong(SseRequest):
    def headers_towards(self, given: Headers, url: URL, target: URL) -> Headers:
        return given


# --- pauses ---------------------------------------------------------------------------------------------------------


class IgnoresRetry(Pause):
    def next_ms(self) -> int:
        self.retry_ms = 0
        return super().next_ms()


class HalvesRetry(Pause):
    def next_ms(self) -> int:
        return super().next_ms() // 2


class NeverGrows(Pause):
    def next_ms(self) -> int:
        return min(self.retry_ms, 10)


# --- what an answer is worth ----------------------------------------------------------------------------------------


class TakesAnyStatus(ReferenceSseReader):
    def judge(self, response: aiohttp.ClientResponse) -> None:
        if response.status == NO_CONTENT:
            raise Stopped


class TakesAnyType(ReferenceSseReader):
    def judge(self, response: aiohttp.ClientResponse) -> None:
        if response.status != 200:
            super().judge(response)


class GoesOnAfterTheEnd(ReferenceSseReader):
    def judge(self, response: aiohttp.ClientResponse) -> None:
        if response.status != NO_CONTENT:
            super().judge(response)


class TriesForEver(ReferenceSseReader):
    def judge(self, response: aiohttp.ClientResponse) -> None:
        try:
            super().judge(response)
        except NoStream as failure:
            raise aiohttp.ClientError from failure


class ForgetsTheStoredId(ReferenceSseReader):
    def __init__(self, config: dict[str, Any], note: Note) -> None:
        super().__init__({**config, "last_event_id": None}, note)


class TellsOfNoStream(ReferenceSseReader):
    def __init__(self, config: dict[str, Any], note: Note) -> None:
        super().__init__(config, lambda name, data: None if name == "open" else note(name, data))


# --- the course of a stream -----------------------------------------------------------------------------------------


class Looped(ReferenceSseReader):
    """The loop of the reference, with places for bugs."""

    async def read(self, response: aiohttp.ClientResponse) -> None:
        parser = self.parser_type()
        try:
            while data := await response.content.readany():
                for frame in parser.feed(data):
                    self.take(frame)
                self.look(parser)
        except aiohttp.ClientError:
            self.over(parser)
            raise
        self.over(parser)

    def look(self, parser: SseParser) -> None:
        """Behind each piece of the body."""
        if parser.retry_ms is not None:
            self.pause.retry_ms = parser.retry_ms

    def over(self, parser: SseParser) -> None:
        """The stream has ended or was cut."""


class DispatchesHalves(Looped):
    def over(self, parser: SseParser) -> None:
        for frame in parser.feed(b"\n\n"):
            self.take(frame)


class CommitsEarly(Looped):
    """The id counts as soon as its line is there."""

    def look(self, parser: SseParser) -> None:
        super().look(parser)
        if parser._id is not None:
            self.last_id = parser._id


class CommitsLate(ReferenceSseReader):
    """The id counts only with the next event."""

    pending: str | None = None

    def take(self, frame: Frame) -> None:
        if self.pending is not None:
            self.last_id = self.pending
        self.pending, last_id = frame.id, self.last_id
        super().take(frame)
        self.last_id = last_id


class ForgetsTheId(ReferenceSseReader):
    """Each connection begins without one."""

    async def connect(self) -> None:
        await super().connect()
        self.last_id = ""


class TellsOwnIds(ReferenceSseReader):
    def take(self, frame: Frame) -> None:
        if frame.data is not None and frame.id is None:
            self.pause.on_event()
            self.note("event", {"id": "", "type": frame.event or "message", "data": frame.data})
            return
        super().take(frame)


class DropsTheFirst(ReferenceSseReader):
    """The first event behind a reconnect is lost; its id is not."""

    connections = 0
    fresh = False

    async def connect(self) -> None:
        self.connections += 1
        self.fresh = self.connections > 1
        await super().connect()

    def take(self, frame: Frame) -> None:
        fresh, self.fresh = self.fresh, False
        super().take(Frame(frame.event, None, frame.id) if fresh else frame)


class TellsTheLastAgain(ReferenceSseReader):
    """Once a stream is over its last event is dispatched a second time."""

    last: Frame | None = None

    def take(self, frame: Frame) -> None:
        self.last = frame if frame.data is not None else self.last
        super().take(frame)

    async def connect(self) -> None:
        await super().connect()
        if self.last is not None:
            super().take(self.last)


class DropsRepeats(ReferenceSseReader):
    """An id that was seen is taken for an event that was seen."""

    def take(self, frame: Frame) -> None:
        if frame.id is None or frame.id != self.last_id:
            super().take(frame)


class GivesUp(ReferenceSseReader):
    async def connect(self) -> None:
        await super().connect()
        await asyncio.sleep(NEVER_S)


class EndsInSilence(GivesUp):
    serves = ({"contract": "sse", "role": "reader", "capabilities": ["headers"]},)


class Strict(SseParser):
    def feed(self, data: bytes) -> list[Frame]:
        data.decode()
        return super().feed(data)


class HangsOnRubbish(ReferenceSseReader):
    """Bytes that are no UTF-8 stop it for good."""

    parser_type = Strict

    async def read(self, response: aiohttp.ClientResponse) -> None:
        try:
            await super().read(response)
        except UnicodeDecodeError:
            await asyncio.sleep(NEVER_S)


class GoesOnAfterUnwatch(ReferenceSseReader):
    def unwatch(self) -> None:
        """Nothing happens."""

    def close(self) -> asyncio.Task[None]:
        super().unwatch()
        return super().close()


class KeepsTheConnection(GoesOnAfterUnwatch):
    def unwatch(self) -> None:
        self.note = lambda name, data: None
