"""How each stream ends for the application: EXE-CLI-1, and EXE-CLI-2 for what old servers send behind it."""

from __future__ import annotations

from collections.abc import Iterator

from ....values.verdict import Finding, Judgement, judged, not_judged
from .view import TRANSPORT_FAILURE, Read, View

OUTCOME_MS = 2_000
"""So long after its stream is over a client may take to tell the outcome."""
ASK_MS = 10_000
"""So long it may take to ask for the stream at all."""
DONE = "[DONE]"


# --- CLI-1 ----------------------------------------------------------------------------------------------------------


def check_outcome(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for read in view.reads:
        seen = seen or (bool(read.session.outcomes) and read.last is not None)
        findings.extend(_missing(view, read, "EXE-CLI-1"))
        findings.extend(_behind_the_outcome(read))
        findings.extend(_wrong(read, "EXE-CLI-1"))
    if not seen and not findings:
        return not_judged("precondition never met: no stream was asked for and came to an outcome")
    return judged(findings)


def _missing(view: View, read: Read, requirement: str) -> Iterator[Finding]:
    if read.session.outcomes:
        return
    began_us, bound_ms = read.session.call.at_us, ASK_MS
    entries: tuple[int, ...] = (read.session.call.entry,)
    if read.last is not None:
        if read.last.ended_us is None:
            return
        began_us, bound_ms = read.last.ended_us, OUTCOME_MS
        entries = (read.session.call.entry, read.last.request.entry, read.last.ended_entry)
    if read.session.read_until_us - began_us > bound_ms * 1_000 + view.allowance_us:
        what = "the stream was over" if read.last is not None else "the client was to read a stream"
        yield Finding(requirement, f"{what}, and within {bound_ms} ms no outcome was told", entries, upper_bound=True)


def _behind_the_outcome(read: Read) -> Iterator[Finding]:
    if not read.session.outcomes:
        return
    first = read.session.outcomes[0]
    late = next((note for note in (*read.session.outcomes[1:], *read.session.frames) if note.number > first.number), None)
    if late is not None:
        yield Finding("EXE-CLI-1", "something was told behind the outcome of a stream", (first.number, late.number))


def _wrong(read: Read, requirement: str) -> Iterator[Finding]:
    for note in read.session.outcomes[:1]:
        kind = note.data["data"].get("kind")
        if kind not in read.outcomes:
            wanted = " or ".join(sorted(read.outcomes))
            entries = (read.session.call.entry, *((read.last.request.entry,) if read.last is not None else ()), note.number)
            yield Finding(requirement, f"the outcome is {kind!r}; what was read of the stream says {wanted}", entries)


# --- CLI-2 ----------------------------------------------------------------------------------------------------------


def check_done(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for read in view.reads:
        findings.extend(_told_done(read))
        if not _ended_well(read):
            continue
        seen = seen or bool(read.session.outcomes)
        findings.extend(_missing(view, read, "EXE-CLI-2"))
        findings.extend(_wrong(read, "EXE-CLI-2"))
    if not seen and not findings:
        return not_judged("precondition never met: no stream was read to the end that its round has")
    return judged(findings)


def _told_done(read: Read) -> Iterator[Finding]:
    for note in read.session.frames:
        if note.data["data"].get("data") == DONE:
            yield Finding("EXE-CLI-2", "`[DONE]` was told as a frame", (note.number,))
            return


def _ended_well(read: Read) -> bool:
    """The answer is whole, and behind a frame that ends a round; with `[DONE]` or without it."""
    return read.last is not None and read.last.surely_whole and TRANSPORT_FAILURE not in read.outcomes
