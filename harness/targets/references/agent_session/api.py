"""The requests of a runner: one try each, a time limit each, every id one encoded segment."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from ..http_once import send_once
from .settings import Settings

REQUEST_TIMEOUT_S = 30.0
PAGE_SIZE = 20
PAGES_MAX = 1_000
HEADERS = {"anthropic-version": "2023-06-01", "anthropic-beta": "managed-agents-2026-04-01,files-api-2025-04-14"}
NO_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=None)


class RequestFailed(Exception):
    """No answer, or one that is no success. ``status`` is None without an answer."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class SessionApi:
    """Made on the running loop. Every method raises RequestFailed."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), timeout=NO_TIMEOUT, middlewares=(send_once,))

    async def create(self) -> tuple[str, str]:
        """(id, status) of a new session."""
        body = {"agent": self.settings.agent, "environment_id": self.settings.environment_id}
        made = await self.request("POST", "/sessions", body)
        if not isinstance(made, dict) or not isinstance(made.get("id"), str) or not made["id"]:
            raise RequestFailed("the answer tells no session")
        return made["id"], str(made.get("status"))

    async def send(self, session: str, events: list[Mapping[str, Any]]) -> None:
        await self.request("POST", f"{self.path(session)}/events?beta=true", {"events": events})

    async def interrupt(self, session: str) -> None:
        await self.send(session, [{"type": "user.interrupt"}])

    async def status(self, session: str) -> str:
        told = await self.request("GET", self.path(session))
        if not isinstance(told, dict) or not isinstance(told.get("status"), str):
            raise RequestFailed("the answer tells no status")
        return str(told["status"])

    async def events(self, session: str) -> list[dict[str, Any]]:
        """All that the list shows, oldest first. A page that fails fails the whole listing."""
        newest_first: list[dict[str, Any]] = []
        tokens: set[str] = set()
        token: str | None = None
        for _ in range(PAGES_MAX):
            page = "" if token is None else f"&page={quote(token, safe='')}"
            told = await self.request("GET", f"{self.path(session)}/events?limit={PAGE_SIZE}&order=desc{page}")
            if not isinstance(told, dict) or not isinstance(told.get("data"), list):
                raise RequestFailed("the answer is no page of events")
            newest_first += [event for event in told["data"] if isinstance(event, dict)]
            token = self.following(told)
            if token is None or token in tokens:
                break
            tokens.add(token)
        return self.chronological(newest_first)

    def following(self, page: Mapping[str, Any]) -> str | None:
        token = page.get("next_page")
        return token if isinstance(token, str) and token else None

    def chronological(self, newest_first: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Each event once: pages may overlap where the list grows in between."""
        by_id = {str(event.get("id")): event for event in reversed(newest_first)}
        return list(by_id.values())

    async def delete(self, session: str) -> None:
        await self.request("DELETE", self.path(session))

    async def follow(self, session: str) -> aiohttp.ClientResponse:
        """The head of the stream; its body has no time limit."""
        response = await self.answered("GET", f"{self.path(session)}/events/stream", None, {"Accept": "text/event-stream"})
        if response.status != 200 or response.content_type != "text/event-stream":
            response.close()
            raise RequestFailed(f"request failed ({response.status}): no stream", response.status)
        return response

    def path(self, session: str) -> str:
        return f"/sessions/{quote(session, safe='')}"

    async def request(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of a 2xx answer."""
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                response = await self.answered(method, path, body, {})
                try:
                    data = await response.read()
                    told = await response.json(content_type=None) if data else None
                finally:
                    response.close()
        except TimeoutError as error:
            raise RequestFailed("no answer in time") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise RequestFailed(f"no usable answer: {type(error).__name__}") from error
        if not 200 <= response.status < 300:
            raise RequestFailed(f"request failed ({response.status}): {message_of(told)}", response.status)
        return told

    async def answered(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> aiohttp.ClientResponse:
        url = URL(self.settings.base_url + path, encoded=True)
        own = {"x-api-key": self.settings.api_key, **HEADERS, "Accept-Encoding": "identity", **headers}
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                return await self.http.request(method, url, json=body, headers=own, allow_redirects=False)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise RequestFailed(f"no answer: {type(error).__name__}") from error

    async def close(self) -> None:
        await self.http.close()


def message_of(told: Any) -> str:
    error = told.get("error") if isinstance(told, dict) else None
    return str(error.get("message")) if isinstance(error, dict) else "no message"
