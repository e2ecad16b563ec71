"""Planted bugs in what an ingest sender holds and numbers: sizes, drops, acknowledgements, rebases, resending."""

from __future__ import annotations

import json
from typing import Any

from ..references.ingest_buffer import EventBuffer, Numbered, Refusal
from ..references.ingest_event import APP_DATA_KEY, app_data_holder, serialised, without_app_data
from ..references.ingest_peer import Answer
from ..references.ingest_sender import Event, Outcome, ReferenceSender
from ..references.ingest_upload import Upload

PLACEHOLDER_NUMBER = 2**53 - 1


# --- sizes and drops ------------------------------------------------------------------------------------------------


class MeasuresPlaceholder(EventBuffer):
    def number_to_measure(self) -> int:
        return PLACEHOLDER_NUMBER


class MeasuresCharacters(EventBuffer):
    def size_of_line(self, payload: bytes) -> int:
        return len(self.line(Numbered(self.number_to_measure(), payload)).decode()) - 1


class RefusesTheLimitItself(EventBuffer):
    def is_within_size(self, payload: bytes) -> bool:
        return self.size_of_line(payload) < self.event_bytes_max


class NumbersWhatItDrops(EventBuffer):
    def refuse(self, why: Refusal) -> Refusal | None:
        self.last += 1
        return why


class DropsOldest(EventBuffer):
    def refuse_for_room(self, payload: bytes) -> Refusal | None:
        del self.pending[0]
        self.append(payload)
        return None


class MentionsDropsAtDebug(ReferenceSender):
    def log(self, level: str, message: str) -> None:
        super().log("debug", message)


# --- the event of the caller ----------------------------------------------------------------------------------------


class LivePayload(bytes):
    """A payload that still knows the object of the caller."""

    event: Event


class SerialisesWhenItSends(EventBuffer):
    def line(self, event: Numbered) -> bytes:
        payload = serialised(event.payload.event) if isinstance(event.payload, LivePayload) else event.payload
        return super().line(Numbered(event.number, payload))


class FollowsTheCaller(ReferenceSender):
    buffer_type = SerialisesWhenItSends

    def payload_of(self, event: Event) -> bytes:
        payload = LivePayload(serialised(event))
        payload.event = event
        return payload


class StripsTheCallersObject(ReferenceSender):
    def slimmed(self, event: Event, payload: bytes) -> bytes:
        meta = None if self.buffer.is_within_size(payload) else app_data_holder(event)
        if meta is None:
            return payload
        del meta[APP_DATA_KEY]
        return serialised(event)


class StripsAlways(ReferenceSender):
    def slimmed(self, event: Event, payload: bytes) -> bytes:
        return without_app_data(payload) or payload


# --- sync -----------------------------------------------------------------------------------------------------------


class NeverSyncs(ReferenceSender):
    def needs_sync(self) -> bool:
        return False


class TakesAnyAnswerForSync(ReferenceSender):
    def learn_from_sync(self, answer: Answer) -> Outcome:
        return super().learn_from_sync(Answer(200, answer.position or 0))


class ShiftsOnEverySync(ReferenceSender):
    def take_synced_position(self, position: int) -> None:
        if position:
            first = self.buffer.pending[0].number if self.buffer.pending else self.buffer.last + 1
            self.buffer.position = position
            self.buffer.number_from(first - 1 + position)


class ReleasesOnFirstSyncOnly(ReferenceSender):
    has_synced = False

    def take_synced_position(self, position: int) -> None:
        if not self.has_synced:
            super().take_synced_position(position)
        self.has_synced = True


# --- after a lost answer --------------------------------------------------------------------------------------------


class BeginsAnewAfterFailure(ReferenceSender):
    def doubt(self, upload: Upload | None) -> None:
        if upload is None:
            super().doubt(upload)
        else:
            self.buffer.position = 0
            self.buffer.number_from(0)


class TakesWrittenForDelivered(ReferenceSender):
    def doubt(self, upload: Upload | None) -> None:
        super().doubt(upload)
        self.buffer.release(self.buffer.sent)


class RenumbersAfterSecondReset(ReferenceSender):
    """Harmless until an answer is lost behind a whole body and the retry, which asks for the position, fails as well."""

    has_lost_answer = False

    def doubt(self, upload: Upload | None) -> None:
        super().doubt(upload)
        if upload is None and self.has_lost_answer:
            self.buffer.number_from(self.buffer.last)
        self.has_lost_answer = upload is not None and upload.is_written


class SerialisesAgainToResend(EventBuffer):
    def line(self, event: Numbered) -> bytes:
        if event.number > self.sent:
            return super().line(event)
        again: dict[str, Any] = {"seq": event.number, "event": json.loads(event.payload)}
        return json.dumps(again, ensure_ascii=False).encode() + b"\n"


# --- positions in answers -------------------------------------------------------------------------------------------


class IgnoresPositionOfFailure(ReferenceSender):
    def position_told(self, answer: Answer) -> int | None:
        return answer.position if answer.ok or answer.status == 409 else None


class ThrowsAwayOnConflict(ReferenceSender):
    def take_uploaded_position(self, answer: Answer, upload: Upload) -> bool:
        if self.asks_for_rebase(answer):
            del self.buffer.pending[:1]
        return super().take_uploaded_position(answer, upload)


class RebasesWhatIsAccepted(ReferenceSender):
    def take_uploaded_position(self, answer: Answer, upload: Upload) -> bool:
        position = self.position_told(answer)
        if position is None or not self.asks_for_rebase(answer):
            return super().take_uploaded_position(answer, upload)
        self.buffer.position = position
        self.buffer.number_from(position)
        return True


class RebasesOnOtherFailures(ReferenceSender):
    def asks_for_rebase(self, answer: Answer) -> bool:
        return answer.status in (413, 503) or super().asks_for_rebase(answer)


class RebasesBackwards(EventBuffer):
    def rebase(self, position: int) -> bool:
        self.pending.reverse()
        return super().rebase(position)
