"""What becomes of the session: SES-DEL-1 to 4."""

from __future__ import annotations

from collections.abc import Iterator

from ...values.history import Entry
from ...values.verdict import Finding, Judgement, judged, not_judged
from ..wire import Request
from .ending import final_metadata, is_emitted
from .record import TERMINAL_WORDS, Session
from .results import results
from .runs import Run, emitted_status
from .trouble import is_good, may_fail
from .view import View

WITHIN_DELAYS = 10
"""So many times ``list_delay`` a clean-up may take."""
BY_RULE = (404, 409)
"""Answers to a DELETE that the service gives by its own rules: it is gone already, or it runs."""


# --- DEL-1 ------------------------------------------------------------------------------------------------------------


def check_deleted(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for run, session, over in _ended(view):
        if view.persists and not run.is_cancelled:
            continue
        leaks = list(_leak(view, run, session, over))
        findings += [*leaks, *_not_interrupted(session), *_not_again(view, session)]
        seen = seen or session.deleted is not None
    if not seen and not findings:
        return not_judged("precondition never met: no run ended whose session was to be deleted")
    return judged(findings[:3])


def _ended(view: View) -> Iterator[tuple[Run, Session, Entry]]:
    """Runs that are over and whose session the runner knows, with the entry from which on they are."""
    for run in view.under_way:
        over = (run.cancel_reply or run.cancel) if run.is_cancelled else run.end
        session = run.session
        if over is not None and session is not None and _is_known(session):
            yield run, session, over


def _is_known(session: Session) -> bool:
    """The answer that named it reached the runner, or it was asked for by its name."""
    return bool(session.requests) or (session.creation is not None and is_good(session.creation) and not session.creation.faults)


def _within_us(view: View) -> int:
    return WITHIN_DELAYS * view.timing_ms["list_delay"] * 1_000 + view.allowance_us


def _leak(view: View, run: Run, session: Session, over: Entry) -> Iterator[Finding]:
    if session.deleted is not None or not view.is_settled or _is_excused(view, session, over):
        return
    if view.end_us - over.at_us < _within_us(view):
        return
    how = "was cancelled" if run.is_cancelled else "has ended"
    deletes = session.asked("delete")
    message = f"the run {how}, and its session was never {'deleted' if not deletes else 'deleted, though it was tried'}"
    yield Finding("SES-DEL-1", message, view.proof(session.entry, over, deletes[-1] if deletes else None, view.wire.settled))


def _is_excused(view: View, session: Session, over: Entry) -> bool:
    """A fault stood in the way of a DELETE, or of the interrupt that it needs."""
    if any(refused.number > over.number for refused in view.wire.refused):
        return True
    for request in session.asked("delete", "send"):
        status = request.answer.status if request.answer is not None else 0
        refused = request.endpoint == "delete" and not 200 <= status < 300 and status not in BY_RULE
        if request.entry > over.number and (request.faults or refused or request.delivered is None):
            return True
    return False


def _not_interrupted(session: Session) -> Iterator[Finding]:
    delete = next(iter(session.asked("delete")), None)
    if delete is None or not session.is_running_at(delete.entry):
        return
    prompts = {prompt.data["request"] for prompt in session.prompts}
    tried = [request for request in session.asked("send")[1:] if request.entry < delete.entry and request.number not in prompts]
    if not tried:
        running = next(event for event in reversed(session.events) if event.is_status and event.entry < delete.entry)
        yield Finding("SES-DEL-1", "a session that is running is deleted without an interrupt", (running.entry, delete.entry))


def _not_again(view: View, session: Session) -> Iterator[Finding]:
    """Behind a refusal, since the session is running, a further DELETE is due."""
    if not session.refusals or (session.deleted is not None and session.deleted.number < session.refusals[0].number):
        return
    refusal = session.refusals[0]
    again = next((request for request in session.asked("delete") if request.entry > refusal.number), None)
    late_us = (again.at_us if again is not None else view.end_us) - refusal.at_us
    if late_us > _within_us(view) and (again is not None or view.is_settled):
        message = "a DELETE was refused since the session was running, and it was not tried again in time"
        yield Finding("SES-DEL-1", message, view.proof(refusal, again), upper_bound=again is not None)


# --- DEL-2 ------------------------------------------------------------------------------------------------------------


def check_failing_delete(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    wrong = {result.emit.number: result for result in results(view) if result.problem is not None}
    for run, session, _ in _ended(view):
        failing = next((request for request in session.asked("delete") if not is_good(request)), None)
        if failing is None or run.end is None or run.is_cancelled:
            continue
        seen = True
        findings.extend(_changed(view, run, failing))
        if run.end.number in wrong:
            result = wrong[run.end.number]
            findings.append(Finding("SES-DEL-2", f"a DELETE failed, and {result.problem}", view.proof(failing, *result.proof)))
    if not seen and not findings:
        return not_judged("precondition never met: no DELETE of a run that had ended failed")
    return judged(findings[:3])


def _changed(view: View, run: Run, failing: Request) -> Iterator[Finding]:
    again = next((note for note in run.ends[1:] if note.number > failing.entry), None)
    if again is not None:
        yield Finding("SES-DEL-2", f"behind a DELETE that failed comes {again.data['note']}", view.proof(failing, run.end, again))
    elif run.failed is not None and failing.entry < run.failed.number and not may_fail(view, run):
        yield Finding("SES-DEL-2", "the run failed behind a DELETE that failed", view.proof(failing, run.failed))
    elif run.end is not None and is_emitted(run, *TERMINAL_WORDS):
        stored = final_metadata(run, run.end)
        if len(set(stored)) > 1:
            message = f"behind a DELETE that failed the metadata change from {stored[0]!r} to {stored[-1]!r}"
            yield Finding("SES-DEL-2", message, view.proof(failing, run.metadata[-1]))


# --- DEL-3 ------------------------------------------------------------------------------------------------------------


def check_persisting(view: View) -> Judgement:
    if not view.persists:
        return not_judged("precondition never met: sessions do not persist")
    findings: list[Finding] = []
    seen = False
    for run, session, over in _ended(view):
        if run.is_cancelled and run.end is None:
            seen = seen or session.deleted is not None
            findings += [Finding("SES-DEL-3", found.message, found.entries) for found in _leak(view, run, session, over)]
        elif not run.is_cancelled and is_emitted(run, *TERMINAL_WORDS):
            seen = True
            findings += _deleted_though(view, run, session)
    if not findings and (not seen or not view.is_settled):
        return not_judged("precondition never met: no run was finished or cancelled")
    return judged(findings[:3])


def _deleted_though(view: View, run: Run, session: Session) -> list[Finding]:
    status = emitted_status(run.end) if run.end is not None else ""
    message = f"the session is deleted behind its {status}, though it is to persist"
    return [Finding("SES-DEL-3", message, view.proof(run.end, request)) for request in session.asked("delete")[:1]]


# --- DEL-4 ------------------------------------------------------------------------------------------------------------


def check_after_delete(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for session in view.sessions:
        done = next((request for request in session.asked("delete") if is_good(request)), None)
        if done is None or done.answer is None:
            continue
        seen = seen or any(request.endpoint != "delete" and request.entry < done.entry for request in session.requests)
        late = next((request for request in session.requests if request.entry > done.answer.entry and not _is_clean_up(request)), None)
        if late is not None:
            message = f"{late.method} at {late.endpoint} asks for a session that was deleted"
            findings.append(Finding("SES-DEL-4", message, view.proof(done, late)))
    if not findings and (not seen or not view.is_settled):
        return not_judged("precondition never met: no session that was worked with was deleted")
    return judged(findings[:3])


def _is_clean_up(request: Request) -> bool:
    return request.endpoint in ("delete", "send")
