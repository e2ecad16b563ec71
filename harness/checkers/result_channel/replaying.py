"""What a session without directives sends again: RPL-1.

Owed is all that the hello lists, and all that was seen before, is unacknowledged, and shows later. It may arrive at any time of the
session; its absence counts only where the session stood long enough and the link did not disturb it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .hello import AttemptKey
from .ledger import Message
from .sessions import Owed, is_free_within, owed_at, replay_us, sent_in, stood
from .sockets import HELLO_ACK, Frame, Said, Socket
from .view import View


def check_replay(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for socket in view.greeted:
        if socket.hello_ack is None or socket.directives.present:
            continue
        owed = owed_at(view, socket)
        sent = _Sent(socket)
        seen = seen or (bool(owed) and (stood(view, socket) or any(sent.first(each) is not None for each in owed)))
        for found in (_changed(owed, sent, socket), _missing(view, socket, owed, sent), _out_of_order(view, owed, sent)):
            findings.extend(found)
        findings.extend(_second_replay(socket))
    if not seen and not findings:
        return not_judged("precondition never met: no plain hello_ack came while anything was unacknowledged")
    return judged(findings[:1])


class _Sent:
    """What arrived on a session behind its hello_ack, first sights only."""

    def __init__(self, socket: Socket) -> None:
        self.rows: dict[tuple[str, str, str, int], Frame] = {}
        self.finals: dict[str, Frame] = {}
        self.first_final: dict[AttemptKey, Frame] = {}
        for frame in sent_in(socket):
            if frame.sequence:
                self.rows.setdefault((*frame.stream_key, frame.sequence), frame)
            else:
                self.finals.setdefault(frame.message_id, frame)
                self.first_final.setdefault(frame.attempt_key, frame)

    def first(self, owed: Owed) -> Frame | None:
        return self.finals.get(owed.final) if owed.final else self.rows.get((*owed.stream, owed.sequence))


def _changed(owed: list[Owed], sent: _Sent, socket: Socket) -> Iterator[Finding]:
    hello = socket.hello_frame
    for each in owed:
        message = each.message
        frame = sent.first(each) or (sent.first_final.get(message.attempt_key) if message is not None and message.is_final else None)
        if message is None or frame is None or hello is None:
            continue
        same = frame.message_id == message.id and frame.data == message.data
        if not same:
            what = "another id" if frame.message_id != message.id else "other data"
            said = f"{message.name()} comes with {what} ({frame.message_id!r}) when it is sent again"
            yield Finding("WSR-RPL-1", said, (message.first.entry, hello.entry, frame.entry))
            return


def _missing(view: View, socket: Socket, owed: list[Owed], sent: _Sent) -> Iterator[Finding]:
    hello, ack = socket.hello_frame, socket.hello_ack
    if not stood(view, socket) or hello is None or ack is None:
        return
    until_us = ack.at_us + replay_us(view)
    for each in owed:
        if sent.first(each) is None and not _is_excused(view, each, until_us):
            said = f"{each.name()} is unacknowledged, and the session after a plain hello_ack does not send it"
            seen_before = () if each.message is None else (each.message.first.entry,)
            yield Finding("WSR-RPL-1", said, (*seen_before, hello.entry, ack.entry), upper_bound=True)
            return


def _is_excused(view: View, owed: Owed, until_us: int) -> bool:
    """It was acknowledged meanwhile, or a PUT has told how it ended, or the spool gave it up."""
    if owed.message is not None and is_free_within(view, owed.message, until_us):
        return True
    if not owed.final:
        return view.spool_may_rotate
    return any(report.status == 200 and report.at_us <= until_us for report in view.reports_of(owed.stream[0]))


def _out_of_order(view: View, owed: list[Owed], sent: _Sent) -> Iterator[Finding]:
    for each in owed:
        row, final = sent.first(each), sent.first_final.get(each.stream[:2])
        if each.final or row is None or final is None or row.entry < final.entry:
            continue
        if each.message is None or not each.message.is_free(final.entry):
            said = f"the final of {final.task!r} is sent again before {each.name()}"
            yield Finding("WSR-RPL-1", said, (final.entry, row.entry))
            return


def _second_replay(socket: Socket) -> Iterator[Finding]:
    """A second hello_ack that names the hello starts nothing. What came twice must have come once before it."""
    second = _second_ack(socket)
    if second is None or any(said.type in ("error", "task.deliver") for said in socket.said):
        return
    before = {frame.message_id: frame for frame in sent_in(socket) if frame.entry < second.entry}
    for frame in sent_in(socket):
        if frame.entry > second.entry and frame.message_id in before:
            message = f"{frame.type} {frame.message_id!r} is sent once more behind a second hello_ack of the same hello"
            yield Finding("WSR-RPL-1", message, (before[frame.message_id].entry, second.entry, frame.entry))
            return


def _second_ack(socket: Socket) -> Said | None:
    hello, ack = socket.hello_frame, socket.hello_ack
    if hello is None or ack is None:
        return None
    return next((s for s in socket.said if s.type == HELLO_ACK and s.entry > ack.entry and s.acked_id == hello.message_id), None)


def message_is_old(message: Message, socket: Socket) -> bool:
    """It was there when the hello of that socket was sent: the hello lists it, or it was seen before."""
    return message.first.entry < socket.request_entry or (socket.hello is not None and message.is_listed_by(socket.hello))
