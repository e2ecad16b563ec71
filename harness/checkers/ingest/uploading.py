"""The size and age of uploads: ROLL-1, ROLL-2."""

from __future__ import annotations

from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .view import View
from .wire import Request

SERVER_EVENTS_MAX = 1_000
SERVER_BODY_BYTES_MAX = 5_000_000
SERVER_LINE_BYTES_MAX = 1_000_000
WINDOW_SLACK_MS = 200
STALLING = {"stall", "drip", "slice", "cut", "half-close", "early-answer"}


def check_upload_size(view: View) -> Judgement:
    uploads = [request for life in view.lives for request in life.uploads]
    knows_limits = "limits" in view.header.capabilities
    events = sum(len(upload.events) for upload in uploads)
    body_bytes = sum(_event_bytes(upload) for upload in uploads)
    events_max = min(SERVER_EVENTS_MAX, view.limits["max_upload_events"] if knows_limits else SERVER_EVENTS_MAX)
    bytes_max = min(SERVER_BODY_BYTES_MAX, view.limits["max_upload_bytes"] if knows_limits else SERVER_BODY_BYTES_MAX)
    if events <= events_max and body_bytes <= bytes_max:
        return not_judged("precondition never met: all that was sent fits into one upload")
    return judged(finding for upload in uploads for finding in _size_findings(upload, events_max, bytes_max))


def _event_bytes(upload: Request) -> int:
    """Bytes of the event lines with their LFs; the completion is not counted."""
    return sum(line.size_bytes + 1 for line in upload.events)


def _size_findings(upload: Request, events_max: int, bytes_max: int) -> Iterator[Finding]:
    count, size = len(upload.events), _event_bytes(upload)
    if count > events_max:
        yield Finding(
            "ING-ROLL-1", f"an upload holds {count} events, {events_max} are allowed", (upload.entry, upload.events[events_max].entry)
        )
    if size > bytes_max and count > 1:
        yield Finding("ING-ROLL-1", f"an upload holds {size} bytes of events, {bytes_max} are allowed", (upload.entry,))
    for line in upload.events:
        if line.size_bytes > SERVER_LINE_BYTES_MAX:
            yield Finding("ING-ROLL-1", f"a line of {line.size_bytes} bytes exceeds the server's limit", (line.entry,))


def check_upload_age(view: View) -> Judgement:
    window_us = view.timing_ms["upload_window"] * 1000
    uploads = [request for life in view.lives for request in life.uploads if not request.faults & STALLING]
    aged = [(upload, _age_us(view, upload)) for upload in uploads]
    if not any(age_us >= window_us * 9 // 10 for _, age_us in aged):
        return not_judged("precondition never met: no upload came near the window")
    limit_us = window_us + (WINDOW_SLACK_MS + view.allowance_ms) * 1000
    return judged(
        Finding(
            "ING-ROLL-2",
            f"an upload was open for {age_us // 1000} ms, the window is {window_us // 1000} ms",
            (upload.entry,),
            upper_bound=True,
        )
        for upload, age_us in aged
        if age_us > limit_us
    )


def _age_us(view: View, upload: Request) -> int:
    """From the first byte of the request to the last of its body; to its connection's end, or the history's, if that never came."""
    connection = view.wire.connections.get(upload.connection)
    end_us = upload.body_end_us
    if end_us is None:
        end_us = connection.closed_us if connection is not None and connection.closed_us is not None else view.wire.end_us
    return end_us - upload.at_us
