"""The course of one run behind its prompt: a stream if there is to be one, then polls, until a terminal event is known.

Every way ends in `Outcome`, which the runner turns into an emit or a failure. Errors of requests count; five in a row end it.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import aiohttp

from ..sse_parser import SseParser
from .api import RequestFailed, SessionApi
from .application import Application
from .settings import ERRORS_MAX, LISTINGS, POLLS_MAX, Settings
from .transcript import STATUS, TERMINAL, Transcript

TERMINAL_STATUSES = ("idle", "terminated")
STREAM_S_MAX = 30 * 60
LINE_BYTES_MAX = 64 * 1024 * 1024


@dataclass(frozen=True)
class Outcome:
    """``failure``: why the run fails; else it is emitted."""

    status: str
    messages: tuple[str, ...] = ()
    failure: str | None = None


class Course:
    transcript_type: type[Transcript] = Transcript
    parser_type: type[SseParser] = SseParser

    def __init__(self, settings: Settings, api: SessionApi, application: Application, session: str) -> None:
        self.settings = settings
        self.api = api
        self.application = application
        self.session = session
        self.streamed: list[dict[str, Any]] = []
        self.errors = 0
        self.polls = 0
        self.status = "running"
        """As the last good read told it."""
        self.latest: Transcript = self.transcript_type(())

    # --- the whole way

    async def until_over(self) -> Outcome:
        """Raises ScheduleRefused."""
        outcome = await (self.follow() if self.settings.mode == "sse" else self.look(first=True))
        while outcome is None:
            outcome = await self.next_poll()
        return outcome

    async def next_poll(self) -> Outcome | None:
        self.polls += 1
        await self.application.schedule("poll", self.settings.poll_delay_ms(self.polls))
        outcome = await self.look()
        if outcome is not None:
            return outcome
        if self.errors >= ERRORS_MAX:
            return Outcome("error", tuple(self.latest.messages()))
        return self.spent() if self.polls >= POLLS_MAX else None

    def spent(self) -> Outcome:
        """The budget is spent: what is there has to do."""
        status = self.status if self.status in TERMINAL_STATUSES else "timeout"
        return Outcome(status, tuple(self.latest.messages()))

    # --- polling

    async def look(self, *, first: bool = False) -> Outcome | None:
        """One poll: the status, and where that is terminal the list. The first one behind the prompt may fail without a trace."""
        try:
            self.status = await self.api.status(self.session)
            outcome = await self.listed() if self.status in TERMINAL_STATUSES else None
        except RequestFailed as failed:
            self.application.log(str(failed))
            self.errors += 0 if first else 1
            return None
        self.errors = 0
        return outcome

    async def listed(self) -> Outcome | None:
        """Reads the list until it has a terminal event that agrees with the status, a number of times."""
        for number in range(LISTINGS):
            if number:
                await asyncio.sleep(self.settings.list_delay_ms / 1_000)
            self.latest = self.transcript_type(await self.api.events(self.session), self.streamed)
            outcome = self.outcome(self.latest)
            if outcome is not None and (outcome.status == self.status or outcome.failure is not None):
                return outcome
        return None

    def outcome(self, transcript: Transcript) -> Outcome | None:
        end = transcript.end()
        return None if end is None else Outcome(end.status, tuple(transcript.messages()), end.failure)

    # --- streaming

    async def follow(self) -> Outcome | None:
        """The stream until a terminal event, then the list for what came before the stream; None where polling has to go on."""
        try:
            response = await self.api.follow(self.session)
        except RequestFailed as failed:
            self.application.log(str(failed))
            return None
        try:
            outcome = await self.look(first=True)  # it may have been over before the stream was open
            if outcome is None and await self.read(response):
                outcome = await self.read_out()
        finally:
            response.close()
        return outcome

    async def read_out(self) -> Outcome | None:
        """A terminal event was streamed: what the list adds to it."""
        self.status = TERMINAL[next(event for event in reversed(self.streamed) if event["type"] in STATUS)["type"]]
        try:
            return await self.listed()
        except RequestFailed as failed:
            self.application.log(str(failed))
            return None

    async def read(self, response: aiohttp.ClientResponse) -> bool:
        """Collects events. Whether the last status of them is terminal; False when the stream broke off."""
        parser = self.parser_type()
        try:
            async with asyncio.timeout(STREAM_S_MAX):
                while data := await response.content.readany():
                    for frame in parser.feed(data):
                        self.take(frame.data)
                    if self.streamed_end():
                        return True
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            self.application.log(f"the stream is broken: {type(error).__name__}")
        return False

    def take(self, data: str | None) -> None:
        try:
            event = json.loads(data or "")
        except (ValueError, RecursionError):
            return
        if isinstance(event, dict) and isinstance(event.get("type"), str) and isinstance(event.get("id"), str):
            self.streamed.append(event)

    def streamed_end(self) -> bool:
        last = next((event for event in reversed(self.streamed) if event["type"] in STATUS), None)
        return last is not None and last["type"] in TERMINAL
