"""How often an agent tries: messages that are refused for now, ERR-4, and messages that are refused for good, ERR-5."""

from __future__ import annotations

from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .ledger import FATAL_MAX, Message
from .presence import HAMPERING, Presence
from .sockets import Said, Socket
from .view import View

RETRY_MS = 10_000
"""By when a message that was refused for now has come again."""
RETRIES_MAX = 10
DIALS_MAX = 20
MINUTE_US = 60_000_000
FATAL_JUDGED = 3
"""So many fatal errors that name one message make a poison of it."""
SESSIONS_BLOCKED = 3
"""What so many sessions in a row list and do not send, while others send the poison, is held up by it."""


# --- ERR-4 ----------------------------------------------------------------------------------------------------------


def check_retries(view: View) -> Judgement:
    presence = Presence(view)
    seen = False
    findings: list[Finding] = []
    for message in view.ledger.messages.values():
        for socket, refusals in _refused_for_now(view, message):
            came, found = _retried(view, presence, message, socket, refusals)
            seen = seen or came
            findings.extend(found)
    if not seen and not findings:
        return not_judged("precondition never met: no message was refused for now, or too little time")
    return judged(findings[:1])


def _refused_for_now(view: View, message: Message) -> Iterator[tuple[Socket, list[Said]]]:
    """By socket the retryable errors that name a message, but for gaps, which ERR-2 is about."""
    by_socket: dict[int, list[Said]] = {}
    for said in message.refusals:
        if said.payload.get("retryable") is True and said.payload.get("code") != "output_sequence_gap":
            by_socket.setdefault(said.socket, []).append(said)
    for number, refusals in by_socket.items():
        socket = view.socket_by_number.get(number)
        if socket is not None and not socket.is_void(refusals[0].entry):
            yield socket, refusals


def _retried(view: View, presence: Presence, message: Message, socket: Socket, refusals: list[Said]) -> tuple[bool, list[Finding]]:
    """(it came again, findings)."""
    first = refusals[0]
    again = [frame for frame in message.sighted_on(socket) if frame.entry > first.entry]
    if len(again) > RETRIES_MAX and not _asked_otherwise(view, message, socket):
        text = f"{message.name()} was refused for now, and comes again {len(again)} times in that session"
        return True, [Finding("WSR-ERR-4", text, (first.entry, again[0].entry, again[-1].entry))]
    if again or message.is_free(first.entry):
        return bool(again), []
    limit_us = first.at_us + RETRY_MS * 1000 + view.allowance_us
    acked = next((ack for ack in message.acks if ack.at_us <= limit_us), None)
    open_until_us = min(presence.until_us(socket), presence.runs_until_us(first.entry))
    if acked is not None or open_until_us <= limit_us or socket.faults & HAMPERING or _reported_by(view, message, limit_us):
        return False, []
    text = f"{message.name()} was refused for now, and within {RETRY_MS} ms it does not come again in that session"
    return True, [Finding("WSR-ERR-4", text, (message.first.entry, first.entry), upper_bound=True)]


def _asked_otherwise(view: View, message: Message, socket: Socket) -> bool:
    """A gap error of its stream or a repeated delivery asks for it as well."""
    delivered = sum(said.type == "task.deliver" and said.attempt_key == message.attempt_key for said in socket.said)
    gaps = (view.ledger.messages.get(said.related_id) for said in socket.said if said.is_gap)
    return delivered > 1 or any(named is not None and named.stream_key == message.stream_key for named in gaps)


def _reported_by(view: View, message: Message, at_us: int) -> bool:
    return message.is_final and any(report.status == 200 and report.at_us <= at_us for report in view.reports_of(message.task))


# --- ERR-5 ----------------------------------------------------------------------------------------------------------


def check_poison(view: View) -> Judgement:
    presence = Presence(view)
    seen = False
    findings: list[Finding] = []
    for message in view.ledger.messages.values():
        fatal = [said for said in message.refusals if said.is_fatal]
        if len(fatal) < FATAL_JUDGED:
            continue
        seen = True
        findings.extend(_storm(presence, message, fatal))
        findings.extend(_held_up(view, message, fatal))
    if not seen:
        return not_judged(f"precondition never met: no message was refused for good {FATAL_JUDGED} times")
    return judged(findings[:1])


def _storm(presence: Presence, message: Message, fatal: list[Said]) -> Iterator[Finding]:
    """Dials in the time in which the message was refused."""
    dials = [dial for dial in presence.upgrades if fatal[0].entry < dial.number and dial.at_us <= fatal[-1].at_us + MINUTE_US]
    for first, last in zip(dials, dials[DIALS_MAX:], strict=False):
        if last.at_us - first.at_us < MINUTE_US:
            text = f"{message.name()} is refused for good, and the agent dials more than {DIALS_MAX} times in a minute"
            yield Finding("WSR-ERR-5", text, (fatal[0].entry, first.number, last.number))
            return


def _held_up(view: View, message: Message, fatal: list[Said]) -> Iterator[Finding]:
    """What hello after hello lists and no session sends, once the poison was refused often enough to be parked."""
    blocked: dict[str, Message] | None = None
    sessions = 0
    for refusal in fatal[FATAL_MAX:]:
        socket = view.socket_by_number.get(refusal.socket)
        if socket is None or socket.hello is None or socket.hello_ack is None or socket.directives.present:
            continue
        sent = {frame.message_id for frame in socket.frames}
        hello = socket.hello
        due = view.due_at(socket) if blocked is None else blocked.values()
        blocked = {
            each.id: each
            for each in due
            if each.id not in sent and each is not message and each.stream_key != message.stream_key and each.is_listed_by(hello)
        }
        sessions += 1
        if sessions == SESSIONS_BLOCKED:
            break
    if sessions == SESSIONS_BLOCKED and blocked:
        held = next(iter(blocked.values()))
        text = f"{message.name()} is refused for good, and {held.name()} is listed again and again, but never sent"
        yield Finding("WSR-ERR-5", text, (held.first.entry, fatal[0].entry, fatal[-1].entry))
