"""SSE-2, SSE-3: every body ends, and its end tells what became of the run.

How a body ends is read from its last round (see `meaning`); a reader from a later index knows what stood before it. It is held
against the status of the run: a finish means completed, a finish behind an error operation failed, an approval request
suspended. `event: error` is for a failure of the transport, which only a store that is made to fail can have; a body that is
cut though the server lives hides one.

Which requirement a body that hangs breaks: IDX-2 where its index was bad, IDX-3 where it was behind the end, CREATE-1 where a
creation got no head, else SSE-3. A stream that ends for good at the first suspension is SSE-6.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .asks import READING, Ask
from .meaning import Ending
from .phrases import got, named, proof_of
from .replays import Reading, Replays
from .runs import Run
from .starts import start_of
from .view import View

STATUS_BY_ENDING = {"success": "completed", "done": "completed", "failure": "failed"}
WORDS = {
    "success": "a finish without an error operation",
    "done": "`[DONE]` without an error operation",
    "failure": "a finish behind an error operation",
    "suspended": "an approval request",
}

# --- SSE-2 ------------------------------------------------------------------------------------------------------------


def check_tells(view: View) -> Judgement:
    """Where writes were made to fail, a frame that is missing is a matter of SSE-5."""
    if view.fails_writes:
        return not_judged("not judged: writes into the stream were made to fail")
    findings: list[Finding] = []
    witness = False
    for replays in view.replays.values():
        for reading in replays.all:
            if not view.lived_through(reading.ask) or reading.ask.how not in ("end", "cut"):
                continue
            found = list(_untold(view, replays, reading))
            findings += found
            witness = witness or (not found and _is_true(replays, reading))
    if not findings and not witness:
        return not_judged("precondition never met: no stream of a known run ended in a way that its status bears out")
    return judged(findings[:1])


def _untold(view: View, replays: Replays, reading: Reading) -> Iterator[Finding]:
    ask = reading.ask
    ending = replays.ending(reading)
    if ask.how == "cut":
        message = f"{named(ask)} was cut inside the body though the server lived, expected `event: error` or an end that tells"
        yield Finding("EXE-SSE-2", message, proof_of(ask))
    elif ending == "transport":
        if not view.fails_reads:
            yield Finding("EXE-SSE-2", f"{named(ask)} got `event: error` though no read was made to fail", proof_of(ask))
    elif not ask.keys or ending == "nothing" or (ending == "done" and reading.run.via != "chat"):
        yield from _tells_nothing(view, replays, reading)
    else:
        yield from _untrue(reading, ending)


def _tells_nothing(view: View, replays: Replays, reading: Reading) -> Iterator[Finding]:
    """A body without frames has nothing to tell where none were known; one that is too short is a matter of IDX-1, unless reads fail."""
    ask = reading.ask
    if not ask.keys and reading.first >= replays.known_at(ask.entry):
        return
    short = replays.run.original is not None and replays.difference(reading) is not None
    if not short or view.fails_reads:
        message = f"{named(ask)} ended behind frame {reading.end - 1} without a finish, an approval request or `event: error`"
        yield Finding("EXE-SSE-2", message, proof_of(ask))


def _untrue(reading: Reading, ending: Ending) -> Iterator[Finding]:
    """The status of the run says something else than the body."""
    run, ask = reading.run, reading.ask
    if ending == "suspended":
        before = run.rest_before(ask.entry)
        if before is not None and before.terminal and not run.accepted:
            message = f"{named(ask)} ended with an approval request though the run was {before.status}, expected a finish"
            yield Finding("EXE-SSE-2", message, proof_of(before.ask, ask))
        return
    expected = STATUS_BY_ENDING[ending]
    after = next((sample for sample in run.samples_after(ask.end_entry) if sample.at_rest), None)
    if after is None or after.status == expected or _went_on(run, reading, after.asked):
        return
    message = f"{named(ask)} ended with {WORDS[ending]}, which means {expected}, but the run was {after.status}"
    yield Finding("EXE-SSE-2", message, proof_of(ask, after.ask))


def _went_on(run: Run, reading: Reading, entry: int) -> bool:
    """A decision may have moved it between the end of the body and the look at its status."""
    return run.original is not None and reading.end < len(run.original) and run.decided_between(reading.ask.entry, entry)


def _is_true(replays: Replays, reading: Reading) -> bool:
    """What the body tells was borne out."""
    ending, run = replays.ending(reading), reading.run
    if ending == "transport":
        return bool(reading.ask.keys)
    if not reading.ask.keys or run.original is None:
        return False
    if ending == "suspended":
        return any(sample.status == "suspended" for sample in run.samples)
    return bool(run.last_status == STATUS_BY_ENDING.get(ending))


# --- SSE-3 ------------------------------------------------------------------------------------------------------------


def check_ends(view: View) -> Judgement:
    findings = [finding for ask in view.asks for finding in _hangs(view, ask)]
    witness = any(
        reading.ask.is_whole and reading.ask.keys and any(sample.at_rest for sample in replays.run.samples)
        for replays in view.replays.values()
        for reading in replays.all
    )
    if not findings and not witness:
        return not_judged("precondition never met: no stream with frames was read to its end, of a run that was at rest")
    return judged(findings[:1])


def _hangs(view: View, ask: Ask) -> Iterator[Finding]:
    if ask.how != "timeout" or not view.lived_through(ask) or not isinstance(ask.tenant, int):
        return
    run = view.runs.get(ask.creates or "") or view.run_of(ask)
    if ask.route not in READING and ask.creates is None:
        if not ask.status and ask.meant is None:
            yield Finding("EXE-SSE-3", f"{named(ask)} got {got(ask)}", proof_of(ask), upper_bound=True)
        return
    if run is None or (ask.creates is not None and not ask.status):
        return
    start = start_of(ask)
    replays = view.replays.get(run.label)
    behind = replays is not None and start.value > replays.known_at(ask.over_entry)
    open_ms = view.open_at_rest_ms(run, ask)
    if open_ms is not None and (ask.creates is not None or (start.kind == "plain" and not behind)):
        message = f"{named(ask)} was open for {open_ms} ms while the run was at rest, expected its end within 5000 ms"
        yield Finding("EXE-SSE-3", message, proof_of(ask), upper_bound=True)
