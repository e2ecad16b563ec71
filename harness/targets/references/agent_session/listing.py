"""One whole listing of a session: every page of it, each event once, oldest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .api import SessionApi, events_among

PAGES_MAX = 1_000


class Listing:
    def __init__(self, api: SessionApi, session: str) -> None:
        self.api = api
        self.session = session

    async def read(self) -> list[dict[str, Any]]:
        """Stops at a token that comes again: what was read by then is the list. Raises RequestFailed when a page fails."""
        newest_first: list[dict[str, Any]] = []
        asked: set[str | None] = set()
        token: str | None = None
        while token not in asked and len(asked) < PAGES_MAX:
            asked.add(token)
            page = await self.api.page(self.session, token)
            newest_first += events_among(page["data"])
            token = self.following(page)
        return self.chronological(newest_first)

    def following(self, page: Mapping[str, Any]) -> str | None:
        """The token of the next page; None, which is that of the first one, where there is none."""
        token = page.get("next_page")
        return token if isinstance(token, str) and token else None

    def chronological(self, newest_first: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Pages overlap where the list grows while it is read."""
        return list({event["id"]: event for event in reversed(newest_first)}.values())
