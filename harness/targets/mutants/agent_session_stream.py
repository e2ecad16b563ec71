"""Planted bugs in how a runner reads the stream of a session, and in what it does when that ends."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from ..references.agent_session.api import RequestFailed, SessionApi
from ..references.agent_session.observer import LISTINGS, Observer
from ..references.agent_session.run import Run
from ..references.agent_session.stream import EventStream
from ..references.agent_session.transcript import State, Verdict
from ..references.sse_parser import Frame, SseParser

LINE_CHARACTERS_MAX = 1 << 20


class NeedsTheSpace(SseParser):
    """A line is data when it begins with `data: `."""

    def _take(self, line: str) -> Frame | None:
        return None if line.startswith("data:") and not line.startswith("data: ") else super()._take(line)


class TakesShortLines(SseParser):
    """A longer line is passed over."""

    def _take(self, line: str) -> Frame | None:
        return None if len(line) > LINE_CHARACTERS_MAX else super()._take(line)


class DiesOfLongLines(Run):
    """A line that is too long fails the run."""

    async def stream(self) -> None:
        self.observer.transcript.take_streamed = self.measured  # type: ignore[method-assign]  # the bug of this object alone
        await super().stream()

    def measured(self, event: Any) -> None:
        if len(str(event)) > LINE_CHARACTERS_MAX:
            self.fail("bufio.Scanner: token too long")
        type(self.observer.transcript).take_streamed(self.observer.transcript, event)


# --- its end ----------------------------------------------------------------------------------------------------------


class TakesTheEndForCompletion(Observer):
    """A stream that has ended has said all."""

    async def read(self, stream: EventStream) -> Verdict | None:
        return await super().read(stream) or replace(self.transcript.verdict(), state=State.OVER, status="idle")


class TakesATimeoutForCompletion(TakesTheEndForCompletion):
    """A general time-out ends the stream, and with it the run."""

    stream_s_max = 30.0


class HasAGeneralTimeout(Observer):
    """The time-out of every request ends the stream, too."""

    stream_s_max = 30.0


class NeverGivesUp(Observer):
    """A stream is read as long as it is open."""

    stream_s_max = math.inf


class WaitsForEver(SessionApi):
    """No request has a time limit."""

    def patience_s(self) -> float | None:
        return None


class DiesWithTheStream(Run):
    """A stream that cannot be opened, or breaks off, fails the run."""

    async def stream(self) -> None:
        try:
            await (await self.api.stream(self.session)).release()
        except RequestFailed as failed:
            self.fail(str(failed))
        else:
            await super().stream()


class LeavesTheRestUndone(Run):
    """Behind a stream that has broken off nothing is scheduled."""

    def schedule_poll(self) -> None:
        if not self.settings.streams or self.polls:
            super().schedule_poll()


class ForgetsWhatWasStreamed(Run):
    """The polls begin with an empty transcript."""

    def schedule_poll(self) -> None:
        if not self.polls:
            self.observer.transcript = self.observer.transcript_type(self.prompt)
        super().schedule_poll()


# --- its beginning ----------------------------------------------------------------------------------------------------


class NeverLooksBack(Observer):
    """The list is asked only when the stream has brought the end."""

    async def read(self, stream: EventStream) -> Verdict | None:
        while not stream.is_over:
            await self.gather(stream, math.inf)
            if self.transcript.verdict().state is not State.RUNNING or self.has_end():
                return await self.look(LISTINGS)
        return None

    async def gather(self, stream: EventStream, until_s: float) -> None:
        for event in await stream.next(until_s):
            self.transcript.take_streamed(event)

    def has_end(self) -> bool:
        return any(event["type"] in ("session.status_idle", "session.status_terminated") for event in self.transcript.events)


class StreamsAStaleSession(Run):
    """The hook reads the metadata from before the session was stored in them, and finds none."""

    async def stream(self) -> None:
        self.application.log("panic: runtime error: invalid memory address or nil pointer dereference")
