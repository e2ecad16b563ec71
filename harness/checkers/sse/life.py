"""What the application is told beside the events, and how a client ends: OPEN-1, TELL-1, ROB-1, CLOSE-1."""

from __future__ import annotations

from collections.abc import Iterator

from ...values.history import Entry
from ...values.verdict import Finding, Judgement, judged, not_judged
from .delivery import shown
from .streams import Stream
from .view import View

LIFE_MS = 2_000
"""So long after rubbish, or after the end of its stream, a client may be silent."""
CLOSE_MS = 1_000
QUIET_MS = 100
"""Once its connections have ended, so long without an event shows that none is on its way any more."""


def check_open(view: View) -> Judgement:
    if not view.dispatched:
        return not_judged("precondition never met: the client dispatched no event")
    first = view.dispatched[0]
    if any(note.number < first.entry for note in view.told.opens):
        return judged()
    return judged(
        [Finding("SSE-OPEN-1", "the first event was dispatched before the application was told of an open stream", (first.entry,))]
    )


def check_tells_end(view: View) -> Judgement:
    """Only for a client that does not connect again: another one has nothing to tell as long as it goes on."""
    if view.reconnects:
        return not_judged("not judged: the client connects again by itself")
    over = next((stream for stream in view.streams if stream.is_stream and stream.ended_by in ("whole", "broken")), None)
    if over is None or over.ended_us is None:
        return not_judged("precondition never met: no stream ended or was cut")
    if any(note.number > over.ended_entry for note in view.told.ends):
        return judged()
    if view.end_us - over.ended_us < (LIFE_MS + view.allowance_ms) * 1000:
        return not_judged("precondition never met: too little time passed after the end of the stream")
    message = f"the stream was over, and within {LIFE_MS} ms the application was told neither `ended` nor `error`"
    return judged([Finding("SSE-TELL-1", message, (over.request.entry, over.ended_entry))])


# --- ROB-1 ----------------------------------------------------------------------------------------------------------


def check_robust(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for stream, rubbish_end in _rubbish(view):
        following = next((step for step in stream.reading.event_steps if step.end > rubbish_end), None)
        if following is None or following.key is None:
            continue
        rubbish, event = stream.entry_of_byte(rubbish_end - 1), stream.entry_of_byte(following.end - 1)
        if _shows_life(view, rubbish, event):
            seen = True
        elif view.end_us - view.history.entries[event - 1].at_us > (LIFE_MS + view.allowance_ms) * 1000:
            message = f"the client never stirred again behind rubbish; the event that follows it has the data {shown(following.key.data)}"
            findings.append(Finding("SSE-ROB-1", message, (rubbish, event)))
    if not seen and not findings:
        return not_judged("precondition never met: no event followed bytes that are none")
    return judged(findings[:1])


def _rubbish(view: View) -> Iterator[tuple[Stream, int]]:
    """The streams that raw bytes were written to, and where the last of them end."""
    texts = [
        args["text"].encode("utf-8", "surrogateescape") for verb, args in view.header.workload if verb == "raw" and args["text"].strip()
    ]
    for stream in view.streams:
        ends = [stream.data.find(text) + len(text) for text in texts if text in stream.data]
        if stream.is_stream and ends and max(ends) <= stream.passed_bytes:
            yield stream, max(ends)


def _shows_life(view: View, rubbish: int, event: int) -> bool:
    if any(told.entry > event for told in view.dispatched):
        return True
    return view.attempt_after(rubbish) is not None or any(note.number > rubbish for note in view.told.ends)


# --- CLOSE-1 --------------------------------------------------------------------------------------------------------


def check_close(view: View) -> Judgement:
    closed = view.told.unwatched
    if closed is None or not view.dispatched:
        return not_judged("precondition never met: `unwatch` was not called, or nothing was dispatched before")
    findings = list(_after_close(view, closed))
    if findings:
        return judged(findings[:1])
    passed_us = view.end_us - closed.at_us
    if passed_us < (QUIET_MS if _all_closed(view) else CLOSE_MS + view.allowance_ms) * 1000:
        return not_judged("precondition never met: too little time passed after `unwatch`")
    return judged()


def _after_close(view: View, closed: Entry) -> Iterator[Finding]:
    late = next((event for event in view.told.events if event.entry > closed.number), None)
    if late is not None:
        yield Finding("SSE-CLOSE-1", f"an event (data {shown(late.key.data)}) was dispatched after `unwatch`", (closed.number, late.entry))
    limit_us = closed.at_us + (CLOSE_MS + view.allowance_ms) * 1000
    again = view.attempt_after(closed.number)
    if again is not None and again.at_us > limit_us:
        message = f"the client connected again {(again.at_us - closed.at_us) // 1000} ms after `unwatch`"
        yield Finding("SSE-CLOSE-1", message, (closed.number, again.number))
    for stream in view.streams:
        open_until_us = next((us for us in (stream.ended_us, _closed_us(view, stream)) if us is not None), view.end_us)
        if open_until_us > limit_us:
            message = f"the connection was still open {CLOSE_MS} ms after `unwatch`"
            yield Finding("SSE-CLOSE-1", message, (stream.request.entry, closed.number), upper_bound=True)


def _all_closed(view: View) -> bool:
    ends_us = (stream.ended_us if stream.ended_us is not None else _closed_us(view, stream) for stream in view.streams)
    return all(us is not None and us <= view.end_us for us in ends_us)


def _closed_us(view: View, stream: Stream) -> int | None:
    connection = view.wire.connections.get(stream.request.connection)
    return connection.closed_us if connection is not None else None
