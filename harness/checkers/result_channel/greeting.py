"""How a connection begins: HELLO-1, HELLO-2, HELLO-3."""

from __future__ import annotations

from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .sockets import DURABLE, HELLO, HELLO_ACK, Frame, Said, Socket
from .view import View

SILENT_MS_MAX = 10_000
"""By when an agent has said hello on a connection that nothing holds up."""
WATCHED_MS = 500
"""So long behind a hello_ack that names another message its silence says something."""


# --- HELLO-1 --------------------------------------------------------------------------------------------------------


def check_first_frame(view: View) -> Judgement:
    findings: list[Finding] = []
    for socket in view.sockets:
        if not socket.frames:
            findings.extend(_silence(view, socket))
            continue
        first = socket.frames[0]
        if first.type != HELLO:
            message = f"the first frame of a connection is {first.type or 'no message'}, not {HELLO}"
            findings.append(Finding("WSR-HELLO-1", message, (socket.entry, first.entry)))
        hellos = [frame for frame in socket.frames if frame.type == HELLO]
        if len(hellos) > 1:
            message = f"a connection has {len(hellos)} times {HELLO}"
            findings.append(Finding("WSR-HELLO-1", message, (socket.entry, hellos[0].entry, hellos[1].entry)))
    if not findings and not any(socket.frames for socket in view.sockets):
        return not_judged("precondition never met: no frame of the agent arrived")
    return judged(findings[:1])


def _silence(view: View, socket: Socket) -> Iterator[Finding]:
    open_us = view.open_until_us(socket) - socket.at_us
    if not socket.faults and open_us > SILENT_MS_MAX * 1000 + view.allowance_us:
        message = f"a connection has been open for {open_us / 1_000_000:g} s, and the agent has not said hello"
        yield Finding("WSR-HELLO-1", message, (socket.entry,), upper_bound=True)


# --- HELLO-2, HELLO-3 -----------------------------------------------------------------------------------------------


def check_before_ack(view: View) -> Judgement:
    """What comes behind a hello_ack that names another message is a matter of HELLO-3."""
    findings = []
    for socket in view.sockets:
        early = _before_ack(socket)
        any_ack = next((said.entry for said in socket.said if said.type == HELLO_ACK), None)
        if early is not None and (any_ack is None or early.entry < any_ack):
            message = f"{_named(early)} is sent before any hello_ack"
            findings.append(Finding("WSR-HELLO-2", message, _entries(socket, early)))
    if not findings and not any(_behind_ack(socket) for socket in view.sockets):
        return not_judged("precondition never met: no output and no final was sent on a session")
    return judged(findings[:1])


def check_other_ack(view: View) -> Judgement:
    findings = []
    seen = False
    for index, socket in enumerate(view.greeted):
        wrong = _wrong_ack(socket)
        if wrong is None:
            continue
        early = _before_ack(socket)
        if early is not None and early.entry > wrong.entry:
            message = f"{_named(early)} is sent though the hello_ack names {wrong.acked_id!r}, not the hello"
            findings.append(Finding("WSR-HELLO-3", message, (*_entries(socket, early), wrong.entry)))
        following = view.greeted[index + 1] if index + 1 < len(view.greeted) else None
        seen = seen or (_had_time(view, socket, wrong) and _had_something(socket, following))
    if not findings and not seen:
        return not_judged("precondition never met: no hello_ack named another message while the agent had something to send")
    return judged(findings[:1])


def _before_ack(socket: Socket) -> Frame | None:
    """The first output or final in front of the matching hello_ack."""
    ack = socket.hello_ack
    return next((frame for frame in socket.frames if frame.type in DURABLE and (ack is None or frame.entry < ack.entry)), None)


def _behind_ack(socket: Socket) -> bool:
    ack = socket.hello_ack
    return ack is not None and any(frame.type in DURABLE and frame.entry > ack.entry for frame in socket.frames)


def _wrong_ack(socket: Socket) -> Said | None:
    """The first hello_ack, where it stands behind the hello, names another message, and no matching one stands before it."""
    hello, ack = socket.hello_frame, socket.hello_ack
    if hello is None:
        return None
    others = (said for said in socket.said if said.type == HELLO_ACK and said.acked_id != hello.message_id)
    return next((said for said in others if ack is None or said.entry < ack.entry), None)


def _had_time(view: View, socket: Socket, wrong: Said) -> bool:
    """The agent has read it, and would have acted on it."""
    until_us = view.open_until_us(socket) if socket.hello_ack is None else socket.hello_ack.at_us
    read = view.proofs.read(socket, wrong.entry)
    return (read is not None and read.at_us < until_us) or (
        not socket.faults and until_us >= wrong.at_us + WATCHED_MS * 1000 + view.allowance_us
    )


def _had_something(socket: Socket, following: Socket | None) -> bool:
    """Something was kept when the hello was sent, or came to be before the next session."""
    hellos = [each.hello for each in (socket, following) if each is not None]
    return _behind_ack(socket) or any(hello is not None and hello.lists_something for hello in hellos)


def _entries(socket: Socket, frame: Frame) -> tuple[int, ...]:
    hello = socket.hello_frame
    return (socket.entry, *(() if hello is None else (hello.entry,)), frame.entry)


def _named(frame: Frame) -> str:
    return f"{frame.type} ({frame.stream} {frame.sequence})" if frame.stream else frame.type
