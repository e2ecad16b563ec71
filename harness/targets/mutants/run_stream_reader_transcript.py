"""Planted bugs in what a run-stream reader tells: the snapshot, what is new behind it, the order, later subscribers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..references.run_stream_api import PAGE_ENTRIES, Page
from ..references.run_stream_connection import End
from ..references.run_stream_history import HistoryReader
from ..references.run_stream_reader import ReferenceReader
from ..references.run_stream_transcript import Event, Transcript, content_of
from ..references.run_stream_watch import Watch

# --- what is new ----------------------------------------------------------------------------------------------------


class CancelsAsASet(Transcript):
    """Equal contents are one entry to it."""

    def is_new(self, event: Event) -> bool:
        key = content_of(event)
        if key in self._expected:
            return False
        self._ahead[key] += 1
        return True


class CancelsNothing(Transcript):
    def is_new(self, event: Event) -> bool:
        self._ahead[content_of(event)] += 1
        return True


class CancelsOnlyWhatWasHeld(Transcript):
    """Once the buffer is empty whatever comes is new."""

    def release(self) -> list[Event]:
        released = super().release()
        self._expected.clear()
        return released


class KnowsNoIds(Transcript):
    def remember(self, id: str | None) -> None:
        return


class LosesWhatWasHeld(Transcript):
    def release(self) -> list[Event]:
        super().release()
        return []


class ReadsNoTail(Watch):
    """What is appended between the answer of the history and the beginning of the stream is nobody's."""

    def open_gap(self) -> None:
        return


class ReadsTailBeforeTheStream(Watch):
    """The tail is read when the request for the stream goes out, not when the stream is open."""

    def enter(self, leg: Any) -> None:
        super().enter(leg)
        if self.cursor is None:
            self.open_gap()

    def on_open(self) -> None:
        return


class ReadsNoLastHistory(Watch):
    async def is_over_without_a_word(self, end: End) -> bool:
        if not self.legs.is_legacy or not await self.ask_for_state():
            return False
        self.tell_change_of_state()
        return self.state.is_terminal


# --- the order ------------------------------------------------------------------------------------------------------


class DoesNotHold(Transcript):
    """Live entries are told as they come, also before the snapshot."""

    def take_live(self, event: Event) -> list[Event]:
        return [event] if self.is_new(event) else []


class ToldBackwards(Watch):
    def tell_logs(self, entries: list[Mapping[str, Any]]) -> None:
        super().tell_logs(entries[::-1])


class CountsLogsOnly(Transcript):
    shown = 0

    def begin(self, history: Sequence[Any]) -> list[Any]:
        self.shown = len(history)
        return super().begin(history)

    def add_told(self, entries: Iterable[Any]) -> int:
        return super().add_told(entries) - self.shown


# --- the history ----------------------------------------------------------------------------------------------------


class ReadsFirstPageOnly(HistoryReader):
    def goes_on(self, page: Page) -> bool:
        return False


class CountsPagesAsFull(HistoryReader):
    """The next page begins where it would if this one had been full."""

    def next_offset(self, offset: int, entries: list[Any]) -> int:
        return offset + -(-len(entries) // PAGE_ENTRIES) * PAGE_ENTRIES


class PagesOverlap(HistoryReader):
    """The last entry of a page is the first of the next."""

    def next_offset(self, offset: int, entries: list[Any]) -> int:
        return offset + max(0, len(entries) - 1)


class SkipsBetweenPages(HistoryReader):
    def next_offset(self, offset: int, entries: list[Any]) -> int:
        return offset + len(entries) + (1 if entries else 0)


class TakesNoAnswerForNoHistory(HistoryReader):
    async def page_at(self, offset: int) -> Page:
        return await self.api.history_page(offset) or Page([], False)


# --- later subscribers ----------------------------------------------------------------------------------------------


class ShowsHistoryOnly(Watch):
    """A later subscriber is shown the snapshot of the beginning."""

    shown: Sequence[Any] = ()

    async def tell_history(self) -> None:
        await super().tell_history()
        self.shown = list(self.transcript.told)

    def tell_again(self) -> None:
        if self.has_begun.is_set():
            self.batch.flush()
            self.tell("snapshot", {"entries": self.shown, **self.state.tell_snapshot()})


class ShowsLogsTwice(Watch):
    """What waits to be told is shown to a later subscriber, and then told."""

    def tell_again(self) -> None:
        if self.has_begun.is_set():
            waiting = self.batch.drop()
            self.tell("snapshot", {"entries": [*self.transcript.told, *waiting], **self.state.tell_snapshot()})
            for event in waiting:
                self.batch.add(event)


class IgnoresLaterSubscribers(Watch):
    def tell_again(self) -> None:
        return


# --- letting go -----------------------------------------------------------------------------------------------------


class KeepsConnection(ReferenceReader):
    """`unwatch` makes it deaf, and leaves the stream open."""

    forgotten: asyncio.Task[None] | None = None

    def unwatch(self) -> None:
        self.forgotten, self.worker = self.worker or self.forgotten, None
        super().unwatch()

    def close(self) -> asyncio.Task[None]:
        if self.forgotten is not None:
            self.forgotten.cancel()
        return super().close()


class GoesOnTelling(ReferenceReader):
    """`unwatch` is forgotten as soon as it is said."""

    def unwatch(self) -> None:
        return
