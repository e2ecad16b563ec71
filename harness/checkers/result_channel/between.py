"""What is recorded between a hello and its hello_ack: RPL-3.

Nobody sees when a row is recorded. But a command's writes have their times, counted from a start that is known from above (`written`),
and a flush follows them within its interval. A row all of whose bytes must have been recorded before the hello_ack, which the hello does
not list and nobody had seen, is one of these; it has to come on that session. A final may come over HTTP instead.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .ledger import Attempt, Message
from .sessions import replay_us, stood
from .sockets import Socket
from .tasks import Task
from .view import View
from .written import STREAMS, Written

RECORDING_MS = 250
"""What recording may take beside the flush, and a command its end."""


def check_between(view: View) -> Judgement:
    if view.spool_may_rotate:
        return not_judged("not judged: the spool may have been full, so that rows were given up by right")
    if "flush_interval" not in view.timing_ms:
        return not_judged("not judged: nobody knows the flush interval")
    sessions = [socket for socket in view.greeted if stood(view, socket)]
    findings: list[Finding] = []
    seen = False
    for task in view.tasks.values():
        attempt = view.ledger.attempts.get(task.key)
        if attempt is None or not task.attempt:
            continue
        written = Written(view, task)
        for socket in sessions:
            for message in _recorded_between(view, written, attempt, socket):
                if message.first.socket == socket.number or _is_reported(view, message, socket):
                    seen = True
                elif message.first.socket > socket.number:
                    findings.append(_late(task, socket, message))
    if not seen and not findings:
        return not_judged("precondition never met: nothing was surely recorded between a hello and its hello_ack")
    return judged(findings[:1])


def _recorded_between(view: View, written: Written, attempt: Attempt, socket: Socket) -> Iterator[Message]:
    hello, ack, start_us = socket.hello, socket.hello_ack, _start_us(view, written, attempt)
    if hello is None or ack is None or start_us is None or _paused(view, written.task, socket):
        return
    latest_us = ack.at_us - (2 * view.timing_ms["flush_interval"] + RECORDING_MS) * 1000 - view.allowance_us
    for stream in STREAMS:
        due_bytes = sum(w.size for w in written.writes if w.stream == stream and start_us + w.at_ms * 1000 <= latest_us)
        at = 0
        for frame in written.frames(stream):
            at += len(frame.data.encode("utf-8", "surrogatepass"))
            message = view.ledger.messages.get(frame.message_id)
            if at > due_bytes:
                break
            if message is not None and _is_new(message, socket):
                yield message
    if start_us + written.task.exit_ms * 1000 <= latest_us:
        yield from (final for final in attempt.finals[:1] if _is_new(final, socket))


def _is_new(message: Message, socket: Socket) -> bool:
    """The hello does not list it, and nobody had seen it."""
    return socket.hello is not None and not message.is_listed_by(socket.hello) and message.first.entry > socket.entry


def _start_us(view: View, written: Written, attempt: Attempt) -> int | None:
    """When the command had begun at the latest."""
    bounds = [written.start_us, *(frame.at_us for frame in attempt.started[:1])]
    return min((bound for bound in bounds if bound is not None), default=None)


def _paused(view: View, task: Task, socket: Socket) -> bool:
    """A stop or a kill in between ended the command before its time."""
    ack_entry = socket.hello_ack.entry if socket.hello_ack is not None else 0
    return any(task.entry < pause.from_entry < ack_entry for pause in view.pauses)


def _is_reported(view: View, message: Message, socket: Socket) -> bool:
    """A final that is on its way over HTTP before the session had to send it; whether it gets there is judged elsewhere."""
    until_us = (socket.active_us or 0) + replay_us(view)
    return message.is_final and any(report.at_us <= until_us for report in view.reports_of(message.task))


def _late(task: Task, socket: Socket, message: Message) -> Finding:
    hello = socket.hello_frame.entry if socket.hello_frame is not None else socket.entry
    ack = socket.hello_ack.entry if socket.hello_ack is not None else socket.entry
    said = f"{message.name()} was recorded between hello and hello_ack, and comes on a later connection only"
    return Finding("WSR-RPL-3", said, (task.entry, hello, ack, message.first.entry), upper_bound=True)
