"""Pauses, counts and patience with a server that fails: RD-BACK-1, RD-BACK-2, RD-KA-1, RD-ERR-1.

One walk over the connects of a bootstrap (``attempts.py``) finds where a reader leaves the rule; which requirement that
breaks depends on what stood in the row: keepalives that take back too much or too little, error frames whose count is not
their own, or just failed connections.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...values.verdict import Finding, Judgement, judged, not_judged
from .attempts import TOLERANCE, Attempt, Fault, Problem, attempts_of, excused, walk
from .framing import shows_error_frame
from .resuming import moved_by
from .told import Bootstrap
from .transcript import loss_findings
from .view import View

CLEAN_MIN, CLEAN_MAX = 60, 64
"""1 + 30 connections, anew, 1 + 30, error: 62, and what may be read otherwise."""
HEAL_AT = 31
AFTER_ERROR_US = {"sim": 1_000, "loopback": 1_000_000}
TEXTS: Mapping[Problem, str] = {
    "too early": "the pause behind a connection that ended was {gap:.0f} ms, shorter than {wanted} ms",
    "too late": "the pause behind a connection that ended was {gap:.0f} ms, longer than {wanted} ms",
    "goes on": "the reader connects again after ten failures in a row instead of giving up with an error",
    "goes on after fatal": "the reader connects again after a 403, 404 or 406 of the stream instead of giving up with an error",
    "gives up": "the reader gives up with an error before ten failures in a row",
    "retryable": "the error behind a 403, 404 or 406 of the stream does not say that it cannot be retried",
    "not retryable": "the error behind ten failures in a row does not say that it may be retried",
}


def _blamed(fault: Fault, view: View) -> str:
    """The requirement that a fault breaks."""
    if _by_keepalives(fault, view):
        return "RD-KA-1"
    if fault.problem in ("retryable", "not retryable", "goes on after fatal"):
        return "RD-BACK-1"
    if fault.problem == "goes on":
        return "RD-ERR-1" if fault.with_errors else "RD-BACK-1"
    if fault.problem == "gives up":
        return "RD-ERR-1" if fault.with_errors else "RD-BACK-1"
    return "RD-ERR-1" if _counts_errors_otherwise(fault, view) else "RD-BACK-1"


def _near(gap_ms: float, pause_ms: int) -> bool:
    return abs(gap_ms - pause_ms) <= pause_ms * TOLERANCE + 1


def _by_keepalives(fault: Fault, view: View) -> bool:
    """It would fit if keepalives took back another count than they do."""
    if not fault.with_keepalives:
        return False
    errors = max((option.errors for option in fault.options), default=0)
    if fault.problem == "goes on":
        return errors >= 10 or any(attempt.keepalive for attempt in fault.streak[-9:])
    if fault.problem == "gives up":
        return fault.unreset >= 10
    if fault.problem == "too late":
        return fault.attempt.keepalive and _near(fault.gap_ms, view.pause_ms(fault.unreset))
    return fault.problem == "too early" and fault.attempt.keepalive and errors > 3 and _near(fault.gap_ms, view.pause_ms(1))


def _counts_errors_otherwise(fault: Fault, view: View) -> bool:
    """The pause behind an error frame is that of no count, or of one that it shares with failed connections."""
    shared = [option for option in fault.options if option.reading == "error"]
    if not shared:
        return False
    if any(option.failed and _near(fault.gap_ms, view.pause_ms(option.failed + option.errors)) for option in shared):
        return True
    return max(option.errors for option in shared) > 3 and _near(fault.gap_ms, view.timing_ms["backoff_base"])


def _finding(fault: Fault, requirement: str) -> Finding:
    pauses = sorted({option.pause_ms for option in fault.options if option.pause_ms is not None})
    wanted = " or ".join(str(pause) for pause in pauses[:1])
    message = TEXTS[fault.problem].format(gap=fault.gap_ms, wanted=wanted)
    first = fault.streak[0].entry
    return Finding(requirement, message, tuple(dict.fromkeys((first, fault.attempt.entry, fault.next_entry))))


def _walks(view: View) -> Iterator[tuple[Bootstrap, int, Finding | None]]:
    for bootstrap in view.bootstraps:
        if bootstrap.certain:
            found = walk(view, bootstrap)
            yield bootstrap, found.judged, None if found.fault is None else _finding(found.fault, _blamed(found.fault, view))


# --- BACK-1 ---------------------------------------------------------------------------------------------------------


def check_pauses(view: View) -> Judgement:
    seen = 0
    findings: list[Finding] = []
    for bootstrap, count, found in _walks(view):
        seen += count
        if found is not None and found.requirement == "RD-BACK-1":
            findings.append(found)
        findings.extend(_after_the_error(view, bootstrap))
    if not findings and not seen:
        return not_judged("precondition never met: no pause behind a connection that ended could be told")
    return judged(findings)


def _after_the_error(view: View, bootstrap: Bootstrap) -> Iterator[Finding]:
    if bootstrap.ending != "error":
        return
    limit_us = bootstrap.end_us + AFTER_ERROR_US.get(view.header.world, 1_000_000)
    for stream in view.streams_of(bootstrap):
        if stream.entry > bootstrap.end and stream.request.at_us > limit_us:
            yield Finding("RD-BACK-1", "the reader connects again after it has given up with an error", (bootstrap.end, stream.entry))
            return


# --- BACK-2 ---------------------------------------------------------------------------------------------------------


def check_clean_ends(view: View) -> Judgement:
    seen = False
    findings: list[Finding] = []
    for bootstrap in view.bootstraps:
        row = _last_row(view, bootstrap)
        clean = bool(row) and all(attempt.readings == {"clean"} for attempt in row)
        error = bootstrap.error
        seen = seen or (clean and len(row) > HEAL_AT)
        if len(row) > CLEAN_MAX:
            findings.append(Finding("RD-BACK-2", "streams that end without anything new are followed again and again", _ends_of(row)))
        elif clean and error is not None and error.entry > row[-1].entry and not excused(view, bootstrap, error.entry):
            seen = True
            findings.extend(_error_findings(bootstrap, row, error.entry))
    if not findings and not seen:
        return not_judged("precondition never met: there were no 31 streams in a row that ended cleanly without anything new")
    return judged(findings)


def _last_row(view: View, bootstrap: Bootstrap) -> list[Attempt]:
    """The longest row of attempts, or the last one if the reader gave up in it, that brought nothing new and did not live long."""
    rows: list[list[Attempt]] = [[]]
    for attempt in attempts_of(view, bootstrap):
        if attempt.may_bring_news or "none" in attempt.readings or (attempt.stream is not None and attempt.stream.lived_long):
            rows.append([])
        else:
            rows[-1].append(attempt)
    return rows[-1] if bootstrap.error is not None and rows[-1] else max(rows, key=len)


def _ends_of(row: list[Attempt]) -> tuple[int, ...]:
    return row[0].entry, row[-1].entry


def _error_findings(bootstrap: Bootstrap, row: list[Attempt], error: int) -> Iterator[Finding]:
    proof = (*_ends_of(row), error)
    if len(row) < CLEAN_MIN:
        yield Finding("RD-BACK-2", f"the reader gives up after {len(row)} streams that ended cleanly; 62 are due", proof)
    elif not any(row[0].entry < snapshot.entry < error for snapshot in bootstrap.snapshots[1:]):
        yield Finding("RD-BACK-2", "the reader gives up without having built everything anew once", proof)


# --- KA-1 -----------------------------------------------------------------------------------------------------------


def check_keepalives(view: View) -> Judgement:
    came = [stream for stream in view.streams if stream.surely("keepalive") is not None]
    findings = [found for _, _, found in _walks(view) if found is not None and found.requirement == "RD-KA-1"]
    findings.extend(_endless_by_keepalives(view))
    stream = moved_by(view, "keepalive")
    if stream is not None:
        findings.append(Finding("RD-KA-1", "Last-Event-ID is the id of a keepalive", (stream.entry,)))
    findings.extend(_shown_keepalives(view))
    if findings:
        return judged(findings[:1])
    first = min((each.entry for each in came), default=None)
    told = first is not None and (any(note.entry > first for note in view.told.notes) or view.streams[-1].entry > first)
    return judged() if told else not_judged("precondition never met: no keepalive reached a reader that went on")


def _endless_by_keepalives(view: View) -> Iterator[Finding]:
    for bootstrap in view.bootstraps:
        row = _last_row(view, bootstrap)
        if len(row) > CLEAN_MAX and any(attempt.keepalive for attempt in row):
            yield Finding("RD-KA-1", "keepalives keep the reader connecting to streams that end without anything new", _ends_of(row))


def _shown_keepalives(view: View) -> Iterator[Finding]:
    for bootstrap in view.bootstraps:
        for note in bootstrap.told("logs"):
            for item in note.items:
                if not view.log.knows(item.key) and isinstance(item.content, Mapping) and item.content.get("type") == "keepalive":
                    yield Finding("RD-KA-1", "a keepalive is shown as a log entry", (note.entry,))
                    return


# --- ERR-1 ----------------------------------------------------------------------------------------------------------


def check_error_frames(view: View) -> Judgement:
    seen = False
    findings = [found for _, _, found in _walks(view) if found is not None and found.requirement == "RD-ERR-1"]
    for bootstrap in view.bootstraps:
        frames = [(stream, frame) for stream in view.streams_of(bootstrap) if (frame := stream.surely("error")) is not None]
        if not frames:
            continue
        last = view.streams_of(bootstrap)[-1]
        seen = seen or last.entry > frames[0][1].entry or bootstrap.error is not None
        shown = shows_error_frame(bootstrap, view)
        if shown is not None:
            findings.append(shown)
        if bootstrap is view.last:
            before = {each.position for stream, frame in frames for each in stream.frames if each.is_event and each.entry < frame.entry}
            lost = tuple(event for event in view.missing if event.position in before)
            findings.extend(loss_findings(view, "RD-ERR-1", lost[:1]))
    if not findings and not seen:
        return not_judged("precondition never met: no error frame reached a reader that went on or gave up")
    return judged(findings)
