"""How the client connects and connects again: REC-1, RES-1, WAIT-1, STORM-1, END-1, FAIL-1."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ...values.history import Entry
from ...values.verdict import Finding, Judgement, judged, not_judged
from .delivery import shown
from .streams import Stream
from .view import View

RECONNECT_MS_MAX = 10_000
"""So long after a stream is over, beyond what `retry` asks for, the client must have tried again; it doubles with each failure in a row."""
RETRY_MS_JUDGED_MAX = 30_000
"""A client may cap what a server asks for at half a minute."""
STORM_ATTEMPTS = 20
STORM_WINDOW_US = 1_000_000
STORM_JUDGED_ATTEMPTS = 3
PATIENCE_MS = 4_000
"""Clients of which nothing else is known reconnect after up to three seconds."""
FAILED_STATUSES = (401, 403, 404)
FAILED_ATTEMPTS = 2
"""So many further attempts without a word to the application are neither a stop nor a message."""


# --- REC-1 ----------------------------------------------------------------------------------------------------------


def check_reconnect(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    failures = 0
    asked = _Retries(view)
    stop = view.told.unwatch_called
    until_us = view.end_us if stop is None else min(stop.at_us, view.end_us)
    for number, stream in enumerate(view.streams):
        failures = failures + 1 if stream.events_max == 0 else 0
        standing = asked.after(number)
        if not _opened(stream) or stream.ended_by not in ("whole", "broken"):
            continue
        ended_us = stream.ended_us or 0
        following = view.attempt_after(stream.ended_entry)
        if following is not None:
            seen = True
            continue
        bound_ms = max(ms or 0 for ms in standing) + RECONNECT_MS_MAX * 2**failures
        if until_us - ended_us > (bound_ms + view.allowance_ms) * 1000:
            message = f"the stream was over, and within {bound_ms} ms the client did not connect again"
            findings.append(Finding("SSE-REC-1", message, (stream.request.entry, stream.ended_entry), upper_bound=True))
    if not seen and not findings:
        return not_judged("precondition never met: no stream ended or was cut, with time left to connect again")
    return judged(findings)


def _opened(stream: Stream) -> bool:
    """The client has seen a stream. Where no byte of it passed its head may be lost, too, and then HTTP libraries ask again themselves."""
    return stream.is_stream and (stream.passed_bytes > 0 or stream.whole)


# --- RES-1 ----------------------------------------------------------------------------------------------------------


def check_resume(view: View) -> Judgement:
    if not any(stream.is_stream for stream, _ in pairwise(view.streams)):
        return not_judged("precondition never met: no connection followed a stream")
    if view.matching.taken is None and view.matching.pruned:
        return not_judged("not judged: too many events are alike to say which is which")
    if not view.dispatched:
        return not_judged("precondition never met: the client dispatched no event")
    return judged([*_first_claim(view), *_contradictions(view)][:1])


def _first_claim(view: View) -> Iterator[Finding]:
    first = view.streams[0]
    if first.claimed is not None and not view.stored_id:
        message = f"the first connection carries Last-Event-ID {shown(first.claimed)} though there is no id yet"
        yield Finding("SSE-RES-1", message, (first.request.entry,))


def _contradictions(view: View) -> Iterator[Finding]:
    for number, stream, following in view.followed():
        if following.is_away or stream.redirects:
            continue
        evidence = (stream.request.entry, following.request.entry)
        if following.claimed == "":
            yield Finding("SSE-RES-1", "a reconnect carries an empty Last-Event-ID; where there is no id, there is no header", evidence)
            continue
        allowed = _cursors(view, number, stream)
        if view.claims[number + 1] not in allowed:
            yield Finding("SSE-RES-1", _contradiction(view.claims[number + 1], allowed[-1], stream), evidence)


def _cursors(view: View, number: int, stream: Stream) -> list[str]:
    """The ids that may stand when the next connection is made. Never empty."""
    start = view.claims[number]
    if not stream.is_stream:
        return [start]
    if view.matching.taken is None:
        # What was dispatched cannot be told apart, so every id of the stream that was committed may stand.
        return [start, *(step.id for step in stream.reading.steps if step.id is not None)]
    cursors = stream.reading.cursors(view.taken[number], start) or [start]
    return cursors[-1:] if stream.whole else cursors


def _contradiction(claimed: str, wanted: str, stream: Stream) -> str:
    carried = f"Last-Event-ID {shown(claimed)}" if claimed else "no Last-Event-ID"
    if claimed in stream.reading.half_ids:
        carried += ", that of an event which never was whole"
    return f"a reconnect carries {carried}; the last id committed is {shown(wanted)}"


# --- WAIT-1 ---------------------------------------------------------------------------------------------------------


class _Retries:
    """What `retry` may stand at. What a client may or may not have read before a cut leaves several values possible."""

    def __init__(self, view: View) -> None:
        self._by_stream: list[set[int | None]] = []
        standing: set[int | None] = {None}
        for stream, count in zip(view.streams, view.taken, strict=True):
            if stream.is_stream:
                standing = _standing(stream, count, standing)
            self._by_stream.append(standing)

    def after(self, number: int) -> set[int | None]:
        """The values that may stand once the n-th stream (from 0) is over; None: the client's own default."""
        return self._by_stream[number]


def _standing(stream: Stream, count: int, before: set[int | None]) -> set[int | None]:
    reading = stream.reading
    dispatched_to = reading.event_steps[count - 1].end if count and count <= len(reading.event_steps) else 0
    sure = reading.retries_within(max(stream.sure_bytes, dispatched_to))
    perhaps = reading.retries_within(stream.passed_bytes)[len(sure) :]
    return {*({sure[-1]} if sure else before), *perhaps}


def check_wait(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    asked = _Retries(view)
    for number, stream in enumerate(view.streams):
        known = [ms for ms in asked.after(number) if ms is not None]
        following = view.attempt_after(stream.ended_entry) if stream.ended_entry else None
        if not _opened(stream) or following is None or len(known) < len(asked.after(number)) or not min(known):
            continue
        seen = True
        wait_us = min(*known, RETRY_MS_JUDGED_MAX) * 1000
        pause_us = following.at_us - (stream.ended_us or 0)
        if pause_us < wait_us - view.jitter_us:
            message = f"the client connected again after {pause_us / 1000:g} ms; retry asks for {min(known)} ms"
            findings.append(Finding("SSE-WAIT-1", message, (stream.request.entry, stream.ended_entry, following.number)))
    if not seen:
        return not_judged("precondition never met: no reconnect once `retry` was set")
    return judged(findings[:1])


# --- STORM-1 --------------------------------------------------------------------------------------------------------


def check_storm(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for streak in _streaks(view):
        seen = seen or len(streak) >= STORM_JUDGED_ATTEMPTS
        for first, last in zip(streak, streak[STORM_ATTEMPTS - 1 :], strict=False):
            if last.at_us - first.at_us < STORM_WINDOW_US:
                took_ms = (last.at_us - first.at_us) / 1000
                message = f"{STORM_ATTEMPTS} connections that came to nothing were made within {took_ms:g} ms"
                findings.append(Finding("SSE-STORM-1", message, (first.number, last.number)))
                break
    return judged(findings[:1]) if seen else not_judged("precondition never met: fewer than three fruitless connections in a row")


def _streaks(view: View) -> Iterator[list[Entry]]:
    """Runs of attempts none of which gave an event."""
    by_entry = {stream.request.entry: stream for stream in view.streams}
    streak: list[Entry] = []
    for attempt in view.attempts:
        stream = by_entry.get(attempt.number)
        if stream is not None and (stream.events_max or not stream.ended_entry):
            yield streak
            streak = []
        else:
            streak.append(attempt)
    yield streak


# --- END-1, FAIL-1 --------------------------------------------------------------------------------------------------


def check_end(view: View) -> Judgement:
    last = next((stream for stream in view.streams if stream.status == 204 and stream.request.delivered is not None), None)
    if last is None or last.ended_us is None:
        return not_judged("precondition never met: no connection was answered 204")
    again = view.attempt_after(last.ended_entry)
    if again is not None:
        message = f"the client connected again {(again.at_us - last.ended_us) / 1000:g} ms after a 204"
        return judged([Finding("SSE-END-1", message, (last.request.entry, last.ended_entry, again.number))])
    pauses_us = view.pauses_us
    patience_us = 2 * max(pauses_us) + 1_000_000 if pauses_us else PATIENCE_MS * 1000
    stop = view.told.unwatch_called
    until_us = view.end_us if stop is None else min(stop.at_us, view.end_us)
    if until_us - last.ended_us < patience_us:
        return not_judged("precondition never met: too little time passed after the 204")
    return judged()


def check_failed(view: View) -> Judgement:
    failed = next((stream for stream in view.streams if _is_failed(stream)), None)
    if failed is None or failed.request.answer is None:
        return not_judged("precondition never met: no answer that can never become a stream")
    answered = failed.request.answer
    told = next((note.number for note in view.told.ends if note.number > answered.entry), None)
    further = [attempt for attempt in view.attempts if attempt.number > answered.entry]
    if len(further) >= FAILED_ATTEMPTS and (told is None or told > further[FAILED_ATTEMPTS - 1].number):
        message = f"an answer {failed.status} was followed by further connections, and the application was told nothing"
        return judged([Finding("SSE-FAIL-1", message, (failed.request.entry, answered.entry, further[FAILED_ATTEMPTS - 1].number))])
    if told is None and view.end_us - answered.at_us < PATIENCE_MS * 1000:
        return not_judged("precondition never met: too little time passed after such an answer")
    return judged()


def _is_failed(stream: Stream) -> bool:
    if stream.request.delivered is None and stream.status != 200:
        return False
    return stream.status in FAILED_STATUSES or (stream.is_false and stream.status == 200 and stream.passed_bytes > 0)
