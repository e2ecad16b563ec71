"""The driver of ``aiohttp-sse-client2``, which reconnects by itself."""

from __future__ import annotations

import logging

from aiohttp import ClientSession
from aiohttp_sse_client2.client import EventSource

from .asyncio_reader import AsyncioReader

# Its warnings and errors would go to the terminal of the command.
logging.getLogger(EventSource.__module__).addHandler(logging.NullHandler())


class AiohttpSseClient2Reader(AsyncioReader):
    serves = ({"contract": "sse", "role": "reader", "capabilities": ["reconnect", "headers"]},)
    _source: EventSource | None = None

    async def read(self) -> None:
        # A session of its own, with the same defaults: the client's would stay open when the first connection fails.
        async with ClientSession() as session:
            self._source = EventSource(
                self.url, session=session, headers=dict(self.headers), on_open=lambda: self.note("open", {}), on_error=self._failed
            )
            async with self._source as source:
                async for event in source:
                    # None is how this client names the default type.
                    self.tell_event(event.last_event_id, event.type or "message", event.data)

    async def stop(self) -> None:
        if self._source is not None:
            await self._source.close()

    def _failed(self) -> None:
        self.tell_error("the client's on_error was called")


reader = AiohttpSseClient2Reader
