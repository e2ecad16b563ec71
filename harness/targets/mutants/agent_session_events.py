"""Planted bugs in what a runner takes the events of a session to mean, and in how it reads their list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..references.agent_session.api import RequestFailed
from ..references.agent_session.listing import Listing
from ..references.agent_session.observer import TERMINAL_STATUSES, Observer
from ..references.agent_session.transcript import ERROR, IDLE, MESSAGES, TERMINAL, Event, State, Transcript, Verdict

# --- whether the turn is over ---------------------------------------------------------------------------------------


class BelievesTheStatus(Observer):
    """A terminal status is enough: the messages are those that the list happens to show."""

    async def poll(self, *, is_last: bool) -> tuple[str, Verdict]:
        status = await self.api.status(self.session)
        verdict = await self.look(1)
        return status, replace(verdict, state=State.OVER, status=status) if status in TERMINAL_STATUSES else verdict


class BelievesMessages(Transcript):
    """Where there is a message there is the result."""

    def verdict(self) -> Verdict:
        verdict = super().verdict()
        is_open = verdict.state is State.RUNNING and verdict.messages
        return replace(verdict, state=State.OVER, status="idle") if is_open else verdict


class BelievesTheStream(Transcript):
    """An end that was streamed is the end, whether the list shows what came before it or not."""

    def verdict(self) -> Verdict:
        verdict = super().verdict()
        return replace(verdict, state=State.OVER) if verdict.state is State.LATE else verdict


class GivesUpWaiting(Observer):
    """When the list has not shown the end in so many tries, what it shows has to do."""

    async def look(self, listings: int, status: str | None = None) -> Verdict:
        verdict = await super().look(listings, status)
        is_short = verdict.state is State.RUNNING and status in TERMINAL_STATUSES
        return replace(verdict, state=State.OVER, status=str(status)) if is_short else verdict


class TakesAnyIdle(Transcript):
    """Any idle, wherever it stands, ends the run."""

    def last_status(self) -> Event | None:
        return next((event for event in reversed(self.events) if event["type"] in TERMINAL), super().last_status())


class TakesTheIdleBefore(Transcript):
    """As long as nothing was said, the idle of the beginning is the end."""

    def last_status(self) -> Event | None:
        if self.has_messages():
            return super().last_status()
        return next((event for event in self.events if event["type"] == IDLE), None)

    def has_messages(self) -> bool:
        return any(event["type"] in MESSAGES for event in self.events)


class IgnoresResumption(Transcript):
    """An idle of the turn ends it, whatever runs behind it."""

    def last_status(self) -> Event | None:
        return next((event for event in self.turn() if event["type"] in TERMINAL), super().last_status())


class IgnoresTheStopReason(Transcript):
    def is_blocked(self, end: Event) -> bool:
        return False


# --- errors ---------------------------------------------------------------------------------------------------------


class IgnoresErrors(Transcript):
    def failure(self) -> str | None:
        return None


class TakesEveryErrorForFatal(Transcript):
    def failure(self) -> str | None:
        error = next((event for event in self.turn() if event["type"] == ERROR), None)
        return None if error is None else f"managed agent session failed: {error['error']['message']}"


class LosesTheComplaint(Transcript):
    def failure(self) -> str | None:
        return None if super().failure() is None else "managed agent session failed"


class TakesAnyIdleForRecovery(Transcript):
    """An idle behind an error is a recovery, even where nothing was said."""

    def failure(self) -> str | None:
        last = next((event["type"] for event in reversed(self.turn()) if event["type"] in (ERROR, IDLE)), None)
        return None if last == IDLE else super().failure()


# --- messages -------------------------------------------------------------------------------------------------------


class KeepsTheLastMessage(Transcript):
    def messages(self) -> list[str]:
        return super().messages()[-1:]


class KeepsTheListsOrder(Transcript):
    """Newest first, as it was listed."""

    def messages(self) -> list[str]:
        return super().messages()[::-1]


class KnowsNoAlias(Transcript):
    def messages(self) -> list[str]:
        said = [self.text(event) for event in self.until_the_end() if event["type"] == MESSAGES[0]]
        return [text for text in said if text]


class KeepsTheFirstBlock(Transcript):
    def text(self, event: Event) -> str:
        return super().text({**event, "content": list(event.get("content") or ())[:1]})


class TrimsTexts(Transcript):
    def text(self, event: Event) -> str:
        return super().text(event).strip()


class KeepsBlankMessages(Transcript):
    def messages(self) -> list[str]:
        return [self.text(event) for event in self.until_the_end() if event["type"] in MESSAGES]


class DropsTwins(Transcript):
    """Two messages of the same words are one."""

    def messages(self) -> list[str]:
        return list(dict.fromkeys(super().messages()))


# --- what the stream and the list have in common ----------------------------------------------------------------------


class TakesBoth(Transcript):
    """What was streamed and what is listed are put behind one another: what is in both is there twice."""

    def messages(self) -> list[str]:
        told = [self.text(event) for event in self.streamed_events if event["type"] in MESSAGES]
        return [*(text for text in told if text), *super().messages()]

    def __init__(self, prompt: str) -> None:
        super().__init__(prompt)
        self.streamed_events: list[Event] = []

    def take_streamed(self, event: Event) -> None:
        self.streamed_events.append(event)
        super().take_streamed(event)


class ForgetsTheStream(Transcript):
    """What the list does not show was never said."""

    def merged(self, listed: Sequence[Event]) -> list[Event]:
        return list(listed)


class PutsTheStreamBehind(Transcript):
    """What only the stream has brought comes behind all that is listed, in front of the end."""

    def messages(self) -> list[str]:
        said = [event for event in self.until_the_end() if event["type"] in MESSAGES and self.text(event)]
        return [self.text(event) for event in sorted(said, key=lambda event: event["id"] not in self.listed)]


class StreamsAlone(Transcript):
    """The list is not asked for what the stream may not have brought."""

    def merged(self, listed: Sequence[Event]) -> list[Event]:
        return [event for event in super().merged(listed) if event["id"] in self.streamed or event["type"] not in MESSAGES]


# --- pages ----------------------------------------------------------------------------------------------------------


class ReadsTheFirstPage(Listing):
    def following(self, page: Mapping[str, Any]) -> str | None:
        return None


class TakesAllForTheTurn(Transcript):
    """Where the prompt is not listed, all that is belongs to its turn."""

    def turn(self) -> Sequence[Event]:
        return super().turn() or self.events


class TurnsEachPage(Listing):
    """Every page is put in order, but not the pages."""

    async def read(self) -> list[dict[str, Any]]:
        self.sizes: list[int] = []
        return await super().read()

    def following(self, page: Mapping[str, Any]) -> str | None:
        self.sizes.append(len(page["data"]))
        return super().following(page)

    def chronological(self, newest_first: list[dict[str, Any]]) -> list[dict[str, Any]]:
        ordered: list[dict[str, Any]] = []
        for size in self.sizes:
            ordered += newest_first[:size][::-1]
            newest_first = newest_first[size:]
        return sorted(ordered, key=lambda event: event["type"] not in ("user.message", "session.status_running"))


class NeverStopsPaging(Listing):
    """A token that comes again is asked for again."""

    async def read(self) -> list[dict[str, Any]]:
        newest_first: list[dict[str, Any]] = []
        token: str | None = None
        for _ in range(3_000):
            page = await self.api.page(self.session, token)
            newest_first += page["data"]
            token = self.following(page)
            if token is None:
                break
        return self.chronological(newest_first)


class KeepsOverlaps(Listing):
    """What two pages show is there twice."""

    def chronological(self, newest_first: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return newest_first[::-1]


class EndsAtAFailedPage(Listing):
    """A page that fails is the end of the list."""

    async def read(self) -> list[dict[str, Any]]:
        self.newest_first: list[dict[str, Any]] = []
        try:
            return await super().read()
        except RequestFailed:
            if not self.newest_first:
                raise
            return self.chronological(self.newest_first)

    def following(self, page: Mapping[str, Any]) -> str | None:
        self.newest_first += page["data"]
        return super().following(page)
