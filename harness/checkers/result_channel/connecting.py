"""Connections: whole frames, CONN-1; when the agent dials again, CONN-2; peers that are gone or do not read, CONN-3, CONN-4."""

from __future__ import annotations

from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .errors import next_greeted
from .presence import HAMPERING, JITTER, Presence, dead_bound_us
from .proofs import End
from .sockets import DURABLE, OUTPUT, Said, Socket
from .view import View

CONCURRENT_KINDS = 2
"""So many of stdout, stderr, finals and pings on one connection may coincide."""
HEALTHY_MAXIMA = 2
"""A session that lived for so many reconnect_max was a healthy one."""
DIAL_MS = 100
"""What a dial may take from the moment at which it is due to its arrival."""
READ_MS = 1_000
"""What an agent that reads may take to act on an ack."""
SHOWN = 80


# --- CONN-1 ---------------------------------------------------------------------------------------------------------


def check_whole_frames(view: View) -> Judgement:
    seen = False
    findings: list[Finding] = []
    for socket in view.sockets:
        kinds = {frame.stream or frame.type for frame in socket.frames if frame.type in DURABLE}
        kinds |= {control.what for control in socket.controls if control.by == "agent" and control.what in ("ping", "pong")}
        seen = seen or (len(kinds) > CONCURRENT_KINDS or (len(kinds) == CONCURRENT_KINDS and "pong" not in kinds))
        findings.extend(_broken_frames(socket))
    if not seen and not findings:
        return not_judged("precondition never met: on no connection did both streams, finals or pings of the agent coincide")
    return judged(findings[:1])


def _broken_frames(socket: Socket) -> Iterator[Finding]:
    if socket.over_problem is not None and socket.over_entry is not None:
        message = f"what the agent sent is no WebSocket any more: {socket.over_problem[:SHOWN]}"
        last = (socket.frames[-1].entry,) if socket.frames else ()
        yield Finding("WSR-CONN-1", message, (socket.entry, *last, socket.over_entry))
    if socket.unmasked_entry is not None:
        message = "the agent sends a frame without a mask, on which a server must close (RFC 6455, 5.1)"
        yield Finding("WSR-CONN-1", message, (socket.entry, socket.unmasked_entry))
    broken = next((frame for frame in socket.frames if not frame.envelope), None)
    if broken is not None:
        problem = broken.problems[0][:SHOWN] if broken.problems else "it holds nothing"
        yield Finding("WSR-CONN-1", f"a frame of the agent holds no JSON object: {problem}", (broken.entry,))


# --- CONN-2 ---------------------------------------------------------------------------------------------------------


def check_reconnect_delay(view: View) -> Judgement:
    presence = Presence(view)
    seen = False
    findings: list[Finding] = []
    if not {"reconnect_min", "reconnect_max"} <= view.timing_ms.keys():
        return not_judged("not judged: nobody knows the least and the longest pause before a dial")
    bound_us = int(view.timing_ms["reconnect_min"] * JITTER + DIAL_MS) * 1000 + view.allowance_us
    for socket in view.sockets:
        end = presence.end_of(socket)
        if end is None or not _was_healthy(view, presence, socket, end) or not _had_trouble(presence, view, socket):
            continue
        dial = presence.dial_after(end.entry)
        if presence.paused_within(end.entry, dial.number if dial is not None else None):
            continue
        known_us = _known_us(view, presence, socket, end)
        if dial is None and presence.runs_until_us(end.entry) - known_us <= bound_us:
            continue
        seen = True
        if dial is None or dial.at_us - known_us > bound_us:
            took = f"only after {(dial.at_us - known_us) / 1000:g} ms" if dial is not None else "never"
            message = f"a healthy session ended, and the agent dials again {took}; reconnect_min is {view.timing_ms['reconnect_min']} ms"
            findings.append(Finding("WSR-CONN-2", message, (socket.entry, end.entry, *((dial.number,) if dial else ())), upper_bound=True))
    if not seen:
        return not_judged("precondition never met: no healthy session ended behind one that had ended before")
    return judged(findings[:1])


def _was_healthy(view: View, presence: Presence, socket: Socket, end: End) -> bool:
    proof = presence.proof_of_session(socket)
    if proof is None or end.by_agent or socket.faults & HAMPERING or socket.over_us is None:
        return False
    return end.at_us - proof.at_us >= HEALTHY_MAXIMA * view.timing_ms["reconnect_max"] * 1000


def _known_us(view: View, presence: Presence, socket: Socket, end: End) -> int:
    """When the agent knew of the end: behind a close frame the connection has to end first."""
    connection = view.wire.connections.get(socket.connection)
    ends = [us for us in (socket.over_us, connection.closed_us if connection is not None else None) if us is not None]
    return max([end.at_us, *ends])


def _had_trouble(presence: Presence, view: View, socket: Socket) -> bool:
    """A dial before this one, in the same life, has made the delay grow: then it must have shrunk again."""
    back = max((pause.to_entry or pause.from_entry for pause in view.pauses if pause.from_entry < socket.request_entry), default=0)
    return any(back < dial.number < socket.request_entry for dial in presence.upgrades)


# --- CONN-3 ---------------------------------------------------------------------------------------------------------


def check_dead_peer(view: View) -> Judgement:
    presence = Presence(view)
    seen = False
    findings: list[Finding] = []
    noticed_us = dead_bound_us(view)
    if noticed_us is None:
        return not_judged("not judged: nobody knows the ping interval")
    bound_us = noticed_us + view.allowance_us
    for socket in view.sockets:
        hole = presence.fault_at(socket, "black-hole")
        if hole is None:
            continue
        end = presence.end_of(socket)
        left_us = end.at_us if end is not None and end.by_agent else None
        if left_us is not None and left_us - hole.at_us <= bound_us and not presence.paused_within(hole.number, end.entry if end else None):
            seen = True
            continue
        until_us = min(presence.until_us(socket) if left_us is None else left_us, presence.runs_until_us(hole.number))
        if until_us - hole.at_us > bound_us:
            seen = True
            message = f"a peer that is gone without a word is not noticed within {noticed_us // 1000} ms"
            findings.append(Finding("WSR-CONN-3", message, (socket.entry, hole.number), upper_bound=True))
    if not seen:
        return not_judged("precondition never met: no connection went dead for long enough")
    return judged(findings[:1])


# --- CONN-4 ---------------------------------------------------------------------------------------------------------


def check_unread(view: View) -> Judgement:
    """Acks said while nothing was read, and whether the next hello still lists what they named."""
    presence = Presence(view)
    seen = False
    findings: list[Finding] = []
    for socket in view.sockets:
        stop = presence.fault_at(socket, "stop-reading")
        if stop is None or socket.faults & {"black-hole", "cut-frame", "cut", "stall", "drip"}:
            continue
        acks = list(_acks_meanwhile(view, presence, socket, stop.number))
        following = next_greeted(view, acks[-1].entry) if acks else None
        frame = following.hello_frame if following is not None else None
        if following is None or following.hello is None or frame is None or presence.paused_within(stop.number, frame.entry):
            continue
        seen = True
        for ack in acks:
            message = view.ledger.messages[ack.acked_id]
            if message.is_listed_by(following.hello):
                text = f"an ack of {message.name()} came while nothing of the agent was read, and the next hello still lists it"
                findings.append(Finding("WSR-CONN-4", text, (stop.number, ack.entry, frame.entry), upper_bound=True))
                break
    if not seen:
        return not_judged("precondition never met: no ack came, and another hello behind it, while nothing of the agent was read")
    return judged(findings[:1])


def _acks_meanwhile(view: View, presence: Presence, socket: Socket, stop_entry: int) -> Iterator[Said]:
    """Those that went out between the stop and the next frame that was read, long enough before the end of the connection."""
    stop_us = view.history.entries[stop_entry - 1].at_us
    next_read = next(
        (frame.entry for frame in socket.frames if frame.entry > stop_entry and frame.at_us > stop_us and frame.type == OUTPUT), None
    )
    for said in socket.said:
        if said.type != "ack" or said.acked_id not in view.ledger.messages or said.entry < stop_entry or socket.is_void(said.entry):
            continue
        if next_read is not None and said.entry > next_read:
            return
        if presence.until_us(socket) - said.at_us >= READ_MS * 1000 + view.allowance_us:
            yield said
