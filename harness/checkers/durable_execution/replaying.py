"""IDX-1, IDX-4: replay(k) == original[k:], and going on behind a cut. Whose requirement a difference is: see `replays`.

A requirement passes only on a reading that brought frames: an empty answer at the end of the stream proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .phrases import got, named, proof_of
from .replays import Reading, Replays
from .runs import Run
from .starts import start_of
from .view import View

REFUSALS_ELSEWHERE = (200, 404, 416)
"""A 404 is a matter of CREATE-3 or of recovery, a 416 of IDX-3."""


def check_replays(view: View) -> Judgement:
    findings = list(differences(view, "EXE-IDX-1"))
    findings += [finding for run in view.known_runs for finding in _refused(view, run)]
    if not findings and not any(_compared(view, lambda reading: not reading.is_creation and reading.resumes is None)):
        return not_judged("precondition never met: no replay with frames could be compared with the whole stream of its run")
    return judged(findings[:1])


def check_resumed(view: View) -> Judgement:
    findings = list(differences(view, "EXE-IDX-4"))
    if not findings and not any(_compared(view, lambda reading: reading.resumes is not None and reading.resumes.agrees)):
        return not_judged("precondition never met: no reading with frames went on at last seen + 1 behind one that broke off")
    return judged(findings[:1])


def differences(view: View, requirement: str) -> Iterator[Finding]:
    """The first difference of each reading that is a matter of a requirement."""
    for replays in _comparable(view):
        for reading in replays.compared():
            difference = replays.difference(reading)
            if difference is None or difference.requirement != requirement or (difference.is_short and view.fails_reads):
                continue
            yield Finding(requirement, difference.message, replays.proof(reading, difference))


def _comparable(view: View) -> Iterator[Replays]:
    """Where writes were made to fail, what is missing is a matter of SSE-5."""
    return iter(()) if view.fails_writes else iter(view.replays.values())


def _compared(view: View, chosen: Callable[[Reading], bool]) -> Iterator[Reading]:
    for replays in _comparable(view):
        yield from (reading for reading in replays.compared() if reading.ask.keys and chosen(reading))


def _refused(view: View, run: Run) -> Iterator[Finding]:
    """A plain index within the stream is never refused."""
    replays = view.replays[run.label]
    for ask in replays.asked:
        start = start_of(ask)
        if ask is run.create or start.kind != "plain" or start.odd or start.value > replays.length or not view.lived_through(ask):
            continue
        if ask.status == 204 and start.value < replays.known_at(ask.entry):
            message = f"{named(ask)} got 204, expected the frames from {start.value} on: they had been read before"
            yield Finding("EXE-IDX-1", message, proof_of(ask))
        elif (ask.status and ask.status not in (*REFUSALS_ELSEWHERE, 204)) or (not ask.status and ask.how == "cut"):
            yield Finding("EXE-IDX-1", f"{named(ask)} with index {start.value} got {got(ask)}, expected the stream", proof_of(ask))
