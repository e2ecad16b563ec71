"""Planted bugs in what a client of durable executions makes of a stream: its outcome, and `[DONE]`."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp

from ..references.durable_client import DONE, ReferenceDurableClient
from ..references.durable_outcome import AGENT_FAILURE, SUCCESS, SUSPENDED, TRANSPORT_FAILURE, Standing, choices_of, envelope_of
from ..references.sse_parser import Frame

# --- what frames say ------------------------------------------------------------------------------------------------


class TakesACutForSuccess(Standing):
    def outcome(self, *, whole: bool) -> str:
        kind = super().outcome(whole=whole)
        return SUCCESS if kind == TRANSPORT_FAILURE and not whole and self.next_index else kind


class TakesAnEndForSuccess(Standing):
    def outcome(self, *, whole: bool) -> str:
        kind = super().outcome(whole=whole)
        return SUCCESS if kind == TRANSPORT_FAILURE and whole else kind


class TakesSuspensionForSuccess(Standing):
    def outcome(self, *, whole: bool) -> str:
        kind = super().outcome(whole=whole)
        return SUCCESS if kind == SUSPENDED else kind


class KnowsNoAgentFailure(Standing):
    def outcome(self, *, whole: bool) -> str:
        return SUCCESS if self.finished else super().outcome(whole=whole)


class TakesErrorsForTheEnd(Standing):
    """An error operation is the end, though the finish behind it never came."""

    def outcome(self, *, whole: bool) -> str:
        return AGENT_FAILURE if self.failed else super().outcome(whole=whole)


class TakesOperationsForErrors(Standing):
    def take(self, data: str) -> None:
        super().take(data)
        self.failed = self.failed or any(envelope_of(choice).get("type") == "data-operation" for choice in choices_of(data))


class TakesToolErrorsForFailures(Standing):
    def take(self, data: str) -> None:
        super().take(data)
        self.failed = self.failed or any(envelope_of(choice).get("type") == "tool-output-error" for choice in choices_of(data))


class SearchesForWords(Standing):
    """The name of an envelope anywhere in a frame is taken for the envelope."""

    def take(self, data: str) -> None:
        super().take(data)
        self.asks_approval = self.asks_approval or "tool-approval-request" in data


class ForgetsNoApproval(Standing):
    """Whoever was suspended once is suspended at every later end without a finish."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.asked = False

    def take(self, data: str) -> None:
        super().take(data)
        self.asked = self.asked or self.asks_approval

    def outcome(self, *, whole: bool) -> str:
        kind = super().outcome(whole=whole)
        return SUSPENDED if kind == TRANSPORT_FAILURE and self.asked else kind


class TakesAnyChoiceForAFinish(Standing):
    """A finish reason that is there, though it is null, is a finish."""

    def take(self, data: str) -> None:
        super().take(data)
        self.finished = self.finished or '"finish_reason"' in json.dumps(choices_of(data))


# --- how streams end ------------------------------------------------------------------------------------------------


class IgnoresErrorFrames(ReferenceDurableClient):
    async def read(self, standing: Standing, response: aiohttp.ClientResponse) -> bool:
        """`event: error` is an event that nobody listens to."""
        parser = self.parser_type()
        try:
            while data := await response.content.readany():
                for frame in parser.feed(data):
                    if frame.event != "error":
                        self.take(standing, frame)
        except (aiohttp.ClientError, OSError):
            return False
        return True


class TakesAnyMediaType(ReferenceDurableClient):
    def is_stream(self, response: aiohttp.ClientResponse) -> bool:
        return response.status == 200


class TellsNoCut(ReferenceDurableClient):
    """A stream that breaks is let go in silence."""

    def __init__(self, config: dict[str, Any], note: Any) -> None:
        super().__init__(config, lambda name, data: None if data.get("kind") == TRANSPORT_FAILURE else note(name, data))


class TellsTwice(ReferenceDurableClient):
    def __init__(self, config: dict[str, Any], note: Any) -> None:
        def tell(name: str, data: dict[str, Any]) -> None:
            note(name, data)
            if data.get("kind") == SUSPENDED:
                note(name, data)

        super().__init__(config, tell)


class TellsTheLastFrameLate(ReferenceDurableClient):
    """The outcome is told as soon as the last frame is there, and that frame behind it."""

    def take(self, standing: Standing, frame: Frame) -> None:
        note = self.note
        held: list[tuple[str, dict[str, Any]]] = []
        self.note = lambda name, data: held.append((name, data))
        super().take(standing, frame)
        self.note = note
        for name, data in held:
            if standing.finished:
                asyncio.get_running_loop().call_later(0.05, note, name, data)
            else:
                note(name, data)


# --- [DONE] ---------------------------------------------------------------------------------------------------------


class WaitsForDone(ReferenceDurableClient):
    """Without `[DONE]` a stream has not ended."""

    def __init__(self, config: dict[str, Any], note: Any) -> None:
        super().__init__(config, note)
        self.done = False

    async def read(self, standing: Standing, response: aiohttp.ClientResponse) -> bool:
        self.done = False
        whole = await super().read(standing, response)
        if not self.done:
            standing.finished = standing.asks_approval = False
        return whole

    def take(self, standing: Standing, frame: Frame) -> None:
        self.done = self.done or frame.data == DONE
        super().take(standing, frame)


class TellsDone(ReferenceDurableClient):
    def take(self, standing: Standing, frame: Frame) -> None:
        if frame.data == DONE:
            self.note("frame", {"index": standing.next_index, "data": DONE})
        super().take(standing, frame)


class TakesDoneForSuccess(ReferenceDurableClient):
    """`[DONE]` says that the run is over, whatever the frames say."""

    def take(self, standing: Standing, frame: Frame) -> None:
        super().take(standing, frame)
        if frame.data == DONE:
            standing.finished = True


class BreaksAtDone(ReferenceDurableClient):
    """`[DONE]` is no JSON, and what is no JSON breaks the stream."""

    async def read(self, standing: Standing, response: aiohttp.ClientResponse) -> bool:
        try:
            return await super().read(standing, response)
        except ValueError:
            standing.finished = False
            return False

    def take(self, standing: Standing, frame: Frame) -> None:
        if frame.data is not None:
            json.loads(frame.data)
        super().take(standing, frame)
