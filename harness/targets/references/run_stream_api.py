"""The requests of a run-stream reader, and what their answers mean.

Each credential has its own place: the session's goes to the backend, the token of the run to the proxy, neither into a URL
or a message. Redirects are not followed (they would take a credential elsewhere), no cookie is kept, no proxy of the
environment is used.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from .http_once import send_once
from .run_stream_frames import json_or_none
from .run_stream_settings import Settings

GET_TIMEOUT_S = 15.0
PAGE_ENTRIES = 1_000
EVENT_STREAM = "text/event-stream"
NO_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=None)
"""Whoever reads a stream keeps the time."""
TROUBLE = (aiohttp.ClientError, TimeoutError, OSError)
"""How a request fails."""


class Path(Enum):
    """The two legs. Ids of one mean nothing on the other."""

    PROXY = "proxy"
    DIRECT = "direct"


class Leg(NamedTuple):
    """Where a stream is read, and with which credential."""

    path: Path
    url: str
    credential: str


class Answer(NamedTuple):
    """A whole answer. ``body``: its JSON, None when it is none."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def object(self) -> Mapping[str, Any] | None:
        """The body of a 200 that holds an object, else None."""
        return self.body if self.status == 200 and isinstance(self.body, dict) else None


class Page(NamedTuple):
    """Entries of a history; ``has_more``: others follow them."""

    entries: Sequence[Any]
    has_more: bool


class Api:
    """Speaks for one reader. Made on the running loop."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), timeout=NO_TIMEOUT)

    # --- plain answers of the backend -------------------------------------------------------------------------------

    async def run_state(self) -> Answer | None:
        return await self.get(self.settings.run_url)

    async def stream_token(self) -> Answer | None:
        return await self.get(f"{self.settings.run_url}stream_token/")

    async def history_page(self, offset: int) -> Page | None:
        """None when no page came. An empty page is the last one, whatever its header says."""
        query = urlencode({"limit": PAGE_ENTRIES, "offset": offset})
        answer = await self.get(f"{self.settings.run_url}session_logs/?{query}")
        if answer is None or answer.status != 200 or not isinstance(answer.body, list):
            return None
        return Page(answer.body, self.has_more(answer) and bool(answer.body))

    def has_more(self, answer: Answer) -> bool:
        return answer.headers.get("X-Has-More", "").strip().lower() == "true"

    async def get(self, url: str) -> Answer | None:
        """None when no whole answer came in time."""
        try:
            async with asyncio.timeout(GET_TIMEOUT_S), await self.request(url, self.backend_headers()) as response:
                return Answer(response.status, response.headers, json_or_none(await response.read()))
        except TROUBLE:
            return None

    def backend_headers(self) -> dict[str, str]:
        return bearer(self.settings.session_token)

    # --- streams ----------------------------------------------------------------------------------------------------

    def direct_leg(self) -> Leg:
        return Leg(Path.DIRECT, self.settings.direct_stream_url, self.settings.session_token)

    def proxy_leg(self, stream_base_url: str, token: str) -> Leg:
        return Leg(Path.PROXY, self.settings.proxy_stream_url(stream_base_url), token)

    async def open_stream(self, leg: Leg, cursor: str | None) -> aiohttp.ClientResponse:
        """Begins behind ``cursor``, or (None) behind the newest entry. The caller closes the response."""
        return await self.request(self.stream_url(leg, cursor), self.stream_headers(leg, cursor), middlewares=(send_once,))

    def stream_url(self, leg: Leg, cursor: str | None) -> str:
        return leg.url if cursor is not None else f"{leg.url}?start=latest"

    def stream_headers(self, leg: Leg, cursor: str | None) -> dict[str, str]:
        headers = {**bearer(leg.credential), "Accept": EVENT_STREAM, "Accept-Encoding": "identity", "Cache-Control": "no-cache"}
        return headers if cursor is None else {**headers, "Last-Event-ID": cursor}

    # --- both -------------------------------------------------------------------------------------------------------

    async def request(self, url: str, headers: Mapping[str, str], **options: Any) -> aiohttp.ClientResponse:
        """The head of an answer. Raises one of `TROUBLE`."""
        try:
            return await self.session.get(self.address(url), headers=headers, allow_redirects=False, **options)
        except ValueError as error:  # an address or a token, as the server told it, that no request can carry
            raise aiohttp.ClientError(f"no request can be made: {type(error).__name__}") from None

    def address(self, url: str) -> URL:
        """As it is: an encoded id must not be decoded on its way."""
        return URL(url, encoded=True)

    async def close(self) -> None:
        await self.session.close()


def bearer(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}


def is_event_stream(response: aiohttp.ClientResponse) -> bool:
    return response.status == 200 and response.content_type == EVENT_STREAM
