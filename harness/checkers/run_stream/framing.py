"""What a reader takes for an event: RD-PARSE-1, RD-CTL-1.

`task_run_state`, `permission_request`, `mcp_request` and `credential_request` are data events, but live they are told by
notes of their own and are never log entries: one that only a stream delivered and that appears in logs is a finding of
RD-CTL-1. A history may hold them, and what was read from there may be shown as it is. An entry of logs that nobody appended is a
finding of RD-CTL-1 when it looks like the data of a control frame, and else of RD-PARSE-1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...values.verdict import Finding, Judgement, judged, not_judged
from .resuming import moved_by
from .streams import Stream
from .told import Bootstrap, Item
from .transcript import loss_findings
from .view import View

DIVIDING = frozenset({"slice", "drip", "framing", "buffer-answer"})
"""Faults that change the bytes or their division, and not what they say."""
NO_EVENTS = ("comment", "bad-json", "no-object", "id-only", "retry", "empty-data")
CONTROL = ("keepalive", "stream-end", "end", "error", "unknown")
LARGE_BYTES = 64 * 1024
NEVER_DIVIDED = "precondition never met: no event came in divided, unusual or interrupted bytes"


# --- CTL-1 ----------------------------------------------------------------------------------------------------------


def check_control(view: View) -> Judgement:
    findings = [finding for bootstrap in view.bootstraps for finding in _control_findings(view, bootstrap)]
    if findings:
        return judged(findings[:1])
    asides = any(
        view.log.by_position[frame.position].aside
        for stream in view.streams
        for frame in stream.frames
        if frame.position in view.log.by_position
    )
    control = any(stream.surely(*CONTROL) is not None for stream in view.streams)
    shown = any(note.items for bootstrap in view.bootstraps for note in bootstrap.told("logs"))
    if not shown or not (control or asides):
        return not_judged("precondition never met: no control frame reached a reader that shows logs")
    return judged()


def _control_findings(view: View, bootstrap: Bootstrap) -> Iterator[Finding]:
    from_history: dict[str, int] = {}
    for page in view.pages_of(bootstrap):
        for key in page.keys:
            from_history.setdefault(key, page.entry)
    for note in bootstrap.told("logs"):
        for item in note.items:
            if item.aside and view.log.knows(item.key) and from_history.get(item.key, note.entry) >= note.entry:
                message = "an event of a kind that is told by a note of its own is shown as a log entry"
                yield Finding("RD-CTL-1", message, (note.entry,))
                return
            if not view.log.knows(item.key) and _looks_like_control(view, item):
                yield Finding("RD-CTL-1", "the data of a control frame is shown as a log entry", (note.entry,))
                return


def _looks_like_control(view: View, item: Item) -> bool:
    content: Any = item.content
    if not isinstance(content, Mapping):
        return False
    if content.get("type") in ("keepalive", "rotated", "resync") or set(content) in ({"status"}, {"error"}, set()):
        return True
    return bool(view.sent_kinds & {"unknown", "end"}) and "type" in content and "k" not in content


def shows_error_frame(bootstrap: Bootstrap, view: View) -> Finding | None:
    """The data of an ``error`` frame, shown as a log entry."""
    for note in bootstrap.told("logs"):
        for item in note.items:
            if isinstance(item.content, Mapping) and set(item.content) == {"error"} and not view.log.knows(item.key):
                return Finding("RD-ERR-1", "the data of an error frame is shown as a log entry", (note.entry,))
    return None


# --- PARSE-1 --------------------------------------------------------------------------------------------------------


def check_parsing(view: View) -> Judgement:
    if view.lone_cr:
        return not_judged("not judged: this contract says nothing of lines that end with a lone CR")
    findings = [*_made_up(view), *_moved_by_no_event(view), *_lost_by_parsing(view)]
    if findings:
        return judged(findings[:1])
    return judged() if _divided_and_shown(view) else not_judged(NEVER_DIVIDED)


def _made_up(view: View) -> Iterator[Finding]:
    for bootstrap in view.bootstraps:
        for note in bootstrap.told("logs"):
            for item in note.items:
                if not view.log.knows(item.key) and not _looks_like_control(view, item):
                    yield Finding("RD-PARSE-1", "logs show an entry that nobody appended", (note.entry,))
                    return


def _moved_by_no_event(view: View) -> Iterator[Finding]:
    stream = moved_by(view, *NO_EVENTS)
    if stream is not None:
        yield Finding("RD-PARSE-1", "Last-Event-ID is the id of data that is no event", (stream.entry,))


def _lost_by_parsing(view: View) -> Iterator[Finding]:
    """An event lost that surely came, on a connection whose bytes were divided or unusual."""
    if not view.missing or view.last is None:
        return
    came = {
        frame.position
        for stream in view.streams_of(view.last)
        if _is_unusual(view, stream)
        for frame in stream.frames
        if frame.is_event and stream.received(frame) == "surely"
    }
    lost = tuple(event for event in view.missing if event.position in came)
    yield from loss_findings(view, "RD-PARSE-1", lost[:1])


def _is_unusual(view: View, stream: Stream) -> bool:
    if stream.request.faults & DIVIDING or stream.perhaps(*NO_EVENTS) is not None:
        return True
    return any(_is_demanding(view, frame.position) for frame in stream.frames if frame.is_event)


def _is_demanding(view: View, position: int) -> bool:
    event = view.log.by_position.get(position)
    return event is not None and (not event.key.isascii() or len(event.key) > LARGE_BYTES)


def _divided_and_shown(view: View) -> bool:
    shown = any(note.items for bootstrap in view.bootstraps for note in bootstrap.told("logs"))
    return shown and any(stream.broken_bytes or _is_unusual(view, stream) for stream in view.streams if stream.perhaps("event") is not None)
