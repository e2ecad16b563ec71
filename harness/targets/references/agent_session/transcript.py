"""What the events of a session mean: whether the turn of our prompt is over, how, and what was said. Oldest first everywhere.

The list is the truth, but late; the stream is prompt, but knows nothing of before, and the list may never show what it has
brought. So a turn is over when the list shows its end: then it shows all that was before it, except what was streamed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

Event = Mapping[str, Any]
PROMPT, ERROR, IDLE = "user.message", "session.error", "session.status_idle"
MESSAGES = ("agent.message", "assistant.message")
TERMINAL = {IDLE: "idle", "session.status_terminated": "terminated"}
STATUSES = ("session.status_running", "session.status_rescheduled", *TERMINAL)


class State(Enum):
    """RUNNING: nothing has ended. LATE: the end was streamed and is not listed yet. BLOCKED: the session waits for an action."""

    RUNNING = "running"
    LATE = "late"
    BLOCKED = "blocked"
    OVER = "over"


@dataclass(frozen=True)
class Verdict:
    """``status``: that of the terminal event, "" where there is none. ``failure``: an error that nothing has recovered from, so far."""

    state: State
    status: str = ""
    messages: tuple[str, ...] = ()
    failure: str | None = None


NOTHING_NEW = Verdict(State.RUNNING)


class Transcript:
    """Of one session. It grows by listings and by streamed events."""

    def __init__(self, prompt: str) -> None:
        self.prompt = prompt
        self.events: list[Event] = []
        self.listing: Sequence[Event] = ()
        self.listed: set[str] = set()
        self.streamed: dict[str, Event] = {}
        """By id, in the order of the stream."""
        self.older: dict[str, str] = {}
        """By id of a streamed event: the newest one that the list showed by then."""

    def take_streamed(self, event: Event) -> None:
        """It is newer than all that was streamed before it, also where the list was quicker to show it."""
        if event["id"] in self.streamed:
            return
        self.streamed[event["id"]] = event
        if event["id"] in self.listed:
            self.events = self.merged(self.listing)
            return
        if self.listing:
            self.older[event["id"]] = self.listing[-1]["id"]
        self.events.append(event)

    def take_listing(self, listed: Sequence[Event]) -> None:
        self.listing = listed
        self.listed = {event["id"] for event in listed}
        self.events = self.merged(listed)

    def merged(self, listed: Sequence[Event]) -> list[Event]:
        """The list, and in it what it does not show: in front of what was streamed next, or else behind what was known before."""
        places = {event["id"]: place for place, event in enumerate(listed)}
        ahead: dict[int, list[Event]] = {}
        waiting: list[Event] = []
        newest = -1
        for id, event in self.streamed.items():
            if id in places:
                ahead[places[id]], waiting = waiting, []
                newest = max(newest, places[id])
            else:
                waiting.append(event)
                newest = max(newest, places.get(self.older.get(id, ""), -1))
        ahead[newest + 1] = waiting
        events: list[Event] = []
        for place, event in enumerate(listed):
            events += [*ahead.get(place, ()), event]
        return events + ahead.get(len(listed), [])

    # --- the turn ---------------------------------------------------------------------------------------------------

    def verdict(self) -> Verdict:
        end = self.last_status()
        messages, failure = tuple(self.messages()), self.failure()
        if end is None or end["type"] not in TERMINAL:
            return Verdict(State.RUNNING, "", messages, failure)
        state = State.OVER if end["id"] in self.listed else State.LATE
        if self.is_blocked(end):
            return Verdict(State.BLOCKED, "", messages, failure)
        return Verdict(state, TERMINAL[end["type"]], messages, failure)

    def turn(self) -> Sequence[Event]:
        """What came behind our prompt; nothing as long as that is not known."""
        places = [place for place, event in enumerate(self.events) if self.is_prompt(event)]
        return self.events[places[-1] + 1 :] if places else ()

    def is_prompt(self, event: Event) -> bool:
        return event["type"] == PROMPT and self.text(event) == self.prompt

    def last_status(self) -> Event | None:
        return next((event for event in reversed(self.turn()) if event["type"] in STATUSES), None)

    def is_blocked(self, end: Event) -> bool:
        reason = end.get("stop_reason")
        return end["type"] == IDLE and isinstance(reason, Mapping) and reason.get("type") == "requires_action"

    def failure(self) -> str | None:
        """The last error, unless an idle is newer and something was said in the run."""
        failure: str | None = None
        for event in self.turn():
            if event["type"] == ERROR:
                failure = f"managed agent session failed: {complaint(event)}"
            elif event["type"] == IDLE and self.messages():
                failure = None
        return failure

    # --- what was said ----------------------------------------------------------------------------------------------

    def messages(self) -> list[str]:
        said = [self.text(event) for event in self.until_the_end() if event["type"] in MESSAGES]
        return [text for text in said if text]

    def until_the_end(self) -> Sequence[Event]:
        """All, or where the turn is over what was in front of its end."""
        end = self.last_status()
        return self.events if end is None or end["type"] not in TERMINAL else self.events[: self.events.index(end)]

    def text(self, event: Event) -> str:
        """Its text blocks, one a line; blank ones do not count."""
        blocks = event.get("content")
        texts = [block.get("text") for block in blocks if isinstance(block, Mapping)] if isinstance(blocks, list) else []
        return "\n".join(text for text in texts if isinstance(text, str) and text.strip())


def complaint(event: Event) -> str:
    error = event.get("error")
    return str(error.get("message")) if isinstance(error, Mapping) else "no message"
