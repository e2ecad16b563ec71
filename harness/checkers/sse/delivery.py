"""What was dispatched against what was sent: LOSS-1, DUP-1, ORD-1, PARSE-1, HALF-1, TYPE-1, STAT-1, ID-1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ...values.verdict import Finding, Judgement, judged, not_judged
from .matching import Alignment, Expected
from .model import Key
from .streams import Stream
from .view import View

SHOWN_MAX = 60

Kind = Literal["LOSS-1", "DUP-1", "ORD-1", "PARSE-1", "HALF-1", "TYPE-1", "STAT-1"]


@dataclass(frozen=True)
class Issue:
    kind: Kind
    message: str
    entries: tuple[int, ...]


def check_loss(view: View) -> Judgement:
    if not view.dispatched and not any(stream.events_min for stream in view.streams):
        return not_judged("precondition never met: no whole event surely reached the client")
    return _judge(view, "LOSS-1")


def check_duplicates(view: View) -> Judgement:
    return _judge(view, "DUP-1", events=1)


def check_order(view: View) -> Judgement:
    return _judge(view, "ORD-1", events=2)


def check_parsing(view: View) -> Judgement:
    return _judge(view, "PARSE-1", events=1)


def check_halves(view: View) -> Judgement:
    if not any(stream.is_stream and stream.ended_by in ("whole", "broken") and stream.reading.halves for stream in view.streams):
        return not_judged("precondition never met: no stream ended in the middle of an event")
    return _judge(view, "HALF-1", events=1)


def check_media_type(view: View) -> Judgement:
    return _false_streams(view, "TYPE-1", [stream for stream in view.streams if stream.is_false and stream.status == 200])


def check_status(view: View) -> Judgement:
    return _false_streams(view, "STAT-1", [stream for stream in view.streams if stream.is_false and stream.status != 200])


def _false_streams(view: View, kind: Kind, streams: Sequence[Stream]) -> Judgement:
    if not any(stream.reading.keys for stream in streams):
        return not_judged("precondition never met: no such answer held a whole event")
    if not view.reconnects and view.told.ends:
        return _judge(view, kind)  # its only answer was a false one, and it has taken notice of it
    return _judge(view, kind, events=1)


def _judge(view: View, kind: Kind, *, events: int = 0) -> Judgement:
    """``events``: so many must have been dispatched, for whoever dispatches nothing can do nothing wrong."""
    if view.matching.pruned and view.matching.taken is None:
        return not_judged("not judged: too many events are alike to say which is which")
    findings = [Finding(f"SSE-{issue.kind}", issue.message, issue.entries) for issue in issues(view) if issue.kind == kind]
    if findings:
        return judged(findings[:1])
    if len(view.dispatched) < events:
        return not_judged("precondition never met: the client dispatched no event" if events == 1 else "fewer than two events")
    return judged()


def issues(view: View) -> Iterator[Issue]:
    """Everything that is wrong with the events of a history, each under the requirement that it breaks."""
    if view.alignment is not None:
        yield from _Diagnosis(view, view.alignment).issues()
        return
    for stream, count in zip(view.streams, view.taken, strict=True):
        if stream.is_false and count:
            yield _false(stream, stream.reading.keys[0], view.dispatched[0].entry)
    yield from _skipped_over(view)


def _skipped_over(view: View) -> Iterator[Issue]:
    """The client asks to go on behind an event that it never dispatched."""
    for number, stream, following in view.followed():
        if not stream.is_stream or following.is_away or stream.whole:
            continue
        counts = stream.reading.counts_at(view.claims[number + 1], view.claims[number])
        later = [count for count in counts if count > view.taken[number]]
        if later and view.taken[number] not in counts:
            key = stream.reading.keys[view.taken[number]]
            message = f"an event (data {shown(key.data)}) was skipped: the next Last-Event-ID stands behind it, and it was never dispatched"
            yield Issue("LOSS-1", message, (stream.request.entry, following.request.entry))
            return


class _Diagnosis:
    """Names what does not fit, by what it looks like."""

    def __init__(self, view: View, alignment: Alignment) -> None:
        self.view = view
        self.alignment = alignment
        self.sent = {key for stream in view.streams if stream.is_stream for key in stream.reading.keys}
        self.halves = {key for stream in view.streams if stream.is_stream for key in stream.reading.halves}
        self.false = {key: stream for stream in view.streams if stream.is_false for key in reversed(stream.reading.keys)}
        self.missing = {row.key for row in alignment.missing}
        self.garbled: set[int] = {row.slot for _, row in alignment.spoilt}
        """Streams that the client reads otherwise than the standard does."""

    def issues(self) -> Iterator[Issue]:
        told = [self._of_told(at) for at in sorted({*self.alignment.extra, *(at for at, _ in self.alignment.spoilt)})]
        yield from told
        reordered = {self.view.dispatched[at].key for at in self.alignment.extra}
        for row in [*self.alignment.missing, *(row for _, row in self.alignment.spoilt)]:
            if row.key not in reordered:
                yield self._of_missing(row)

    def _of_told(self, at: int) -> Issue:
        event = self.view.dispatched[at]
        if event.key in self.sent:
            if event.key in self.missing:
                return Issue("ORD-1", f"an event (data {shown(event.key.data)}) was dispatched out of its turn", (event.entry,))
            if event.key in self.false:
                return _false(self.false[event.key], event.key, event.entry)
            # An event without data is rather made out of nothing, say of a comment, than a repetition of one that was sent so.
            if event.key not in self.halves and event.key.data:
                return Issue("DUP-1", f"an event (data {shown(event.key.data)}) was dispatched more often than it was sent", (event.entry,))
        if event.key in self.halves:
            return Issue("HALF-1", f"half an event (data {shown(event.key.data)}) was dispatched at the end of its stream", (event.entry,))
        if event.key in self.false:
            return _false(self.false[event.key], event.key, event.entry)
        return self._unknown(at, event.entry, event.key)

    def _unknown(self, at: int, entry: int, key: Key) -> Issue:
        expected = next((row for position, row in self.alignment.spoilt if position == at), None)
        if expected is None:
            return Issue(
                "PARSE-1", f"type {shown(key.type)}, data {shown(key.data)} was dispatched; the stream holds no such event", (entry,)
            )
        what = "type" if key.data == expected.key.data else "data"
        got, wanted = (key.type, expected.key.type) if what == "type" else (key.data, expected.key.data)
        request = self.view.streams[expected.slot].request.entry
        return Issue("PARSE-1", f"{what} {shown(got)} was dispatched; the standard reads {shown(wanted)}", (request, entry))

    def _of_missing(self, row: Expected) -> Issue:
        stream = self.view.streams[row.slot]
        entries = (stream.request.entry, *((stream.ended_entry,) if stream.ended_entry else ()))
        what = f"an event (data {shown(row.key.data)}) that reached the client whole was never dispatched"
        reading = stream.reading
        if row.slot in self.garbled:
            return Issue("PARSE-1", f"{what}, in a stream of which others were read wrongly", entries)
        if reading.has_cr or (reading.has_bom and row.place == 0):
            return Issue(
                "PARSE-1", f"{what}; {'its stream has lines that end in CR' if reading.has_cr else 'it follows a byte order mark'}", entries
            )
        return Issue("LOSS-1", what, entries)


def _false(stream: Stream, key: Key, entry: int) -> Issue:
    if stream.status != 200:
        message = f"an event (data {shown(key.data)}) was dispatched from the body of an answer {stream.status}"
        return Issue("STAT-1", message, (stream.request.entry, entry))
    answer = stream.request.answer
    media_type = answer.headers.get("content-type", "") if answer is not None else ""
    return Issue(
        "TYPE-1",
        f"an event (data {shown(key.data)}) was dispatched from an answer of the type {media_type!r}",
        (stream.request.entry, entry),
    )


def shown(text: str) -> str:
    """A value for a message: quoted, ASCII, and not too long."""
    return ascii(text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}.. ({len(text)} characters)")


# --- ID-1 -----------------------------------------------------------------------------------------------------------


def check_id(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    standing = {view.stored_id}
    numbers = {stream.request.number: number for number, stream in enumerate(view.streams)}
    starts: list[set[str]] = []
    for stream, count in zip(view.streams, view.taken, strict=True):
        starts.append(standing)
        if stream.is_stream:
            standing = {cursor for start in standing for cursor in stream.reading.cursors(count, start)} or standing
    for event, stream, index in view.pairs:
        if stream.is_false:
            continue
        number = numbers[stream.request.number]
        named = stream.reading.event_steps[index].id
        allowed = {named} if named is not None else starts[number] | {view.claims[number]}
        seen = seen or allowed != {""}
        if event.id not in allowed and not findings:
            message = (
                f"an event (data {shown(event.key.data)}) came with the id {shown(event.id)}; the last id seen is {shown(min(allowed))}"
            )
            findings.append(Finding("SSE-ID-1", message, (stream.request.entry, event.entry)))
    if not seen:
        return not_judged("precondition never met: no event was dispatched while an id stood")
    return judged(findings)
