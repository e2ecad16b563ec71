"""Planted bugs in how an ingest sender speaks: addresses, headers, the shape and age of uploads, time-outs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import aiohttp
from yarl import URL

from ..references.ingest_peer import Patience, Peer, UploadBody
from ..references.ingest_sender import Outcome, ReferenceSender
from ..references.ingest_settings import Settings, read_settings
from ..references.ingest_upload import Upload

A_DAY_S = 86_400.0
BATCH_DELAY_S = 0.05


# --- addresses ------------------------------------------------------------------------------------------------------


class PutsIdsInRaw(Peer):
    def url(self) -> URL:
        return URL(unquote(self.settings.target))


class CollapsesDots(Peer):
    def url(self) -> URL:
        return URL(self.settings.target.replace("%2E", "."))


class StripsAllSlashes(ReferenceSender):
    def settings_of(self, config: Mapping[str, Any]) -> Settings:
        return read_settings(with_bases(config, lambda base: base.rstrip("/")))


class KeepsSlash(ReferenceSender):
    def settings_of(self, config: Mapping[str, Any]) -> Settings:
        return read_settings(with_bases(config, lambda base: base + "/"))


def with_bases(config: Mapping[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """The configuration with its base URLs changed, before the one slash is removed."""
    return {name: change(value) if name in ("api_url", "ingest_url") and value else value for name, value in config.items()}


class FollowsRedirects(Peer):
    async def post(self, body: UploadBody | None) -> aiohttp.ClientResponse:
        response = await super().post(body)
        location = response.headers.get("Location")
        if not 300 <= response.status < 400 or location is None:
            return response
        response.release()
        return await self.session.post(self.url().join(URL(location)), headers=self.headers(None), allow_redirects=False)


# --- headers --------------------------------------------------------------------------------------------------------


class SaysJson(Peer):
    def headers(self, body: UploadBody | None) -> dict[str, str]:
        headers = super().headers(body)
        return headers if body is None else {**headers, "Content-Type": "application/json"}


class SaysCompletion(Peer):
    final_number: int | None = None

    def headers(self, body: UploadBody | None) -> dict[str, str]:
        headers = super().headers(body)
        if self.final_number is not None:
            headers["X-PostHog-Event-Stream-Complete"] = "true"
            headers["X-PostHog-Event-Stream-Final-Seq"] = str(self.final_number)
        return headers


class LeavesCompletionOut(Upload):
    def may_complete(self) -> bool:
        return False


class CompletesByHeader(ReferenceSender):
    upload_type = LeavesCompletionOut
    peer_type = SaysCompletion

    async def upload(self) -> Outcome:
        if self.buffer.pending or not isinstance(self.peer, SaysCompletion):
            return await super().upload()
        self.peer.final_number = self.buffer.final_number()
        answer = await self.peer.request()
        self.agenda.completed = answer is not None and answer.ok
        return Outcome.DONE if self.agenda.completed else Outcome.FAILED


# --- uploads --------------------------------------------------------------------------------------------------------


class WritesNewestFirst(Upload):
    def joined(self, lines: list[bytes]) -> bytes:
        return super().joined(lines[::-1])


class CountsNoEvents(Upload):
    def is_within_events_max(self) -> bool:
        return True


class CountsNoBytes(Upload):
    def is_within_bytes_max(self, line: bytes) -> bool:
        return True


class LooksAtItsAgeWhenItWrites(Upload):
    def next_chance_at(self) -> float | None:
        return self.agenda.due_at() if self.has_waiting() else None


class ClosesConnections(Peer):
    def headers(self, body: UploadBody | None) -> dict[str, str]:
        return {**super().headers(body), "Connection": "close"}


class PostsEachBatch(ReferenceSender):
    peer_type = ClosesConnections

    def settings_of(self, config: Mapping[str, Any]) -> Settings:
        settings = super().settings_of(config)
        return replace(settings, persistent=False, flush_delay_s=max(BATCH_DELAY_S, settings.flush_delay_s))


class KeepsProxyUploadOpen(ReferenceSender):
    def settings_of(self, config: Mapping[str, Any]) -> Settings:
        return replace(super().settings_of(config), persistent=config.get("persistent_upload") is not False)


# --- time-outs ------------------------------------------------------------------------------------------------------


class WaitsForEver(Peer):
    def seconds_of_patience(self) -> float:
        return A_DAY_S


class WaitsForBodiesForEver(Peer):
    async def read_body(self, response: aiohttp.ClientResponse, patience: Patience) -> bytes:
        patience.rest()
        return await super().read_body(response, patience)


class WaitsLongerForDrips(Peer):
    async def read_body(self, response: aiohttp.ClientResponse, patience: Patience) -> bytes:
        pieces = []
        async for piece in response.content.iter_any():
            patience.restart()
            pieces.append(piece)
        return b"".join(pieces)
