"""How output is numbered: SEQ-1, SEQ-2, SEQ-4."""

from __future__ import annotations

from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .hello import StreamKey
from .ledger import Message, Row
from .sessions import stood_to_the_end
from .sockets import Frame, Socket
from .view import View

SHOWN_MAX = 3


# --- SEQ-1 ----------------------------------------------------------------------------------------------------------


def check_without_holes(view: View) -> Judgement:
    """A hole counts once every row of the stream is acknowledged, or a last session stood in which all of it was sent again."""
    if view.spool_may_rotate:
        return not_judged("not judged: the spool may have been full, so that rows were given up by right")
    if view.settled is None:
        return not_judged("precondition never met: the example ended before the agent was at rest")
    findings = []
    rows_max = streams = 0
    all_sent = stood_to_the_end(view)
    for key, rows in _streams(view):
        acknowledged = all(message.free_entry is not None for row in rows.values() for message in row.messages)
        if not all_sent and not acknowledged:
            continue
        rows_max, streams = max(rows_max, len(rows)), streams + 1
        missing = next((sequence for sequence in range(1, len(rows) + 1) if sequence not in rows), None)
        if missing is not None:
            said = f"{key[2]} of {key[0]!r} has no sequence {missing}, but {max(rows)}"
            findings.append(Finding("WSR-SEQ-1", said, (rows[max(rows)].first_entry, view.settled.number), upper_bound=not acknowledged))
    if not findings and rows_max < 2 and streams < 2:
        return not_judged("precondition never met: no two chunks of output were acknowledged")
    return judged(findings[:SHOWN_MAX])


def _streams(view: View) -> Iterator[tuple[StreamKey, dict[int, Row]]]:
    for attempt in view.ledger.attempts.values():
        for stream, rows in attempt.streams.items():
            yield (*attempt.key, stream), rows


# --- SEQ-2 ----------------------------------------------------------------------------------------------------------


def check_same_for_ever(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for row in view.ledger.rows:
        sightings = sorted((frame for message in row.messages for frame in message.sightings), key=lambda frame: frame.entry)
        seen = seen or len(sightings) > 1
        found = _change(row, sightings)
        if found is not None:
            findings.append(found)
    if not seen:
        return not_judged("precondition never met: no output was sent twice")
    return judged(findings[:SHOWN_MAX])


def _change(row: Row, sightings: list[Frame]) -> Finding | None:
    first = sightings[0]
    shown = f"{row.stream[2]} {row.sequence} of {row.stream[0]!r}"
    for frame in sightings[1:]:
        if frame.data != first.data:
            return Finding("WSR-SEQ-2", f"{shown} comes with other data than before", (first.entry, frame.entry))
        if frame.message_id != first.message_id:
            said = f"{shown} comes as {frame.message_id!r}; it was {first.message_id!r} before"
            return Finding("WSR-SEQ-2", said, (first.entry, frame.entry))
    return None


# --- SEQ-4 ----------------------------------------------------------------------------------------------------------


def check_ascending(view: View) -> Judgement:
    """Where a hello_ack asks for some rows only, older ones may come later, and so may any once an error asks for them."""
    findings: list[Finding] = []
    seen = False
    for socket in view.sockets:
        for newest, frame in _steps(view, socket):
            seen = True
            if frame.sequence < newest.sequence:
                said = f"{frame.stream} {frame.sequence} of {frame.task!r} is first sent behind {newest.sequence}"
                findings.append(Finding("WSR-SEQ-4", said, (newest.entry, frame.entry)))
    if not seen:
        return not_judged("precondition never met: no two chunks of a stream were sent on one connection")
    return judged(findings[:1])


def _steps(view: View, socket: Socket) -> Iterator[tuple[Frame, Frame]]:
    """(the highest before, the next one) for the first transmissions of each stream."""
    asked = _asked_for(view, socket)
    seen: set[tuple[StreamKey, int]] = set()
    newest: dict[StreamKey, Frame] = {}
    for frame in socket.frames:
        key = frame.stream_key
        if not frame.sequence or not frame.durable or (key, frame.sequence) in seen or _is_old(view, socket, frame):
            continue
        seen.add((key, frame.sequence))
        if asked.get(key, frame.entry) < frame.entry:
            continue
        before = newest.get(key)
        if before is not None:
            yield before, frame
        if before is None or frame.sequence > before.sequence:
            newest[key] = frame


def _asked_for(view: View, socket: Socket) -> dict[StreamKey, int]:
    """By stream the entry of the first error that names a message of it."""
    asked: dict[StreamKey, int] = {}
    for said in socket.said:
        message: Message | None = view.ledger.messages.get(said.related_id)
        if message is not None:
            asked.setdefault(message.stream_key, said.entry)
    return asked


def _is_old(view: View, socket: Socket, frame: Frame) -> bool:
    """On a session with directives: it was there before the hello, so that it is sent when it is asked for."""
    hello = socket.hello
    if not socket.directives.present or hello is None:
        return False
    row = view.ledger.row(frame.stream_key, frame.sequence)
    return hello.lists_output(frame.stream_key, frame.sequence) or (row is not None and row.first_entry < socket.request_entry)
