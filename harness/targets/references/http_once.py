"""One request is one request: what keeps aiohttp from sending a GET that failed once more, at once and unseen.

That second try is right for a page of data. For a stream it would be a reconnect without a pause, which nobody counts.
"""

from __future__ import annotations

import aiohttp

NO_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=None)
"""Whoever asks keeps the time."""


async def send_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """A client middleware. Raises aiohttp.ClientConnectionError, of which aiohttp does not think that it could pass."""
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError(f"no answer: {type(error).__name__}") from error


def once_session() -> aiohttp.ClientSession:
    """Sends every request once, keeps no cookie, and never gives up by itself. Made on the running loop."""
    return aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), timeout=NO_TIMEOUT, middlewares=(send_once,))
