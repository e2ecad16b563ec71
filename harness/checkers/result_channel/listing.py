"""What a hello lists: HELLO-4.

A message that no later frame and no later hello shows is lost, not left out: that is a matter of ACK-1.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise

from ...values.verdict import Finding, Judgement, judged, not_judged
from .hello import Hello, Range, StreamKey
from .ledger import Message, Row
from .sessions import shows_later
from .sockets import Frame, Socket
from .view import View


def check_listing(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    acked = _Acked(view)
    for socket in view.greeted:
        hello, frame = socket.hello, socket.hello_frame
        if hello is None or frame is None:
            continue
        seen = seen or bool(view.due_at(socket))
        for found in (_left_out(view, socket, hello, frame), _senseless(hello, frame), _untrue(view, acked, socket, hello, frame)):
            findings.extend(found)
    if not seen and not findings:
        return not_judged("precondition never met: at no hello was anything unacknowledged that had been seen before")
    return judged(findings[:1])


def _left_out(view: View, socket: Socket, hello: Hello, frame: Frame) -> Iterator[Finding]:
    for message in view.due_at(socket):
        if not message.is_listed_by(hello) and shows_later(message, socket):
            said = f"a hello leaves out {message.name()}, which nobody has acknowledged"
            yield Finding("WSR-HELLO-4", said, (message.first.entry, frame.entry))
            return


def _senseless(hello: Hello, frame: Frame) -> Iterator[Finding]:
    for stream, ranges in hello.ranges.items():
        shown = f"{stream[2]} of {stream[0]!r}"
        bad = next((each for each in ranges if each.first < 1 or each.first > each.last), None)
        if bad is not None:
            yield Finding("WSR-HELLO-4", f"a hello lists {bad.first} to {bad.last} of {shown}, which is no range", (frame.entry,))
            return
        ordered = sorted(ranges, key=lambda each: each.first)
        over = next(((first, second) for first, second in pairwise(ordered) if second.first <= first.last), None)
        if over is not None:
            said = f"a hello lists {over[0].first} to {over[0].last} and {over[1].first} to {over[1].last} of {shown}"
            yield Finding("WSR-HELLO-4", said, (frame.entry,))
            return


def _untrue(view: View, acked: _Acked, socket: Socket, hello: Hello, frame: Frame) -> Iterator[Finding]:
    """What the agent has surely read the ack of is not unacknowledged, so that a range over it is no contiguous one."""
    for final in hello.finals:
        message = view.ledger.messages.get(final)
        sure = view.surely_acked(message) if message is not None else None
        if sure is not None and message is not None and sure.proof.entry < socket.request_entry:
            said = f"a hello lists {message.name()}, the ack of which the agent has read"
            yield Finding("WSR-HELLO-4", said, (sure.said.entry, sure.proof.entry, frame.entry))
            return
    for stream, ranges in hello.ranges.items():
        for each in ranges:
            found = acked.within(stream, each, socket.request_entry)
            if found is not None:
                said = f"a hello lists {each.first} to {each.last} of {stream[2]} of {stream[0]!r}; the ack of {found[0]} it has read"
                yield Finding("WSR-HELLO-4", said, (found[1], frame.entry))
                return


class _Acked:
    """Rows whose ack the agent has surely read, by stream in their order."""

    def __init__(self, view: View) -> None:
        self._view = view

    @cached_property
    def _by_stream(self) -> dict[StreamKey, list[tuple[int, int]]]:
        """(sequence, entry of the proof)"""
        found: dict[StreamKey, list[tuple[int, int]]] = {}
        for row in self._view.ledger.rows:
            proof = self._proof(row)
            if proof is not None:
                found.setdefault(row.stream, []).append((row.sequence, proof))
        for rows in found.values():
            rows.sort()
        return found

    def _proof(self, row: Row) -> int | None:
        """A row that went out under several ids is acknowledged when all of them are."""
        sure = [self._view.surely_acked(message) for message in _by_id(row).values()]
        return None if None in sure else max(each.proof.entry for each in sure if each is not None)

    def within(self, stream: StreamKey, each: Range, before: int) -> tuple[int, int] | None:
        """(sequence, entry of the proof) of the first row of the range whose ack was read before that entry."""
        rows = self._by_stream.get(stream, [])
        for sequence, proof in rows[bisect_left(rows, (each.first, 0)) :]:
            if sequence > each.last:
                return None
            if proof < before:
                return sequence, proof
        return None


def _by_id(row: Row) -> dict[str, Message]:
    return {message.id: message for message in row.messages}
