"""Finals over HTTP: HTTP-1, HTTP-2, HTTP-3, HTTP-4.

A PUT names its task but no attempt, so only tasks with one attempt are judged. When a command ended nobody sees: not before the time that
its script takes from its making on (`_earliest_end_us`), and at the latest so long after the latest start that what was seen allows.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from ..wire import Request
from .hello import AttemptKey, text_of
from .ledger import Message
from .outcomes import INTERRUPTED, puts_by_task, sole_attempts
from .presence import HAMPERING, Presence, dead_bound_us
from .proofs import COMMIT_MS
from .sockets import Socket
from .tasks import Pause, Task
from .view import View
from .written import Written

BEGIN_MS = 1_000
"""How long before a session may begin a final must have been there, so that its PUT must have begun."""
REAP_MS = 200
"""What an agent may take from the end of a command to its final."""
CLIENT_TIMEOUT_MS = 10_000
TRIES = 6
PATIENCE_MS = 5_000
FIELDS = ("status", "exit_code", "output", "error")


class _Ways:
    """What the checkers of this file ask again and again."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.presence = Presence(view)
        self.puts = puts_by_task(view)
        sole = sole_attempts(view)
        self.tasks: list[Task] = [view.tasks[key] for key in sole.values()]
        self.listings: dict[tuple[str, str, str], Socket] = {}
        """By (task, attempt, status) the first socket whose hello lists such a final."""
        for socket in view.greeted:
            for row in socket.hello.finals.values() if socket.hello is not None else ():
                key = text_of(row.get("task_id")), text_of(row.get("execution_attempt_id")), text_of(row.get("status"))
                self.listings.setdefault(key, socket)

    def uses_channel(self, key: AttemptKey) -> bool:
        """Its final may go over the socket: it has an attempt id, and results are switched on."""
        return key[1] != "" and bool(self.view.features.get("results", True))

    def final(self, task: Task) -> Message | None:
        """The first task.final of it that is not the work of a stop or a kill."""
        attempt = self.view.ledger.attempts.get(task.key)
        finals = attempt.finals if attempt is not None else []
        return next((final for final in finals if final.first.payload.get("status") != INTERRUPTED), None)

    def latest_end_us(self, task: Task) -> int | None:
        """By when its final was there at the latest, as far as its output tells; None: nothing tells."""
        start_us = Written(self.view, task).start_us
        return None if start_us is None else start_us + (task.exit_ms + REAP_MS) * 1000 + self.view.allowance_us

    def refused_between(self, from_us: int, to_us: int) -> bool:
        """A connection was refused: perhaps one that a PUT was to go by."""
        return any(from_us <= entry.at_us <= to_us for entry in self.view.wire.refused)


def _earliest_end_us(task: Task) -> int:
    return task.at_us + task.exit_ms * 1000


def _surely_200(put: Request) -> bool:
    answer = put.delivered
    return answer is not None and answer.status == 200 and answer.certain


# --- HTTP-1 ---------------------------------------------------------------------------------------------------------


def check_reports(view: View) -> Judgement:
    ways = _Ways(view)
    seen = False
    findings: list[Finding] = []
    for task in ways.tasks:
        puts = ways.puts.get(task.task, [])
        seen = seen or any(_surely_200(put) for put in puts)
        findings.extend(_after_the_answer(view, task, puts))
        findings.extend(_unlike_each_other(view, task))
        findings.extend(_given_up(ways, task, puts))
        if not puts:
            findings.extend(_never_begun(ways, task))
    if not seen and not findings:
        return not_judged("precondition never met: no final was reported and answered 200")
    return judged(findings[:1])


def _after_the_answer(view: View, task: Task, puts: list[Request]) -> Iterator[Finding]:
    first = next((put for put in puts if _surely_200(put)), None)
    answer = first.delivered if first is not None else None
    if first is None or answer is None or answer.delivered_us is None:
        return
    again = next((put for put in puts if put.entry > answer.delivered_entry), None)
    if again is None:
        return
    limit_us = answer.delivered_us + COMMIT_MS * 1000 + view.allowance_us
    if any(_lies_between(pause, first, again) and pause.from_us <= limit_us for pause in view.pauses):
        return  # killed before it could note the answer
    message = f"the final of {task.task!r} is reported again, though its PUT was answered 200"
    yield Finding("WSR-HTTP-1", message, (first.entry, answer.delivered_entry, again.entry))


def _lies_between(pause: Pause, first: Request, again: Request) -> bool:
    """A process that is being killed may send its first request behind the word that it was."""
    return pause.from_entry < again.entry and (pause.to_entry is None or pause.to_entry > first.entry)


def _unlike_each_other(view: View, task: Task) -> Iterator[Finding]:
    reports = [report for report in view.reports_of(task.task) if report.body is not None]
    other = next((report for report in reports[1:] if report.body != reports[0].body), None)
    if other is not None:
        message = f"{task.task!r} is reported twice, with two bodies"
        yield Finding("WSR-HTTP-1", message, (reports[0].entry, other.entry))


def _given_up(ways: _Ways, task: Task, puts: list[Request]) -> Iterator[Finding]:
    """After a failure that may pass, and fewer than six in a row, there is another try, soon."""
    view, presence = ways.view, ways.presence
    for number, put in enumerate(puts[: TRIES - 1], 1):
        answer = put.delivered
        if answer is not None and answer.status < 500:
            return
        failed_us = put.at_us + CLIENT_TIMEOUT_MS * 1000 if answer is None or answer.delivered_us is None else answer.delivered_us
        due_us = failed_us + (2**number * 1_000 + BEGIN_MS) * 1000 + view.allowance_us
        following = puts[number] if number < len(puts) else None
        if following is not None and following.at_us <= due_us:
            continue
        if presence.runs_until_us(put.entry) <= due_us or ways.refused_between(put.at_us, due_us):
            return
        if ways.uses_channel(task.key) and presence.may_be_active(put.at_us, due_us):
            return  # it may have been handed to a session
        when = "no other follows" if following is None else f"the next one follows only after {(following.at_us - put.at_us) / 1000:g} ms"
        message = f"the {_nth(number)} PUT for {task.task!r} came to nothing, and {when}"
        yield Finding("WSR-HTTP-1", message, (puts[0].entry, put.entry), upper_bound=True)
        return


def _nth(number: int) -> str:
    return ("first", "second", "third", "fourth", "fifth")[number - 1]


def _never_begun(ways: _Ways, task: Task) -> Iterator[Finding]:
    found = _without_session(ways, task) if ways.uses_channel(task.key) else _without_channel(ways, task)
    if found is not None:
        message = f"{task.task!r} ended while no session could carry its final, and no PUT told how"
        yield Finding("WSR-HTTP-1", message, found, upper_bound=True)


def _without_session(ways: _Ways, task: Task) -> tuple[int, ...] | None:
    """The proof that it ended while no session was active, and early enough before the next one; None: nothing proves it."""
    view, presence = ways.view, ways.presence
    listing = ways.listings.get((*task.key, task.status))
    back = listing.hello_ack if listing is not None else None
    from_us, ended_us = _earliest_end_us(task), ways.latest_end_us(task)
    until_us = view.end_us if back is None else back.at_us
    until_entry = view.history.entries[-1].number + 1 if back is None else back.entry
    if ended_us is None or until_us - ended_us < BEGIN_MS * 1000 or presence.paused_within(task.entry, until_entry):
        return None
    if presence.may_be_active(from_us, until_us if back is None else until_us - 1) or ways.refused_between(from_us, until_us):
        return None
    return (task.entry,) if back is None else (task.entry, back.entry)


def _without_channel(ways: _Ways, task: Task) -> tuple[int, ...] | None:
    """The proof that it was executed and had its time; its final knows no other way than the PUT."""
    view = ways.view
    began = next((entry for entry, count in task.executions if count), None)
    interval_ms = view.timing_ms.get("poll_interval")
    if began is None or view.settled is None or view.heal is None or view.pauses or interval_ms is None:
        return None
    waits_ms = 2 * interval_ms + task.exit_ms + PATIENCE_MS
    if view.settled.at_us - max(view.heal.at_us, task.at_us) <= waits_ms * 1000 + view.allowance_us:
        return None
    return task.entry, began, view.settled.number


# --- HTTP-2 ---------------------------------------------------------------------------------------------------------


def check_no_report(view: View) -> Judgement:
    ways = _Ways(view)
    seen = False
    findings: list[Finding] = []
    for task in ways.tasks:
        final = ways.final(task)
        acked_entry = _acked_by_session(ways, task, final) if final is not None else None
        if final is None or acked_entry is None:
            continue
        seen = True
        put = next(iter(ways.puts.get(task.task, [])), None)
        if put is not None:
            message = f"{final.name()} went over an active session and was acknowledged there, and is reported by PUT as well"
            findings.append(Finding("WSR-HTTP-2", message, (final.first.entry, acked_entry, put.entry)))
    if not seen:
        return not_judged("precondition never met: no final was surely handed to an active session and acknowledged in time")
    return judged(findings[:1])


def _acked_by_session(ways: _Ways, task: Task, final: Message) -> int | None:
    """The entry of the ack, if the session was active when the command ended, and the ack was surely read there or on one soon after."""
    view, presence, first = ways.view, ways.presence, final.first
    socket = view.socket_by_number.get(first.socket)
    sure = view.surely_acked(final)
    proof = presence.proof_of_session(socket) if socket is not None else None
    if socket is None or sure is None or proof is None or proof.at_us > _earliest_end_us(task):
        return None
    if (socket.hello is not None and final.id in socket.hello.finals) or socket.faults & HAMPERING:
        return None
    if presence.paused_within(task.entry, sure.proof.entry):
        return None
    if sure.said.socket == socket.number:
        return sure.said.entry if sure.proof.at_us - first.at_us <= view.t_least_us else None
    end, later = presence.end_of(socket), view.socket_by_number.get(sure.said.socket)
    if end is None or later is None or later.active_us is None or later.faults & HAMPERING:
        return None
    in_time = later.active_us - end.at_us <= view.t_least_us - BEGIN_MS * 1000 and sure.proof.at_us - end.at_us <= view.t_least_us
    return sure.said.entry if in_time else None


# --- HTTP-3 ---------------------------------------------------------------------------------------------------------


def check_after_report(view: View) -> Judgement:
    ways = _Ways(view)
    seen = False
    findings: list[Finding] = []
    for task in ways.tasks:
        told = next((put for put in ways.puts.get(task.task, []) if _surely_200(put)), None)
        report = next((each for each in view.reports_of(task.task) if told is not None and each.request == told.number), None)
        answer = told.delivered if told is not None else None
        if report is None or report.body is None or answer is None or not ways.uses_channel(task.key):
            continue
        behind = answer.delivered_entry
        seen = seen or any(socket.hello_ack is not None and socket.request_entry > behind for socket in view.sockets)
        attempt = view.ledger.attempts.get(task.key)
        for final in attempt.finals if attempt is not None else ():
            frame = next((frame for frame in final.sightings if frame.entry > behind), None)
            name = next((name for name in FIELDS if frame is not None and frame.payload.get(name, "") != report.body.get(name, "")), None)
            if frame is not None and name is not None:
                message = f"{task.task!r} was reported, and then its final says something else of `{name}`"
                findings.append(Finding("WSR-HTTP-3", message, (report.entry, behind, frame.entry)))
    if not seen and not findings:
        return not_judged("precondition never met: no session followed a PUT that was answered 200")
    return judged(findings[:1])


# --- HTTP-4 ---------------------------------------------------------------------------------------------------------


def check_unacknowledged(view: View) -> Judgement:
    ways = _Ways(view)
    seen = False
    findings: list[Finding] = []
    for task in ways.tasks:
        if not ways.uses_channel(task.key):
            continue
        ended_us = _handed_over_us(ways, task)
        for socket in view.sockets if ended_us is not None else ():
            due = _due(ways, task, socket, ended_us or 0)
            if due is None:
                continue
            put = next((put for put in ways.puts.get(task.task, []) if put.at_us <= due), None)
            seen = True
            if put is None:
                message = f"{task.task!r} ended, its session was gone, none came back within T, and no PUT told how it ended"
                entries = (task.entry, socket.entry)
                findings.append(Finding("WSR-HTTP-4", message, entries, upper_bound=True))
    if not seen:
        return not_judged("precondition never met: no final stayed unacknowledged for T without a session")
    return judged(findings[:1])


def _handed_over_us(ways: _Ways, task: Task) -> int | None:
    final, ended_us = ways.final(task), ways.latest_end_us(task)
    known = [us for us in (final.first.at_us if final is not None else None, ended_us) if us is not None]
    return min(known, default=None)


def _due(ways: _Ways, task: Task, socket: Socket, ended_us: int) -> int | None:
    """By when a final that went to this socket is to be reported; None where a report need not come."""
    view, presence = ways.view, ways.presence
    begun_us, end, t_us = socket.active_us, presence.end_of(socket), view.t_us
    if t_us is None or begun_us is None or begun_us > ended_us or presence.until_us(socket) < _earliest_end_us(task):
        return None
    gone_us = end.at_us if end is not None else None
    hole = presence.fault_at(socket, "black-hole")
    if hole is not None:
        dead_us = dead_bound_us(view)
        if dead_us is None:
            return None
        noticed_us = hole.at_us + dead_us
        gone_us = noticed_us if gone_us is None else min(gone_us, noticed_us)
    if gone_us is None:
        return None
    from_us = max(gone_us, ended_us)
    due_us = from_us + t_us + PATIENCE_MS * 1000 + view.allowance_us
    others = (other for other in view.sockets if other is not socket and other.active_us is not None)
    if due_us >= view.end_us or any(other.active_us is not None and gone_us <= other.active_us <= due_us for other in others):
        return None
    if presence.paused_within(task.entry, _entry_at(view, due_us)) or ways.refused_between(from_us, due_us) or _free_by(view, task, due_us):
        return None
    return due_us


def _entry_at(view: View, at_us: int) -> int:
    """The first entry later than that."""
    return next((entry.number for entry in view.history.entries if entry.at_us > at_us), view.history.entries[-1].number + 1)


def _free_by(view: View, task: Task, at_us: int) -> bool:
    attempt = view.ledger.attempts.get(task.key)
    finals = attempt.finals if attempt is not None else []
    return any(ack.at_us <= at_us for final in finals for ack in final.acks)
