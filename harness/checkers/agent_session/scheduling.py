"""Delays, budgets of errors, transactions: SES-SCHED-1, SES-SCHED-2, SES-TX-1, SES-TX-2."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import pairwise

from ...contracts.agent_session import DELAY_MS_MIN, TRANSACTION_MS_MAX
from ...values.history import Entry
from ...values.verdict import Finding, Judgement, judged, not_judged
from ..wire import Request
from .record import NEVER, Session
from .runs import Run, emitted_status
from .trouble import ERRORS_MAX, errors_in_a_row, is_good, is_spent, until
from .view import View

DOUBLINGS_MAX = 8
REQUESTS = 3
"""A run is started by three requests."""
SPARE_MS = 1_000


# --- SCHED-1 ----------------------------------------------------------------------------------------------------------


def check_delays(view: View) -> Judgement:
    floor_ms = min(DELAY_MS_MIN, view.timing_ms["first_poll"])
    findings: list[Finding] = []
    notes = [note for run in view.runs if run.lost is None for note in run.scheduled]
    for note in notes:
        delay_ms, action = note.data["data"].get("delay_ms"), note.data["data"].get("action")
        if not isinstance(delay_ms, int) or delay_ms <= 0 or delay_ms < floor_ms:
            message = f"{action} is scheduled in {delay_ms!r} ms; a scheduler takes {floor_ms} ms at least"
            findings.append(Finding("SES-SCHED-1", message, (note.number,)))
    refused = [run for run in view.under_way if run.failing_schedules]
    findings.extend(finding for run in refused for finding in _orphan(view, run))
    ended = any(run.end is not None for run in refused)
    if not findings and not notes and not ended:
        return not_judged("precondition never met: nothing was scheduled")
    return judged(findings[:3])


def _orphan(view: View, run: Run) -> Iterator[Finding]:
    """A schedule that was refused leaves a session that nobody looks at any more."""
    if run.is_cancelled or not view.is_settled:
        return
    proof = view.proof(run.failing_schedules[0], run.session.entry if run.session else None, view.wire.settled)
    if run.end is None:
        message = "a schedule was refused, and the run neither went on nor failed"
        yield Finding("SES-SCHED-1", message, proof, upper_bound=True)
    elif run.session is not None and not view.persists and run.session.deleted is None and not _is_hindered(run.session):
        yield Finding("SES-SCHED-1", "a schedule was refused, and the session was left behind", proof)


def _is_hindered(session: Session) -> bool:
    """A request that was to clean it up failed."""
    return any(request.faults or request.delivered is None for request in session.asked("delete", "send"))


# --- SCHED-2 ----------------------------------------------------------------------------------------------------------


def check_backoff(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for run in view.under_way:
        if run.failing_schedules or run.is_cancelled:
            continue
        seen = seen or len(run.polls) > 1
        findings += [*_wrong_delays(view, run), *_polled_early(view, run), *_errors(view, run)]
    if not seen and not findings:
        return not_judged("precondition never met: no run polled twice")
    return judged(findings[:3])


def _wrong_delays(view: View, run: Run) -> list[Finding]:
    first_ms, most_ms = view.timing_ms["first_poll"], view.timing_ms["poll_max"]
    for number, note in enumerate(run.polls):
        wanted_ms = min(first_ms * 2 ** min(number, DOUBLINGS_MAX), most_ms)
        delay_ms = note.data["data"].get("delay_ms")
        if delay_ms != wanted_ms:
            message = f"poll {number + 1} is scheduled in {delay_ms!r} ms; expected {wanted_ms} ms"
            return [Finding("SES-SCHED-2", message, view.proof(*run.polls[max(0, number - 1) : number + 1]))]
    return []


def _polled_early(view: View, run: Run) -> Iterator[Finding]:
    """What is told to be scheduled is also waited for."""
    reads = run.session.asked("read") if run.session is not None else []
    position = 0
    for note, following in _windows(run):
        while position < len(reads) and reads[position].entry < note.number:
            position += 1
        read = reads[position] if position < len(reads) and reads[position].entry < following else None
        delay_ms = note.data["data"].get("delay_ms")
        if read is not None and isinstance(delay_ms, int) and read.at_us - note.at_us < delay_ms * 1_000 - view.jitter_us:
            message = f"a poll that is due in {delay_ms} ms comes after {(read.at_us - note.at_us) / 1_000:g} ms"
            # A note that is read late from a pipe makes the wait look shorter: in real time that is no verdict.
            yield Finding("SES-SCHED-2", message, view.proof(note, read), upper_bound=True)
            return


def _windows(run: Run) -> Iterator[tuple[Entry, int]]:
    """Each poll that was scheduled, and the entry up to which what follows belongs to it."""
    for note, following in pairwise([*run.polls, None]):
        if note is not None:
            yield note, following.number if following is not None else NEVER


def _errors(view: View, run: Run) -> Iterator[Finding]:
    """Five polls in a row that fail end a run, and no fewer."""
    reads = run.session.asked("read", "list") if run.session is not None else []
    over = until(run)
    outcomes = [(note, _outcome(reads, note.number, min(following, over))) for note, following in _windows(run) if note.number < over]
    streak: list[Entry] = []
    for note, outcome in outcomes:
        if len(streak) >= ERRORS_MAX:
            message = f"{ERRORS_MAX} polls in a row failed, and the run polls on"
            yield Finding("SES-SCHED-2", message, view.proof(streak[0], note))
            return
        streak = [*streak, note] if outcome == "bad" else []
    failed = [note for note, outcome in outcomes if outcome == "bad"]
    end = run.end
    if end is None or not failed or any(outcome == "unknown" for _, outcome in outcomes):
        return
    gave_up = end.data["note"] == "emit" and emitted_status(end) == "error"
    if gave_up and not is_spent(run) and errors_in_a_row(view, run) < ERRORS_MAX:
        message = f"`error` is emitted behind {errors_in_a_row(view, run)} polls in a row that failed; {ERRORS_MAX} end a run"
        yield Finding("SES-SCHED-2", message, view.proof(failed[0], end))


def _outcome(reads: list[Request], start: int, end: int) -> str:
    """Of the poll between two entries: "good" if all its reads were, "bad" if one failed, "unknown" if nobody can tell."""
    first = bisect_right(reads, start, key=_entry)
    mine = reads[first : bisect_left(reads, end, lo=first, key=_entry)]
    if not mine:
        return "unknown"
    return "good" if all(is_good(request) for request in mine) else "bad"


def _entry(request: Request) -> int:
    return request.entry


# --- TX-1, TX-2 -------------------------------------------------------------------------------------------------------


def check_transactions(view: View) -> Judgement:
    notes = [note for run in view.runs for note in run.transactions]
    findings = [
        Finding("SES-TX-1", f"a transaction was open for {open_ms} ms; {TRANSACTION_MS_MAX} ms are the limit", (note.number,))
        for note in notes
        if isinstance(open_ms := note.data["data"].get("open_ms"), int) and open_ms > TRANSACTION_MS_MAX
    ]
    long = any(_lasted_us(run) > TRANSACTION_MS_MAX * 1_000 for run in view.under_way if run.transactions)
    if not findings and not long:
        return not_judged("precondition never met: no run with transactions lasted so long")
    return judged(findings[:3])


def _lasted_us(run: Run) -> int:
    return run.end.at_us - run.call.at_us if run.end is not None and run.call is not None else 0


def check_returns(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for run in view.runs:
        if run.call is None or run.lost is not None or run.session is None or not run.session.prompts:
            continue
        bound_us = REQUESTS * _request_us(view, run) + SPARE_MS * 1_000 + view.allowance_us
        seen = seen or (run.is_under_way and run.end is not None and _works_at(run, run.call.at_us + bound_us))
        replied_us = run.reply.at_us if run.reply is not None else view.end_us
        if replied_us - run.call.at_us > bound_us:
            took_ms = (replied_us - run.call.at_us) // 1_000
            message = f"`run` answered after {took_ms} ms; its requests took {_request_us(view, run) // 1_000} ms each at most"
            findings.append(Finding("SES-TX-2", message, view.proof(run.call, run.reply), upper_bound=True))
    if not seen and not findings:
        return not_judged("precondition never met: no session worked longer than `run` may take")
    return judged(findings[:3])


def _works_at(run: Run, at_us: int) -> bool:
    """The session was not over yet: who waits for it could not have answered by then."""
    ends = [event.at_us for event in run.session.turn if event.ends_turn] if run.session is not None else []
    return not ends or ends[-1] > at_us


def _request_us(view: View, run: Run) -> int:
    """How long the slowest request took that was made while ``run`` had not answered."""
    last_us = run.reply.at_us if run.reply is not None else view.end_us
    took = [0]
    for request in view.requests_of(run):
        if run.call is not None and run.call.number < request.entry and request.at_us <= last_us and request.endpoint != "stream":
            over_us = request.delivered.delivered_us if request.delivered is not None else _closed_us(view, request)
            took.append(min(last_us if over_us is None else over_us, last_us) - request.at_us)
    return max(took)


def _closed_us(view: View, request: Request) -> int | None:
    connection = view.wire.connections.get(request.connection)
    return connection.closed_us if connection is not None else None
