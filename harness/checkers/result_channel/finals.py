"""How an attempt ended, told once and for all: FIN-1, FIN-2, FIN-3, FIN-4."""

from __future__ import annotations

from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .ledger import Attempt, Message
from .outcomes import INTERRUPTED, Told, outcomes, puts_by_task
from .presence import Presence
from .sessions import patience_with
from .sockets import FINAL, OUTPUT, Frame, Socket
from .tasks import Pause, Task
from .view import View

OUTCOME_TEXTS = ("output", "error")


# --- FIN-1 ----------------------------------------------------------------------------------------------------------


def check_order(view: View) -> Judgement:
    presence = Presence(view)
    seen = False
    findings: list[Finding] = []
    for task in view.tasks.values():
        attempt = view.ledger.attempts.get(task.key)
        if attempt is not None and attempt.finals:
            seen = seen or any(attempt.streams.values())
            findings.extend(_too_early(presence, task, attempt))
            findings.extend(_behind_a_final_of_the_session(view, attempt))
    for socket in view.sockets:
        findings.extend(_behind_their_final(socket))
    if not seen and not findings:
        return not_judged("precondition never met: no final of an attempt that had output was seen")
    return judged(findings[:1])


def _too_early(presence: Presence, task: Task, attempt: Attempt) -> Iterator[Finding]:
    """What the command writes later than its final was seen can be neither sent nor stored by then."""
    first = next((final.first for final in attempt.finals if final.first.payload.get("status") != INTERRUPTED), None)
    if first is None or not task.steps:
        return
    at_ms, stream, _ = task.steps[-1]
    left_us = task.at_us + at_ms * 1000 - first.at_us - presence.jitter_us
    if left_us > 0:
        message = (
            f"the final of {task.task!r} was sent {left_us / 1000:g} ms or more before the command has written its last bytes to {stream}"
        )
        yield Finding("WSR-FIN-1", message, (task.entry, first.entry))


def _behind_a_final_of_the_session(view: View, attempt: Attempt) -> Iterator[Finding]:
    """All that an attempt has to tell came up in an active session if it was first delivered there, behind the hello_ack: nothing of it
    waited for that hello_ack, so its output goes before its final."""
    socket = next((socket for socket in view.sockets if attempt.delivered and attempt.delivered[0].socket == socket.number), None)
    if socket is None or socket.hello_ack is None or attempt.delivered[0].entry < socket.hello_ack.entry or _is_polled(view, attempt):
        return
    finals = (final.first for final in attempt.finals if final.first.payload.get("status") != INTERRUPTED)
    final = next((frame for frame in finals if frame.socket == socket.number), None)
    if final is None:
        return
    gap = next((said for said in socket.said if said.is_gap), None)
    for frame in socket.frames:
        if gap is not None and gap.entry < frame.entry:
            return  # what comes from here on may be asked for
        if frame.entry > final.entry and frame.type == OUTPUT and frame.attempt_key == attempt.key and _is_first(view, frame):
            message = f"sequence {frame.sequence} of {frame.stream} of {frame.task!r} is first sent behind the final of its attempt"
            yield Finding("WSR-FIN-1", message, (final.entry, frame.entry))
            return


def _is_polled(view: View, attempt: Attempt) -> bool:
    """A poll may have brought it before the session."""
    return any(tuple(row) == attempt.key for listing in view.listings for row in listing.data["tasks"])


def _is_first(view: View, frame: Frame) -> bool:
    message = view.ledger.messages.get(frame.message_id)
    return message is not None and message.first is frame


def _behind_their_final(socket: Socket) -> Iterator[Finding]:
    """Rows that the hello lists and nobody asked for one by one come before the final of their attempt."""
    hello = socket.hello
    if hello is None or socket.directives.present:
        return
    final: dict[tuple[str, str], Frame] = {}
    sent: set[str] = set()
    gaps = iter([said for said in socket.said if said.is_gap])
    gap = next(gaps, None)
    for frame in socket.frames:
        if gap is not None and gap.entry < frame.entry:
            return  # what comes from here on may be asked for
        if frame.type == FINAL and frame.message_id in hello.finals:
            final.setdefault(frame.attempt_key, frame)
        elif frame.type == OUTPUT and frame.message_id not in sent:
            sent.add(frame.message_id)
            before = final.get(frame.attempt_key)
            if before is not None and hello.lists_output(frame.stream_key, frame.sequence):
                message = f"sequence {frame.sequence} of {frame.stream} of {frame.task!r} is sent behind the final of its attempt"
                yield Finding("WSR-FIN-1", message, (before.entry, frame.entry))
                return


# --- FIN-2 ----------------------------------------------------------------------------------------------------------


def check_one_outcome(view: View) -> Judgement:
    seen = False
    findings: list[Finding] = []
    tried = puts_by_task(view)
    for key, told in outcomes(view).items():
        task = view.tasks.get(key)
        seen = seen or len(told) > 1
        first = next(iter(told), None)
        other = next((each for each in told if first is not None and each.outcome != first.outcome), None)
        if first is not None and other is not None:
            message = f"{key[0]!r} ended as {_shown(first)} and then as {_shown(other)}"
            findings.append(Finding("WSR-FIN-2", message, (first.entry, other.entry)))
        elif first is None and task is not None and key[0] not in tried:
            findings.extend(_never_told(view, task))
    if not seen and not findings:
        return not_judged("precondition never met: how an attempt ended was never told twice")
    return judged(findings[:1])


def _shown(told: Told) -> str:
    status, code = told.outcome
    return f"{status!s:.40} with exit code {code!s:.20}"


def _never_told(view: View, task: Task) -> Iterator[Finding]:
    """It was begun, and when all was over nobody was told how it ended."""
    began = next((entry for entry, count in task.executions if count), None)
    if began is None or view.settled is None or view.heal is None or (view.pauses and view.pauses[-1].to_entry is None):
        return
    patience = patience_with(view)
    if patience is None:
        return
    waited_us = view.settled.at_us - max(view.heal.at_us, task.at_us, patience.from_us) - task.exit_ms * 1000
    if waited_us > patience.us + PATIENCE_US + view.allowance_us:
        message = f"{task.task!r} was executed, and nothing ever told how it ended"
        yield Finding("WSR-FIN-2", message, (task.entry, began, view.settled.number), upper_bound=True)


PATIENCE_US = 60_000_000
"""Beyond T: six tries of a PUT and a time-out of each take no longer."""


# --- FIN-3 ----------------------------------------------------------------------------------------------------------


def check_durable(view: View) -> Judgement:
    presence = Presence(view)
    seen = False
    findings: list[Finding] = []
    for final in view.ledger.messages.values():
        if not final.is_final:
            continue
        for pause in view.pauses:
            socket = _hello_behind(view, presence, final, pause)
            if socket is None or socket.hello_frame is None or socket.hello is None:
                continue
            seen = True
            if final.id not in socket.hello.finals:
                message = f"{final.name()} was sent, not acknowledged, and the agent killed; the hello of its next life does not list it"
                findings.append(Finding("WSR-FIN-3", message, (final.first.entry, pause.from_entry, socket.hello_frame.entry)))
    if not seen and not findings:
        return not_judged("precondition never met: the agent was not killed between a final and its ack")
    return judged(findings[:1])


def _hello_behind(view: View, presence: Presence, final: Message, pause: Pause) -> Socket | None:
    """The first socket of the next life, if the final was sent before the kill and is to be kept at the hello."""
    if pause.how != "crash" or pause.to_entry is None or final.first.entry > pause.from_entry or final.is_free(pause.from_entry):
        return None
    to_entry = pause.to_entry
    socket = next((each for each in view.greeted if each.request_entry > to_entry), None)
    frame = socket.hello_frame if socket is not None else None
    if socket is None or frame is None or presence.paused_within(to_entry, frame.entry):
        return None
    # An ack said between two lives was read by nobody.
    unread = {ack.entry for ack in final.acks if pause.from_entry < ack.entry < to_entry}
    freed = final.is_free(frame.entry) and final.free_entry not in unread
    return None if freed else socket


# --- FIN-4 ----------------------------------------------------------------------------------------------------------


def check_exit(view: View) -> Judgement:
    seen = False
    findings: list[Finding] = []
    for key, told in outcomes(view).items():
        task = view.tasks.get(key)
        if task is None:
            continue
        seen = seen or any(not each.is_interrupted for each in told)
        findings.extend(finding for each in told for finding in _wrong(view, task, each))
        findings.extend(_unlike(view, task, told))
    if not seen and not findings:
        return not_judged("precondition never met: nothing told how a command ended of itself")
    return judged(findings[:1])


def _wrong(view: View, task: Task, told: Told) -> Iterator[Finding]:
    if told.is_interrupted:
        cut = next((pause for pause in view.pauses if task.entry < pause.from_entry < told.entry), None)
        if cut is None:
            message = f"{task.task!r} is told to be interrupted, but the agent was neither stopped nor killed"
            yield Finding("WSR-FIN-4", message, (task.entry, told.entry))
        elif told.fields.get("exit_code") != -1:
            yield Finding("WSR-FIN-4", f"an interrupted attempt is told with the exit code {told.outcome[1]!s:.20}, not -1", (told.entry,))
    elif told.outcome != (task.status, task.exit_code):
        message = f"{task.task!r} ended with exit code {task.exit_code}, {task.status}; it is told as {_shown(told)}"
        yield Finding("WSR-FIN-4", message, (task.entry, told.entry))


def _unlike(view: View, task: Task, told: list[Told]) -> Iterator[Finding]:
    """The same texts by socket and by HTTP, where both have them and nothing was cut off."""
    final = next((each for each in told if each.way == "final"), None)
    report = next((each for each in told if each.way == "report"), None)
    if final is None or report is None or final.outcome != report.outcome or view.spool_may_rotate:
        return
    for name in OUTCOME_TEXTS:
        if final.fields.get(f"{name}_truncated") is True:
            continue
        given, other = final.fields.get(name, ""), report.fields.get(name, "")
        if given != other:
            message = f"`{name}` of {task.task!r} is {given!r:.60} by the socket and {other!r:.60} by HTTP"
            yield Finding("WSR-FIN-4", message, (final.entry, report.entry))
            return
