"""Whether the output that was accepted is what the command wrote: SEQ-3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...values.verdict import Finding, Judgement, judged, not_judged
from .ledger import Attempt, Message
from .sessions import stood_to_the_end
from .sockets import Frame
from .tasks import Task
from .view import View
from .written import STREAMS

SHOWN_MAX = 3
SHOWN_CHARACTERS = 24
KILLED = -1


def check_bytes(view: View) -> Judgement:
    """Accepted chunks must always be the beginning of what was written; all of it, once a final tells of the command's own end and the
    agent has had a session to send the rest. The `output` of such a final is all of stdout."""
    if view.spool_may_rotate:
        return not_judged("not judged: the spool may have been full, so that rows were given up by right")
    findings: list[Finding] = []
    seen = False
    all_sent = stood_to_the_end(view)
    for task in view.tasks.values():
        attempt = view.ledger.attempts.get(task.key)
        if not task.attempt or attempt is None:
            continue
        final = _own_end(view, task, attempt)
        for stream in STREAMS:
            text, accepted = task.text(stream), _accepted(attempt, stream)
            acknowledged = _all_acknowledged(attempt)
            whole = final is not None and not _is_parked(attempt, stream) and (all_sent or acknowledged)
            seen = seen or bool(text and (accepted or whole))
            if text is not None:
                findings.extend(_wrong(task, stream, text, accepted, whole))
            if text is not None and whole and final is not None and not findings:
                findings.extend(_missing(task, stream, text, accepted, final, waited=not acknowledged))
        if final is not None:
            findings.extend(_final_output(task, final))
    if not seen and not findings:
        return not_judged("precondition never met: no output of a command that writes text was accepted")
    return judged(findings[:SHOWN_MAX])


def _accepted(attempt: Attempt, stream: str) -> list[Frame]:
    """The chunks that the control plane has accepted, from the first one to the first hole."""
    rows = attempt.streams.get(stream, {})
    frames = []
    for sequence in range(1, len(rows) + 1):
        frame = rows[sequence].accepted if sequence in rows else None
        if frame is None:
            break
        frames.append(frame)
    return frames


def _own_end(view: View, task: Task, attempt: Attempt) -> Message | None:
    """The first final that tells of the end that the command had to come to; where that is a signal, no stop or kill may have been it."""
    for final in attempt.finals:
        payload = final.first.payload
        if (payload.get("status"), payload.get("exit_code")) != (task.status, task.exit_code):
            continue
        paused = any(task.entry < pause.from_entry < final.first.entry for pause in view.pauses)
        return None if task.exit_code == KILLED and paused else final
    return None


def _all_acknowledged(attempt: Attempt) -> bool:
    """Nothing of the attempt that was ever seen is still to be sent."""
    rows = (row for rows in attempt.streams.values() for row in rows.values())
    return all(message.free_entry is not None for row in rows for message in row.messages)


def _is_parked(attempt: Attempt, stream: str) -> bool:
    """A row was refused for good so often that it may be given up, and all behind it with it."""
    messages = (message for row in attempt.streams.get(stream, {}).values() for message in row.messages)
    return any(message.parked_entry is not None for message in messages)


def _wrong(task: Task, stream: str, text: str, accepted: list[Frame], whole: bool) -> Iterator[Finding]:
    at = 0
    for frame in accepted:
        # A command that was killed may have left half a character, which nobody can send.
        data = frame.data.rstrip("\ufffd") if not whole and frame is accepted[-1] else frame.data
        if not text.startswith(data, at):
            wrote = text[at : at + max(len(data), 1)]
            said = f"{stream} {frame.sequence} of {task.task!r} is {_shown(frame.data)}; the command wrote {_shown(wrote)} there"
            yield Finding("WSR-SEQ-3", said, (task.entry, frame.entry))
            return
        at += len(data)


def _missing(task: Task, stream: str, text: str, accepted: list[Frame], final: Message, *, waited: bool) -> Iterator[Finding]:
    """``waited``: rows are unacknowledged still, but there was a session to send them in."""
    at = sum(len(frame.data) for frame in accepted)
    if at < len(text):
        evidence = (task.entry, *(() if not accepted else (accepted[-1].entry,)), final.first.entry)
        said = f"of {stream} of {task.task!r} came {at} characters of {len(text)}; {_shown(text[at:])} is missing"
        yield Finding("WSR-SEQ-3", said, evidence, upper_bound=waited)


def _final_output(task: Task, final: Message) -> Iterator[Finding]:
    payload: Mapping[str, Any] = final.first.payload
    output = payload.get("output", "")
    if task.stdout is None or payload.get("output_truncated") is True or output == task.stdout:
        return
    said = f"`output` of {final.name()} is {_shown(output)}; the command wrote {_shown(task.stdout)} to stdout"
    yield Finding("WSR-SEQ-3", said, (task.entry, final.first.entry))


def _shown(value: Any) -> str:
    """A value for a message: quoted, ASCII, and not too long."""
    if not isinstance(value, str):
        return ascii(value)
    return ascii(value) if len(value) <= SHOWN_CHARACTERS else f"{value[:SHOWN_CHARACTERS]!a}.. ({len(value)} characters)"
