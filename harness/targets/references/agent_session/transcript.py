"""What the events of a session mean: whether the turn is over, how, and what was said. Oldest first everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Event = Mapping[str, Any]
MESSAGES = ("agent.message", "assistant.message")
TERMINAL = {"session.status_idle": "idle", "session.status_terminated": "terminated"}
STATUS = ("session.status_running", "session.status_rescheduled", *TERMINAL)
PROMPT = "user.message"
ERROR = "session.error"


@dataclass(frozen=True)
class End:
    """How a turn ended. ``failure``: why it is no success; ``blocked``: it waits for somebody."""

    status: str
    failure: str | None = None


class Transcript:
    """Of the events that were listed, and those that were streamed, each once."""

    def __init__(self, listed: Sequence[Event], streamed: Sequence[Event] = ()) -> None:
        self.events = self.merged(listed, streamed)

    def merged(self, listed: Sequence[Event], streamed: Sequence[Event]) -> list[Event]:
        """The list, and in it what only the stream has brought, each behind what was streamed in front of it."""
        events = list(listed)
        at = -1
        for event in streamed:
            place = next((index for index, known in enumerate(events) if known.get("id") == event.get("id")), None)
            if place is None:
                place = at + 1 if at >= 0 else self.place_of_first(events)
                events.insert(place, event)
            at = place
        return events

    def place_of_first(self, events: Sequence[Event]) -> int:
        """Where an event belongs in front of which nothing was streamed: behind the prompt, if that is known."""
        return next((index + 1 for index, event in enumerate(events) if event.get("type") == PROMPT), 0)

    # --- the turn

    def turn(self) -> Sequence[Event]:
        """What came behind the prompt; nothing while the prompt is not there."""
        places = [index for index, event in enumerate(self.events) if event.get("type") == PROMPT]
        return self.events[places[-1] + 1 :] if places else ()

    def last_status(self) -> Event | None:
        return next((event for event in reversed(self.turn()) if event.get("type") in STATUS), None)

    def end(self) -> End | None:
        """How the turn ended, or None while it has not."""
        last = self.last_status()
        if last is None or last.get("type") not in TERMINAL:
            return None
        if self.is_blocked(last):
            return End("idle", "the session waits for an action that nobody here can take")
        return End(TERMINAL[last["type"]], self.failure())

    def is_blocked(self, idle: Event) -> bool:
        reason = idle.get("stop_reason")
        return isinstance(reason, Mapping) and reason.get("type") == "requires_action"

    def failure(self) -> str | None:
        """The message of an error that nothing has recovered from."""
        failure: str | None = None
        for event in self.turn():
            if event.get("type") == ERROR:
                failure = self.message_of(event)
            elif event.get("type") == "session.status_idle" and self.messages():
                failure = None
        return failure

    def message_of(self, event: Event) -> str:
        error = event.get("error")
        message = error.get("message") if isinstance(error, Mapping) else None
        return f"managed agent session failed: {message}"

    # --- what was said

    def messages(self) -> list[str]:
        """Those in front of the terminal event, or all where there is none."""
        said = [self.text(event) for event in self.until_the_end() if event.get("type") in MESSAGES]
        return [text for text in said if text]

    def until_the_end(self) -> Sequence[Event]:
        last = self.last_status()
        if last is None or last.get("type") not in TERMINAL:
            return self.events
        return self.events[: next(index for index, event in enumerate(self.events) if event is last)]

    def text(self, event: Event) -> str:
        blocks = event.get("content")
        texts = [block.get("text") for block in blocks if isinstance(block, Mapping)] if isinstance(blocks, list) else []
        return "\n".join(text for text in texts if isinstance(text, str) and text.strip())
