"""How often commands run: DLV-1, DLV-2, DLV-3. The witness is the mark that each execution leaves in a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...values.verdict import Finding, Judgement, judged, not_judged
from .hello import AttemptKey
from .outcomes import Told, outcomes
from .presence import Presence
from .sessions import patience_with
from .sockets import Socket
from .tasks import Task
from .view import View

# --- DLV-1 ----------------------------------------------------------------------------------------------------------


def check_at_most_once(view: View) -> Judgement:
    listed = _times_listed(view)
    seen = False
    findings: list[Finding] = []
    for task in view.tasks.values():
        attempt = view.ledger.attempts.get(task.key)
        deliveries = (len(attempt.delivered) if attempt is not None else 0) + listed.get(task.key, 0)
        counts = [count for _, count in task.executions]
        seen = seen or (deliveries > 1 and max(counts, default=0) > 0)
        twice = next(((entry, count) for entry, count in task.executions if count > 1), None)
        if twice is not None:
            message = f"{task.task!r} ({task.attempt!r}) was executed {twice[1]} times"
            findings.append(Finding("WSR-DLV-1", message, (task.entry, *_delivery_entries(task), twice[0])))
    if not seen and not findings:
        return not_judged("precondition never met: nothing that was delivered twice was executed")
    return judged(findings[:1])


def _times_listed(view: View) -> dict[AttemptKey, int]:
    """How many answers of GET tasks held each task."""
    times: dict[AttemptKey, int] = {}
    for listing in view.listings:
        for task, attempt in listing.data["tasks"]:
            times[task, attempt] = times.get((task, attempt), 0) + 1
    return times


def _delivery_entries(task: Task) -> tuple[int, ...]:
    return tuple(entry.number for entry in task.again[:1])


# --- DLV-2 ----------------------------------------------------------------------------------------------------------


def check_at_least_once(view: View) -> Judgement:
    told = outcomes(view)
    discarded, polled = _discarded(view), _surely_polled(view)
    seen = False
    findings: list[Finding] = []
    for task in view.tasks.values():
        received = _received_entry(view, task, polled)
        if received is None or not task.executions or view.settled is None:
            continue
        if task.executions[-1][1]:
            seen = True
        elif task.key not in discarded and not _excused(view, task, told[task.key]) and _had_time(view, task, received):
            message = f"the agent took {task.task!r} ({task.attempt!r}) over, and never executed it"
            findings.append(Finding("WSR-DLV-2", message, (task.entry, received, view.settled.number), upper_bound=True))
    if not seen and not findings:
        return not_judged("precondition never met: the agent took no task over")
    return judged(findings[:1])


def _received_entry(view: View, task: Task, polled: Mapping[AttemptKey, int]) -> int | None:
    """Where the agent says, or an answer that surely reached it shows, that it has the task."""
    attempt = view.ledger.attempts.get(task.key)
    frames = [*attempt.received, *attempt.started] if attempt is not None else []
    entries = [frame.entry for frame in frames]
    if task.key in polled:
        entries.append(polled[task.key])
    return min(entries, default=None)


def _surely_polled(view: View) -> dict[AttemptKey, int]:
    """Where the first answer of GET tasks that holds a task, and surely reached the agent, did so."""
    found: dict[AttemptKey, int] = {}
    for listing in view.listings:
        request = view.wire.by_number.get(listing.data["request"])
        answer = request.delivered if request is not None else None
        if answer is not None and answer.certain and answer.status == 200:
            for task, attempt in listing.data["tasks"]:
                found.setdefault((task, attempt), answer.delivered_entry)
    return found


def _discarded(view: View) -> set[AttemptKey]:
    return {key for socket in view.sockets for key in socket.directives.discarded or ()}


def _excused(view: View, task: Task, told: list[Told]) -> bool:
    """A kill or a stop may have fallen on its start: then it is told to be interrupted."""
    paused = any(pause.from_entry > task.entry for pause in view.pauses)
    return paused and any(each.is_interrupted for each in told)


def _had_time(view: View, task: Task, received: int) -> bool:
    """T has passed since it was received, since the faults stopped, and since the agent came back; and every task had its turn."""
    since_us = [view.history.entries[received - 1].at_us, *(view.heal.at_us for _ in (1,) if view.heal is not None)]
    if view.pauses:
        back_us = view.pauses[-1].to_us
        if back_us is None:
            return False
        since_us.append(back_us)
    patience = patience_with(view)
    turns_us = sum(each.exit_ms for each in view.tasks.values()) * 1000
    return patience is not None and view.end_us - max(*since_us, patience.from_us) > patience.us + turns_us + view.allowance_us


# --- DLV-3 ----------------------------------------------------------------------------------------------------------


def check_discarded(view: View) -> Judgement:
    presence = Presence(view)
    seen = False
    findings: list[Finding] = []
    for socket in view.greeted:
        for task in _surely_discarded(view, presence, socket):
            seen = True
            executed = next(((entry, count) for entry, count in task.executions if count), None)
            ack = socket.hello_ack
            if executed is not None and ack is not None and socket.hello_frame is not None:
                message = f"{task.task!r} ({task.attempt!r}) was discarded before it had begun, and is executed all the same"
                findings.append(Finding("WSR-DLV-3", message, (socket.hello_frame.entry, ack.entry, executed[0])))
    if not seen:
        return not_judged("precondition never met: no hello_ack that was surely read discarded what its hello lists as not started")
    return judged(findings[:1])


def _surely_discarded(view: View, presence: Presence, socket: Socket) -> Iterator[Task]:
    """Tasks that this hello lists as not started, and that no life has begun by then, as long as the agent must hold them back."""
    ack, hello, frame = socket.hello_ack, socket.hello, socket.hello_frame
    proof = presence.proof_of_session(socket)
    if ack is None or hello is None or frame is None or proof is None or not socket.directives.discarded:
        return
    if ack.at_us - frame.at_us >= view.t_least_us or _held_since_us(view, socket) + view.t_least_us <= proof.at_us:
        return
    for key in sorted(socket.directives.discarded & hello.not_started):
        task = view.tasks.get(key)
        attempt = view.ledger.attempts.get(key)
        started = bool(attempt is not None and attempt.started and attempt.started[0].entry < frame.entry)
        if task is not None and not started and not any(count for entry, count in task.executions if entry < frame.entry):
            yield task


def _held_since_us(view: View, socket: Socket) -> int:
    """Since when the agent waits for a session: its last coming back, or the end of the last session."""
    back = [pause.to_us for pause in view.pauses if pause.to_us is not None and pause.to_us <= socket.at_us]
    actives = [
        other.over_us
        for other in view.sockets
        if other.active_us is not None and other.over_us is not None and other.over_us <= socket.at_us
    ]
    return max([*back, *actives], default=0)
