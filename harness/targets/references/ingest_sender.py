"""The reference sender of the contract ``ingest``: events go in without waiting, and arrive once and in order.

One worker does all the talking, one request at a time. It asks for the position (the *sync*) before anything else, and
again whenever a request ended without a whole answer, since then nobody knows what arrived. Then it uploads what is
held, from the position on. Each answer is learned from: what it covers is released, and nothing else is.

A *cycle* is a sync, if one is needed, and uploads until nothing is left to send. A cycle that fails is followed by a
pause. After `stop` the cycles go on until all is delivered and the completion is answered, or until the deadline; the
cycle that is under way then has one more request time-out.

Behind the proxy an upload ends when the buffer is drained. On the direct leg it stays open, and each event is written
when it comes, until the upload is full, or old, or the buffer wants its acknowledgement.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, ClassVar

from ...values.errors import Unknown
from .ingest_agenda import Agenda
from .ingest_buffer import EventBuffer
from .ingest_drops import DropLog
from .ingest_event import serialised, without_app_data
from .ingest_peer import Answer, Peer, UploadBody
from .ingest_settings import Settings, read_settings
from .ingest_upload import Upload

DOUBLINGS_MAX = 6

Event = Mapping[str, Any]
Note = Callable[[str, dict[str, Any]], None]


class Outcome(Enum):
    """How a request, or a cycle, went."""

    DONE = "what was sent is covered"
    PROGRESS = "not done, but the peer said where to go on, and that is new"
    FAILED = "no answer, or one that brings nothing"
    REFUSED = "an answer that will stay the same"


class ReferenceSender:
    """Call it on the running loop. ``config`` and ``note`` are those of the driver protocol."""

    serves: ClassVar[Sequence[Mapping[str, Any]]] = ({"contract": "ingest", "role": "sender", "capabilities": ["timing", "limits"]},)
    buffer_type: ClassVar[type[EventBuffer]] = EventBuffer
    upload_type: ClassVar[type[Upload]] = Upload
    peer_type: ClassVar[type[Peer]] = Peer

    def __init__(self, config: Mapping[str, Any], note: Note) -> None:
        self.settings = self.settings_of(config)
        self.note = note
        self.buffer = self.buffer_type(self.settings.max_buffered_events, self.settings.max_event_bytes)
        self.agenda = Agenda(self.buffer, self.settings.flush_delay_s)
        self.peer = self.peer_type(self.settings)
        self.drops = DropLog(self.log)
        self.synced = False
        self.refusals = 0
        self.deadline = 0.0
        self.cycles_since_stop = 0
        self.worker = asyncio.get_running_loop().create_task(self.work())
        self.closing: asyncio.Task[None] | None = None

    def settings_of(self, config: Mapping[str, Any]) -> Settings:
        return read_settings(config)

    # --- verbs ------------------------------------------------------------------------------------------------------

    def enqueue(self, event: Event) -> Mapping[str, Any]:
        return {"accepted": self.take(event)}

    def enqueue_many(self, events: Sequence[Event]) -> Mapping[str, Any]:
        return {"accepted": [self.take(event) for event in events]}

    async def stop(self, complete: bool = True) -> None:
        """Returns when all is delivered and, if asked for, completed. Raises Unknown when it had to give up.

        A later call waits for the same; its option is ignored.
        """
        if not self.agenda.is_stopping:
            self.deadline = self.agenda.clock() + self.seconds_to_stop()
            self.agenda.stop(complete=complete)
        await self.until_stopped()
        if not self.agenda.is_finished():
            raise Unknown(f"gave up with {len(self.buffer.pending)} events not acknowledged", "gave-up")

    def close(self) -> asyncio.Task[None]:
        """Lets go of everything at once. The task that it returns ends when the connections are closed."""
        self.worker.cancel()
        if self.closing is None:
            self.closing = asyncio.get_running_loop().create_task(self.peer.close())
        return self.closing

    # --- taking events in -------------------------------------------------------------------------------------------

    def take(self, event: Event) -> bool:
        """Whether the event was taken in. Once `stop` has been called none is."""
        if self.agenda.is_stopping:
            return False
        refusal = self.buffer.admit(self.slimmed(event, self.payload_of(event)))
        if refusal is not None:
            self.drops.dropped(refusal)
            return False
        self.drops.accepted()
        self.agenda.event_waits()
        return True

    def payload_of(self, event: Event) -> bytes:
        return serialised(event)

    def slimmed(self, event: Event, payload: bytes) -> bytes:
        """What is too large as it is may fit without its app data."""
        if self.buffer.is_within_size(payload):
            return payload
        return without_app_data(payload) or payload

    # --- the worker -------------------------------------------------------------------------------------------------

    async def work(self) -> None:
        while True:
            await self.agenda.until_due_or_stopping()
            if self.agenda.is_finished():
                return
            outcome = await self.cycle()
            if self.gives_up(outcome):
                self.log("warn", f"gave up at the deadline of stop with {len(self.buffer.pending)} events not acknowledged")
                return
            await self.pause_after(outcome)

    async def cycle(self) -> Outcome:
        """A sync, if need be, and uploads until nothing is left to send or one of them is not done."""
        self.cycles_since_stop += self.agenda.is_stopping
        outcome = await self.sync() if self.needs_sync() else Outcome.DONE
        while outcome is Outcome.DONE and self.agenda.is_due():
            outcome = await self.upload()
        return outcome

    def needs_sync(self) -> bool:
        return not self.synced

    # --- sync -------------------------------------------------------------------------------------------------------

    async def sync(self) -> Outcome:
        answer = await self.peer.request()
        if answer is None:
            self.doubt(None)
            return Outcome.FAILED
        if answer.is_refusal:
            return Outcome.REFUSED
        return self.learn_from_sync(answer)

    def learn_from_sync(self, answer: Answer) -> Outcome:
        """Only a 2xx that tells a position says where to begin: to begin at 1 on a guess would lose events as duplicates."""
        if not answer.ok or answer.position is None:
            return Outcome.FAILED
        self.take_synced_position(answer.position)
        self.synced = True
        return Outcome.DONE

    def take_synced_position(self, position: int) -> None:
        self.buffer.acknowledge(position)

    # --- upload -----------------------------------------------------------------------------------------------------

    async def upload(self) -> Outcome:
        upload = self.upload_type(self.settings, self.agenda)
        answer = await self.peer.request(UploadBody(upload.next_piece, upload.answer_begins))
        if answer is None:
            self.doubt(upload)
            return Outcome.FAILED
        return self.learn_from_upload(answer, upload)

    def doubt(self, upload: Upload | None) -> None:
        """Without a whole answer to an upload (None: a sync) nobody knows what was taken: ask before anything is sent again."""
        self.synced = False

    def learn_from_upload(self, answer: Answer, upload: Upload) -> Outcome:
        is_news = self.take_uploaded_position(answer, upload)
        if answer.ok and answer.position is None:
            self.doubt(upload)
            return Outcome.FAILED
        if answer.ok and not self.buffer.is_unacknowledged():
            self.agenda.completed = upload.holds_completion
            return Outcome.DONE
        if answer.is_refusal:
            return Outcome.REFUSED
        return Outcome.PROGRESS if is_news else Outcome.FAILED

    def take_uploaded_position(self, answer: Answer, upload: Upload) -> bool:
        """Releases what is covered, on any status, and rebases if asked to. True when the position or the numbers moved."""
        position = self.position_told(answer)
        if position is None:
            return False
        is_news = self.buffer.acknowledge(position)
        if self.asks_for_rebase(answer):
            is_news = self.buffer.rebase(position) or is_news
        return is_news

    def position_told(self, answer: Answer) -> int | None:
        return answer.position

    def asks_for_rebase(self, answer: Answer) -> bool:
        """Only this status says that the numbers themselves are wrong."""
        return answer.status == 409 and not answer.is_already_complete

    # --- pauses and the end -----------------------------------------------------------------------------------------

    async def pause_after(self, outcome: Outcome) -> None:
        """`stop` cuts a pause short, once; after that no pause reaches beyond the deadline."""
        self.refusals = self.refusals + 1 if outcome is Outcome.REFUSED else 0
        seconds = self.seconds_to_pause(outcome)
        if self.agenda.is_stopping:
            await asyncio.sleep(max(0.0, min(seconds, self.deadline - self.agenda.clock())))
        elif seconds > 0:
            await self.agenda.until_stop(seconds)

    def seconds_to_pause(self, outcome: Outcome) -> float:
        if outcome is Outcome.REFUSED:
            return self.seconds_to_pause_refused()
        return self.seconds_to_pause_failed() if outcome is Outcome.FAILED else 0.0

    def seconds_to_pause_failed(self) -> float:
        return self.settings.retry_delay_s

    def seconds_to_pause_refused(self) -> float:
        """Twice as long each time, within reason."""
        return self.settings.retry_delay_s * float(2 ** min(self.refusals - 1, DOUBLINGS_MAX))

    def gives_up(self, outcome: Outcome) -> bool:
        """At the deadline of `stop`, but not before one whole cycle since it was called."""
        return outcome is not Outcome.DONE and self.cycles_since_stop > 0 and self.agenda.clock() >= self.deadline

    def seconds_to_stop(self) -> float:
        return self.settings.stop_timeout_s

    async def until_stopped(self) -> None:
        """Waits for the worker, which has one more request time-out behind the deadline, and ends it then."""
        patience_s = self.deadline + self.settings.request_timeout_s - self.agenda.clock()
        _, still_at_work = await asyncio.wait([self.worker], timeout=max(0.0, patience_s))
        if still_at_work:
            self.log("warn", f"stop was cut off with {len(self.buffer.pending)} events not acknowledged")
            self.worker.cancel()
            await asyncio.wait([self.worker])
        if not self.worker.cancelled():
            self.worker.result()  # an error of the sender itself must not pass for an orderly end

    def log(self, level: str, message: str) -> None:
        self.note("log", {"level": level, "message": message})


reference_sender = ReferenceSender
"""The factory, as `python:module:factory` names it."""
