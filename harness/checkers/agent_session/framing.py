"""What the stream is written like: SES-SSE-1."""

from __future__ import annotations

from collections.abc import Iterator

from ...values.history import Entry
from ...values.verdict import Finding, Judgement, judged, not_judged
from .record import Event, Session
from .results import read_by, shown
from .runs import Run, emits, emitted_messages
from .streams import Stream
from .trouble import is_good, legal_ends, until
from .view import View

FRAMING = frozenset({"framing", "interject", "slice", "drip"})
"""Faults that write the events in another legal way, put comments between them, or divide the bytes."""


def check_framing(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for run in view.under_way:
        for stream in run.session.streams if run.session is not None else ():
            if run.session is None or run.is_cancelled or not stream.request.faults & FRAMING or stream.request.faults - FRAMING:
                continue
            poll = _needless_poll(view, run, run.session, stream)
            seen = seen or (poll is None and _ends_by(view, run, run.session, stream) is not None and run.end is not None)
            findings.extend([] if poll is None else [poll])
    told, lost = _hidden(view)
    findings.extend(lost)
    if not findings and not seen and not told:
        return not_judged("precondition never met: no message or end came to a run by the framing of its stream alone")
    return judged(findings[:3])


# --- a message that only the stream has -------------------------------------------------------------------------------


def _hidden(view: View) -> tuple[bool, list[Finding]]:
    seen = False
    findings = []
    for run, emit in emits(view.runs):
        for event in _only_streamed(view, run, emit):
            seen = True
            if event.text not in emitted_messages(emit):
                message = f"the message {shown(event.text)} came on a stream in legal framing, and was not emitted"
                findings.append(Finding("SES-SSE-1", message, view.proof(event, emit)))
    return seen, findings


def _only_streamed(view: View, run: Run, emit: Entry) -> Iterator[Event]:
    session, ends = run.session, legal_ends(run, emit.number)
    if session is None or not ends:
        return
    sure = read_by(view, session, ends[-1], emit)
    for stream in session.streams:
        if not stream.request.faults & FRAMING:
            continue
        for row in stream.passed:
            event = session.by_id.get(row.id)
            if event is None or event.text is None or row.id not in sure or event.order > ends[-1].order:
                continue
            if not 0 < event.shown_entry < emit.number:
                yield event


# --- an end that makes polls needless ---------------------------------------------------------------------------------


def _ends_by(view: View, run: Run, session: Session, stream: Stream) -> tuple[int, int] | None:
    """(entry, time) with which a terminal event came on a stream that stayed, while status and list did not lag behind it."""
    for row in stream.passed:
        event = session.by_id.get(row.id)
        if event is None or not event.ends_turn or row.entry > until(run) or session.last_status is not event:
            continue
        listed = all(0 < earlier.shown_entry <= row.entry for earlier in session.events[: event.order + 1] if not _is_hidden(earlier))
        told = all(told.status == event.word for told in session.told if row.entry < told.entry)
        reads = [request for request in session.asked("read", "list") if row.entry < request.entry < until(run)]
        left = stream.ended_by in ("whole", "broken") and 0 < stream.ended_entry < until(run) and event.word != "terminated"
        if listed and told and not left and all(is_good(request) for request in reads):
            return row.entry, row.at_us
    return None


def _is_hidden(event: Event) -> bool:
    """The list never had it: that is no lag."""
    return event.text is not None and not event.shown_entry


def _needless_poll(view: View, run: Run, session: Session, stream: Stream) -> Finding | None:
    end = _ends_by(view, run, session, stream)
    if end is None or run.failing_emits or run.failing_schedules or any(True for _ in view.wire.refused):
        return None
    healed = view.wire.healed
    if "drip" in stream.request.faults and (healed is None or healed.at_us > end[1]):
        return None
    poll = next((note for note in run.polls if end[0] < note.number < until(run) and note.at_us - end[1] > view.slack_us), None)
    if poll is None:
        return None
    message = "the terminal event came on the stream in legal framing, and a poll was scheduled all the same"
    return Finding("SES-SSE-1", message, view.proof(end[0], poll))
