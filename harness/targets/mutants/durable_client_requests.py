"""Planted bugs in what a client of durable executions asks for, and in how: routes, headers, bodies, redirects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from ..references.durable_http import EVENT_STREAM, START_INDEX, DurableHttp

REDIRECTS = (301, 302, 303, 307, 308)


class AlteredHttp(DurableHttp):
    """The requests of the reference, with places for bugs."""

    async def follow(self, run_id: str, start_index: int) -> aiohttp.ClientResponse:
        given = {"Accept": EVENT_STREAM, START_INDEX: self.index_header(start_index)}
        return await self.get(f"{self.base}/{self.encoded(run_id)}/stream", given)

    def index_header(self, start_index: int) -> str:
        return str(start_index)


class EncodesNothing(DurableHttp):
    def encoded(self, id: str) -> str:
        return quote(id, safe="/%?#&=+;:@$,!~*'()[]{}|^`\"<>\\ ").replace(" ", "%20")


class EncodesTwice(DurableHttp):
    def encoded(self, id: str) -> str:
        return quote(quote(id, safe=""), safe="")


class LeavesSlashes(DurableHttp):
    def encoded(self, id: str) -> str:
        return quote(id)


class WritesPlusForSpace(DurableHttp):
    def encoded(self, id: str) -> str:
        return quote(id, safe="").replace("%20", "+")


class SharesNoHeadersWithStreams(DurableHttp):
    """The headers of the application are for POST alone."""

    async def get(self, url: str, headers: Mapping[str, str]) -> aiohttp.ClientResponse:
        return await self.session.get(URL(url, encoded=True), headers=headers, allow_redirects=False)


class SharesOnlyTheCredential(DurableHttp):
    def all_headers(self, own: Mapping[str, str]) -> Mapping[str, str]:
        kept = {name: value for name, value in self.headers.items() if name == "Authorization"}
        return {**kept, **own}


class AsksInHexadecimal(AlteredHttp):
    def index_header(self, start_index: int) -> str:
        return hex(start_index)


class DropsTheReason(DurableHttp):
    async def approve(self, run_id: str, call_id: str, body: Mapping[str, Any]) -> aiohttp.ClientResponse:
        return await super().approve(run_id, call_id, {"approved": body["approved"]})


class ApprovesInEveryCase(DurableHttp):
    async def approve(self, run_id: str, call_id: str, body: Mapping[str, Any]) -> aiohttp.ClientResponse:
        return await super().approve(run_id, call_id, {**body, "approved": True})


class DropsTheConversation(DurableHttp):
    async def create(self, body: Mapping[str, Any]) -> aiohttp.ClientResponse:
        return await super().create({"messages": body["messages"]})


class FollowsRedirectsWithEverything(DurableHttp):
    """Wherever a redirect leads, all headers go with it."""

    async def get(self, url: str, headers: Mapping[str, str]) -> aiohttp.ClientResponse:
        response = await super().get(url, headers)
        for _ in range(5):
            location = response.headers.get("Location")
            if response.status not in REDIRECTS or location is None:
                break
            response.close()
            response = await super().get(str(URL(url, encoded=True).join(URL(location, encoded=True))), headers)
        return response
