"""One direction of a connection through a link: scans the bytes, asks the faults about each piece, holds and paces.

Pieces wait in a backlog, in order, and are asked about only when it is their turn, so that a fault sits at the same
logical position however slowly the bytes before it go out. Without a fault all that arrived together goes out together.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING, Literal

from ..faults.base import Fault, Piece, PieceKind
from ..faults.decisions import BlackHole, Crash, Cut, Drip, HalfClose, LinkDecision, Replace, Slice, Stall, Swallow
from .http_scan import Head, Scanner, State, split_piece
from .wire import OTHER, Cancellable, Side

if TYPE_CHECKING:
    from .link_connection import LinkConnection

SLICES_MAX = 1_000
"""A message is sliced into at most so many segments and the rest passes whole: slicing megabytes by the byte shows nothing more."""

HOLDING = (Stall, Drip, Slice, Swallow, BlackHole)
"""Decisions that act on what follows; without anything that follows they do not act."""


@dataclass
class Exchange:
    """One request and its answer, with the faults that sit at them."""

    request: int
    faults: list[tuple[int, Fault]]
    injected: set[int] = field(default_factory=set)


class Pace:
    """Cuts what passes into segments of ``sizes``, in turn; ``left`` is what is left of the present one."""

    def __init__(self, sizes: tuple[int, ...], every_ms: int, segments: float = math.inf) -> None:
        self._sizes = cycle(sizes)
        self._segments_left = segments
        self.every_ms = every_ms
        self.left = next(self._sizes)

    def next_segment(self) -> bool:
        """False when there are no more segments: the rest goes out whole."""
        self.left = next(self._sizes)
        self._segments_left -= 1
        return self._segments_left > 0


class Pipe:
    """What ``source`` sends, on its way to the other side."""

    def __init__(self, connection: LinkConnection, source: Side) -> None:
        self._connection = connection
        self._wire = connection.wire
        self.source: Side = source
        self._direction: Literal["request", "answer"] = "request" if source == "client" else "answer"
        self.scanner = Scanner(self._direction)
        self._backlog: deque[Piece] = deque()
        self._out: list[bytes] = []
        self._exchange: Exchange | None = None
        self._in_message = False
        self._spent: set[int] = set()
        """Faults that have nothing more to say to the present message."""
        self._held = False
        self._timer: Cancellable | None = None
        self._pace: Pace | None = None
        self._paused = False
        self._ended = False
        """The source has sent its FIN; it is passed on behind the backlog."""
        self._closed = False
        self.lossy = False
        """Bytes were dropped: nothing that follows may reach the other side."""
        self._payload_passed = 0
        """Bytes of the body of the present message that have gone to the other side."""

    def received(self, data: bytes) -> None:
        known = self.scanner.unmasked
        self._backlog.extend(self.scanner.feed(data))
        if self.source == "client" and self.scanner.unmasked != known:
            self._connection.note_unmasked(self._exchange, self.scanner.unmasked)
        self._run()

    def finished(self) -> None:
        self._backlog.extend(self.scanner.eof())
        self._ended = True
        if self.source == "client":
            # Nobody is left to be held up. What the client sent takes effect now, and not among the requests of a successor.
            self.release()
        else:
            self._run()

    def switch(self, state: State, exchange: Exchange | None) -> None:
        """What follows belongs to the exchange that switched protocols, and so do the faults that sit at it."""
        self.scanner.switch(state)
        self._exchange = exchange
        self._spent.clear()

    def release(self) -> None:
        """Lets go of what is held or paced."""
        self._held = False
        self._pace = None
        self._tick()

    def close(self) -> None:
        """Forgets everything; the connection is over."""
        if self._direction == "answer" and self._in_message and not self._closed:
            self._connection.break_answer(self._exchange, self._payload_passed)
        self._closed = True
        self._cancel_timer()
        self._backlog.clear()
        self._out.clear()

    # --- the backlog ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while self._backlog and not self._held and self._timer is None and not self._closed:
            self._handle(self._next_piece())
            self._keep_pace()
        self._flush()
        if self._closed:
            return
        self._mind_reading()
        if self.is_drained:
            self._connection.drained(self)

    @property
    def is_drained(self) -> bool:
        """The source has ended and all it sent is passed on."""
        return self._ended and not self._backlog

    def _next_piece(self) -> Piece:
        piece = self._backlog.popleft()
        pace = self._pace
        if pace is None:
            return piece
        if len(piece.data) > pace.left:
            piece, rest = split_piece(piece, pace.left)
            self._backlog.appendleft(rest)
        return piece

    def _keep_pace(self) -> None:
        """Waits between two segments, but not before an ``end``, which has no bytes."""
        pace = self._pace
        if pace is None or pace.left or self._closed or self._held or (self._backlog and self._backlog[0].kind == "end"):
            return
        self._flush()
        if pace.next_segment():
            self._timer = self._wire.call_later(pace.every_ms, self._tick)
        else:
            self._pace = None

    def _tick(self) -> None:
        self._cancel_timer()
        if not self._closed:
            self._run()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _mind_reading(self) -> None:
        """The source is not read while its bytes are held back on purpose, so that its writes fill up."""
        pause = self._held or bool(self._backlog)
        if pause != self._paused:
            self._paused = pause
            (self._wire.pause if pause else self._wire.resume)(self.source)

    def _flush(self) -> None:
        if self._out:
            data = self._out[0] if len(self._out) == 1 else b"".join(self._out)
            self._out.clear()
            self._wire.send(OTHER[self.source], data)

    def _pass(self, data: bytes, kind: PieceKind) -> None:
        if self._pace is not None:
            self._pace.left -= len(data)
        if data and not self.lossy:
            self._out.append(data)
            if kind == "payload":
                self._payload_passed += len(data)

    # --- one piece --------------------------------------------------------------------------------------------------

    def _handle(self, piece: Piece) -> None:
        if piece.kind == "head" and not self._in_message:
            self._begin(self.scanner.heads.popleft())
        exchange = self._exchange
        if exchange is None or not exchange.faults or self._connection.plan.healed:
            self._pass_whole(piece)
        else:
            self._ask(piece, exchange)

    def _begin(self, head: Head) -> None:
        self._spent.clear()
        self._payload_passed = 0
        self._in_message = not head.interim
        if self._direction == "request":
            self._exchange = self._connection.begin_request(head)
        elif not head.interim:
            self._exchange = self._connection.begin_answer()

    def _pass_whole(self, piece: Piece) -> None:
        if piece.kind == "end":
            self._end(certain=True)
        else:
            self._pass(piece.data, piece.kind)

    def _end(self, *, certain: bool) -> None:
        exchange, self._exchange = self._exchange, None
        self._in_message = False
        self._pace = None
        self._flush()
        if self._direction == "answer" and self.lossy:
            self._connection.break_answer(exchange, self._payload_passed)
        elif self._direction == "answer":
            self._connection.end_answer(exchange, certain=certain)

    def _ask(self, piece: Piece, exchange: Exchange) -> None:
        """Asks the faults until none of them has anything to say about what is left of the piece."""
        while (found := self._first_decision(piece, exchange)) is not None:
            index, keep, decision = found
            first, rest = split_piece(piece, keep)
            over = not rest.data and (piece.kind == "end" or self._end_is_next())
            if over or not isinstance(decision, Swallow):
                self._spent.add(index)  # a Swallow may yet be followed by a Cut
            if over and isinstance(decision, HOLDING):
                continue  # nothing is left to be held or lost, so it does not act
            self._pass(first.data, first.kind)
            if over:
                self._end_before(decision, piece)
            self._flush()
            self._connection.injected(index, exchange)
            self._perform(decision)
            if over or self._closed or not rest.data:
                return
            piece = rest
            if isinstance(decision, (Stall, Drip, Slice)):
                self._backlog.appendleft(piece)
                return
        self._pass_whole(piece)

    def _end_before(self, decision: LinkDecision, piece: Piece) -> None:
        """The message is over and then the decision acts: whatever resets the connection or kills the reader casts doubt on it."""
        if piece.kind != "end":
            self._backlog.popleft()
        self._end(certain=not (isinstance(decision, Crash) or (isinstance(decision, (Cut, Replace)) and decision.how == "rst")))

    def _end_is_next(self) -> bool:
        return bool(self._backlog) and self._backlog[0].kind == "end"

    def _first_decision(self, piece: Piece, exchange: Exchange) -> tuple[int, int, LinkDecision] | None:
        """The decision that acts first in this piece: (index of its fault, bytes that still pass, decision)."""
        best: tuple[int, int, LinkDecision] | None = None
        for index, fault in exchange.faults:
            if index in self._spent:
                continue
            decision = fault.on_request_piece(piece) if self._direction == "request" else fault.on_answer_piece(piece)
            if decision is None or (self.lossy and isinstance(decision, Swallow)):
                continue
            keep = min(getattr(decision, "keep", 0), len(piece.data))
            if best is None or keep < best[1]:
                best = index, keep, decision
        return best

    def _perform(self, decision: LinkDecision) -> None:
        match decision:
            case Cut():
                self._connection.cut(decision.how)
            case Replace():
                self._pass(decision.data, "framing")
                self._flush()
                self._connection.cut(decision.how)
            case Swallow():
                self.lossy = True
            case Stall():
                self._hold(decision.for_ms)
            case Drip():
                self._pace = Pace((decision.size_bytes,), decision.every_ms)
            case Slice():
                self._pace = Pace(decision.sizes, 0, SLICES_MAX)
            case HalfClose():
                self._connection.half_close()
            case Crash():
                self._connection.crash()
            case BlackHole():
                self._connection.black_hole()

    def _hold(self, for_ms: int | None) -> None:
        self._held = True
        if for_ms is not None:
            self._timer = self._wire.call_later(for_ms, self._stop_holding)

    def _stop_holding(self) -> None:
        self._held = False
        self._tick()
