"""Planted bugs in what a run-stream reader asks for: addresses, credentials, where to follow a run, from where to go on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, unquote

from yarl import URL

from ..references.run_stream_api import Answer, Api, Leg, Path
from ..references.run_stream_backoff import Step
from ..references.run_stream_connection import Connection, End
from ..references.run_stream_leg import Legs
from ..references.run_stream_reader import ReferenceReader
from ..references.run_stream_settings import Settings
from ..references.run_stream_transcript import Transcript
from ..references.run_stream_watch import Watch

RESERVED = "/?#%&=+;:@"

# --- addresses ------------------------------------------------------------------------------------------------------


class PutsIdsInRaw(Api):
    def address(self, url: str) -> URL:
        return URL(unquote(url))


class KeepsReservedCharacters(ReferenceReader):
    """It encodes ids as if they were whole addresses."""

    def settings_of(self, config: Mapping[str, Any]) -> Settings:
        task, run = (quote(config[name], safe=RESERVED) for name in ("task_id", "run_id"))
        return replace(super().settings_of(config), task=task, run=run)


class EncodesIdsForTheStreamOnly(Api):
    async def get(self, url: str) -> Answer | None:
        task = quote(unquote(self.settings.task), safe=RESERVED)
        return await super().get(url.replace(f"/tasks/{self.settings.task}/", f"/tasks/{task}/"))


class KeepsProxySlashes(Api):
    def proxy_leg(self, stream_base_url: str, token: str) -> Leg:
        return Leg(Path.PROXY, f"{stream_base_url}/v1/runs/{self.settings.run}/stream", token)


class KeepsBackendSlashes(ReferenceReader):
    def settings_of(self, config: Mapping[str, Any]) -> Settings:
        return replace(super().settings_of(config), api_base=config["api_url"])


class RemovesOneSlash(ReferenceReader):
    def settings_of(self, config: Mapping[str, Any]) -> Settings:
        return replace(super().settings_of(config), api_base=config["api_url"].removesuffix("/"))


class RemovesPrefix(Api):
    def proxy_leg(self, stream_base_url: str, token: str) -> Leg:
        return super().proxy_leg(str(URL(stream_base_url).origin()), token)


# --- credentials ----------------------------------------------------------------------------------------------------


class ShowsSessionToProxy(Api):
    def stream_headers(self, leg: Leg, cursor: str | None) -> dict[str, str]:
        return {**super().stream_headers(leg, cursor), "Cookie": f"session={self.settings.session_token}"}


class PutsTokenInQuery(Api):
    def stream_url(self, leg: Leg, cursor: str | None) -> str:
        url = super().stream_url(leg, cursor)
        if leg.path is Path.DIRECT:
            return url
        return f"{url}{'&' if '?' in url else '?'}token={leg.credential}"


class ShowsTokenToBackend(Legs):
    token: str | None = None

    def learn_from(self, answer: Answer | None) -> Leg:
        leg = super().learn_from(answer)
        token = answer.object.get("token") if answer is not None and answer.object is not None else None
        return leg if leg.path is Path.PROXY or not isinstance(token, str) else leg._replace(credential=token)


class LogsToken(Watch):
    def enter(self, leg: Leg) -> None:
        super().enter(leg)
        self.log("info", f"following {leg.url} with {leg.credential}")


# --- where to follow ------------------------------------------------------------------------------------------------


class KeepsPassingFailure(Legs):
    def is_passing(self, answer: Answer | None) -> bool:
        return False


class AsksOldBackendAgain(Legs):
    def keep(self, answer: Answer | None) -> Leg:
        leg = super().keep(answer)
        if answer is None or answer.object is None:
            self.kept = None
        return leg


class AsksAlways(Legs):
    def keep(self, answer: Answer | None) -> Leg:
        return self.learn_from(answer)


class KeepsRefusedToken(Legs):
    def forget(self, leg: Leg) -> None:
        return


class TakesUnauthorisedForRefused(Connection):
    def end_when_not_a_stream(self, leg: Leg) -> End:
        end = super().end_when_not_a_stream(leg)
        return End.REFUSED if end is End.UNAUTHORISED else end


class CountsNoUnauthorised(Watch):
    async def pause_after(self, end: End) -> Step:
        if end is not End.UNAUTHORISED:
            return await super().pause_after(end)
        await asyncio.sleep(self.api.settings.backoff_base_s)
        return Step.RECONNECT


# --- from where to go on --------------------------------------------------------------------------------------------


class AsksForLatestToo(Api):
    def stream_url(self, leg: Leg, cursor: str | None) -> str:
        return f"{leg.url}?start=latest"


class AlwaysBeginsAtNewest(Watch):
    def move_cursor(self, id: str | None) -> None:
        return


class CursorStays(Watch):
    """The first id is the only one that it remembers."""

    def move_cursor(self, id: str | None) -> None:
        if self.cursor is None:
            super().move_cursor(id)


class CursorCrossesLegs(Watch):
    def leave_leg(self) -> None:
        self.transcript.change_leg()


class NumbersAreIds(Transcript):
    """It keeps what it has seen over a change of leg, and knows events of the other leg by their number in the millisecond."""

    def __init__(self) -> None:
        super().__init__()
        self.seen_elsewhere: set[str] = set()

    def change_leg(self) -> None:
        self.seen_elsewhere |= {number_of(id) for id in self._seen}
        super().change_leg()

    def is_repeated(self, id: str | None) -> bool:
        return super().is_repeated(id) or (id is not None and number_of(id) in self.seen_elsewhere)


def number_of(id: str) -> str:
    return id.rpartition("-")[2]


class RetriesWithOldCursor(ReferenceReader):
    """The connection that failed leaves its cursor to the next attempt."""

    last: Watch | None = None

    def start(self) -> None:
        super().start()
        self.last = self.current

    def retry(self) -> None:
        before = self.last if self.has_failed else None
        super().retry()
        if before is not None and self.current is not None:
            self.current.cursor, self.current.path = before.cursor, before.path


class RetriesNothing(ReferenceReader):
    def retry(self) -> None:
        return
