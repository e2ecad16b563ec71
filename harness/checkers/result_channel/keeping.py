"""What an agent keeps and lets go of: ACK-1, ACK-2.

A message is lost when a hello leaves it out that should list it, and nothing shows it any more, though a session stood in which it would
have been sent. Where acks of other messages came between the last sign of it and that hello they may have removed it: ACK-2. Where an
agent loses messages without any such ack, it loses them by itself, and all of it is ACK-1.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from ...values.verdict import Finding, Judgement, judged, not_judged
from .ledger import Message, SureAck
from .presence import HAMPERING, Presence
from .sessions import shows_later, stood
from .sockets import Frame, Said, Socket
from .view import View

AT_ONCE_MS = 1_000
"""A close so soon behind a stray ack, and without another cause, is caused by it. A resend so soon behind an ack was on its way."""
IN_FLIGHT_MS = 200
"""An ack that was said so shortly before a message arrived may have been read when it had been sent."""
STRAY = ("stray", "ack-again", "harmless")


@dataclass(frozen=True)
class _Lost:
    """``between``: an ack of another message behind the last sign of it; None: there was none."""

    message: Message
    socket: Socket
    between: Said | None


# --- ACK-1 ----------------------------------------------------------------------------------------------------------


def check_kept(view: View) -> Judgement:
    findings = [
        Finding("WSR-ACK-1", f"{lost.message.name()} is gone, though nothing acknowledged it", _entries(lost))
        for lost in _lost_by_itself(view)
    ]
    findings += _sent_again(view)
    if not findings and not _kept_something(view) and not _let_go(view):
        return not_judged("precondition never met: no connection followed a message without ack, or an ack that was surely read")
    return judged(findings[:1])


def _lost_by_itself(view: View) -> list[_Lost]:
    lost = list(_lost(view))
    return lost if any(each.between is None for each in lost) else []


def _lost(view: View) -> Iterator[_Lost]:
    told: set[str] = set()
    acks = _OtherAcks(view)
    last_stood = max(
        (number for number, socket in enumerate(view.greeted) if stood(view, socket) and not socket.directives.present), default=-1
    )
    for socket in view.greeted[: last_stood + 1]:
        hello, frame = socket.hello, socket.hello_frame
        if hello is None or frame is None:
            continue
        for message in view.due_at(socket):
            gone = message.id not in told and not message.is_listed_by(hello) and not shows_later(message, socket)
            if gone and (message.is_final or not view.spool_may_rotate):
                told.add(message.id)
                yield _Lost(message, socket, acks.between(message, frame.entry))


class _OtherAcks:
    """Acks that were said, in order. Those of the message itself cannot be among them as long as it is to be kept."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._acks = sorted((said for socket in view.sockets for said in socket.said if said.type == "ack"), key=lambda said: said.entry)

    def between(self, message: Message, before: int) -> Said | None:
        """The first that may have been read behind the last sign of the message, in front of that entry."""
        sign_us = self._view.history.entries[message.last_sign - 1].at_us - IN_FLIGHT_MS * 1000 - self._view.allowance_us
        at = bisect_left(self._acks, sign_us, key=lambda said: said.at_us)
        return self._acks[at] if at < len(self._acks) and self._acks[at].entry < before else None


def _entries(lost: _Lost) -> tuple[int, ...]:
    hello = lost.socket.hello_frame
    between = () if lost.between is None else (lost.between.entry,)
    return (lost.message.sightings[-1].entry, *between, *(() if hello is None else (hello.entry,)))


def _sent_again(view: View) -> Iterator[Finding]:
    for message in view.ledger.messages.values():
        sure = view.surely_acked(message)
        if sure is None or message.sightings[-1].entry < sure.proof.entry:
            continue
        again = next((frame for frame in message.sightings if _is_again(view, frame, sure)), None)
        if again is not None:
            said = f"{message.name()} is sent again after its ack, which the agent had read"
            yield Finding("WSR-ACK-1", said, (message.first.entry, sure.said.entry, sure.proof.entry, again.entry))


def _is_again(view: View, frame: Frame, sure: SureAck) -> bool:
    """On a later connection; or on that of the ack, so late that it was not on its way, and where no error asked for anything.

    On an earlier one it was on its way: the agent has left that for the one of the ack, and it was read late.
    """
    socket, proof = view.socket_by_number.get(frame.socket), sure.proof
    if socket is None or frame.entry < proof.entry:
        return False
    if socket.request_entry > proof.entry:
        return True
    if frame.socket != sure.said.socket or socket.faults & HAMPERING:
        return False
    asked = any(said.type == "error" and said.entry < frame.entry for said in socket.said)
    return not asked and frame.at_us > proof.at_us + AT_ONCE_MS * 1000 + view.allowance_us


def _kept_something(view: View) -> bool:
    """A message without ack was still there once the agent had connected again."""
    return any(any(_is_there(message, socket) for message in view.due_at(socket)) for socket in view.greeted)


def _is_there(message: Message, socket: Socket) -> bool:
    return shows_later(message, socket) or (socket.hello is not None and message.is_listed_by(socket.hello))


def _let_go(view: View) -> bool:
    """There was a session behind an ack that was surely read."""
    proofs = (view.surely_acked(message) for message in view.ledger.messages.values())
    first = min((sure.proof.entry for sure in proofs if sure is not None), default=None)
    behind = [socket for socket in view.greeted if first is not None and socket.request_entry > first]
    return any(view.proofs.active(socket) is not None or stood(view, socket) for socket in behind)


# --- ACK-2 ----------------------------------------------------------------------------------------------------------


def check_other_acks(view: View) -> Judgement:
    findings = []
    if not _lost_by_itself(view):
        for lost in _lost(view):
            acked = lost.between.acked_id if lost.between is not None else ""
            said = f"{lost.message.name()} is gone, though only others were acknowledged, such as {acked!r}"
            findings.append(Finding("WSR-ACK-2", said, _entries(lost)))
    findings += _closed(view)
    if not findings and not _others_read(view):
        return not_judged(
            "precondition never met: no ack was surely read while another message was unacknowledged that a later hello should list"
        )
    return judged(findings[:1])


def _others_read(view: View) -> bool:
    """Between the first sight of a message and a hello that is to list it, the ack of another one was surely read."""
    acks = (said for socket in view.sockets for said in socket.said if said.type == "ack")
    read = sorted((sure.proof.entry, sure.said.entry) for sure in map(view.surely_read, acks) if sure is not None)
    newest = list(accumulate((said for _, said in read), max))
    for socket in view.greeted:
        due = view.due_at(socket)
        at = bisect_right(read, (socket.request_entry, 0))
        if due and at and newest[at - 1] > min(message.first.entry for message in due):
            return True
    return False


def _closed(view: View) -> Iterator[Finding]:
    """A stray or repeated ack does no harm, so that no connection ends by it."""
    presence = Presence(view)
    for socket in view.sockets:
        end = presence.end_of(socket)
        if end is None or not end.by_agent or socket.faults:
            continue
        said = [each for each in socket.said if each.entry < end.entry]
        if not said or said[-1].type != "ack" or said[-1].meant not in STRAY or socket.is_void(end.entry):
            continue
        if end.at_us <= said[-1].at_us + AT_ONCE_MS * 1000 and not _paused(view, said[-1].at_us, end.at_us):
            yield Finding(
                "WSR-ACK-2", "the agent closes the connection on an ack that is unknown or comes again", (said[-1].entry, end.entry)
            )


def _paused(view: View, from_us: int, to_us: int) -> bool:
    return any(pause.from_us <= to_us and (pause.to_us is None or pause.to_us >= from_us) for pause in view.pauses)
