"""EXE-RCV-1 and 2: what a crash of the server, and a step that is tried again, may leave behind."""

from __future__ import annotations

from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .calls import lapses
from .effects import effects_of, twice
from .phrases import named, proof_of, shown
from .replays import ending_at
from .runs import REST, Run
from .view import View

# --- RCV-1 --------------------------------------------------------------------------------------------------------------


def check_crash(view: View) -> Judgement:
    """EXE-RCV-1. A run that no client had heard of when the server died was promised to nobody."""
    struck = [(run, death) for run in view.known_runs for death in [_first_death(run)] if death is not None]
    seen = [(run, death) for run, death in struck if _asked_since(view, run, death)]
    if not seen:
        return not_judged("precondition never met: no run was under way when the server was killed, and asked for when it was back")
    return judged(finding for run, death in seen for finding in _recovered(view, run, death))


def _first_death(run: Run) -> int | None:
    """Where the server was first killed while the run was under way: a client had its id, nobody had seen its end."""
    if run.create is None or not run.crashed:
        return None
    return next((death for death in run.deaths if death > run.create.head_entry and not _seen_over(run, death)), None)


def _seen_over(run: Run, entry: int) -> bool:
    finished = any(
        frame.said.finish and frame.entry < entry for ask in (run.create, *run.readers) if ask is not None for frame in ask.frames
    )
    return finished or (run.over_entry is not None and run.over_entry < entry)


def _asked_since(view: View, run: Run, death: int) -> bool:
    """Its status was asked for in a later life, and the server lived to answer."""
    return any(ask.route == "status" and ask.entry > death and ask.status and view.lived_through(ask) for ask in run.own)


def _recovered(view: View, run: Run, death: int) -> Iterator[Finding]:
    for ask in run.own:
        if ask.route in ("status", "stream") and ask.entry > death and ask.status >= 400 and ask.meant is None and not ask.start_texts:
            yield Finding(
                "EXE-RCV-1",
                f"{named(ask)} was answered {ask.status} by a server that had been killed and was back",
                (death, *proof_of(ask)),
            )
            break
    yield from _changed(view, run, "EXE-RCV-1", "the server was killed")
    if not view.fails_writes:
        yield from _text(run, "EXE-RCV-1", "the server was killed")
    for call in dict.fromkeys(effect.call for effect in view.model.effects_by_run.get(run.id or "", ()) if effect.call is not None):
        yield from twice("EXE-RCV-1", call, effects_of(view, run, call))
    last = run.samples[-1] if run.samples else None
    if last is not None and last.asked > death and last.ask.last and last.status not in REST:
        message = f"run {run.label} was still {last.status!r} at the end: it did not go on after the server was killed"
        yield Finding("EXE-RCV-1", message, (death, last.over), upper_bound=True)
    if last is not None and last.status == "failed" and _cannot_fail(view, run):
        yield Finding("EXE-RCV-1", f"run {run.label} failed, and nothing but the server had", (death, last.over))


def _cannot_fail(view: View, run: Run) -> bool:
    """Neither its script, nor a fault, nor the config gives a reason to fail."""
    scripted = any(turn.status is not None or turn.cut_after is not None for turn in run.script.turns)
    told_to = any(call.arguments.get("fail") is True for call in run.script.calls)
    struck = any(entry.data["fault"] != "crash" for entry in view.model.faults)
    return not (scripted or told_to or struck or lapses(view) or view.fails_writes or view.fails_reads)


# --- what both share ----------------------------------------------------------------------------------------------------


def _changed(view: View, run: Run, requirement: str, cause: str) -> Iterator[Finding]:
    """What readers saw before is a part of the stream afterwards."""
    if run.original is None or view.fails_writes:
        return
    for reading in view.replays[run.label].all:
        if reading.ask is not run.whole and reading.ask.entry <= run.disturbed and not reading.agrees:
            message = f"{named(reading.ask)} brought frames that the stream has no more in that place, since {cause}"
            yield Finding(requirement, message, proof_of(reading.ask, run.whole))
            return


def _text(run: Run, requirement: str, cause: str) -> Iterator[Finding]:
    """The text of the stream is that of the script, or as long as the run is not completed a beginning of it."""
    if run.original is None:
        return
    expected = run.expected_text
    # A stream that ends for good at a suspension shows a beginning only (SSE-6).
    completed = run.last_status == "completed" and ending_at(run.original, len(run.original)) != "suspended"
    more = completed and any(turn.says == "beyond" for turn in run.turns)
    right = run.text.startswith(expected) if more else run.text == expected if completed else expected.startswith(run.text)
    if not right:
        wanted = "" if completed else "a beginning of "
        message = f"the stream of run {run.label} says {shown(run.text)}, expected {wanted}{shown(expected)}, since {cause}"
        yield Finding(requirement, message, proof_of(run.whole))


# --- RCV-2 --------------------------------------------------------------------------------------------------------------


def check_retry(view: View) -> Judgement:
    """EXE-RCV-2. A server that never tries again by itself does so behind a crash; what is wrong there is a matter of RCV-1."""
    retried = [run for run in view.known_runs if run.retried and run.original is not None and not view.fails_writes]
    if not retried:
        return not_judged("precondition never met: the model was not asked twice for one turn of a run that could be read to its end")
    return judged(finding for run in retried if not run.crashed for finding in _tried_again(view, run))


def _tried_again(view: View, run: Run) -> Iterator[Finding]:
    cause = "a step was tried again"
    yield from _text(run, "EXE-RCV-2", cause)
    yield from _changed(view, run, "EXE-RCV-2", cause)
    asks = [ask for ask in (run.create, *run.readers) if ask is not None and ask.status == 200]
    for ask in asks:
        finish = next((place for place, frame in enumerate(ask.frames) if frame.said.finish), None)
        if finish is not None and finish + 1 < len(ask.frames):
            yield Finding(
                "EXE-RCV-2", f"{named(ask)} brought frames behind the end of the stream", (ask.frames[finish + 1].entry, *proof_of(ask))
            )
            break
    yield from _repeated(run)


def _repeated(run: Run) -> Iterator[Finding]:
    """A call is announced once, and its outcome told once."""
    seen: set[tuple[str, str]] = set()
    for frame in run.original or ():
        call = frame.said.approval or frame.said.output
        if call is not None and (frame.said.type, call) in seen:
            yield Finding("EXE-RCV-2", f"the stream of run {run.label} tells {frame.said.type} of {call!r} twice", (frame.entry,))
            return
        if call is not None:
            seen.add((frame.said.type, call))
