"""Reads the history of a run, page after page. A page that fails is asked for again, with the pauses of a lost connection."""

from __future__ import annotations

import asyncio
from typing import Any

from .run_stream_api import Api, Page
from .run_stream_backoff import ATTEMPTS_MAX, delay_s
from .run_stream_failure import WatchFailed


class HistoryReader:
    def __init__(self, api: Api) -> None:
        self.api = api

    async def read_from(self, offset: int) -> list[Any]:
        """All entries behind the first ``offset``, over all pages. Raises WatchFailed: half a history is never given out."""
        entries: list[Any] = []
        has_more = True
        while has_more:
            page = await self.page_at(self.next_offset(offset, entries))
            entries.extend(page.entries)
            has_more = self.goes_on(page)
        return entries

    def next_offset(self, offset: int, entries: list[Any]) -> int:
        """Behind what was answered, which may be less than was asked for."""
        return offset + len(entries)

    def goes_on(self, page: Page) -> bool:
        return page.has_more

    async def page_at(self, offset: int) -> Page:
        settings = self.api.settings
        for attempt in range(1, ATTEMPTS_MAX + 2):
            page = await self.api.history_page(offset)
            if page is not None:
                return page
            if attempt <= ATTEMPTS_MAX:
                await asyncio.sleep(delay_s(attempt, settings.backoff_base_s, settings.backoff_max_s))
        raise WatchFailed("Cloud run history unavailable", f"no answer at entry {offset}", retryable=True)
