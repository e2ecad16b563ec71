"""What is emitted, and on which event: SES-COMPLETE-1 to 4, SES-LAST-1."""

from __future__ import annotations

from collections.abc import Iterator

from ...values.history import Entry
from ...values.verdict import Finding, Judgement, judged, not_judged
from .record import TERMINAL_WORDS, Session
from .results import results, shown
from .runs import Run, emits, emitted_messages, emitted_status
from .trouble import is_good, is_read_in_vain, is_spent, legal_ends, needed_action, until
from .view import View


def completed(view: View) -> Iterator[tuple[Run, Session, Entry]]:
    """Runs that were emitted as idle or terminated, though neither a spent budget nor a broken service made them."""
    for run, emit in emits(view.runs):
        if run.session is not None and emitted_status(emit) in TERMINAL_WORDS and not is_spent(run) and not is_read_in_vain(view, run):
            yield run, run.session, emit


# --- COMPLETE-1 -------------------------------------------------------------------------------------------------------


def check_messages(view: View) -> Judgement:
    rows = results(view)
    findings = [Finding("SES-COMPLETE-1", row.problem, row.proof) for row in rows if row.problem is not None]
    if not findings and not any(owed.is_required for row in rows for owed in row.owed):
        return not_judged("precondition never met: no run whose messages can be demanded was emitted")
    return judged(findings[:3])


# --- COMPLETE-2 -------------------------------------------------------------------------------------------------------


def check_seen(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for run, session, emit in completed(view):
        early = _told_early(session, emit)
        seen = seen or early is not None
        if not any(sight.entry < emit.number for sight in session.sights):
            message = f"{emitted_status(emit)} is emitted though no terminal event was seen, in the list or on the stream"
            findings.append(Finding("SES-COMPLETE-2", message, view.proof(early, emit, run.call)))
    if not seen and not findings:
        return not_judged("precondition never met: no status was terminal before its event could be seen")
    return judged(findings[:3])


def _told_early(session: Session, emit: Entry) -> int | None:
    """The status was told as terminal, behind the prompt, while the list had no terminal event of the turn."""
    begun = session.prompts[0].number if session.prompts else emit.number
    ends = [event for event in session.turn if event.is_terminal and event.shown_entry]
    listed_from = min((event.shown_entry for event in ends), default=emit.number)
    for told in session.told:
        if begun < told.entry < min(listed_from, emit.number) and told.status in TERMINAL_WORDS and is_good(told.request):
            return told.entry
    return None


# --- COMPLETE-3 -------------------------------------------------------------------------------------------------------


def check_turn(view: View) -> Judgement:
    findings = [finding for session in view.sessions for finding in _prompted_again(session)]
    seen = False
    for run, session, emit in completed(view):
        false = _false_end(session, emit)
        if false is None:
            continue
        if legal_ends(run, emit.number):
            seen = True
        elif needed_action(run, emit.number) is None:
            message = f"{emitted_status(emit)} is emitted on a terminal event that does not end the turn of the prompt"
            findings.append(Finding("SES-COMPLETE-3", message, view.proof(false, emit)))
    if not seen and not findings:
        return not_judged("precondition never met: no terminal event of another turn, or before running, was shown")
    return judged(findings[:3])


def _false_end(session: Session, emit: Entry) -> int | None:
    for sight in session.sights:
        is_false = sight.event.order < session.prompt_order or not sight.newest
        if sight.entry < emit.number and sight.event.ends_turn and is_false:
            return sight.entry
    return None


def _prompted_again(session: Session) -> Iterator[Finding]:
    """A prompt whose answer was lost may have been taken: a second one begins a second turn."""
    if len(session.prompts) > 1:
        proof = tuple(prompt.number for prompt in session.prompts[:2])
        yield Finding("SES-COMPLETE-3", "the prompt was sent a second time: that is another turn", proof)


# --- COMPLETE-4 -------------------------------------------------------------------------------------------------------


def check_action(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for run in view.under_way:
        action = needed_action(run, until(run))
        if action is None or run.is_cancelled or run.session is None:
            continue
        seen = seen or run.end is not None
        if run.end is not None and not legal_ends(run, run.end.number) and _is_emitted_as_done(run.end):
            message = f"{emitted_status(run.end)} is emitted though the session waits for an action"
            findings.append(Finding("SES-COMPLETE-4", message, view.proof(action, run.end)))
        findings.extend(_deleted_silently(view, run, run.session, action))
    if not seen and not findings:
        return not_judged("precondition never met: no idle with requires_action was seen by a run that ended")
    return judged(findings[:3])


def _is_emitted_as_done(end: Entry) -> bool:
    return end.data["note"] == "emit" and emitted_status(end) in TERMINAL_WORDS


def _deleted_silently(view: View, run: Run, session: Session, action: int) -> Iterator[Finding]:
    for request in session.asked("delete"):
        if request.entry < action or legal_ends(run, request.entry):
            continue
        if run.end is None or view.before(request, run.end):
            message = "the session that waits for an action is deleted before the run has ended"
            yield Finding("SES-COMPLETE-4", message, view.proof(action, request, run.end))
        return


# --- LAST-1 -----------------------------------------------------------------------------------------------------------


def check_last(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for _, emit in emits(view.runs):
        messages, last = emitted_messages(emit), emit.data["data"].get("last_message")
        seen = seen or bool(messages)
        if last != (messages[-1] if messages else ""):
            wanted = f"the last element of the messages is {shown(messages[-1])}" if messages else "there are no messages"
            findings.append(Finding("SES-LAST-1", f"last_message is {shown(last)}; {wanted}", (emit.number,)))
    if not seen and not findings:
        return not_judged("precondition never met: nothing was emitted that has messages")
    return judged(findings[:3])
