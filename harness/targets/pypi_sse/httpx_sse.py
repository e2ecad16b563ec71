"""The driver of ``httpx-sse``, which parses the answer to one request of httpx and leaves reconnecting to its application."""

from __future__ import annotations

import httpx
from httpx_sse import aconnect_sse

from .asyncio_reader import AsyncioReader

# A stream may be silent for longer than the 5 s that httpx waits by default.
TIMEOUT = httpx.Timeout(5, read=None)


class HttpxSseReader(AsyncioReader):
    serves = ({"contract": "sse", "role": "reader", "capabilities": ["headers"]},)

    async def read(self) -> None:
        # The standard wants redirects followed; httpx leaves that to its application.
        async with (
            httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=True) as client,
            aconnect_sse(client, "GET", self.url, headers=self.headers) as source,
        ):
            if source.response.status_code != httpx.codes.OK:  # the client leaves the status to its application
                raise ValueError(f"no event stream: status {source.response.status_code}")
            self.note("open", {})
            async for event in source.aiter_sse():
                self.tell_event(event.id, event.event, event.data)


reader = HttpxSseReader
