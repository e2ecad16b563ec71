"""HDR-1, HDR-2: the heads of streaming answers. A body with a frame shows that there was a stream to be told of."""

from __future__ import annotations

from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .asks import READING, RUN_ID, Ask
from .phrases import named, proof_of, shown
from .view import View


def check_streams(view: View) -> Judgement:
    answers = list(_streaming(view))
    findings = [finding for ask in answers for finding in _wrong_head(ask)]
    created = [ask for ask in answers if ask.creates is not None and ask.run_id is not None]
    if not findings and not (created and any(frame.said.goes_on for ask in answers for frame in ask.frames[:50])):
        return not_judged("precondition never met: no creation was answered with a stream that says something")
    return judged(findings[:1])


def _streaming(view: View) -> Iterator[Ask]:
    """Answers that have to be streams: of creations of durable runs, of readers, and continuations of a chat."""
    for ask in view.asks:
        if ask.status != 200:
            continue
        run = view.runs.get(ask.creates or "")
        if ask.route in READING or (run is not None and run.durable) or (ask.route == "chat" and run is None and ask.is_event_stream):
            yield ask


def _wrong_head(ask: Ask) -> Iterator[Finding]:
    if not ask.is_event_stream:
        message = f"{named(ask)} got content-type {shown(ask.answer_headers.get('content-type'))}, expected text/event-stream"
        yield Finding("EXE-HDR-1", message, proof_of(ask))
    elif not {"no-cache", "no-store"} & {part.strip().lower() for part in ask.answer_headers.get("cache-control", "").split(",")}:
        message = f"{named(ask)} got cache-control {shown(ask.answer_headers.get('cache-control'))}, expected no-cache"
        yield Finding("EXE-HDR-1", message, proof_of(ask))
    elif ask.creates is not None and ask.run_id is None:
        yield Finding("EXE-HDR-1", f"{named(ask)}, a creation, got no {RUN_ID}, expected the id of the run", proof_of(ask))


def check_classic(view: View) -> Judgement:
    """Where a chat that is not durable was answered by way of the model; 400, 404 and 501 mean that there is none."""
    answers = [
        run.create for run in view.runs.values() if not run.durable and run.create is not None and run.create.status == 200 and run.turns
    ]
    if not answers:
        return not_judged("precondition never met: no chat that is not durable was answered 200 with what the model said")
    for ask in answers:
        if ask.run_id is not None:
            return judged([Finding("EXE-HDR-2", f"{named(ask)}, a chat that is not durable, got {RUN_ID}, expected none", proof_of(ask))])
    return judged()
