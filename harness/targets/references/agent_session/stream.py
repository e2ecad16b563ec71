"""The events of one open stream, as they arrive."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp

from ..sse_parser import SseParser
from .api import TROUBLE, events_among, json_or_none


class EventStream:
    """``is_over``: it has ended or broken off; nothing more comes."""

    def __init__(self, response: aiohttp.ClientResponse, parser: SseParser) -> None:
        self.response = response
        self.parser = parser
        self.is_over = False

    async def next(self, until_s: float) -> list[dict[str, Any]]:
        """What one piece of it brings: often nothing. Nothing, too, when that time (of the loop) has come, or when it is over."""
        try:
            async with asyncio.timeout_at(until_s) as patience:
                data = await self.response.content.readany()
        except TROUBLE:
            self.is_over = not patience.expired()
            return []
        self.is_over = not data
        return self.events(data)

    def events(self, data: bytes) -> list[dict[str, Any]]:
        """What is no event of a session is nobody's concern."""
        return events_among([json_or_none(frame.data) for frame in self.parser.feed(data) if frame.data is not None])
