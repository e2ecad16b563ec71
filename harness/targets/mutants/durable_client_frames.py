"""Planted bugs in which frames a client of durable executions tells, and where it goes on."""

from __future__ import annotations

import json

import aiohttp

from ..references.durable_client import ReferenceDurableClient
from ..references.durable_outcome import Standing, choices_of
from ..references.sse_parser import Frame, SseParser
from .durable_client_requests import AlteredHttp

# --- where it goes on -----------------------------------------------------------------------------------------------


class AsksForTheLastAgain(AlteredHttp):
    def index_header(self, start_index: int) -> str:
        return str(max(0, start_index - 1))


class LeavesOneOut(AlteredHttp):
    def index_header(self, start_index: int) -> str:
        return str(start_index + 1 if start_index else 0)


class AsksForEverything(AlteredHttp):
    def index_header(self, start_index: int) -> str:
        return "0"


class CountsFromZero(ReferenceDurableClient):
    """Each stream is counted anew, wherever it begins."""

    def begin(self, run_id: str, standing: Standing, response: aiohttp.ClientResponse | None = None) -> None:
        self.start = standing.next_index
        super().begin(run_id, standing, response)

    def take(self, standing: Standing, frame: Frame) -> None:
        note = self.note
        self.note = lambda name, data: note(name, {**data, "index": data["index"] - self.start})
        super().take(standing, frame)
        self.note = note


class CountsWhatIsSeen(Standing):
    """Only frames with words count."""

    def take(self, data: str) -> None:
        super().take(data)
        if not any(choice.get("delta", {}).get("content") for choice in choices_of(data)):
            self.next_index -= 1


# --- what it tells --------------------------------------------------------------------------------------------------


class GivesOutHalves(SseParser):
    """What a cut leaves of a frame is given out when the next bytes do not come."""

    def left_over(self) -> Frame | None:
        data = [*self._data, *(["".join(self._line).partition(":")[2].strip()] if self._line else [])]
        return Frame(self._event, "\n".join(data), None) if data else None


class TellsHalves(ReferenceDurableClient):
    parser_type = GivesOutHalves

    async def read(self, standing: Standing, response: aiohttp.ClientResponse) -> bool:
        parser = GivesOutHalves()
        whole = True
        try:
            while data := await response.content.readany():
                for frame in parser.feed(data):
                    if frame.event == "error":
                        return False
                    self.take(standing, frame)
        except (aiohttp.ClientError, OSError):
            whole = False
        rest = parser.left_over()
        if rest is not None:
            self.take(standing, rest)
        return whole


class TakesCommentsForFrames(SseParser):
    def _field(self, name: str, value: str) -> None:
        super()._field("data" if name == "" else name, value)


class TellsErrorFrames(ReferenceDurableClient):
    async def read(self, standing: Standing, response: aiohttp.ClientResponse) -> bool:
        parser = self.parser_type()
        try:
            while data := await response.content.readany():
                for frame in parser.feed(data):
                    self.take(standing, frame)
                    if frame.event == "error":
                        return False
        except (aiohttp.ClientError, OSError):
            return False
        return True


class TellsTheWordsAlone(ReferenceDurableClient):
    """Of a frame only the content is told."""

    def take(self, standing: Standing, frame: Frame) -> None:
        note = self.note
        self.note = lambda name, data: note(name, {**data, "data": "".join(words_of(data["data"]))})
        super().take(standing, frame)
        self.note = note


class SkipsTheLastFrame(ReferenceDurableClient):
    """The finish is for the client alone."""

    def take(self, standing: Standing, frame: Frame) -> None:
        note = self.note
        self.note = lambda name, data: None if standing.finished else note(name, data)
        super().take(standing, frame)
        self.note = note


def words_of(text: str) -> list[str]:
    return [str(choice.get("delta", {}).get("content", "")) for choice in json.loads(text).get("choices", [])]
