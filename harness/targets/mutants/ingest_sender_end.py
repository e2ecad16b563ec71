"""Planted bugs in when an ingest sender tries again, how it stops, and when it completes the stream."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..references.ingest_buffer import EventBuffer
from ..references.ingest_peer import Answer
from ..references.ingest_sender import Event, Outcome, ReferenceSender
from ..references.ingest_upload import Upload

POLL_S = 0.001
HOT_SHARE = 20
"""A hot loop of a mutant tries so many times in one retry_delay: far too often, but not without end within one instant."""
A_DAY_S = 86_400.0


# --- retries --------------------------------------------------------------------------------------------------------


class EnqueueWaits(ReferenceSender):
    async def enqueue(self, event: Event) -> Mapping[str, Any]:  # type: ignore[override]  # that it waits is the bug
        value = super().enqueue(event)
        await self.until_acknowledged()
        return value

    async def enqueue_many(self, events: Sequence[Event]) -> Mapping[str, Any]:  # type: ignore[override]  # as above
        value = super().enqueue_many(events)
        await self.until_acknowledged()
        return value

    async def until_acknowledged(self) -> None:
        while self.buffer.pending and not self.worker.done():  # noqa: ASYNC110  # a bug may poll
            await asyncio.sleep(POLL_S)


class NeedsNewEvent(ReferenceSender):
    async def pause_after(self, outcome: Outcome) -> None:
        await super().pause_after(outcome)
        if outcome is Outcome.FAILED and not self.agenda.is_stopping:
            await self.agenda.until_news(None)


class RetriesAtOnce(ReferenceSender):
    def seconds_to_pause_failed(self) -> float:
        return super().seconds_to_pause_failed() / HOT_SHARE


class RetriesRefusedAtOnce(ReferenceSender):
    def seconds_to_pause_refused(self) -> float:
        return self.settings.retry_delay_s / HOT_SHARE


class RetriesCompletedAtOnce(ReferenceSender):
    is_told_complete = False

    def learn_from_upload(self, answer: Answer, upload: Upload) -> Outcome:
        self.is_told_complete = answer.is_already_complete
        return super().learn_from_upload(answer, upload)

    def seconds_to_pause_refused(self) -> float:
        return self.settings.retry_delay_s / HOT_SHARE if self.is_told_complete else super().seconds_to_pause_refused()


# --- stop -----------------------------------------------------------------------------------------------------------


class StopsBeforeLastAnswer(ReferenceSender):
    async def until_stopped(self) -> None:
        while not self.worker.done() and self.buffer.sent < self.buffer.last:  # noqa: ASYNC110  # a bug may poll
            await asyncio.sleep(POLL_S)


class StopsWithoutDeadline(ReferenceSender):
    def seconds_to_stop(self) -> float:
        return A_DAY_S


class GivesUpAtFirstFailure(ReferenceSender):
    def gives_up(self, outcome: Outcome) -> bool:
        return (self.agenda.is_stopping and outcome is Outcome.FAILED) or super().gives_up(outcome)


class GoesOnAfterStop(ReferenceSender):
    async def until_stopped(self) -> None:
        remaining_s = self.deadline - self.agenda.clock()
        await asyncio.wait([self.worker], timeout=max(0.0, remaining_s))
        self.deadline = math.inf


# --- completion -----------------------------------------------------------------------------------------------------


class CountsOneTooMany(EventBuffer):
    def final_number(self) -> int:
        return self.last + 1


class LeavesEmptyStreamOpen(ReferenceSender):
    async def stop(self, complete: bool = True) -> None:
        is_empty = self.buffer.last == 0
        if is_empty:
            await self.sync()
        await super().stop(complete and not is_empty)


class CompletesUnacknowledged(ReferenceSender):
    async def pause_after(self, outcome: Outcome) -> None:
        if self.agenda.is_stopping and outcome is Outcome.FAILED:
            self.buffer.pending.clear()
            self.buffer.number_from(self.buffer.position)
        await super().pause_after(outcome)


class CompletesAtServersNumber(ReferenceSender):
    def learn_from_upload(self, answer: Answer, upload: Upload) -> Outcome:
        if self.asks_for_rebase(answer) and upload.holds_completion and answer.position is not None:
            self.buffer.pending.clear()
            self.buffer.position = answer.position
            self.buffer.number_from(answer.position)
            return Outcome.PROGRESS
        return super().learn_from_upload(answer, upload)
