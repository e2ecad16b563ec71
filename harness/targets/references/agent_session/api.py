"""The requests of a runner: one try each, a time limit each, every id one encoded segment of a path."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from ..http_once import once_session
from .settings import Settings

REQUEST_TIMEOUT_S = 30.0
PAGE_EVENTS = 20
EVENT_STREAM = "text/event-stream"
HEADERS = {"anthropic-version": "2023-06-01", "anthropic-beta": "managed-agents-2026-04-01,files-api-2025-04-14"}
TROUBLE = (aiohttp.ClientError, OSError, TimeoutError)
"""How a request fails."""


class RequestFailed(Exception):
    """No answer, one that is no success, or one that tells nothing. ``status`` is None without an answer."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class SessionApi:
    """Made on the running loop. Every request raises RequestFailed."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.http = once_session()

    # --- what can be asked ------------------------------------------------------------------------------------------

    async def create(self) -> tuple[str, str]:
        """(id, status) of a new session."""
        made = await self.object_of("POST", "/sessions", {"agent": self.settings.agent, "environment_id": self.settings.environment_id})
        if not isinstance(made.get("id"), str) or not made["id"]:
            raise RequestFailed("the answer names no session")
        return made["id"], str(made.get("status"))

    async def send_prompt(self, session: str, text: str) -> None:
        await self.send(session, {"type": "user.message", "content": [{"type": "text", "text": text}]})

    async def interrupt(self, session: str) -> None:
        await self.send(session, {"type": "user.interrupt"})

    async def send(self, session: str, event: Mapping[str, Any]) -> None:
        await self.answered("POST", f"{self.path(session)}/events?beta=true", {"events": [event]})

    async def status(self, session: str) -> str:
        told = (await self.object_of("GET", self.path(session))).get("status")
        if not isinstance(told, str):
            raise RequestFailed("the answer tells no status")
        return told

    async def page(self, session: str, token: str | None) -> Mapping[str, Any]:
        """{data, next_page}, newest first."""
        asked = "" if token is None else f"&page={quote(token, safe='')}"
        page = await self.object_of("GET", f"{self.path(session)}/events?limit={PAGE_EVENTS}&order=desc{asked}")
        if not isinstance(page.get("data"), list):
            raise RequestFailed("the answer is no page of events")
        return page

    async def delete(self, session: str) -> None:
        await self.answered("DELETE", self.path(session))

    async def stream(self, session: str) -> aiohttp.ClientResponse:
        """An open stream, which may be silent as long as it likes. The caller closes it."""
        try:
            async with asyncio.timeout(self.patience_s()):
                response = await self.begin("GET", f"{self.path(session)}/events/stream", None, EVENT_STREAM)
        except TROUBLE as error:
            raise no_answer(error) from error
        if response.status != 200 or response.content_type != EVENT_STREAM:
            response.close()
            raise RequestFailed(f"request failed ({response.status}): no event stream", response.status)
        return response

    # --- how it is asked --------------------------------------------------------------------------------------------

    def path(self, session: str) -> str:
        return f"/sessions/{quote(session, safe='')}"

    async def object_of(self, method: str, path: str, body: Any = None) -> Mapping[str, Any]:
        """The JSON object that a success holds."""
        told = json_or_none(await self.answered(method, path, body))
        if not isinstance(told, dict):
            raise RequestFailed("the answer holds no object")
        return told

    async def answered(self, method: str, path: str, body: Any = None) -> bytes:
        """The body of a success."""
        try:
            async with asyncio.timeout(self.patience_s()), await self.begin(method, path, body, "application/json") as response:
                data = await response.read()
        except TROUBLE as error:
            raise no_answer(error) from error
        if not 200 <= response.status < 300:
            raise RequestFailed(f"request failed ({response.status}): {complaint(data)}", response.status)
        return data

    def patience_s(self) -> float | None:
        return REQUEST_TIMEOUT_S

    async def begin(self, method: str, path: str, body: Any, accept: str) -> aiohttp.ClientResponse:
        """The head of an answer. A redirect is none of ours: it would take the key elsewhere."""
        url = URL(self.settings.base_url + path, encoded=True)
        headers = {**HEADERS, "x-api-key": self.settings.api_key, "Accept": accept, "Accept-Encoding": "identity"}
        return await self.http.request(method, url, json=body, headers=headers, allow_redirects=False)

    async def close(self) -> None:
        await self.http.close()


def no_answer(error: BaseException) -> RequestFailed:
    return RequestFailed(f"no answer: {type(error).__name__}")


def complaint(body: bytes) -> str:
    """What a failure says of itself."""
    told = json_or_none(body)
    error = told.get("error") if isinstance(told, dict) else None
    return str(error.get("message")) if isinstance(error, dict) else "no message"


def json_or_none(text: bytes | str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def events_among(values: Sequence[Any]) -> list[dict[str, Any]]:
    """What of some values can be an event: it has a type and an id."""
    return [value for value in values if isinstance(value, dict) and is_text(value.get("type")) and is_text(value.get("id"))]


def is_text(value: Any) -> bool:
    return isinstance(value, str)
