"""Errors of a session, and of the first read: SES-ERR-1 to 3."""

from __future__ import annotations

from collections.abc import Iterator

from ...values.history import Entry
from ...values.verdict import Finding, Judgement, judged, not_judged
from .record import ERROR, TERMINAL_WORDS, Event, Session
from .results import shown
from .runs import Run, emitted_status
from .trouble import ERRORS_MAX, is_good, is_read_in_vain, is_spent, is_untroubled, legal_ends, may_fail, unrecovered
from .view import View


def _rows(view: View) -> Iterator[tuple[Run, Session, Entry, list[Event]]]:
    """Runs that ended by themselves and read what there was, with the terminal events they had seen, where the turn has an error."""
    for run in view.under_way:
        session, end = run.session, run.end
        if session is None or end is None or run.is_cancelled or is_spent(run) or is_read_in_vain(view, run):
            continue
        if any(event.type == ERROR for event in session.turn):
            yield run, session, end, legal_ends(run, end.number)


def _is_success(end: Entry) -> bool:
    return end.data["note"] == "emit" and emitted_status(end) in TERMINAL_WORDS


def _is_empty(session: Session, end: Event, error: Event) -> bool:
    """An idle came behind the error, but the turn has no message at all."""
    turn = [event for event in session.turn if event.order <= end.order]
    return end.word == "idle" and end.order > error.order and all(event.text is None for event in turn)


# --- ERR-1 ------------------------------------------------------------------------------------------------------------


def check_errors(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for run, session, end, ends in _rows(view):
        errors = [error for event in ends if (error := unrecovered(session, event)) is not None]
        if not ends:
            findings.extend(_too_early(view, run, session, end))
            continue
        before = any(event.type == ERROR and event.order < ends[-1].order for event in session.turn)
        seen = seen or before
        if len(errors) < len(ends):
            findings.extend(_needless(view, run, session, end, ends[-1]) if not errors and before else ())
        elif _is_success(end) and not _is_empty(session, ends[-1], errors[-1]):
            message = f"{emitted_status(end)} is emitted though nothing recovered from the error {shown(errors[-1].error_message)}"
            findings.append(Finding("SES-ERR-1", message, view.proof(errors[-1], ends[-1], end)))
        elif run.failed is not None:
            findings.extend(_without_its_message(view, session, run.failed, ends[-1]))
    if not seen and not findings:
        return not_judged("precondition never met: no run ended whose session had told an error")
    return judged(findings[:3])


def _needless(view: View, run: Run, session: Session, end: Entry, at: Event) -> Iterator[Finding]:
    if run.failed is None or not is_untroubled(view, run) or may_fail(view, run):
        return
    error = next(event for event in session.turn if event.type == ERROR)
    yield Finding("SES-ERR-1", "the run failed though an idle followed the error, and messages were said", view.proof(error, at, end))


def _too_early(view: View, run: Run, session: Session, end: Entry) -> Iterator[Finding]:
    """It failed on an error while the session was still at work, and was to go idle."""
    error = next((event for event in session.turn if event.type == ERROR and event.entry < end.number), None)
    works = session.last_status is not None and not session.last_status.is_terminal
    if run.failed is None or error is None or not works or run.terminal != "idle" or not run.messages:
        return
    if is_untroubled(view, run) and not may_fail(view, run):
        yield Finding("SES-ERR-1", "the run failed on an error while the session was still at work", view.proof(error, end))


def _without_its_message(view: View, session: Session, failed: Entry, at: Event) -> Iterator[Finding]:
    told = str(failed.data["data"].get("message"))
    errors = [event for event in session.turn if event.type == ERROR and event.order < at.order]
    if not any(event.error_message in told for event in errors):
        message = f"the run failed with {shown(told)}, without the message of its error {shown(errors[-1].error_message)}"
        yield Finding("SES-ERR-1", message, view.proof(errors[-1], failed))


# --- ERR-2 ------------------------------------------------------------------------------------------------------------


def check_empty(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for _, session, end, ends in _rows(view):
        errors = [(event, error) for event in ends if (error := unrecovered(session, event)) is not None]
        if not errors or len(errors) < len(ends) or not _is_empty(session, *errors[-1]):
            continue
        seen = True
        if _is_success(end):
            message = f"{emitted_status(end)} is emitted behind an error, without a single message"
            findings.append(Finding("SES-ERR-2", message, view.proof(errors[-1][1], errors[-1][0], end)))
    if not seen and not findings:
        return not_judged("precondition never met: no session told an error, then idle, and nothing else")
    return judged(findings[:3])


# --- ERR-3 ------------------------------------------------------------------------------------------------------------


def check_first_read(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for run in view.under_way:
        reads = run.session.asked("read") if run.session is not None else []
        first = reads[0] if reads else None
        if first is None or run.end is None or run.is_cancelled or first.delivered is None or first.delivered.status < 500:
            continue
        until_the_end = [read for read in reads if read.entry < run.end.number]
        had_a_good_one = any(is_good(read) for read in until_the_end)
        if not until_the_end or (len(until_the_end) >= ERRORS_MAX - 1 and not had_a_good_one):
            continue
        seen = True
        gave_up = run.failed is not None or emitted_status(run.end) == "error"
        if gave_up and not had_a_good_one and not may_fail(view, run):
            message = f"the first read of the status was answered {first.delivered.status}, and the run gave up"
            findings.append(Finding("SES-ERR-3", message, view.proof(first, run.end)))
    if not seen and not findings:
        return not_judged("precondition never met: no first read behind a prompt was answered 5xx")
    return judged(findings[:3])
