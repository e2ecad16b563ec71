"""How a session is observed: by its status, which alone says nothing, by its list, and by its stream."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from ..sse_parser import SseParser
from .api import RequestFailed, SessionApi
from .listing import Listing
from .settings import Settings
from .stream import EventStream
from .transcript import NOTHING_NEW, State, Transcript, Verdict

TERMINAL_STATUSES = ("idle", "terminated")
LISTINGS = 15
"""So often the list is read until it shows an end that is known otherwise."""
LOOK_S_MIN = 1.0
STREAM_S_MAX = 1_800.0
FAILED_GLANCES_MAX = 5
"""A list that fails so often in a row, while the stream is read, is the polls' concern."""


class Observer:
    """Of one session, which is "" as long as there is none. Every observation raises RequestFailed."""

    listing_type: ClassVar[type[Listing]] = Listing
    transcript_type: ClassVar[type[Transcript]] = Transcript
    parser_type: ClassVar[type[SseParser]] = SseParser
    stream_s_max: ClassVar[float] = STREAM_S_MAX

    def __init__(self, settings: Settings, api: SessionApi, prompt: str) -> None:
        self.settings = settings
        self.api = api
        self.session = ""
        self.transcript = self.transcript_type(prompt)
        self.listings = LISTINGS
        """How patient the next poll with a terminal status is: only the first of a row waits for the list."""
        self.failed_glances = 0
        """In a row."""

    # --- polling ----------------------------------------------------------------------------------------------------

    async def poll(self, *, is_last: bool) -> tuple[str, Verdict]:
        """The status, and what the list says to it. The last poll looks at the list whatever the status is."""
        status = await self.api.status(self.session)
        if status in TERMINAL_STATUSES:
            listings, self.listings = self.listings, 1
            return status, await self.look(listings, status)
        self.listings = LISTINGS
        return status, await self.look(1, status) if is_last else NOTHING_NEW

    async def look(self, listings: int, status: str | None = None) -> Verdict:
        """Reads the list until it shows the end that is known from the status, or from the stream; or so many times."""
        for number in range(listings):
            if number:
                await asyncio.sleep(self.settings.list_delay_s)
            self.transcript.take_listing(await self.listing_type(self.api, self.session).read())
            verdict = self.transcript.verdict()
            if not self.shows_more_soon(verdict, status):
                break
        return verdict

    def shows_more_soon(self, verdict: Verdict, status: str | None) -> bool:
        """Whether the list is behind what is known otherwise."""
        if verdict.state is State.OVER:
            return status not in (None, verdict.status)
        return verdict.state is State.LATE or (verdict.state is State.RUNNING and status is not None)

    # --- streaming --------------------------------------------------------------------------------------------------

    async def follow(self) -> Verdict | None:
        """Reads the stream as long as the session runs; None when it says nothing more."""
        response = await self.api.stream(self.session)
        try:
            return await self.read(EventStream(response, self.parser_type()))
        finally:
            response.close()

    async def read(self, stream: EventStream) -> Verdict | None:
        """The list is looked at when the stream is open, for what was before; at its end; and now and then, for what it left out."""
        loop = asyncio.get_running_loop()
        end_s = loop.time() + self.stream_s_max
        pause_s = max(LOOK_S_MIN, self.settings.list_delay_s)
        while loop.time() < end_s:
            verdict = await self.glance()
            if verdict.state is not State.RUNNING:
                return verdict
            if stream.is_over:
                break
            await self.gather(stream, min(end_s, loop.time() + pause_s))
            pause_s = min(2 * pause_s, max(LOOK_S_MIN, self.settings.poll_max_ms / 1_000))
        return None

    async def glance(self) -> Verdict:
        """What the list says while the stream is read: a list that fails once ends no stream on which the session still runs."""
        try:
            verdict = await self.look(LISTINGS)
        except RequestFailed:
            self.failed_glances += 1
            if self.failed_glances >= FAILED_GLANCES_MAX or self.transcript.verdict().state is not State.RUNNING:
                raise
            return NOTHING_NEW
        self.failed_glances = 0
        return verdict

    async def gather(self, stream: EventStream, until_s: float) -> None:
        """Until a terminal event was streamed, or it is time."""
        loop = asyncio.get_running_loop()
        while not stream.is_over and loop.time() < until_s:
            for event in await stream.next(until_s):
                self.transcript.take_streamed(event)
            if self.transcript.verdict().state is not State.RUNNING:
                return
