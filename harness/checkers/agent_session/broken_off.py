"""Streams that end too early, large events, and general time-outs: SES-END-5, SES-SSE-2, SES-TIMEOUT-1."""

from __future__ import annotations

from collections.abc import Iterator

from ...contracts.agent_session import DEFAULT_TIMING_MS
from ...values.history import Entry
from ...values.verdict import Finding, Judgement, judged, not_judged
from .completing import completed
from .record import NEVER, Session
from .results import owed_at, results
from .runs import Run, emits, emitted_messages
from .streams import Stream
from .trouble import is_good, legal_ends, may_fail, until
from .view import View

LARGE_CHARACTERS = 1 << 20
GENERAL_TIMEOUT_US = 30_000_000
GENERAL_US = (1_000_000, 300_000_000)
"""Between these the time-out of a whole stream is a general one; its own is half an hour."""
GENERAL_US_SCALED = (25_000_000, 35_000_000)
"""Where shorter waits were asked for, the own one of a stream may be shorter, too: then only the well-known figure tells."""
QUIET_US = 10_000_000
"""A stream on which so long nothing came may be given up: it may be dead."""


# --- END-5 ------------------------------------------------------------------------------------------------------------


def check_cut(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    early = {run.handle: stream for run in view.under_way if (stream := _ended_early(run)) is not None}
    for run in view.under_way:
        if run.handle in early and run.end is not None and not run.is_cancelled:
            seen = True
            findings.extend(_killed(view, run, early[run.handle]))
    for run, session, emit in completed(view):
        if run.handle in early and not any(sight.entry < emit.number for sight in session.sights):
            message = "a stream ended without a terminal event, and the run was emitted as done"
            findings.append(Finding("SES-END-5", message, view.proof(early[run.handle].ended_entry, emit)))
    for result in results(view):
        if result.run.handle in early and result.missing is not None and result.run.lost is None:
            message = f"a stream ended without a terminal event, and {result.problem}"
            proof = (early[result.run.handle].ended_entry, *result.proof)
            findings.append(Finding("SES-END-5", message, view.proof(*proof)))
    if not seen and not findings:
        return not_judged("precondition never met: no stream ended without a terminal event before its run did")
    return judged(findings[:3])


def _ended_early(run: Run) -> Stream | None:
    """A stream that was over, or never was one, before a terminal event was seen."""
    session = run.session
    for stream in session.streams if session is not None else ():
        over = stream.ended_entry or (0 if stream.is_open or stream.request.answer is None else stream.request.answer.entry)
        is_terminal = any(session.by_id[row.id].is_terminal for row in stream.passed if row.id in session.by_id) if session else False
        if over and over < until(run) and not is_terminal and not legal_ends(run, over):
            return stream
    return None


def _killed(view: View, run: Run, stream: Stream) -> Iterator[Finding]:
    if run.failed is not None and not may_fail(view, run):
        message = "the run failed with its stream; it is to go on by polling"
        yield Finding("SES-END-5", message, view.proof(stream.request, stream.ended_entry, run.failed))


# --- SSE-2 ------------------------------------------------------------------------------------------------------------


def check_large(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for run in view.under_way:
        large = _large_event(run)
        if large is None or run.is_cancelled:
            continue
        seen = seen or run.end is not None
        if run.end is None and view.is_settled and legal_ends(run, NEVER):
            message = "behind a very large event of its stream the run never ended"
            findings.append(Finding("SES-SSE-2", message, view.proof(large, view.wire.settled), upper_bound=True))
        elif run.failed is not None and not may_fail(view, run):
            findings.append(Finding("SES-SSE-2", "the run failed behind a very large event of its stream", view.proof(large, run.failed)))
    findings.extend(
        Finding("SES-SSE-2", f"behind a very large event {result.problem}", result.proof)
        for result in results(view)
        if result.missing is not None and _large_event(result.run) is not None
    )
    if not seen and not findings:
        return not_judged("precondition never met: no event of a megabyte was streamed to a run that ended")
    return judged(findings[:3])


def _large_event(run: Run) -> int | None:
    session = run.session
    for stream in session.streams if session is not None else ():
        for row in stream.rows:
            event = session.by_id.get(row.id) if session is not None else None
            if row.entry < until(run) and event is not None and len(event.text or "") >= LARGE_CHARACTERS:
                return row.entry
    return None


# --- TIMEOUT-1 --------------------------------------------------------------------------------------------------------


def check_time_out(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for run in view.under_way:
        if run.session is None or run.is_cancelled:
            continue
        for stream in run.session.streams:
            seen = seen or (run.end is not None and _is_long(stream, run))
            findings.extend(_given_up(view, run, run.session, stream))
    merged, lost = _merges(view)
    findings.extend(lost)
    if not findings and not seen and not merged:
        return not_judged("precondition never met: no stream brought anything behind its first 30 s, or was cut behind what only it had")
    return judged(findings[:3])


def _is_long(stream: Stream, run: Run) -> bool:
    """Something came on it behind the time after which a general time-out would have ended it."""
    return any(row.at_us - stream.opened_us > GENERAL_TIMEOUT_US and row.entry < until(run) for row in stream.passed)


def _given_up(view: View, run: Run, session: Session, stream: Stream) -> Iterator[Finding]:
    """The runner itself ends a stream on which there was life, though its session is not over."""
    if stream.ended_by != "target" or stream.ended_us is None or stream.request.faults or not stream.is_open:
        return
    if stream.ended_entry > until(run) or legal_ends(run, stream.ended_entry) or _large_event(run) is not None:
        return
    asked = (request for request in session.asked("read", "list") if stream.opened_entry < request.entry < stream.ended_entry)
    if not all(is_good(request) for request in asked):
        return  # who cannot read the list may as well go on by polling
    lived_us = stream.ended_us - stream.opened_us
    last_us = max((row.at_us for row in stream.rows), default=stream.opened_us)
    if any(session.by_id[row.id].is_terminal for row in stream.rows if row.id in session.by_id):
        return
    is_scaled = view.timing_ms["poll_max"] < DEFAULT_TIMING_MS["poll_max"]
    least_us, most_us = GENERAL_US_SCALED if is_scaled else GENERAL_US
    if least_us < lived_us <= most_us and stream.ended_us - last_us < QUIET_US:
        message = f"the runner ended a stream on which events came, {lived_us // 1_000} ms after its beginning"
        yield Finding("SES-TIMEOUT-1", message, view.proof(stream.opened_entry, stream.ended_entry))


def _merges(view: View) -> tuple[bool, list[Finding]]:
    """Whether what only a stream had was to be merged with what polls brought, and where it was not."""
    seen = False
    findings = []
    for run, emit in emits(view.runs):
        stream = _ended_early(run)
        only = _only_streamed(view, run, emit) if stream is not None else []
        if stream is None or not only:
            continue
        seen = True
        lost = next((row for row in only if row[1] not in emitted_messages(emit)), None)
        if lost is not None:
            message = "a message that only a stream has brought is lost once the stream was over"
            findings.append(Finding("SES-TIMEOUT-1", message, view.proof(lost[0], stream.ended_entry, emit)))
    return seen, findings


def _only_streamed(view: View, run: Run, emit: Entry) -> list[tuple[int, str]]:
    """(entry, text) of messages that were owed, and that the list had not."""
    session, ends = run.session, legal_ends(run, emit.number)
    if session is None or not ends:
        return []
    owed = [row for row in owed_at(view, run, session, ends[-1], emit) if row.is_required and row.event is not None]
    return [(row.event.entry, row.text) for row in owed if row.event is not None and not 0 < row.event.shown_entry < emit.number]
