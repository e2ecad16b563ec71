"""What the service did, as it wrote it down: its sessions with their true events, and what of them was told, listed and streamed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

from ...values.history import Entry
from ..wire import Request
from .streams import Stream

STATUS = "session.status_"
IDLE, TERMINATED = f"{STATUS}idle", f"{STATUS}terminated"
MESSAGES = frozenset({"agent.message", "assistant.message"})
"""The second is an alias of old."""
USER_MESSAGE, ERROR = "user.message", "session.error"
TERMINAL_WORDS = ("idle", "terminated")
NEVER = 1 << 60
"""Behind every entry and every event."""


@dataclass
class Event:
    """``order``: its place in the record of its session, from 0. ``shown_entry``: from there on the list has it; 0: it never has."""

    entry: int
    at_us: int
    order: int
    id: str
    type: str
    data: Mapping[str, Any]
    shown_entry: int = 0
    shown_us: int = 0

    @cached_property
    def text(self) -> str | None:
        """What it adds to the messages of a run: blank blocks are skipped, texts are not trimmed."""
        if self.type not in MESSAGES:
            return None
        texts = [block.get("text", "") for block in self.data.get("content") or () if block.get("type") == "text"]
        kept = [text for text in texts if text.strip()]
        return "\n".join(kept) if kept else None

    @property
    def is_status(self) -> bool:
        return self.type.startswith(STATUS)

    @property
    def is_terminal(self) -> bool:
        """Idle or terminated, whatever it may mean."""
        return self.type in (IDLE, TERMINATED)

    @property
    def needs_action(self) -> bool:
        """An idle that waits for its user: the turn is not over."""
        return self.type == IDLE and (self.data.get("stop_reason") or {}).get("type") == "requires_action"

    @property
    def ends_turn(self) -> bool:
        return self.is_terminal and not self.needs_action

    @property
    def word(self) -> str:
        """The status that it stands for."""
        return self.type.removeprefix(STATUS)

    @property
    def error_message(self) -> str:
        return str((self.data.get("error") or {}).get("message", ""))


@dataclass(frozen=True)
class Page:
    """One answer to a listing: ids newest first, the token it was asked with, and the one it names."""

    entry: int
    at_us: int
    request: Request
    ids: tuple[str, ...]
    token: str | None
    next: str | None


@dataclass
class Listing:
    """Pages that follow one another by their tokens, from the first one on."""

    pages: list[Page]

    @property
    def entry(self) -> int:
        return self.pages[0].entry

    @property
    def last_entry(self) -> int:
        return self.pages[-1].entry


@dataclass(frozen=True)
class Told:
    """A true answer of the endpoint that tells the status."""

    entry: int
    at_us: int
    request: Request
    status: str


@dataclass(frozen=True)
class Sight:
    """A terminal event that the runner was shown. ``newest``: no newer status was shown, or had been streamed, by then."""

    entry: int
    event: Event
    newest: bool


@dataclass
class Session:
    """``requests``: all that were sent to its path, in order, those that failed too."""

    id: str
    entry: int
    label: str
    creation: Request | None
    events: list[Event] = field(default_factory=list)
    by_id: dict[str, Event] = field(default_factory=dict)
    prompts: list[Entry] = field(default_factory=list)
    interrupts: list[Entry] = field(default_factory=list)
    deleted: Entry | None = None
    refusals: list[Entry] = field(default_factory=list)
    """DELETEs that were refused since the session was running."""
    statuses: list[Entry] = field(default_factory=list)
    """What the endpoint of the status tells from then on."""
    told: list[Told] = field(default_factory=list)
    listings: list[Listing] = field(default_factory=list)
    streams: list[Stream] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def asked(self, *endpoints: str) -> list[Request]:
        return [request for request in self.requests if request.endpoint in endpoints]

    @cached_property
    def streamed_ids(self) -> set[str]:
        """What any of its streams has brought."""
        return {row.id for stream in self.streams for row in stream.rows}

    @cached_property
    def prompt_order(self) -> int:
        """Where the turn of our prompt begins."""
        return next((event.order for event in self.events if event.type == USER_MESSAGE), NEVER)

    @cached_property
    def turn(self) -> list[Event]:
        """All that was recorded behind the prompt."""
        return [event for event in self.events if event.order > self.prompt_order]

    @cached_property
    def last_status(self) -> Event | None:
        return next((event for event in reversed(self.events) if event.is_status), None)

    def is_running_at(self, entry: int) -> bool:
        """Surely: its events and what it tells say so, and nobody has interrupted it."""
        if any(interrupt.number < entry for interrupt in self.interrupts):
            return False
        newest = next((event for event in reversed(self.events) if event.is_status and event.entry < entry), None)
        told = next((status.data["status"] for status in reversed(self.statuses) if status.number < entry), "")
        return newest is not None and not newest.is_terminal and told not in TERMINAL_WORDS

    @cached_property
    def sights(self) -> list[Sight]:
        """In the order in which they were shown."""
        sights = [sight for listing in self.listings for sight in self._listed(listing)]
        sights += [sight for stream in self.streams for sight in self._streamed(stream)]
        return sorted(sights, key=lambda sight: sight.entry)

    def _listed(self, listing: Listing) -> list[Sight]:
        sights: list[Sight] = []
        newest = -1
        for page in listing.pages:
            if page.request.delivered is None:
                break
            events = [event for id in page.ids if (event := self.by_id.get(id)) is not None and event.is_status]
            newest = max([newest, *(event.order for event in events)])
            sights += [Sight(page.entry, event, event.order >= newest) for event in events if event.is_terminal]
        return sights

    def _streamed(self, stream: Stream) -> list[Sight]:
        rows = [(row, event) for row in stream.passed if (event := self.by_id.get(row.id)) is not None and event.is_terminal]
        return [Sight(row.entry, event, not self._is_followed(event, row.entry)) for row, event in rows]

    def _is_followed(self, event: Event, entry: int) -> bool:
        """A newer status was recorded before ``entry``."""
        later = self._status_after.get(event.order)
        return later is not None and later.entry < entry

    @cached_property
    def _status_after(self) -> dict[int, Event]:
        statuses = [event for event in self.events if event.is_status]
        return {event.order: later for event, later in pairwise(statuses)}
