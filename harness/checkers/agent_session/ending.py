"""That a run ends, once, and in which order: SES-END-1, SES-END-2, SES-END-4, SES-END-6."""

from __future__ import annotations

from collections.abc import Iterator

from ...contracts.agent_session import HOUR_MS, POLLS_MAX, run_ms_max
from ...values.history import Entry
from ...values.verdict import Finding, Judgement, judged, not_judged
from .record import NEVER, TERMINAL_WORDS, Session
from .results import ended_at, results
from .runs import Run, emitted_status
from .trouble import is_untroubled, legal_ends, may_fail, until
from .view import View

FINAL_WORDS = (*TERMINAL_WORDS, "timeout", "error")
READS_SPARE = 3
"""The first read behind the prompt, and what may stand beside the polls."""
LISTINGS = 15
PROMPT_SPARE_MS = 1_000
"""200 polls that wait 300 s each are 16.6 hours: a run that takes longer has no bound."""


# --- END-1 ------------------------------------------------------------------------------------------------------------


def check_once(view: View) -> Judgement:
    ended = [run for run in view.under_way if run.ends]
    findings = [finding for run in view.under_way for finding in _ends_again(run)]
    if not findings and (not ended or not view.is_settled):
        return not_judged("precondition never met: no run ended, with time left for a second end")
    return judged(findings[:3])


def _ends_again(run: Run) -> Iterator[Finding]:
    names = [str(note.data["note"]) for note in run.ends]
    if len(names) > 1:
        message = f"the run ended {len(names)} times: {', '.join(names[:4])}"
        yield Finding("SES-END-1", message, tuple(note.number for note in run.ends[:2]))
    elif run.is_cancelled and run.end is not None and run.cancel_reply is not None and run.cancel_reply.number < run.end.number:
        yield Finding("SES-END-1", f"{names[0]} comes behind the reply to cancel", (run.cancel_reply.number, run.end.number))


# --- END-2 ------------------------------------------------------------------------------------------------------------


def check_order(view: View) -> Judgement:
    findings = [finding for run in view.under_way if not run.is_cancelled for finding in _order(view, run)]
    failing = [run for run in view.under_way if run.failing_emits and not run.is_cancelled]
    for run in failing:
        findings.extend(_emitted_later(view, run))
    numbers = {run.emit.number for run in failing if run.emit is not None}
    findings.extend(
        Finding("SES-END-2", f"behind an emit that failed, {result.problem}", result.proof)
        for result in results(view)
        if result.problem is not None and result.emit.number in numbers
    )
    if not findings and not numbers:
        return not_judged("precondition never met: no emit failed before one that came through")
    return judged(findings[:3])


def _order(view: View, run: Run) -> Iterator[Finding]:
    emit = run.emit
    if run.end is not None and emit is None:
        return
    for note in run.metadata[1:]:
        if (emit is None or note.number < emit.number) and _status_of(note) in FINAL_WORDS:
            yield Finding("SES-END-2", "terminal metadata is stored before the emit", view.proof(note, emit))
            break
    for request in run.session.asked("delete") if run.session is not None else ():
        if emit is None or view.before(request, emit):
            yield Finding("SES-END-2", "the session is deleted before its result is emitted", view.proof(request, emit))
        return


def _emitted_later(view: View, run: Run) -> Iterator[Finding]:
    if run.failed is not None and not may_fail(view, run):
        yield Finding("SES-END-2", "an emit failed, and the run failed with it", view.proof(run.failing_emits[0], run.failed))
    elif run.end is None and view.is_settled and legal_ends(run, until(run)):
        message = "an emit failed, and there was no further one"
        yield Finding("SES-END-2", message, view.proof(run.failing_emits[0], ended_at(run)), upper_bound=True)


def _status_of(metadata: Entry) -> str:
    session = metadata.data["data"].get("session")
    return str(session.get("status")) if isinstance(session, dict) else ""


def final_metadata(run: Run, emit: Entry) -> list[str]:
    """The statuses that were stored behind the emit."""
    return [_status_of(note) for note in run.metadata if note.number > emit.number]


# --- END-4 ------------------------------------------------------------------------------------------------------------


def check_ends(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for run in view.under_way:
        if run.is_cancelled:
            continue
        if run.end is None:
            findings.extend(list(_polls_too_often(run, None)) or _never(view, run))
        else:
            seen = seen or _is_tried(view, run)
            findings.extend([*_polls_too_often(run, run.end), *_outlasted(view, run, run.end)])
    if not seen and not findings:
        return not_judged("precondition never met: nothing stood in the way of a run that ended")
    return judged(findings[:3])


def _never(view: View, run: Run) -> Iterator[Finding]:
    if view.is_settled:
        what = "the session was done" if run.session is not None and legal_ends(run, until(run)) else "there was time enough"
        message = f"{what}, and the run has neither emitted nor failed"
        yield Finding("SES-END-4", message, view.proof(run.call, ended_at(run), view.wire.settled), upper_bound=True)


def _outlasted(view: View, run: Run, end: Entry) -> Iterator[Finding]:
    """It ended because nothing went wrong any more: by itself it had not, in all the time that a run may take."""
    healed = view.wire.healed
    if healed is None or run.call is None or end.number < healed.number:
        return
    most_ms = run_ms_max(view.timing_ms)
    if healed.at_us - run.call.at_us >= most_ms * 1_000:
        message = f"{most_ms / HOUR_MS:.1f} h after its beginning the run had not ended, and it did once the faults stopped"
        yield Finding("SES-END-4", message, view.proof(run.call, healed, end), upper_bound=True)


def _is_tried(view: View, run: Run) -> bool:
    """Something failed on its way, or its session never came to an end."""
    return not is_untroubled(view, run) or run.terminal is None


def _polls_too_often(run: Run, end: Entry | None) -> Iterator[Finding]:
    """Of a run that ended, or never did."""
    over = NEVER if end is None else end.number
    polls = [note for note in run.polls if note.number < over]
    reads = [] if run.session is None else [request for request in run.session.asked("read") if request.entry < over]
    ended = () if end is None else (end.number,)
    if len(polls) > POLLS_MAX:
        yield Finding("SES-END-4", f"the run polled {len(polls)} times; 200 are its budget", (polls[POLLS_MAX].number, *ended))
    elif not polls and len(reads) > POLLS_MAX + READS_SPARE:
        proof = (reads[POLLS_MAX + READS_SPARE].entry, *ended)
        yield Finding("SES-END-4", f"the status was read {len(reads)} times; 200 are the budget", proof)


# --- END-6 ------------------------------------------------------------------------------------------------------------


def check_prompt(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for run in view.under_way:
        session = run.session
        opened = next((stream for stream in session.streams if stream.is_open), None) if session is not None else None
        if session is None or opened is None or run.is_cancelled or not is_untroubled(view, run):
            continue
        if not _is_over_at(session, opened.opened_entry):
            continue
        bound_ms = view.timing_ms["first_poll"] + LISTINGS * view.timing_ms["list_delay"] + PROMPT_SPARE_MS
        ended_us = run.end.at_us if run.end is not None else view.end_us
        late = ended_us - opened.opened_us > bound_ms * 1_000 + view.allowance_us
        seen = seen or run.end is not None
        if late:
            message = f"the session was over before its stream was opened, and {bound_ms} ms later the run had not ended"
            findings.append(Finding("SES-END-6", message, view.proof(opened.opened_entry, run.end), upper_bound=True))
    if not seen and not findings:
        return not_judged("precondition never met: no session was over before its stream was opened")
    return judged(findings)


def _is_over_at(session: Session, entry: int) -> bool:
    """It had come to its end by then, and the list showed it."""
    last = session.last_status
    return last is not None and last.ends_turn and last.order > session.prompt_order and 0 < last.shown_entry < entry


def is_emitted(run: Run, *statuses: str) -> bool:
    return run.end is not None and run.end.data["note"] == "emit" and emitted_status(run.end) in statuses
