"""The status that is emitted, and stored: SES-END-3."""

from __future__ import annotations

from collections.abc import Iterator

from ...contracts.agent_session import POLLS_MIN
from ...values.history import Entry
from ...values.verdict import Finding, Judgement, judged, not_judged
from .ending import final_metadata
from .record import TERMINAL_WORDS, Event, Session
from .runs import Run, emits, emitted_status
from .trouble import (
    errors_in_a_row,
    is_read_in_vain,
    is_spent,
    is_terminal,
    is_untroubled,
    last_told,
    legal_ends,
    may_fail,
    needed_action,
    polls_of,
    until,
)
from .view import View

ACTIVE_WORDS = ("", "running", "rescheduling", "rescheduled")


def check_status(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for run, emit in emits(view.runs):
        seen = seen or bool(legal_ends(run, emit.number)) or emitted_status(emit) in ("timeout", "error")
        findings.extend(_status(view, run, emit))
        findings.extend(_stored(view, run, emit))
    findings.extend(_groundless(view))
    if not seen and not findings:
        return not_judged("precondition never met: no run was emitted with a status that can be judged")
    return judged(findings[:3])


def _status(view: View, run: Run, emit: Entry) -> Iterator[Finding]:
    status = emitted_status(emit)
    if status in TERMINAL_WORDS:
        yield from _real(view, run, emit, status)
    elif status == "timeout":
        yield from _timeout(view, run, emit)
    elif status != "error":
        yield Finding("SES-END-3", f"the emitted status is {status!r}", (emit.number,))
    elif not errors_in_a_row(view, run):
        yield Finding("SES-END-3", "`error` is emitted though the last reads of status and list were good", (emit.number,))


# --- idle and terminated ----------------------------------------------------------------------------------------------


def _real(view: View, run: Run, emit: Entry, status: str) -> Iterator[Finding]:
    ends = legal_ends(run, emit.number)
    told = last_told(run)
    if is_spent(run) or is_read_in_vain(view, run):
        allowed = {event.word for event in ends} | ({told.status} if told is not None else set())
        if allowed and status not in allowed:
            message = f"{status} is emitted; the status was last told as {told.status if told else ends[-1].word}"
            yield Finding("SES-END-3", message, view.proof(told.entry if told else None, emit))
        return
    if not ends:
        return
    if all(event.word != status for event in ends):
        message = f"{status} is emitted; the session ended by {ends[-1].word}"
        yield Finding("SES-END-3", message, view.proof(ends[-1], emit))
        return
    newer = _told_newer(run, next(event for event in reversed(ends) if event.word == status))
    if newer is not None and newer.word != status:
        message = f"{status} is emitted though the status was told as {newer.word}, whose event was still to be listed"
        yield Finding("SES-END-3", message, view.proof(newer, told.entry if told else None, emit))


def _told_newer(run: Run, end: Event) -> Event | None:
    """A terminal event behind ``end`` that the last answer about the status already stood for."""
    told = last_told(run)
    session = run.session
    if session is None or told is None or not is_terminal(told):
        return None
    return next((event for event in _behind(session, end) if event.word == told.status and event.entry < told.entry), None)


def _behind(session: Session, end: Event) -> Iterator[Event]:
    return (event for event in session.events[end.order + 1 :] if event.ends_turn)


# --- timeout ----------------------------------------------------------------------------------------------------------


def _timeout(view: View, run: Run, emit: Entry) -> Iterator[Finding]:
    told = last_told(run)
    ends = legal_ends(run, emit.number)
    if ends:
        yield Finding("SES-END-3", f"`timeout` is emitted though {ends[-1].word} was seen", view.proof(ends[-1], emit))
    elif told is not None and is_terminal(told) and needed_action(run, emit.number) is None:
        message = f"`timeout` is emitted though the last read told {told.status}"
        yield Finding("SES-END-3", message, view.proof(told.entry, emit))
    elif not is_spent(run):
        yield Finding("SES-END-3", f"`timeout` is emitted after {polls_of(run)} polls; at least {POLLS_MIN} are due", (emit.number,))
    else:
        yield from _without_a_look(view, run, emit)


def _without_a_look(view: View, run: Run, emit: Entry) -> Iterator[Finding]:
    """It waited for one more poll, and gave up without it."""
    polls = [note for note in run.polls if note.number < emit.number]
    reads = [request.entry for request in run.session.asked("read")] if run.session is not None else []
    refused = any(polls and entry.number > polls[-1].number for entry in view.wire.refused)
    if polls and not refused and not any(polls[-1].number < entry < emit.number for entry in reads):
        message = "`timeout` is emitted behind a poll that did not read the status"
        yield Finding("SES-END-3", message, view.proof(polls[-1], emit))


# --- what is stored, and failures without a reason --------------------------------------------------------------------


def _stored(view: View, run: Run, emit: Entry) -> Iterator[Finding]:
    status = emitted_status(emit)
    stored = final_metadata(run, emit)
    if stored and (stored[-1] == status or (status not in TERMINAL_WORDS and stored[-1] not in ACTIVE_WORDS)):
        return
    if stored:
        yield Finding("SES-END-3", f"behind the emit of {status} the metadata say {stored[-1]!r}", view.proof(emit, run.metadata[-1]))
    elif view.is_settled and view.end_us - emit.at_us > view.slack_us:
        yield Finding("SES-END-3", "behind the emit no terminal metadata are stored", view.proof(emit, *run.metadata[-1:]))


def _groundless(view: View) -> Iterator[Finding]:
    for run in view.under_way:
        ends = legal_ends(run, until(run))
        if run.failed is not None and not run.is_cancelled and ends and is_untroubled(view, run) and not may_fail(view, run):
            message = f"the run failed though its session ended by {ends[-1].word} and nothing was wrong"
            yield Finding("SES-END-3", message, view.proof(ends[-1], run.failed))
