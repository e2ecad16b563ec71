"""EXE-APR-7: several decisions in one message, of which some are bad."""

from __future__ import annotations

from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .asks import Ask
from .calls import Call, announcements, frames_of, pending_at, read_calls
from .decisions import Decision, decisions_of, results_of
from .runs import Run
from .view import View


def check_batch(view: View) -> Judgement:
    """EXE-APR-7."""
    batches = [(run, ask, rows) for run in view.known_runs for ask, rows in _batches(view, run)]
    if not batches:
        return not_judged("precondition never met: no batch with a bad item was answered by a run that waited for one of its calls")
    return judged(finding for run, ask, rows in batches for finding in _judge(view, run, ask, rows))


def _batches(view: View, run: Run) -> Iterator[tuple[Ask, list[tuple[Call, Decision]]]]:
    """Of several items, of which one is for the call that waits and another for none that the run has."""
    calls = read_calls(view)
    announced = announcements(frames_of(run))
    for ask in run.own:
        rows = [
            (calls[run.label, decision.call], decision)
            for decision in decisions_of(ask)
            if _is_of(calls.get((run.label, decision.call)), ask)
        ]
        sample = run.sample_before(ask.entry)
        if len(rows) < 2 or ask.status == 0 or sample is None or sample.status != "suspended":
            continue
        pending = pending_at(announced, sample.asked)
        good = [call for call, _ in rows if call.id == pending and not _decided_elsewhere(call, ask)]
        if good and any(not call.known for call, _ in rows) and all(decision.shape == "parts" or ask.status < 400 for _, decision in rows):
            yield ask, rows


def _is_of(call: Call | None, ask: Ask) -> bool:
    return call is not None and any(decision.ask is ask for decision in call.decisions)


def _decided_elsewhere(call: Call, ask: Ask) -> bool:
    """Somebody else may have decided it before the batch was answered."""
    others = (row for row in call.decisions if row.ask is not ask)
    return any(row.ask.entry < ask.end_entry and row.answer != "refused" for row in others)


def _judge(view: View, run: Run, ask: Ask, rows: list[tuple[Call, Decision]]) -> Iterator[Finding]:
    where = (ask.entry, ask.head_entry)
    if ask.status >= 500 and not (view.fails_writes or view.fails_reads):
        yield Finding("EXE-APR-7", f"a batch with a bad item was answered {ask.status}", where)
    elif 400 <= ask.status < 500:
        yield Finding("EXE-APR-7", f"a batch was refused as a whole ({ask.status}), though one of its items was good", where)
    elif ask.is_event_stream or (ask.status == 200 and ask.is_whole and results_of(ask) is None):
        yield Finding("EXE-APR-7", "the answer to a batch with a bad item does not tell the outcome of each item", where)
    elif ask.status == 200 and ask.is_whole:
        sample = run.sample_before(ask.entry)
        pending = pending_at(announcements(frames_of(run)), sample.asked) if sample is not None else None
        for call, decision in rows:
            yield from _outcome(call, decision, where, is_good=call.id == pending)
    for call, decision in rows:
        yield from _truth(view, run, call, decision)


def _outcome(call: Call, decision: Decision, where: tuple[int, ...], *, is_good: bool) -> Iterator[Finding]:
    if not decision.named:
        yield Finding("EXE-APR-7", f"the answer to a batch says nothing of {call.id!r}", where)
    elif is_good and decision.answer == "refused":
        yield Finding("EXE-APR-7", f"the answer to a batch says that {call.id!r} was refused, which the run waited for", where)
    elif not call.known and decision.answer == "accepted":
        yield Finding("EXE-APR-7", f"the answer to a batch says that {call.id!r} was accepted, which is no call of the run", where)


def _truth(view: View, run: Run, call: Call, decision: Decision) -> Iterator[Finding]:
    """What is said to be accepted was applied; what is good was applied, whatever else was in the batch."""
    if decision.answer == "accepted" and call.known and call.still_undecided() and call.waits_at_end is not None:
        message = f"a batch was told that {call.id!r} was accepted, and the run still waits for it"
        yield Finding("EXE-APR-7", message, (decision.ask.entry, call.waits_at_end.over))
    only = all(row.ask is decision.ask for row in call.decisions)
    wrong = next((fate for fate in call.fates if fate.approved is not decision.approved), None)
    if only and wrong is not None and decision.answer == "accepted" and sum(row.ask is decision.ask for row in call.decisions) == 1:
        message = f"a batch was told that its decision on {call.id!r} was accepted, and the opposite was applied"
        yield Finding("EXE-APR-7", message, (decision.ask.entry, wrong.entry))
