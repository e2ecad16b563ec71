"""How an agent answers a gap: ERR-2, and where the gap cannot be filled any more, ERR-6.

A gap error of a stream names the highest sequence h that was accepted. Judged is the last one of a row of them, since several for
frames in flight may be answered together: between it and the next ack of that stream one full, ascending resend of h+1 to n begins, where
n is the highest sequence that was seen by then and nothing of h+1 to n was acknowledged. Sequences that nobody has seen count as well:
the agent has sent higher ones.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from ...values.verdict import Finding, Judgement, judged, not_judged
from .hello import StreamKey
from .presence import HAMPERING, Presence
from .sockets import HELLO_ACK, OUTPUT, Frame, Said, Socket
from .view import View

BEGIN_MS = 2_000
"""By when the whole of an answer to a gap has come."""
AT_ONCE_MS = 1_000
"""What is sent again so soon behind a gap error, and for no other reason, is an answer to it."""
RESENDS_MAX = 5


@dataclass
class Gap:
    """A gap error that names an output which was seen. ``n``: the highest sequence of the stream that was seen by then."""

    said: Said
    stream: StreamKey
    highest: int
    n: int


class _Streams:
    """What was seen of each stream, and acknowledged, by entry."""

    def __init__(self, view: View) -> None:
        self.view = view
        self._seen: dict[StreamKey, tuple[list[int], list[int]]] = {}
        for attempt in view.ledger.attempts.values():
            for name, rows in attempt.streams.items():
                self._seen[(*attempt.key, name)] = _rising((row.first_entry, sequence) for sequence, row in rows.items())

    def highest_seen(self, stream: StreamKey, entry: int) -> int:
        entries, highest = self._seen.get(stream, ([], []))
        at = bisect_right(entries, entry)
        return highest[at - 1] if at else 0

    def acked_by(self, stream: StreamKey, sequence: int, entry: int) -> bool:
        """An ack of that row had been said by then."""
        row = self.view.ledger.row(stream, sequence)
        return row is not None and any(ack.entry <= entry for message in row.messages for ack in message.acks[:1])


def _rising(pairs: Iterator[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """(entries, the highest sequence up to each)."""
    entries: list[int] = []
    highest: list[int] = []
    for entry, sequence in sorted(pairs):
        entries.append(entry)
        highest.append(max(sequence, highest[-1] if highest else 0))
    return entries, highest


def _gaps_on(view: View, streams: _Streams, socket: Socket) -> Iterator[Gap]:
    for said in socket.said:
        is_due = said.is_gap and not said.illegal and not socket.is_void(said.entry)
        message = view.ledger.messages.get(said.related_id) if is_due else None
        if message is None or message.type != OUTPUT or message.first.entry > said.entry or said.highest is None:
            continue
        if streams.acked_by(message.stream_key, message.sequence, said.entry):
            continue
        yield Gap(said, message.stream_key, said.highest, streams.highest_seen(message.stream_key, said.entry))


# --- ERR-2 ----------------------------------------------------------------------------------------------------------


def check_gaps(view: View) -> Judgement:
    presence = Presence(view)
    streams = _Streams(view)
    seen = False
    findings: list[Finding] = []
    for socket in view.sockets:
        gaps = list(_gaps_on(view, streams, socket))
        if not gaps:
            continue
        frames, acks = _frames_by_stream(socket), _acks_by_stream(view, socket)
        for gap, next_gap in _last_of_rows(gaps, acks):
            answered, found = _answer(view, presence, streams, socket, gap, next_gap, frames.get(gap.stream, []), acks.get(gap.stream, []))
            seen = seen or answered
            findings.extend(found)
        findings.extend(_others(view, socket, gaps))
    if not seen and not findings:
        return not_judged("precondition never met: no gap error left rows to send again, or too little time")
    return judged(findings[:1])


def _frames_by_stream(socket: Socket) -> dict[StreamKey, list[Frame]]:
    found: dict[StreamKey, list[Frame]] = {}
    for frame in socket.frames:
        if frame.type == OUTPUT and frame.durable:
            found.setdefault(frame.stream_key, []).append(frame)
    return found


def _acks_by_stream(view: View, socket: Socket) -> dict[StreamKey, list[int]]:
    """Entries of the acks said on that socket, by the stream of what they name."""
    found: dict[StreamKey, list[int]] = {}
    for said in socket.said:
        message = view.ledger.messages.get(said.acked_id) if said.type == "ack" else None
        if message is not None and message.type == OUTPUT:
            found.setdefault(message.stream_key, []).append(said.entry)
    return found


def _last_of_rows(gaps: list[Gap], acks: dict[StreamKey, list[int]]) -> Iterator[tuple[Gap, Gap | None]]:
    """The last gap of a stream before an ack, and the one of that stream that follows it."""
    by_stream: dict[StreamKey, list[Gap]] = {}
    for gap in gaps:
        by_stream.setdefault(gap.stream, []).append(gap)
    for stream, row in by_stream.items():
        entries = acks.get(stream, [])
        for gap, following in zip(row, [*row[1:], None], strict=True):
            if following is None or bisect_left(entries, gap.said.entry) < bisect_left(entries, following.said.entry):
                yield gap, following


def _answer(
    view: View, presence: Presence, streams: _Streams, socket: Socket, gap: Gap, next_gap: Gap | None, frames: list[Frame], acks: list[int]
) -> tuple[bool, list[Finding]]:
    """(it was answered as it should be, findings)."""
    if gap.highest >= gap.n or any(
        streams.acked_by(gap.stream, sequence, gap.said.entry) for sequence in range(gap.highest + 1, gap.n + 1)
    ):
        return False, []
    at = bisect_right(acks, gap.said.entry)
    next_ack = acks[at] if at < len(acks) else None
    answer = frames[bisect_right(frames, gap.said.entry, key=lambda frame: frame.entry) :]
    renamed = next((frame for frame in answer if _renamed(view, frame)), None)
    if renamed is not None:
        message = f"a gap is answered with sequence {renamed.sequence} of {renamed.stream} under another message id"
        return True, [Finding("WSR-ERR-2", message, (gap.said.entry, renamed.entry))]
    run = _Run(gap, streams, next_ack)
    if run.is_complete(answer):
        return True, []
    if next_ack is not None and not run.begun:
        return False, []  # something in flight was accepted first
    limit_us = gap.said.at_us + BEGIN_MS * 1000 + view.allowance_us
    open_until_us = min(presence.until_us(socket), presence.runs_until_us(gap.said.entry))
    if (
        open_until_us <= limit_us
        or (next_gap is not None and next_gap.said.at_us <= limit_us)
        or socket.faults & HAMPERING
        or view.spool_may_rotate
    ):
        return False, []
    came = f"only {run.got} of them came in order" if run.begun else "not one of them came"
    message = (
        f"a gap error named {gap.highest} as the highest sequence of {gap.stream[2]}; {gap.highest + 1} to {gap.n} are due again, {came}"
    )
    return True, [Finding("WSR-ERR-2", message, (gap.said.entry, *((run.begun,) if run.begun else ())), upper_bound=True)]


def _renamed(view: View, frame: Frame) -> bool:
    row = view.ledger.row(frame.stream_key, frame.sequence)
    return row is not None and row.messages[0].id != frame.message_id


class _Run:
    """One ascending resend among the frames of a stream. ``begun``: the entry at which the last one began, 0 if none; ``got``: how far."""

    def __init__(self, gap: Gap, streams: _Streams, next_ack: int | None) -> None:
        self._gap = gap
        self._streams = streams
        self._next_ack = next_ack
        self._expected: int | None = None
        self.begun = 0
        self.got = 0

    def is_complete(self, frames: list[Frame]) -> bool:
        gap = self._gap
        for frame in frames:
            if frame.sequence > gap.n:
                continue
            if frame.sequence == gap.highest + 1 and (self._next_ack is None or frame.entry < self._next_ack):
                self._expected, self.begun = frame.sequence, frame.entry
            self._pass_acked(frame)
            if self._expected is None:
                continue
            if frame.sequence == self._expected:
                self._expected += 1
                self.got = max(self.got, self._expected - gap.highest - 1)
                if self._expected > gap.n:
                    return True
            elif frame.sequence > self._expected:
                self._expected = None
        return False

    def _pass_acked(self, frame: Frame) -> None:
        """What was acknowledged meanwhile need not come."""
        while (
            self._expected is not None
            and self._expected < frame.sequence
            and self._streams.acked_by(self._gap.stream, self._expected, frame.entry)
        ):
            self._expected += 1


def _others(view: View, socket: Socket, gaps: list[Gap]) -> Iterator[Finding]:
    """What was sent before on this socket and comes again right behind a gap error, though no gap error asks for it."""
    acks = [said.entry for said in socket.said if said.type == HELLO_ACK]
    excused = [said.entry for said in socket.said if said.type == "error" and not said.is_gap]
    until = min([*acks[1:2], *excused[:1]], default=view.history.entries[-1].number + 1)
    sent: set[str] = set()
    errors = iter(gaps)
    following = next(errors, None)
    last: Gap | None = None
    lowest: dict[StreamKey, int] = {}
    for frame in socket.frames:
        if frame.entry > until:
            return
        while following is not None and following.said.entry < frame.entry:
            last = following
            lowest[last.stream] = min(last.highest, lowest.get(last.stream, last.highest))
            following = next(errors, None)
        if frame.type != OUTPUT or not frame.durable:
            continue
        again = frame.message_id in sent
        sent.add(frame.message_id)
        asked = frame.stream_key in lowest and frame.sequence > lowest[frame.stream_key]
        if again and last is not None and not asked and frame.at_us - last.said.at_us <= AT_ONCE_MS * 1000:
            message = (
                f"behind a gap error that named {last.highest} of {last.stream[2]}, {frame.stream} {frame.sequence} comes again, "
                "which no error asks for"
            )
            yield Finding("WSR-ERR-2", message, (last.said.entry, frame.entry))
            return


# --- ERR-6 ----------------------------------------------------------------------------------------------------------


def check_unanswerable(view: View) -> Judgement:
    if not view.spool_may_rotate:
        return not_judged("precondition never met: the spool had room for all there was")
    streams = _Streams(view)
    seen = False
    findings: list[Finding] = []
    for socket in view.sockets:
        gap = next((gap for gap in _gaps_on(view, streams, socket) if _is_lost(view, gap)), None)
        if gap is None:
            continue
        told = _told_entry(view, gap)
        following = next((each for each in view.greeted if each.request_entry > gap.said.entry), None)
        seen = seen or told is not None
        findings.extend(_loops(socket, gap))
        if told is None and following is not None and following.hello_frame is not None:
            message = f"sequence {gap.highest + 1} of {gap.stream[2]} is lost for good, and neither the next hello nor the final says so"
            findings.append(Finding("WSR-ERR-6", message, (gap.said.entry, following.hello_frame.entry)))
    if not seen and not findings:
        return not_judged("precondition never met: no gap that the agent cannot fill")
    return judged(findings[:1])


def _is_lost(view: View, gap: Gap) -> bool:
    """The row that the gap asks for never comes, neither before nor after, while higher ones do."""
    return gap.highest < gap.n and view.ledger.row(gap.stream, gap.highest + 1) is None


def _told_entry(view: View, gap: Gap) -> int | None:
    """Where the agent says that output of that attempt was lost."""
    for socket in view.greeted:
        hello, frame = socket.hello, socket.hello_frame
        if hello is None or frame is None:
            continue
        if hello.has_rotated or any(listed.truncated for listed in hello.ranges.get(gap.stream, ())):
            return frame.entry
    attempt = view.ledger.attempts.get(gap.stream[:2])
    for final in attempt.finals if attempt is not None else ():
        if final.first.payload.get("output_truncated") is True or final.first.payload.get("error_truncated") is True:
            return final.first.entry
    return None


def _loops(socket: Socket, gap: Gap) -> Iterator[Finding]:
    sightings: dict[str, list[Frame]] = {}
    for frame in socket.frames:
        if frame.entry > gap.said.entry and frame.type == OUTPUT and frame.stream_key == gap.stream:
            sightings.setdefault(frame.message_id, []).append(frame)
    for frames in sightings.values():
        if len(frames) > RESENDS_MAX + 1:
            message = f"a gap that cannot be filled is answered with sequence {frames[0].sequence} {len(frames)} times"
            yield Finding("WSR-ERR-6", message, (gap.said.entry, frames[0].entry, frames[-1].entry))
            return
