"""What an agent makes of errors and of frames that are none of its contract: ENV-2, ERR-1, ERR-3.

A socket that is over for another reason says nothing about the error: a stop or a kill, a fault of the link, the control plane itself.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .ledger import Message
from .presence import HAMPERING, Presence
from .sockets import Said, Socket
from .view import View

CLOSE_MS = {"sim": 500, "loopback": 5_000}
"""By when an agent has closed a connection that it must close."""
AT_ONCE_MS = 1_000
"""A close so soon behind an error, and without another cause, is caused by it."""
BREATHER_MS = 60_000
"""Who must not dial more than so often a minute may wait for the next one."""
SHOWN = 60


# --- ENV-2 ----------------------------------------------------------------------------------------------------------


def check_invalid_frames(view: View) -> Judgement:
    presence = Presence(view)
    findings = list(_effects(view))
    seen = bool(findings)
    for socket in view.sockets:
        said = next((each for each in socket.said if each.illegal), None)
        if said is None:
            continue
        closed, found = _closes(view, presence, socket, said, "WSR-ENV-2", "a frame that is no legal one")
        seen = seen or closed or bool(found)
        findings.extend(found)
    if not seen:
        return not_judged("precondition never met: no illegal frame reached an agent that had time to close and to dial again")
    return judged(findings[:1])


def _effects(view: View) -> Iterator[Finding]:
    """An illegal frame is, but for one thing, the delivery of a task of its own: what is told of tasks that nobody made is its effect."""
    illegal = next((said for socket in view.sockets for said in socket.said if said.illegal), None)
    if illegal is None:
        return
    for key, attempt in view.ledger.attempts.items():
        told = [*attempt.received, *attempt.started, *(final.first for final in attempt.finals)]
        first = min((frame for frame in told if frame.entry > illegal.entry), key=lambda frame: frame.entry, default=None)
        if key not in view.tasks and first is not None:
            message = f"a frame that is no legal one took effect: the agent answers with {first.type}"
            yield Finding("WSR-ENV-2", message, (illegal.entry, first.entry))
    known = {task for task, _ in view.tasks}
    report = next((report for report in view.reports if report.task not in known and report.entry > illegal.entry), None)
    if report is not None:
        message = f"a frame that is no legal one took effect: the agent reports a task {report.task!r}"
        yield Finding("WSR-ENV-2", message, (illegal.entry, report.entry))


# --- what must close ------------------------------------------------------------------------------------------------


def _closes(view: View, presence: Presence, socket: Socket, said: Said, requirement: str, what: str) -> tuple[bool, list[Finding]]:
    """(the agent closed the connection for it and dialled again, findings)."""
    end = presence.end_of(socket)
    close_ms = CLOSE_MS.get(view.header.world, CLOSE_MS["loopback"])
    limit_us = said.at_us + close_ms * 1000 + view.allowance_us
    if socket.faults & HAMPERING or presence.paused_within(said.entry, end.entry if end is not None and end.at_us < limit_us else None):
        return False, []
    if end is None or end.at_us > limit_us:
        if view.end_us <= limit_us:
            return False, []
        message = f"{what} came, and within {close_ms} ms the agent did not close the connection"
        return False, [Finding(requirement, message, (said.entry,), upper_bound=True)]
    if not end.by_agent or end.entry < said.entry:
        return False, []
    dial = presence.dial_after(end.entry)
    if dial is not None:
        return True, []
    bound_us = presence.dial_bound_us
    if bound_us is None or presence.runs_until_us(end.entry) - end.at_us <= bound_us + BREATHER_MS * 1000:
        return False, []
    message = f"{what} made the agent close the connection, and it never dialled again"
    return False, [Finding(requirement, message, (said.entry, end.entry), upper_bound=True)]


# --- ERR-1 ----------------------------------------------------------------------------------------------------------


def check_retryable(view: View) -> Judgement:
    presence = Presence(view)
    seen = False
    findings: list[Finding] = []
    for socket in view.sockets:
        for said in socket.said:
            if not _is_retryable(said):
                continue
            closed = _closed_for(view, presence, socket, said)
            lost = _lost(view, said)
            findings.extend(each for each in (closed, lost) if each is not None)
            seen = seen or bool(findings) or (view.proofs.read(socket, said.entry) is not None)
    if not seen:
        return not_judged("precondition never met: the agent has surely read no retryable error")
    return judged(findings[:1])


def _is_retryable(said: Said) -> bool:
    return said.type == "error" and said.payload.get("retryable") is True and not said.illegal


def _closed_for(view: View, presence: Presence, socket: Socket, said: Said) -> Finding | None:
    end = presence.end_of(socket)
    if end is None or not end.by_agent or end.entry < said.entry or end.at_us - said.at_us > AT_ONCE_MS * 1000 + view.allowance_us:
        return None
    excused = bool(socket.faults) or view.spool_may_rotate or presence.paused_within(said.entry, end.entry)
    if excused or socket.is_void(end.entry):
        return None
    return Finding("WSR-ERR-1", f"a retryable error ({_code(said)}) makes the agent close the connection", (said.entry, end.entry))


def _lost(view: View, said: Said) -> Finding | None:
    """The message that the error names is in the next hello, or comes again before it, or need not be kept any more."""
    message = view.ledger.messages.get(said.related_id)
    following = next_greeted(view, said.entry)
    if message is None or following is None or view.spool_may_rotate:
        return None
    return missing_from(view, message, said, following, "WSR-ERR-1", f"behind a retryable error ({_code(said)})")


def next_greeted(view: View, entry: int) -> Socket | None:
    """The first socket that was asked for, and whose hello came, behind an entry."""
    at = bisect_right(view.greeted, entry, key=lambda socket: socket.request_entry)
    return view.greeted[at] if at < len(view.greeted) else None


def missing_from(view: View, message: Message, said: Said, socket: Socket, requirement: str, where: str) -> Finding | None:
    """A finding when the hello of the socket does not list a message that is to be kept, and which never came again either."""
    frame, hello = socket.hello_frame, socket.hello
    if frame is None or hello is None or message.is_free(frame.entry) or message.is_listed_by(hello):
        return None
    if any(sighting.entry > said.entry for sighting in message.sightings):
        return None
    text = f"{where} the next hello does not list {message.name()}, which nobody acknowledged"
    return Finding(requirement, text, (message.first.entry, said.entry, frame.entry))


def _code(said: Said) -> str:
    return str(said.payload.get("code"))[:SHOWN]


# --- ERR-3 ----------------------------------------------------------------------------------------------------------


def check_fatal(view: View) -> Judgement:
    presence = Presence(view)
    seen = False
    findings: list[Finding] = []
    for socket in view.sockets:
        said = next((each for each in socket.said if each.is_fatal and not each.illegal), None)
        if said is None or any(other.illegal for other in socket.said if other.entry < said.entry):
            continue
        closed, found = _closes(view, presence, socket, said, "WSR-ERR-3", f"a fatal error ({_code(said)})")
        findings.extend(found)
        if closed:
            following = next_greeted(view, said.entry)
            findings.extend(_purged(view, presence, said, following))
            seen = seen or following is not None
    if not seen and not findings:
        return not_judged("precondition never met: no fatal error was followed by a close of the agent and by another hello")
    return judged(findings[:1])


def _purged(view: View, presence: Presence, said: Said, following: Socket | None) -> Iterator[Finding]:
    """The outbox is as it was: what had been seen of it stands in the next hello."""
    frame = following.hello_frame if following is not None else None
    if following is None or frame is None or view.spool_may_rotate or presence.paused_within(said.entry, frame.entry):
        return
    for message in view.due_at(following):
        if message.first.entry < said.entry:
            finding = missing_from(view, message, said, following, "WSR-ERR-3", f"behind a fatal error ({_code(said)})")
            if finding is not None:
                yield finding
                return
