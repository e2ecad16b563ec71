"""When output goes out: FLUSH-1, FLUSH-2; and that none is lost where the connection breaks meanwhile: FLUSH-3."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .presence import HAMPERING, Presence
from .sessions import stood_to_the_end
from .sockets import OUTPUT, Frame, Moment
from .tasks import Task
from .view import View
from .written import STREAMS, Write, Written

INTERVALS = 2
CHARACTER_BYTES = 4
SLOW_INTERVAL_MS = 1_000
"""With so long an interval it can be told whether the threshold or the interval has flushed."""


class _Sessions:
    """The sessions on which times say something, and from when on each was surely active."""

    def __init__(self, view: View) -> None:
        presence = Presence(view)
        self._proofs: dict[int, Moment] = {}
        for socket in view.sockets:
            proof = presence.proof_of_session(socket)
            if proof is not None and not socket.faults & HAMPERING:
                self._proofs[socket.number] = proof

    def active_since(self, frame: Frame, at_us: int) -> bool:
        proof = self._proofs.get(frame.socket)
        return proof is not None and proof.at_us <= at_us


# --- FLUSH-1 --------------------------------------------------------------------------------------------------------


def check_interval(view: View) -> Judgement:
    interval_ms = view.timing_ms.get("flush_interval")
    if interval_ms is None:
        return not_judged("not judged: nobody knows the flush interval")
    sessions = _Sessions(view)
    bound_us = INTERVALS * interval_ms * 1000 + view.allowance_us
    seen = False
    findings: list[Finding] = []
    for written in _all_written(view):
        start_us = written.start_us
        if start_us is None:
            continue
        for write in written.writes:
            frame = written.sight(write.stream, write.whole_bytes) if write.whole_bytes > write.from_bytes else None
            due_us = start_us + write.at_ms * 1000
            if frame is None or not sessions.active_since(frame, due_us):
                continue
            seen = seen or (written.task.exit_ms - write.at_ms) * 1000 > bound_us
            if frame.at_us - due_us > bound_us:
                findings.append(_late("WSR-FLUSH-1", written.task, write, frame, frame.at_us - due_us, "the flush interval"))
                break
    if not seen and not findings:
        return not_judged(
            "precondition never met: no command wrote while a session was active, and lived on for longer than two flush intervals"
        )
    return judged(findings[:1])


def _all_written(view: View) -> Iterator[Written]:
    return (Written(view, task) for task in view.tasks.values() if task.steps and task.attempt)


def _late(requirement: str, task: Task, write: Write, frame: Frame, late_us: int, what: str) -> Finding:
    message = (
        f"{what} did not flush what {task.task!r} wrote to {write.stream}: it was seen {late_us / 1000:g} ms later, over an active session"
    )
    return Finding(requirement, message, (task.entry, frame.entry), upper_bound=True)


# --- FLUSH-2 --------------------------------------------------------------------------------------------------------


def check_threshold(view: View) -> Judgement:
    threshold = view.limits.get("flush_threshold_bytes")
    if threshold is None:
        return not_judged("not judged: nobody knows the flush threshold")
    sessions = _Sessions(view)
    seen = False
    findings: list[Finding] = []
    for written in _all_written(view):
        findings.extend(_too_long(written, threshold))
        bursts = [write for write in written.writes if write.size >= threshold]
        for write in bursts:
            timely = _unpunctual(view, sessions, written, write, threshold)
            seen = (
                seen or timely is not None or (write.size >= 2 * threshold and written.sight(write.stream, write.whole_bytes) is not None)
            )
            findings.extend(timely or ())
    if not seen and not findings:
        return not_judged(
            "precondition never met: no command wrote as much as the threshold at once, to be flushed long before the interval"
        )
    return judged(findings[:1])


def _too_long(written: Written, threshold: int) -> Iterator[Finding]:
    for stream in STREAMS:
        for frame in written.frames(stream):
            size = len(frame.data.encode("utf-8", "surrogatepass"))
            if size >= 2 * threshold:
                yield Finding("WSR-FLUSH-2", f"a chunk has {size} bytes; the flush threshold is {threshold}", (frame.entry,))
                return


def _unpunctual(view: View, sessions: _Sessions, written: Written, write: Write, threshold: int) -> list[Finding] | None:
    """None: this write says nothing. All but less than the threshold is flushed at once, long before a slow interval is over."""
    interval_ms, start_us = view.timing_ms.get("flush_interval"), written.start_us
    if interval_ms is None:
        return None
    due_bytes = write.to_bytes - threshold - CHARACTER_BYTES
    bound_us = interval_ms * 500 + view.allowance_us
    if interval_ms < SLOW_INTERVAL_MS or start_us is None or due_bytes <= write.from_bytes:
        return None
    if (written.task.exit_ms - write.at_ms) * 1000 <= bound_us:
        return None
    frame = written.sight(write.stream, due_bytes)
    due_us = start_us + write.at_ms * 1000
    if frame is None or not sessions.active_since(frame, due_us):
        return None
    late_us = frame.at_us - due_us
    return [_late("WSR-FLUSH-2", written.task, write, frame, late_us, "the threshold")] if late_us > bound_us else []


# --- FLUSH-3 --------------------------------------------------------------------------------------------------------


def check_broken(view: View) -> Judgement:
    """A connection that ended between two chunks of an attempt, and what it had come to in the end."""
    breaks = _breaks(view)
    seen = False
    findings: list[Finding] = []
    for task in view.tasks.values():
        attempt = view.ledger.attempts.get(task.key)
        final = attempt.accepted_final if attempt is not None else None
        if attempt is None or final is None or view.spool_may_rotate or not stood_to_the_end(view) or not _ran_through(view, task):
            continue
        for stream in STREAMS:
            rows = attempt.streams.get(stream, {})
            text = task.text(stream)
            first = min((row.first_entry for row in rows.values()), default=final.entry)
            broken = _first_within(breaks, first, max((row.first_entry for row in rows.values()), default=0), final.entry)
            if broken is None or not text:
                continue
            seen = True
            findings.extend(_missing(task, stream, text, [rows[number].messages[0].data for number in sorted(rows)], (broken, final.entry)))
    if not seen:
        return not_judged("precondition never met: no connection ended in the middle of what a command wrote")
    return judged(findings[:1])


def _breaks(view: View) -> list[int]:
    """Where sockets that had shown output ended."""
    presence = Presence(view)
    ends = (presence.end_of(socket) for socket in view.sockets if any(frame.type == OUTPUT for frame in socket.frames))
    return sorted(end.entry for end in ends if end is not None)


def _first_within(breaks: list[int], first: int, last: int, final: int) -> int | None:
    """A break behind the first chunk and before the last, or before the final where no chunk came behind it."""
    at = bisect_right(breaks, first)
    return breaks[at] if at < len(breaks) and breaks[at] < max(last, final) else None


def _ran_through(view: View, task: Task) -> bool:
    """It came to its own end: no final or report calls it interrupted."""
    attempt = view.ledger.attempts[task.key]
    finals = [final.first.payload.get("status") for final in attempt.finals]
    reports = [report.body.get("status") for report in view.reports_of(task.task) if report.body is not None]
    listed = attempt.accepted_final is not None and not attempt.finals
    return "interrupted" not in (*finals, *reports) and not listed


def _missing(task: Task, stream: str, text: str, chunks: list[str], entries: tuple[int, ...]) -> Iterator[Finding]:
    got = "".join(chunks)
    if got != text:
        size, whole = len(got.encode("utf-8", "surrogatepass")), len(text.encode())
        message = (
            f"the connection broke while {task.task!r} wrote to {stream}; of its {whole} bytes {size} came in all, and not the same ones"
        )
        if text.startswith(got):
            message = f"the connection broke while {task.task!r} wrote to {stream}; of its {whole} bytes only the first {size} ever came"
        yield Finding("WSR-FLUSH-3", message, entries)
