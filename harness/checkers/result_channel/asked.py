"""What a session with directives sends again: RPL-2.

A row or final is *old* where the hello lists it or it was seen before. Old rows are sent where `output_replay` asks for them, or an
error later does; old finals are not, unless an error names them or their attempt is delivered again. What is new is sent, once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ...values.verdict import Finding, Judgement, judged, not_judged
from .hello import AttemptKey, StreamKey
from .ledger import SureAck
from .replaying import message_is_old
from .sessions import Owed, is_free_within, owed_at, replay_us, sent_in, stood
from .sockets import Frame, Socket
from .view import View


def check_directives(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for socket in view.greeted:
        if socket.hello_ack is None or not socket.directives.present:
            continue
        hello = socket.hello
        owed = [each for each in owed_at(view, socket) if _is_asked(socket, each)]
        missing = list(_missing(view, socket, owed))
        unasked = list(_unasked(view, socket))
        kept = hello is not None and hello.lists_something
        seen = seen or (kept and (stood(view, socket) or (bool(owed) and _all_sent(socket, owed))))
        findings += [*missing, *unasked]
    gone = _acknowledged(view)
    findings += _not_gone(view, gone)
    if not seen and not findings and not _was_shown(view, gone):
        return not_judged("precondition never met: no hello_ack with directives came while anything was unacknowledged")
    return judged(findings[:1])


def _is_asked(socket: Socket, owed: Owed) -> bool:
    following = (socket.directives.replay or {}).get(owed.stream)
    return not owed.final and following is not None and owed.sequence >= following


# --- too little -----------------------------------------------------------------------------------------------------


def _all_sent(socket: Socket, owed: list[Owed]) -> bool:
    sent = {(frame.stream_key, frame.sequence) for frame in sent_in(socket)}
    return all((each.stream, each.sequence) in sent for each in owed)


def _missing(view: View, socket: Socket, owed: list[Owed]) -> Iterator[Finding]:
    hello, ack = socket.hello_frame, socket.hello_ack
    if not stood(view, socket) or view.spool_may_rotate or hello is None or ack is None:
        return
    sent = {(frame.stream_key, frame.sequence) for frame in sent_in(socket)}
    until_us = ack.at_us + replay_us(view)
    for each in owed:
        if (each.stream, each.sequence) in sent or (each.message is not None and is_free_within(view, each.message, until_us)):
            continue
        said = f"the hello_ack asks for {each.name()}, and the session does not send it"
        yield Finding("WSR-RPL-2", said, (hello.entry, ack.entry), upper_bound=True)
        return


# --- too much -------------------------------------------------------------------------------------------------------


@dataclass
class _Requests:
    """What was asked for on a session beside the directives: from these entries on it may be sent."""

    streams: dict[StreamKey, int] = field(default_factory=dict)
    messages: dict[str, int] = field(default_factory=dict)
    attempts: dict[AttemptKey, int] = field(default_factory=dict)

    def cover(self, frame: Frame) -> bool:
        asked = [self.messages.get(frame.message_id)]
        asked.append(self.streams.get(frame.stream_key) if frame.sequence else self.attempts.get(frame.attempt_key))
        return any(entry is not None and entry < frame.entry for entry in asked)


def _requests(view: View, socket: Socket) -> _Requests:
    requests = _Requests()
    for said in socket.said:
        if said.type == "task.deliver":
            requests.attempts.setdefault(said.attempt_key, said.entry)
        message = view.ledger.messages.get(said.related_id)
        if message is None:
            continue
        requests.messages.setdefault(message.id, said.entry)
        if said.is_gap:
            requests.streams.setdefault(message.stream_key, said.entry)
    return requests


def _unasked(view: View, socket: Socket) -> Iterator[Finding]:
    requests = _requests(view, socket)
    before: dict[str, Frame] = {}
    for frame in sent_in(socket):
        twice = before.setdefault(frame.message_id, frame)
        if requests.cover(frame):
            continue
        fault = _fault(view, socket, frame, is_again=twice is not frame)
        hello, ack = socket.hello_frame, socket.hello_ack
        if fault is not None and hello is not None and ack is not None:
            evidence = (hello.entry, ack.entry, *((twice.entry,) if twice is not frame else ()), frame.entry)
            yield Finding("WSR-RPL-2", fault, evidence)
            return


def _fault(view: View, socket: Socket, frame: Frame, *, is_again: bool) -> str | None:
    message = view.ledger.messages.get(frame.message_id)
    if message is None:
        return None
    if is_again:
        return f"{message.name()} is sent twice on a session with directives, and no error asked for it"
    if not message_is_old(message, socket):
        return None
    if message.is_final:
        return f"{message.name()}, listed by the hello, is sent again on a session with directives"
    following = (socket.directives.replay or {}).get(message.stream_key)
    if following is None:
        return f"{message.name()} is sent again, and the directives do not ask for its stream"
    return None if message.sequence >= following else f"{message.name()} is sent again, and the directives ask from {following} on"


# --- what was to vanish ---------------------------------------------------------------------------------------------


def _acknowledged(view: View) -> dict[str, SureAck]:
    """Finals by the first hello_ack that acknowledged them and that the agent has surely read."""
    gone: dict[str, SureAck] = {}
    for socket in view.greeted:
        sure = view.surely_read(socket.hello_ack) if socket.hello_ack is not None else None
        if sure is not None:
            gone.update({final: sure for final in sorted(socket.directives.finals or ()) if final not in gone})
    return gone


def _not_gone(view: View, gone: dict[str, SureAck]) -> Iterator[Finding]:
    """No later session lists or sends them."""
    for socket in view.greeted if gone else ():
        hello = socket.hello
        listed = [(final, socket.hello_frame) for final in hello.finals] if hello is not None else []
        sent = [(frame.message_id, frame) for frame in sent_in(socket)]
        for final, frame in [*listed, *sent]:
            acked = gone.get(final)
            if acked is not None and frame is not None and acked.proof.entry < socket.request_entry:
                said = f"the final {final!r}, which a hello_ack acknowledged, is there again"
                yield Finding("WSR-RPL-2", said, (acked.said.entry, acked.proof.entry, frame.entry))
                return


def _was_shown(view: View, gone: dict[str, SureAck]) -> bool:
    """A session stood behind such a hello_ack, and could have told of the final."""
    first = min((sure.proof.entry for sure in gone.values()), default=None)
    return first is not None and any(socket.request_entry > first and stood(view, socket) for socket in view.greeted)
