"""SSE-5, SSE-6: what was written stays readable: frames whose write failed, and what follows an approval.

SSE-5 is judged where the config made a write fail and the stream came as far. Then the run must have failed, or a stream must
have told `event: error`, or nothing may be missing: the text of the script, the finish of a completed run, the request of a
suspended one, and every frame that another reader saw.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .phrases import named, proof_of, shown
from .replays import Replays, ending_at
from .runs import Run
from .view import View

# --- SSE-5 ------------------------------------------------------------------------------------------------------------


def check_writes(view: View) -> Judgement:
    if not view.fails_writes:
        return not_judged("precondition never met: no write into the stream was made to fail")
    after = view.config["fail_writes"]["after"]
    findings: list[Finding] = []
    witness = False
    for replays in view.replays.values():
        run = replays.run
        if run.original is None or not run.turns or run.crashed:
            continue
        findings += [] if _shows(replays) else list(_missing(replays))
        witness = witness or len(run.original) > after or run.last_status == "failed"
    if not findings and not witness:
        return not_judged("precondition never met: no stream came to the write that was to fail")
    return judged(findings[:1])


def _shows(replays: Replays) -> bool:
    """The failure can be seen."""
    return replays.run.last_status == "failed" or any(reading.ask.failed_stream for reading in replays.all)


def _missing(replays: Replays) -> Iterator[Finding]:
    """The first sign of a frame that was dropped."""
    run = replays.run
    original = run.original or ()
    ending = ending_at(original, len(original))
    expected = run.expected_text
    text = run.text
    said = "a write into its stream failed, and neither the run nor a stream did"
    if run.last_status == "completed" and text != expected:
        message = f"{said}: the stream of run {run.label} says {shown(text)}, expected {shown(expected)}"
        yield Finding("EXE-SSE-5", message, proof_of(run.whole))
    elif not expected.startswith(text):
        message = f"{said}: the stream of run {run.label} says {shown(text)}, expected a beginning of {shown(expected)}"
        yield Finding("EXE-SSE-5", message, proof_of(run.whole))
    elif run.last_status == "completed" and ending not in ("success", "done"):
        message = f"{said}: the stream of run {run.label}, which is completed, has no finish"
        yield Finding("EXE-SSE-5", message, proof_of(run.whole))
    elif run.last_status == "suspended" and ending != "suspended":
        message = f"{said}: the stream of run {run.label}, which is suspended, does not end with an approval request"
        yield Finding("EXE-SSE-5", message, proof_of(run.whole))
    for reading in replays.all:
        if not reading.agrees:
            message = f"{said}: {named(reading.ask)} got frames that the stream of run {run.label} does not have in that place"
            yield Finding("EXE-SSE-5", message, proof_of(reading.ask, run.whole))


# --- SSE-6 ------------------------------------------------------------------------------------------------------------


def check_rounds(view: View) -> Judgement:
    findings: list[Finding] = []
    witness = False
    for run in view.known_runs:
        if run.original is None or not run.accepted or run.crashed or view.fails_writes:
            continue
        went_on = _went_on(run)
        if went_on is not None and ending_at(run.original, len(run.original)) == "suspended":
            message = f"the stream of run {run.label} ends with an approval request, though an approval was accepted and {went_on}"
            findings.append(Finding("EXE-SSE-6", message, proof_of(run.accepted[0], run.whole)))
        witness = witness or _reads_on(run)
    if not findings and not witness:
        return not_judged("precondition never met: no run went on behind an approval")
    return judged(findings[:1])


def _went_on(run: Run) -> str | None:
    """What shows that there was something to read behind the last announced call."""
    if run.last_status in ("completed", "failed"):
        return f"the run is {run.last_status}"
    return None


def _reads_on(run: Run) -> bool:
    """The whole stream has frames behind a request that was decided."""
    if not run.announced:
        return False
    first = run.announced[0][0]
    return any(frame.said.goes_on for frame in (run.original or ())[first + 1 :])
