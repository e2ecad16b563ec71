"""The request of an SSE reader, redirects included. What the application gave as headers stays at the origin it was meant for.

A redirect to the same origin is followed with everything. Another origin gets what any page may send anywhere, and the
reader's own headers; that nothing comes back on the way home is on purpose, since the other origin chose that way.
"""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from .http_once import send_once

EVENT_STREAM = "text/event-stream"
REDIRECTS = (301, 302, 303, 307, 308)
REDIRECTS_MAX = 20
SAFE_ANYWHERE = ("accept", "accept-language", "content-language")
"""Names that the Fetch standard lets pass between origins whatever their values say; any other name may be a credential."""
NO_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=None)

Headers = Mapping[str, str]


class NoStream(Exception):
    """What came is no event stream and never will be."""


class SseRequest:
    """Opens streams, one at a time. Made on the running loop."""

    def __init__(self, url: str, headers: Headers) -> None:
        self.url = url
        self.headers = headers
        self.session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), timeout=NO_TIMEOUT, middlewares=(send_once,))

    async def open(self, last_id: str) -> aiohttp.ClientResponse:
        """The answer behind all redirects; the caller closes it. Raises NoStream, aiohttp.ClientError, OSError."""
        url, given = URL(self.url), self.headers
        for _ in range(REDIRECTS_MAX + 1):
            response = await self.get(url, self.all_headers(given, last_id))
            location = response.headers.get("Location")
            if response.status not in REDIRECTS or location is None:
                return response
            response.close()
            target = self.target_of(url, location)
            given = self.headers_towards(given, url, target)
            url = target
        raise NoStream(f"more than {REDIRECTS_MAX} redirects")

    async def get(self, url: URL, headers: Headers) -> aiohttp.ClientResponse:
        try:
            return await self.session.get(url, headers=headers, allow_redirects=False)
        except ValueError as error:  # an address, a header or an id that no request can carry
            raise NoStream(f"no request can be made: {error}") from None

    def all_headers(self, given: Headers, last_id: str) -> Headers:
        """Without an id the header is not sent at all."""
        headers = CIMultiDict({"Accept": EVENT_STREAM, "Cache-Control": "no-store"})
        headers.update(given)
        if last_id:
            headers["Last-Event-ID"] = last_id
        return headers

    def target_of(self, url: URL, location: str) -> URL:
        try:
            target = url.join(URL(location))
        except ValueError:
            raise NoStream("a redirect to what is no address") from None
        if target.scheme not in ("http", "https") or not target.host:
            raise NoStream(f"a redirect to the scheme {target.scheme!r}")
        return target

    def headers_towards(self, given: Headers, url: URL, target: URL) -> Headers:
        """What of the application's headers may go from one address to the next."""
        if url.origin() == target.origin():
            return given
        return {name: value for name, value in given.items() if name.lower() in SAFE_ANYWHERE}

    async def close(self) -> None:
        await self.session.close()
