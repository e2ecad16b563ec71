"""Letting go when told to, and of a connection that says nothing: RD-CLOSE-1, RD-IDLE-1."""

from __future__ import annotations

from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .streams import NAMED_ENDS, Stream
from .told import LIFECYCLE, Bootstrap, Call
from .view import View

CLOSE_MS = 1_000
TOLERANCE = 0.2
SILENCING = frozenset({"stall"})
PACED = frozenset({"stall", "drip", "slice", "buffer-answer", "cut", "lose-answer", "half-close", "garbage"})


# --- CLOSE-1 --------------------------------------------------------------------------------------------------------


def check_unwatch(view: View) -> Judgement:
    seen = False
    findings: list[Finding] = []
    for bootstrap in view.bootstraps:
        call = next((each for each in view.told.calls if each.verb == "unwatch" and each.reply_entry == bootstrap.end), None)
        if bootstrap.ending != "unwatched" or call is None:
            continue
        streams = _open_at(view, bootstrap, call)
        limit_us = call.reply_us + (CLOSE_MS + view.allowance_ms) * 1000
        seen = seen or (bool(streams) and (view.wire.end_us >= limit_us or all(stream.end_us is not None for stream in streams)))
        findings.extend(_still_open(view, bootstrap, streams, limit_us))
        findings.extend(_still_telling(bootstrap))
    if not findings and not seen:
        return not_judged("precondition never met: unwatch was not called while a stream was open")
    return judged(findings)


def _open_at(view: View, bootstrap: Bootstrap, call: Call) -> list[Stream]:
    return [
        stream
        for stream in view.streams_of(bootstrap)
        if stream.entry < call.entry and (stream.end_entry is None or stream.end_entry > call.entry) and stream.request.delivered is None
    ]


def _still_open(view: View, bootstrap: Bootstrap, streams: list[Stream], limit_us: int) -> Iterator[Finding]:
    until_us = view.wire.end_us
    for stream in streams:
        if (until_us if stream.end_us is None else stream.end_us) > limit_us:
            message = "the stream is still open a second after unwatch"
            yield Finding("RD-CLOSE-1", message, (stream.entry, bootstrap.end), upper_bound=True)
            return
    for stream in view.streams_of(bootstrap):
        if stream.entry > bootstrap.end and stream.request.at_us > limit_us:
            yield Finding("RD-CLOSE-1", "a stream is asked for after unwatch", (bootstrap.end, stream.entry))
            return


def _still_telling(bootstrap: Bootstrap) -> Iterator[Finding]:
    late = next((note for note in bootstrap.told(*LIFECYCLE) if note.entry > bootstrap.end), None)
    if late is not None:
        yield Finding("RD-CLOSE-1", "something is told after the reply of unwatch", (bootstrap.end, late.entry))


# --- IDLE-1 ---------------------------------------------------------------------------------------------------------


def check_idle(view: View) -> Judgement:
    seen = False
    findings: list[Finding] = []
    idle_us = view.timing_ms["idle_timeout"] * 1000
    for bootstrap in view.bootstraps:
        for stream in view.streams_of(bootstrap):
            silent_us = _silent_since(view, stream)
            if (
                silent_us is not None
                and _until_us(view, bootstrap, stream) - silent_us > idle_us * (1 + TOLERANCE) + view.allowance_ms * 1000
            ):
                seen = True
                message = "a stream on which nothing came for longer than idle_timeout is not given up"
                findings.append(Finding("RD-IDLE-1", message, (stream.entry,), upper_bound=True))
            elif silent_us is not None and stream.closed_by_target and (stream.end_us or 0) - silent_us >= idle_us * (1 - TOLERANCE):
                seen = True
            elif _given_up_early(view, bootstrap, stream, idle_us):
                message = "a stream is given up though something came on it within idle_timeout"
                findings.append(Finding("RD-IDLE-1", message, (stream.entry, stream.end_entry or stream.entry)))
    if not findings and not seen:
        return not_judged("precondition never met: no stream was silent for idle_timeout")
    return judged(findings[:1])


def _silent_since(view: View, stream: Stream) -> int | None:
    """The time of the last thing that may have reached the reader, on a connection that was open then and fell silent."""
    if stream.request.faults & (PACED - SILENCING):
        return None
    times = [stream.request.at_us, *(frame.at_us for frame in stream.frames)]
    stalls = [
        entry.at_us for entry in view.wire.faults if entry.data["fault"] == "stall" and entry.data.get("request") == stream.request.number
    ]
    if "stall" not in stream.request.faults:
        return max(times)
    planned = [fault for fault in view.header.faults if fault.get("fault") == "stall"]
    if any(fault.get("for_ms") is not None or fault.get("where") == "never-read" for fault in planned):
        return None
    return max(time for time in [*stalls, *times] if time <= max(stalls))


def _until_us(view: View, bootstrap: Bootstrap, stream: Stream) -> int:
    """Until when it stood: its end, the end of the watch, or when held bytes were let go."""
    ends = [view.wire.end_us]
    if stream.end_us is not None:
        ends.append(stream.end_us)
    if bootstrap.end:
        ends.append(bootstrap.end_us)
    if view.wire.healed is not None and view.wire.healed.at_us > stream.request.at_us:
        ends.append(view.wire.healed.at_us)
    return min(ends)


def _given_up_early(view: View, bootstrap: Bootstrap, stream: Stream, idle_us: int) -> bool:
    """Closed by the reader in the midst of a good stream, with no word and no call that explains it."""
    if not stream.closed_by_target or not stream.is_event_stream or stream.request.faults or not stream.frames or stream.end_us is None:
        return False
    if any(frame.kind in NAMED_ENDS for frame in stream.frames) or bootstrap.renewals or not view.exact_time:
        return False
    if bootstrap.end and bootstrap.end_us <= stream.end_us + CLOSE_MS * 1000:
        return False
    follows = any(other.entry > (stream.end_entry or 0) for other in view.streams_of(bootstrap))
    return follows and stream.end_us - stream.frames[-1].at_us < idle_us * (1 - TOLERANCE)
