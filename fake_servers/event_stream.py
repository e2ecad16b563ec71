"""The answer that is an event stream: written frame by frame, with everything that faults do to a stream.

A `Source` says what comes next; the stream asks it whenever it is woken, and sleeps when there is nothing. Faults sit
behind a number of events of this answer and act as soon as so many are written, before anything else is. There is one
timer for each stream, for whatever comes first of keepalive, rotation and an idle time-out; it is set anew when it fires
and not at every frame. All time is that of the running loop.

``stream-over`` {request, how} is written once: "clean" (the answer is whole as HTTP), "gone" (nobody reads it any more),
"aborted" (the server itself broke it off).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from ..harness.faults.decisions import EndStream, Framing, Interject, Reorder, Repeat
from .exchange import Exchange
from .frames import BYTE_ORDER_MARK, KEEPALIVE, ROTATED, Frame, end_frame, interjected
from .held_back import Passed
from .stream_faults import BehindEvents, stream_faults, terminal_frames

ROUNDING_S = 1e-6
"""A timer that fires so much too early is in time."""


class BrokenOff(Exception):
    """A source wants the connection to end here, in the middle of its answer."""


class Source(Protocol):
    """Where the frames of one answer come from. Whoever adds to it wakes the stream."""

    def next(self) -> Frame | None:
        """The next frame, taken; None when there is none at present. Raises BrokenOff."""

    def ending(self) -> Sequence[Frame] | None:
        """The frames that end the answer, once nothing is left and nothing more comes; None while the stream goes on."""


@dataclass(frozen=True)
class Pace:
    """What the server does by itself as time passes; None or 0: it does not."""

    keepalive_ms: int | None = None
    rotation_ms: int | None = None


@dataclass(frozen=True)
class Watcher:
    """Told of what is handed to the socket: each frame with whether it is a repeat and the body bytes so far, and the bytes."""

    on_frame: Callable[[Frame, bool, int], object] | None = None
    on_bytes: Callable[[bytes], object] | None = None


class EventStream:
    """One answer, from its head to its end."""

    def __init__(self, exchange: Exchange, source: Source, pace: Pace, watcher: Watcher) -> None:
        self.aborted = False
        """Set by the server that breaks it off."""
        self._exchange = exchange
        self._source = source
        self._pace = pace
        self._watcher = watcher
        self._faults = stream_faults(exchange.orders)
        self._injected: set[int] = set()
        self._healed = False
        self._response = web.StreamResponse()
        self._body_bytes = 0
        self._events: list[Frame] = []
        """The events of this answer, as they went out first."""
        self._turned: deque[Frame] = deque()
        """Frames that are taken already, in the order in which they go out."""
        self._ending = False
        self._silent = False
        """Open, and nothing comes any more."""
        self._silent_until_healed = False
        self._told_over = False
        self._loop = asyncio.get_running_loop()
        self._begun_s = self._written_s = self._loop.time()
        self._waker: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    # --- driven from outside

    async def run(self, headers: Sequence[tuple[str, str]]) -> web.StreamResponse:
        """Writes the answer to its end. Raises CancelledError when the world finds its client gone."""
        try:
            await self._open(headers)
            while not self._ending:
                if not await self._step():
                    await self._sleep()
            await self._finish()
        except asyncio.CancelledError:
            self._tell_over("aborted" if self.aborted else "gone")
            raise
        except ConnectionError:
            self._tell_over("aborted" if self.aborted else "gone")
        except BrokenOff:
            self._break_off()
        finally:
            self._ending = True
            if self._timer is not None:
                self._timer.cancel()
        return self._response

    def wake(self) -> None:
        """There may be something new."""
        if self._waker is not None and not self._waker.done():
            self._waker.set_result(None)

    def heal(self) -> None:
        """Faults stop: what a proxy holds back comes out, and an answer that a fault silenced ends, so that all can come again.

        One that stays open behind the end of its stream stays so: there is nothing left that could come.
        """
        self._healed = True
        self._faults.heal()
        if self._silent_until_healed:
            self._ending = True
        self.wake()

    # --- the course of the answer

    async def _open(self, headers: Sequence[tuple[str, str]]) -> None:
        self._exchange.note_answer(200, [list(pair) for pair in headers], "")
        self._response.headers.extend(headers)
        await self._response.prepare(self._exchange.http)

    async def _step(self) -> bool:
        """Does the next thing that there is to do. False, without having waited for anything, when there is nothing."""
        if self._healed and self._faults.hold is not None:
            await self._let_go()
            return True
        if self._silent:
            return await self._mind_the_clock()
        if self._faults.waiting:
            due = self._faults.due(len(self._events))
            if due is not None:
                await self._act(*due)
                return True
        frame = self._next()
        if frame is not None:
            await self._write_next(frame)
            return True
        ending = self._source.ending()
        if ending is not None:
            await self._write_ending(list(ending))
            return True
        return await self._mind_the_clock()

    def _next(self) -> Frame | None:
        if self._turned:
            return self._turned.popleft()
        frame = self._source.next()
        if frame is None or self._faults.reorder is None:
            return frame
        return self._turn_round(frame, *self._faults.reorder)

    def _turn_round(self, first: Frame, index: int, order: Reorder) -> Frame:
        """The window begins with ``first`` and holds what is there. One frame alone has no order: then the next ones will do."""
        if len(self._events) < order.after_events:
            return first
        window = [first]
        while len(window) < order.window and (frame := self._source.next()) is not None:
            window.append(frame)
        if len(window) > 1:
            self._faults.reorder = None
            self._inject(index)
        self._turned.extend(reversed(window))
        return self._turned.popleft()

    async def _write_next(self, frame: Frame) -> None:
        if frame.kind == "event":
            if self._faults.truncate is not None:
                self._inject(self._faults.truncate)
                self._ending = True
                data = frame.plain()
                await self._hand_over(data[: len(data) // 2], [])
                return
            self._events.append(frame)
        await self._write(frame)

    async def _write_ending(self, frames: list[Frame]) -> None:
        """The stream is over: its last frames, and the end of the answer."""
        again: list[Frame] = []
        if self._faults.terminate is not None and frames:
            index, order = self._faults.terminate
            again = self._events[-1:] if order.terminal == "followed" else []
            if again or order.terminal != "followed":
                self._inject(index)
            frames = terminal_frames(order, frames)
            self._silent = order.terminal == "open"
        self._ending = not self._silent
        for frame in frames:
            await self._write(frame)
        for frame in again:
            await self._write(frame, again=True)

    async def _finish(self) -> None:
        await self._let_go()
        self._mind_the_client()
        self._tell_over("clean")
        await self._response.write_eof()

    def _break_off(self) -> None:
        """What was written arrives, then the connection ends without the end of the answer."""
        self._tell_over("aborted")
        transport = self._exchange.http.transport
        if transport is not None:
            transport.close()

    def _tell_over(self, how: str) -> None:
        if not self._told_over:
            self._told_over = True
            self._exchange.history.add("stream-over", request=self._exchange.number, how=how)

    # --- faults

    def _inject(self, index: int) -> None:
        """Told once for each request, however often it acts."""
        if index not in self._injected:
            self._injected.add(index)
            self._exchange.injected(index)

    async def _act(self, index: int, order: BehindEvents) -> None:
        self._inject(index)
        match order:
            case Interject():
                with_id = order.with_id or order.what == "id-only"
                for number in range(1, order.count + 1):
                    await self._write(interjected(order.what, f"999-{number}" if with_id else None))
            case Repeat():
                for frame in self._events[-order.count :]:
                    await self._write(frame, again=True)
            case EndStream():
                self._ending = order.eof
                self._silent = self._silent_until_healed = not order.eof
                last = end_frame(order.end)
                if last is not None:
                    await self._write(last)

    async def _let_go(self) -> None:
        """What is held back comes out; nothing is held from here on."""
        held, self._faults.hold = self._faults.hold, None
        if held is not None:
            await self._hand_over(*held.flush())

    # --- bytes

    async def _write(self, frame: Frame, *, again: bool = False) -> None:
        self._written_s = self._loop.time()
        framing, hold = self._faults.framing, self._faults.hold
        data = frame.plain() if framing is None else self._framed(frame, *framing)
        if hold is None:
            await self._hand_over(data, [(frame, again, 0)])
            return
        passed: Passed = hold.feed(data, frame, again)
        if hold.held_bytes:
            self._inject(hold.index)
        await self._hand_over(*passed)

    def _framed(self, frame: Frame, index: int, framing: Framing) -> bytes:
        if frame.exact is not None:
            return frame.exact
        self._inject(index)
        data = frame.render(framing)
        first = not self._body_bytes and (self._faults.hold is None or not self._faults.hold.held_bytes)
        return BYTE_ORDER_MARK + data if framing.bom and first else data

    async def _hand_over(self, data: bytes, frames: Sequence[tuple[Frame, bool, int]]) -> None:
        """One write, so that one frame is one chunk; written down before it, since the write may have to wait for the client."""
        if not data:
            return
        self._mind_the_client()
        self._body_bytes += len(data)
        if self._watcher.on_bytes is not None:
            self._watcher.on_bytes(data)
        if self._watcher.on_frame is not None:
            for frame, again, behind_bytes in frames:
                self._watcher.on_frame(frame, again, self._body_bytes - behind_bytes)
        await self._response.write(data)

    def _mind_the_client(self) -> None:
        """Raises ConnectionResetError when nobody is there any more: what is not handed over is not written down."""
        transport = self._exchange.http.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client has gone")

    # --- time

    async def _mind_the_clock(self) -> bool:
        """Does what its time has come for. False when it has not."""
        now_s = self._loop.time() + ROUNDING_S
        for deadline_s, what in self._deadlines():
            if now_s < deadline_s:
                continue
            if what == "keepalive":
                await self._write(KEEPALIVE)
                return True
            self._ending = True
            if what == "rotation":
                await self._write(ROTATED)
            elif self._faults.idle is not None:
                self._inject(self._faults.idle[0])
            return True
        return False

    def _deadlines(self) -> list[tuple[float, str]]:
        """What time will bring, the strongest first."""
        deadlines = []
        if self._faults.idle is not None:
            deadlines.append((self._written_s + self._faults.idle[1].after_ms / 1_000, "idle"))
        if not self._silent:
            if self._pace.rotation_ms:
                deadlines.append((self._begun_s + self._pace.rotation_ms / 1_000, "rotation"))
            if self._pace.keepalive_ms:
                deadlines.append((self._written_s + self._pace.keepalive_ms / 1_000, "keepalive"))
        return deadlines

    async def _sleep(self) -> None:
        """Until somebody wakes it, the timer included."""
        deadlines = self._deadlines()
        if deadlines:
            first_s = min(deadlines)[0]
            if self._timer is None or self._timer.when() > first_s:
                if self._timer is not None:
                    self._timer.cancel()
                self._timer = self._loop.call_at(first_s, self._on_timer)
        self._waker = self._loop.create_future()
        try:
            await self._waker
        finally:
            self._waker = None

    def _on_timer(self) -> None:
        self._timer = None
        self.wake()
