"""How upgrades are signed, and whether every frame is what its contract says: AUTH-1, ENV-1, SEQ-5."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...values.verdict import Finding, Judgement, judged, not_judged
from .sockets import DURABLE, FINAL, HELLO, OUTPUT, Frame
from .view import View

SKEW_MS_MAX = 5_000
SHOWN_MAX = 3
"""Findings of one kind: more of them tell nothing more."""
FINAL_FIELDS = ("status", "exit_code", "output", "error")


# --- AUTH-1 ---------------------------------------------------------------------------------------------------------


def check_signatures(view: View) -> Judgement:
    """Upgrades only: what signs the other requests is not judged. A nonce is fresh if no dial had it before, in any life."""
    dials = [entry for entry in view.signed if entry.data["endpoint"] == "socket"]
    if not dials:
        return not_judged("precondition never met: the agent asked for no upgrade")
    findings = []
    dial_by_nonce: dict[str, int] = {}
    for dial in dials:
        nonce, skew_ms = dial.data["nonce"], dial.data["skew_ms"]
        problems = list(dial.data["problems"])
        earlier = dial_by_nonce.setdefault(nonce, dial.number) if nonce else dial.number
        if problems:
            findings.append(Finding("WSR-AUTH-1", f"an upgrade is not signed as it should be: {'; '.join(problems)}", (dial.number,)))
        elif earlier != dial.number:
            findings.append(Finding("WSR-AUTH-1", "an upgrade has the nonce of an earlier one", (earlier, dial.number)))
        elif skew_ms is None or skew_ms > SKEW_MS_MAX + view.header.allowance_ms:
            message = (
                f"the timestamp of an upgrade is {skew_ms} ms from the clock" if skew_ms is not None else "an upgrade has no timestamp"
            )
            findings.append(Finding("WSR-AUTH-1", message, (dial.number,)))
    return judged(findings[:SHOWN_MAX])


# --- ENV-1 ----------------------------------------------------------------------------------------------------------


def check_envelopes(view: View) -> Judgement:
    if not any(socket.frames for socket in view.sockets):
        return not_judged("precondition never met: no frame of the agent arrived")
    return judged([*_invalid(view)][:SHOWN_MAX] + [*_second_meanings(view)][:SHOWN_MAX])


def _invalid(view: View) -> Iterator[Finding]:
    told: set[str] = set()
    for socket in view.sockets:
        for frame in socket.frames:
            text = "; ".join(frame.problems)
            if text and text not in told:
                told.add(text)
                yield Finding("WSR-ENV-1", f"a frame {frame.type or 'without a type'} is no valid envelope: {text}", (frame.entry,))


def _second_meanings(view: View) -> Iterator[Finding]:
    """One id, one message, for ever. Output and finals may be sent again, and so may the same answer; each hello is a new message."""
    meanings: dict[str, tuple[Frame, Any]] = {}
    frames = sorted((frame for socket in view.sockets for frame in socket.frames if frame.message_id), key=lambda frame: frame.entry)
    for frame in frames:
        first, meaning = meanings.setdefault(frame.message_id, (frame, _meaning(frame)))
        if first is frame or (frame.type != HELLO and meaning == _meaning(frame)):
            continue
        what = f"a second {HELLO}" if first.type == frame.type == HELLO else f"a {first.type} and another {frame.type}"
        yield Finding("WSR-ENV-1", f"the message id {frame.message_id!r} stands for {what}", (first.entry, frame.entry))


def _meaning(frame: Frame) -> tuple[Any, ...]:
    """What makes it this message and no other; `sent_at` and the flags of truncation do not."""
    content: tuple[Any, ...] = ()
    if frame.type == OUTPUT:
        content = (frame.stream, frame.sequence, frame.data)
    elif frame.type == FINAL:
        content = tuple(frame.payload.get(name) for name in FINAL_FIELDS)
    return (frame.type, frame.task, frame.attempt, *content)


# --- SEQ-5 ----------------------------------------------------------------------------------------------------------


def check_byte_counts(view: View) -> Judgement:
    findings = []
    seen = False
    for frame in _durable_frames(view):
        count = frame.payload.get("byte_count")
        if frame.type != OUTPUT or frame.problems or type(count) is not int:
            continue  # what is no valid envelope is a matter of ENV-1
        seen = seen or bool(frame.data)
        size = len(frame.data.encode("utf-8", "surrogatepass"))
        if count != size:
            message = f"byte_count is {count}, and data has {size} bytes ({frame.stream} {frame.sequence} of {frame.task!r})"
            findings.append(Finding("WSR-SEQ-5", message, (frame.entry,)))
    if not seen and not findings:
        return not_judged("precondition never met: no output arrived")
    return judged(findings[:SHOWN_MAX])


def _durable_frames(view: View) -> Iterator[Frame]:
    return (frame for socket in view.sockets for frame in socket.frames if frame.type in DURABLE)
