"""The reference sender of the contract ``ingest``: events go in without waiting, and arrive once and in order.

One worker does all the talking, one request at a time. It asks for the position (the *sync*) before anything else and
again whenever a request ended without a whole answer, since then nobody knows what arrived. Then it uploads what is
held, from the position on. Each answer is *learned from*; what it covers is released, and nothing else is.

A *cycle* is a sync, if one is needed, and uploads until nothing is left to send. A cycle that fails is followed by a
pause. After `stop` the cycles go on until all is delivered and the completion is answered, or until the deadline; the
one that is under way then has one more request time-out.

Behind the proxy an upload ends when the buffer is drained. On the direct leg it stays open, and each event is written
when it comes, until the upload is full, or old, or the buffer wants its acknowledgement.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar

from ...values.errors import Unknown
from .ingest_buffer import EventBuffer
from .ingest_drops import DropLog
from .ingest_event import serialised, without_app_data
from .ingest_peer import Answer, Peer, UploadBody
from .ingest_settings import read_settings

PIECE_BYTES = 65_536
"""Lines that are due together are written together, up to about so many bytes."""
DOUBLINGS_MAX = 6

Note = Callable[[str, dict[str, Any]], None]


class Outcome(Enum):
    """How a request, or a cycle, went."""

    DONE = "what was sent is covered"
    PROGRESS = "not done, but the peer said where to go on, which is new"
    FAILED = "no answer, or one that brings nothing"
    REFUSED = "an answer that will stay the same"


@dataclass
class Upload:
    """One upload as it is being written. ``next`` is the index of the next event in the buffer."""

    closes_at: float
    next: int = 0
    body_bytes: int = 0
    is_answered: bool = False
    holds_completion: bool = False
    is_written: bool = False


class ReferenceSender:
    """Call it on the running loop. ``config`` and ``note`` are those of the driver protocol, `close` releases everything at once."""

    serves: ClassVar[Sequence[Mapping[str, Any]]] = (
        {"contract": "ingest", "role": "sender", "capabilities": ["timing", "limits"]},
    )
    buffer_type: ClassVar[type[EventBuffer]] = EventBuffer
    peer_type: ClassVar[type[Peer]] = Peer

    def __init__(self, config: Mapping[str, Any], note: Note) -> None:
        self.settings = read_settings(config)
        self.note = note
        self.buffer = self.buffer_type(self.settings.max_buffered_events, self.settings.max_event_bytes)
        self.peer = self.peer_type(self.settings)
        self.drops = DropLog(self.log)
        loop = asyncio.get_running_loop()
        self.clock = loop.time
        self.news = asyncio.Event()
        self.stop_called = asyncio.Event()
        self.completing = False
        self.completed = False
        self.deadline = 0.0
        self.cycles_since_stop = 0
        self.synced = False
        self.refusals = 0
        self.flush_at: float | None = None
        self.worker = loop.create_task(self.work())
        self.closing: asyncio.Task[None] | None = None

    # --- verbs ------------------------------------------------------------------------------------------------------

    def enqueue(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"accepted": self.take(event)}

    def enqueue_many(self, events: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        return {"accepted": [self.take(event) for event in events]}

    async def stop(self, complete: bool = True) -> None:
        """Returns when all is delivered (and, if asked for, completed). Raises Unknown when it had to give up.

        A later call waits for the first one; its option is ignored.
        """
        if not self.stop_called.is_set():
            self.begin_stop(complete)
        await self.until_stopped()
        if not self.is_finished():
            raise Unknown(f"gave up with {len(self.buffer.pending)} events not acknowledged", "gave-up")

    def close(self) -> None:
        self.worker.cancel()
        if self.closing is None:
            self.closing = asyncio.get_running_loop().create_task(self.peer.close())

    # --- taking events in -------------------------------------------------------------------------------------------

    def take(self, event: Mapping[str, Any]) -> bool:
        """Whether the event was taken in. After `stop` has begun none is."""
        if self.stop_called.is_set():
            return False
        refusal = self.buffer.admit(self.slimmed(event, self.payload_of(event)))
        if refusal is not None:
            self.drops.dropped(refusal)
            return False
        self.drops.accepted()
        if self.flush_at is None:
            self.flush_at = self.clock() + self.settings.flush_delay_s
        self.news.set()
        return True

    def payload_of(self, event: Mapping[str, Any]) -> bytes:
        return serialised(event)

    def slimmed(self, event: Mapping[str, Any], payload: bytes) -> bytes:
        """What is too large as it is may fit without its app data."""
        if self.buffer.is_within_size(payload):
            return payload
        return without_app_data(payload) or payload

    # --- the worker -------------------------------------------------------------------------------------------------

    async def work(self) -> None:
        while True:
            await self.until_due()
            if self.is_finished():
                return
            outcome = await self.cycle()
            if self.gives_up(outcome):
                self.log("warn", f"gave up at the deadline of stop with {len(self.buffer.pending)} events not acknowledged")
                return
            await self.pause_after(outcome)

    async def until_due(self) -> None:
        while not self.stop_called.is_set() and (wait_s := self.seconds_until_due()) != 0:
            await self.wait_for_news(wait_s)

    def seconds_until_due(self) -> float | None:
        """Seconds until something may be sent: 0 is now, None is when there is news. The delay counts from the first that waits."""
        if not self.buffer.pending:
            return None
        return 0 if self.flush_at is None else max(0, self.flush_at - self.clock())

    async def wait_for_news(self, seconds: float | None) -> None:
        """Waits for a new event, `stop`, or an early answer; for ``seconds`` at most."""
        self.news.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.news.wait()

    async def cycle(self) -> Outcome:
        """A sync, if need be, and uploads until nothing is left to send or one of them is not done."""
        self.cycles_since_stop += self.stop_called.is_set()
        if self.needs_sync():
            outcome = await self.sync()
            if outcome is not Outcome.DONE:
                return outcome
        while self.has_more_to_send():
            outcome = await self.upload()
            if outcome is not Outcome.DONE:
                return outcome
        return Outcome.DONE

    def needs_sync(self) -> bool:
        return not self.synced

    def has_more_to_send(self) -> bool:
        if self.stop_called.is_set():
            return not self.is_finished()
        return self.seconds_until_due() == 0

    # --- requests ---------------------------------------------------------------------------------------------------

    async def sync(self) -> Outcome:
        answer = await self.peer.request()
        if answer is None:
            return Outcome.FAILED
        if answer.is_refusal:
            return Outcome.REFUSED
        return self.learn_from_sync(answer)

    def learn_from_sync(self, answer: Answer) -> Outcome:
        """Only a 2xx that tells a position says where to begin: beginning at 1 on a guess would lose events as duplicates."""
        if not answer.ok or answer.position is None:
            return Outcome.FAILED
        self.take_synced_position(answer.position)
        self.synced = True
        return Outcome.DONE

    def take_synced_position(self, position: int) -> None:
        self.buffer.acknowledge(position)

    async def upload(self) -> Outcome:
        upload = Upload(closes_at=self.clock() + self.settings.upload_window_s)

        def on_answer() -> None:
            upload.is_answered = True
            self.news.set()

        answer = await self.peer.request(UploadBody(self.pieces(upload), on_answer))
        if answer is None:
            self.forget_sync(upload)
            return Outcome.FAILED
        return self.learn_from_upload(answer, upload)

    def forget_sync(self, upload: Upload) -> None:
        """Without a whole answer nobody knows what was taken: ask before sending anything again."""
        self.synced = False

    def learn_from_upload(self, answer: Answer, upload: Upload) -> Outcome:
        is_news = self.take_uploaded_position(answer)
        if answer.ok and answer.position is None:
            self.synced = False
            return Outcome.FAILED
        if answer.ok and not self.buffer.is_unacknowledged():
            self.completed = upload.holds_completion
            return Outcome.DONE
        if answer.is_refusal:
            return Outcome.REFUSED
        return Outcome.PROGRESS if is_news else Outcome.FAILED

    def take_uploaded_position(self, answer: Answer) -> bool:
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
        """Only this one status says that the numbers themselves are wrong."""
        return answer.status == 409 and not answer.is_already_complete

    # --- the body of an upload --------------------------------------------------------------------------------------

    async def pieces(self, upload: Upload) -> AsyncIterator[bytes]:
        """What goes into the body, as it becomes due. Once an answer has begun nothing is added any more."""
        while not upload.is_answered:
            if lines := self.next_lines(upload):
                yield lines
            elif self.is_over(upload):
                break
            else:
                await self.wait_for_news(self.seconds_until_next(upload))
        if self.may_complete(upload):
            upload.holds_completion = True
            yield self.completion_line()
        upload.is_written = True

    def next_lines(self, upload: Upload) -> bytes:
        """The lines that are due and still fit, joined; empty when there are none now."""
        if self.clock() >= upload.closes_at or not (self.stop_called.is_set() or self.seconds_until_due() == 0):
            return b""
        lines: list[bytes] = []
        piece_bytes = 0
        while piece_bytes < PIECE_BYTES and upload.next < len(self.buffer.pending):
            event = self.buffer.pending[upload.next]
            line = self.buffer.line(event)
            if not self.has_room_for(line, upload):
                break
            lines.append(line)
            piece_bytes += len(line)
            upload.next += 1
            upload.body_bytes += len(line)
            self.buffer.mark_sent(event.number)
        if upload.next == len(self.buffer.pending):
            self.flush_at = None
        return self.joined(lines)

    def joined(self, lines: list[bytes]) -> bytes:
        return b"".join(lines)

    def has_room_for(self, line: bytes, upload: Upload) -> bool:
        return self.is_within_events_max(upload) and self.is_within_bytes_max(line, upload)

    def is_within_events_max(self, upload: Upload) -> bool:
        return upload.next < self.settings.max_upload_events

    def is_within_bytes_max(self, line: bytes, upload: Upload) -> bool:
        """A line that is larger than a whole upload may be goes alone."""
        return upload.next == 0 or upload.body_bytes + len(line) <= self.settings.max_upload_bytes

    def is_over(self, upload: Upload) -> bool:
        """Whether the upload ends here, with no line that is due and fits."""
        if not self.settings.persistent or self.stop_called.is_set() or self.clock() >= upload.closes_at:
            return True
        has_line_that_does_not_fit = upload.next < len(self.buffer.pending) and self.seconds_until_due() == 0
        return has_line_that_does_not_fit or not self.is_within_events_max(upload) or self.buffer.is_full()

    def seconds_until_next(self, upload: Upload) -> float:
        """How long an open upload may wait for news: until it is too old, or a line that waits becomes due."""
        until_closed = upload.closes_at - self.clock()
        until_due = self.seconds_until_due() if upload.next < len(self.buffer.pending) else None
        return until_closed if until_due is None else min(until_closed, until_due)

    def may_complete(self, upload: Upload) -> bool:
        """Behind all that is held, and never once the peer has begun to answer."""
        return self.stop_called.is_set() and self.completing and upload.next == len(self.buffer.pending) and not upload.is_answered

    def completion_line(self) -> bytes:
        return b'{"type":"_posthog/stream_complete","final_seq":%d}\n' % self.buffer.final_number()

    # --- pauses and the end -----------------------------------------------------------------------------------------

    async def pause_after(self, outcome: Outcome) -> None:
        """`stop` cuts a pause short, once; after it no pause reaches beyond the deadline."""
        self.refusals = self.refusals + 1 if outcome is Outcome.REFUSED else 0
        seconds = self.seconds_to_pause(outcome)
        if self.stop_called.is_set():
            await asyncio.sleep(max(0, min(seconds, self.deadline - self.clock())))
        elif seconds > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self.stop_called.wait()

    def seconds_to_pause(self, outcome: Outcome) -> float:
        if outcome in (Outcome.DONE, Outcome.PROGRESS):
            return 0
        return self.refusal_pause_s() if outcome is Outcome.REFUSED else self.settings.retry_delay_s

    def refusal_pause_s(self) -> float:
        """Twice as long each time, within reason."""
        return self.settings.retry_delay_s * float(2 ** min(self.refusals - 1, DOUBLINGS_MAX))

    def is_finished(self) -> bool:
        """Whether `stop` has nothing left to do."""
        return self.stop_called.is_set() and not self.buffer.pending and (self.completed or not self.completing)

    def gives_up(self, outcome: Outcome) -> bool:
        """At the deadline of `stop`, but not before one whole cycle since it was called."""
        return outcome is not Outcome.DONE and self.cycles_since_stop > 0 and self.clock() >= self.deadline

    def begin_stop(self, complete: bool) -> None:
        self.completing = complete
        self.deadline = self.clock() + self.seconds_to_stop()
        self.stop_called.set()
        self.news.set()

    def seconds_to_stop(self) -> float:
        return self.settings.stop_timeout_s

    async def until_stopped(self) -> None:
        """Waits for the worker, which has one more request time-out behind the deadline, and ends it then."""
        patience_s = self.deadline + self.settings.request_timeout_s - self.clock()
        _, pending = await asyncio.wait([self.worker], timeout=max(0, patience_s))
        if pending:
            self.log("warn", f"stop was cut off with {len(self.buffer.pending)} events not acknowledged")
            self.worker.cancel()
            await asyncio.wait([self.worker])
        if not self.worker.cancelled():
            self.worker.result()

    def log(self, level: str, message: str) -> None:
        self.note("log", {"level": level, "message": message})


reference_sender = ReferenceSender
"""The factory, as `python:module:factory` names it."""
