"""The requests of a client of durable executions: routes with every id encoded, headers, one try each, no redirect followed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from .http_once import send_once

EVENT_STREAM = "text/event-stream"
START_INDEX = "x-stream-start-index"
NO_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=None)


class DurableHttp:
    """Made on the running loop. Every method raises aiohttp.ClientError or OSError when there is no answer."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self.base = url.rstrip("/") + "/run/api/executions"
        self.headers = headers
        self.session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), timeout=NO_TIMEOUT, middlewares=(send_once,))

    async def create(self, body: Mapping[str, Any]) -> aiohttp.ClientResponse:
        return await self.post(self.base, body, EVENT_STREAM)

    async def follow(self, run_id: str, start_index: int) -> aiohttp.ClientResponse:
        return await self.get(f"{self.base}/{self.encoded(run_id)}/stream", {"Accept": EVENT_STREAM, START_INDEX: str(start_index)})

    async def approve(self, run_id: str, call_id: str, body: Mapping[str, Any]) -> aiohttp.ClientResponse:
        return await self.post(f"{self.base}/{self.encoded(run_id)}/approvals/{self.encoded(call_id)}", body, "application/json")

    def encoded(self, id: str) -> str:
        """One segment of a path, whatever characters the id has."""
        return quote(id, safe="")

    async def get(self, url: str, headers: Mapping[str, str]) -> aiohttp.ClientResponse:
        return await self.session.get(URL(url, encoded=True), headers=self.all_headers(headers), allow_redirects=False)

    async def post(self, url: str, body: Mapping[str, Any], accept: str) -> aiohttp.ClientResponse:
        headers = self.all_headers({"Accept": accept})
        return await self.session.post(URL(url, encoded=True), json=body, headers=headers, allow_redirects=False)

    def all_headers(self, own: Mapping[str, str]) -> Mapping[str, str]:
        headers = CIMultiDict(self.headers)
        headers.update({"Cache-Control": "no-store", "Accept-Encoding": "identity", **own})
        return headers

    async def close(self) -> None:
        await self.session.close()
