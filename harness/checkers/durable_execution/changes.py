"""IDX-5: reading never starts a run and never changes one.

Judged of runs that were at rest, since others move by themselves: seen at rest, then read, then seen again, with no decision,
no crash and no time-out of an approval in between that could have moved them.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .asks import RUN_ID, Ask
from .phrases import named, proof_of, shown
from .runs import Run, Sample
from .view import View


def check_unchanged(view: View) -> Judgement:
    findings: list[Finding] = []
    witness = False
    for run in view.known_runs:
        findings += _other_run(run)
        for reader, before in _read_at_rest(view, run):
            findings += _started(view, run, reader, before)
            after = run.sample_after(reader.end_entry)
            if after is not None and not _may_move(view, run, before.asked, after.over):
                findings += _changed(run, reader, before, after)
                witness = witness or bool(reader.keys)
    if not findings and not witness:
        return not_judged("precondition never met: no run at rest was read and looked at again")
    return judged(findings[:1])


def _read_at_rest(view: View, run: Run) -> Iterator[tuple[Ask, Sample]]:
    may_lapse = bool((view.config.get("timing_ms") or {}).get("approval_timeout"))
    for reader in run.readers:
        before = run.rest_before(reader.entry)
        if before is not None and reader.status == 200 and (before.terminal or not may_lapse):
            yield reader, before


def _may_move(view: View, run: Run, first: int, last: int) -> bool:
    return run.decided_between(first, last) or view.died_between(first, last)


def _started(view: View, run: Run, reader: Ask, before: Sample) -> Iterator[Finding]:
    """The model is asked for its script again, by this run or by another one."""
    turn = next((turn for turn in run.turns if turn.entry > reader.entry), None)
    if turn is not None and not _may_move(view, run, before.asked, turn.entry):
        message = f"the model was asked for turn {turn.turn} of run {run.label}, which was {before.status}, behind {named(reader)}"
        yield Finding("EXE-IDX-5", message, (*proof_of(before.ask, reader), turn.entry))


def _changed(run: Run, reader: Ask, before: Sample, after: Sample) -> Iterator[Finding]:
    if after.status != before.status:
        message = f"run {run.label} was {before.status} before and {shown(after.status)} after {named(reader)}, which only reads it"
        yield Finding("EXE-IDX-5", message, proof_of(before.ask, reader, after.ask))


def _other_run(run: Run) -> Iterator[Finding]:
    for ask in run.readers:
        if ask.run_id is not None and ask.run_id != run.id:
            message = f"{named(ask)} got {RUN_ID} {shown(ask.run_id)}, expected no run but {shown(run.id)}"
            yield Finding("EXE-IDX-5", message, proof_of(ask))
