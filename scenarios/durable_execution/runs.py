"""What the hostile client knows of the runs that it has made: ids, how far they were read, which calls wait, whether they rest."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .frames import Event, named

AT_REST = ("suspended", "completed", "failed")
TERMINAL = ("completed", "failed")
KNOWN_STATUSES = ("running", *AT_REST)


@dataclass
class Run:
    """``conversation``: its id on the wire, None until a status has told it. ``id`` None: nobody has told it yet.

    ``length``: frames that were seen by any reader, from the start. ``seen``: index of the last frame that the last reader saw.
    ``rest_us``: since when the run is known to be at rest, None while it is not. ``stale``: a decision was answered, and since then
    no frame has told of another call, so what is pending is known no more.
    """

    label: str
    tenant: int
    conversation: str | None
    durable: bool = True
    gates: tuple[str, ...] = ()
    id: str | None = None
    status: str | None = None
    updated_at: Any = None
    http_status: int | None = None
    rest_us: int | None = None
    moved_us: int = 0
    polled_us: int = -1_000_000
    waited_us: int | None = None
    """When the client waited for it in vain, None while it has not."""
    length: int = 0
    seen: int = -1
    stale: bool = False
    streams: int = 0
    """Streams of it that are open."""
    calls: list[str] = field(default_factory=list)
    """In the order in which they were first named."""
    creation: asyncio.Event | None = None
    """Set once its creation was answered, or is over."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    _approvals: dict[int, str] = field(default_factory=dict)

    @property
    def pending(self) -> str | None:
        """The call of the latest approval request."""
        return self._approvals[max(self._approvals)] if self._approvals else None

    @property
    def at_rest(self) -> bool:
        return self.status in AT_REST

    def stir(self, now_us: int) -> None:
        """Something moved: it is not known to be at rest any more."""
        self.moved_us = now_us
        self.rest_us = None
        self._tell()

    def wanted(self, now_us: int) -> None:
        """A decision was answered."""
        self.stale = True
        self.stir(now_us)

    def take(self, event: Event, place: int | None) -> None:
        """A frame at index ``place`` (None: unknown)."""
        if not event.is_frame:
            return
        found = named(event.data)
        self.calls += [call for call in found.calls if call not in self.calls]
        if place is not None:
            is_news = place >= self.length
            self.length = max(self.length, place + 1)
            if found.asks is not None:
                self._approvals[place] = found.asks
            if is_news and (found.asks is not None or found.finishes):
                self.stale = False

    def take_status(self, http_status: int | None, body: Any, now_us: int) -> None:
        """The answer to a question for the status, whatever it was."""
        self.http_status = http_status
        row = body if http_status == 200 and isinstance(body, dict) else {}
        status, updated_at = row.get("status"), row.get("updatedAt")
        if (status, updated_at) != (self.status, self.updated_at):
            self.stir(now_us)
        self.status, self.updated_at = status if isinstance(status, str) else None, updated_at
        if self.conversation is None and isinstance(row.get("conversationId"), str):
            self.conversation = row["conversationId"]
        if not self.at_rest:
            self.rest_us = None
        elif self.rest_us is None:
            self.rest_us = now_us
        self._tell()

    def opened(self) -> None:
        self.streams += 1

    def ended(self) -> None:
        self.streams -= 1
        self._tell()

    def _tell(self) -> None:
        """Wakes whoever waits for news of it."""
        self.changed.set()
        self.changed = asyncio.Event()


class Reader:
    """One stream of a run: the frames that it brings, counted from the index at which it began (None: unknown)."""

    def __init__(self, run: Run, start: int | None, *, is_last: bool) -> None:
        """``is_last``: from here on it tells how far the run was seen."""
        self._run = run
        self._place = start
        self._is_last = is_last
        if is_last and start is not None:
            run.seen = start - 1

    def take(self, events: Sequence[Event]) -> None:
        for event in events:
            self._run.take(event, self._place)
            if event.is_frame and self._place is not None:
                if self._is_last:
                    self._run.seen = self._place
                self._place += 1
