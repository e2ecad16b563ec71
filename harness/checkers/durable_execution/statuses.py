"""STAT-1..3: the status of a run over time, by samples: each holds at some moment between its ask and its answer.

One sample is behind another only if it was asked for when the other had been answered. So what is judged is a subsequence of
a legal walk: a terminal status is never followed by another, ``updatedAt`` never goes back. A run that stays running is a matter
of STAT-1 where nothing excuses it: no crash (that is RCV-1), no gate that stays shut, no model that always fails (STAT-3).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from ...contracts.durable_script import Turn
from ...values.verdict import Finding, Judgement, judged, not_judged
from .asks import Ask
from .model import TurnAsked
from .phrases import got, named, proof, proof_of, shown
from .runs import STATUSES, TERMINAL, Run, Sample
from .view import FAILS_MS, View

# --- STAT-1 -----------------------------------------------------------------------------------------------------------


def check_walk(view: View) -> Judgement:
    findings: list[Finding] = []
    witness = False
    for run in view.known_runs:
        found = [*_walk(run), *_stuck(view, run)][:1]
        findings += found
        witness = witness or (len(run.samples) > 1 and any(sample.at_rest for sample in run.samples))
    if not findings and not witness:
        return not_judged("precondition never met: no run was seen at rest and looked at again")
    return judged(findings[:1])


def _walk(run: Run) -> Iterator[Finding]:
    """Against the last terminal sample, and the latest ``updatedAt``, that was answered before each was asked for."""
    by_over = sorted(run.samples, key=lambda sample: sample.over)
    place = 0
    terminal: Sample | None = None
    latest: Sample | None = None
    for sample in run.samples:
        while place < len(by_over) and by_over[place].over < sample.asked:
            earlier = by_over[place]
            terminal = terminal or (earlier if earlier.terminal else None)
            latest = _later(latest, earlier)
            place += 1
        if sample.status not in STATUSES:
            message = f"{named(sample.ask)} got the status {shown(sample.status)}, expected one of {', '.join(STATUSES)}"
            yield Finding("EXE-STAT-1", message, proof_of(sample.ask))
        elif terminal is not None and sample.status != terminal.status:
            message = f"{named(sample.ask)} got {sample.status} behind {terminal.status}, which is final"
            yield Finding("EXE-STAT-1", message, proof_of(terminal.ask, sample.ask))
        elif sample.updated_s is None:
            got_time = shown(sample.body.get("updatedAt"))
            message = f"{named(sample.ask)} got updatedAt {got_time}, expected a time in ISO 8601 or of the epoch"
            yield Finding("EXE-STAT-1", message, proof_of(sample.ask))
        elif latest is not None and latest.updated_s is not None and sample.updated_s < latest.updated_s:
            values = f"{shown(sample.body.get('updatedAt'))} behind {shown(latest.body.get('updatedAt'))}"
            message = f"{named(sample.ask)} got updatedAt {values}, expected nothing earlier"
            yield Finding("EXE-STAT-1", message, proof_of(latest.ask, sample.ask))


def _later(one: Sample | None, other: Sample) -> Sample:
    if one is None or one.updated_s is None:
        return other
    return other if other.updated_s is not None and other.updated_s > one.updated_s else one


def _stuck(view: View, run: Run) -> Iterator[Finding]:
    """It is running at the end of the example, though nothing holds it up."""
    last = run.samples[-1] if run.samples else None
    if last is None or last.status != "running" or not last.ask.last or not run.turns:
        return
    held = any(turn.gate is not None for turn in run.script.turns) or any(_always_fails(turn) for turn in run.script.turns)
    if held or run.crashed or view.model.faults or view.fails_writes or last.ask.at_us - run.turns[-1].at_us < view.ends_us:
        return
    message = f"{named(last.ask)} still got running at the end, expected run {run.label} to be at rest: its model had answered"
    yield Finding("EXE-STAT-1", message, proof(run.turns[-1].entry, *proof_of(last.ask)), upper_bound=True)


# --- STAT-2 -----------------------------------------------------------------------------------------------------------


def check_suspended(view: View) -> Judgement:
    """Only where nobody else decides."""
    findings: list[Finding] = []
    witness = False
    for run in view.known_runs:
        for sample, decision in _alone(view, run):
            if decision.status != 200:
                message = f"{named(decision)}, for the announced call, got {got(decision)}, expected 200: the run had shown suspended"
                findings.append(Finding("EXE-STAT-2", message, proof_of(sample.ask, decision)))
            else:
                witness = True
        findings += _still_suspended(view, run)
    if not findings and not witness:
        return not_judged("precondition never met: no announced call of a suspended run was decided by one ask alone")
    return judged(findings[:1])


def _alone(view: View, run: Run) -> Iterator[tuple[Sample, Ask]]:
    """Decisions for the announced call of a run seen suspended, with no other decision since it was looked at."""
    announced = _announcements(run)
    in_time = not (view.config.get("timing_ms") or {}).get("approval_timeout")
    decisions = run.decisions if in_time else []
    before = 0
    for number, ask in enumerate(decisions):
        sample, ended = run.sample_before(ask.entry), before
        before = max(before, ask.end_entry)
        if ask.route != "approval" or ask.tenant != run.tenant or not _is_decision(ask) or not ask.status:
            continue
        if sample is None or sample.status != "suspended" or view.died_between(sample.asked, ask.end_entry):
            continue
        following = decisions[number + 1].entry if number + 1 < len(decisions) else ask.end_entry + 1
        place = bisect_left(announced, (ask.entry, ""))
        again = any(earlier.status == 200 and earlier.call == ask.call_asked for earlier in decisions[:number])
        if place and announced[place - 1][1] == ask.call_asked and ended < sample.asked and following > ask.end_entry and not again:
            yield sample, ask


def _is_decision(ask: Ask) -> bool:
    return (
        isinstance(ask.body, dict) and isinstance(ask.body.get("approved"), bool) and isinstance(ask.body.get("reason"), (str, type(None)))
    )


def _announcements(run: Run) -> list[tuple[int, str]]:
    """(entry, call) of the approval requests that readers saw, in the order of arrival."""
    readers = [*([run.create] if run.create is not None else []), *run.readers]
    found = [(frame.entry, frame.said.approval) for ask in readers for frame in ask.frames if frame.said.approval is not None]
    return sorted(found)


def _still_suspended(view: View, run: Run) -> Iterator[Finding]:
    """Suspended, though each call that was ever announced had been decided."""
    announced = {call for _, call in run.announced} | {call for _, call in _announcements(run)}
    if not announced or run.crashed or view.may_wait_unseen(run):
        return
    decided: set[str] = set()
    accepted = sorted((ask for ask in run.decisions if ask.route == "approval" and ask.status == 200), key=lambda ask: ask.end_entry)
    for ask in accepted:
        if ask.call_asked is not None and ask.is_whole:
            decided.add(ask.call_asked)
        if announced <= decided:
            sample = next((sample for sample in run.samples_after(ask.end_entry) if sample.status == "suspended"), None)
            if sample is not None:
                message = f"{named(sample.ask)} got suspended though the last announced call had been decided by {named(ask)}"
                yield Finding("EXE-STAT-2", message, proof_of(ask, sample.ask))
            return


# --- STAT-3 -----------------------------------------------------------------------------------------------------------


def check_failure(view: View) -> Judgement:
    findings: list[Finding] = []
    witness = False
    for run in view.known_runs:
        failure = _first_failure(run)
        if failure is None:
            continue
        finding = _not_failed(view, run, failure)
        findings += [] if finding is None else [finding]
        witness = witness or run.last_status == "failed"
    if not findings and not witness:
        return not_judged("precondition never met: no run was looked at whose model always fails")
    return judged(findings[:1])


def _always_fails(turn: Turn) -> bool:
    return (turn.status is not None and turn.status >= 400) or turn.cut_after is not None


def _first_failure(run: Run) -> TurnAsked | None:
    """The first request to the model that can only fail, whenever it is tried."""
    turns = run.script.turns
    return next((asked for asked in run.turns if asked.turn < len(turns) and _always_fails(turns[asked.turn])), None)


def _not_failed(view: View, run: Run, failure: TurnAsked) -> Finding | None:
    """It claims success, or takes more than the time that is allowed. Behind a crash the time begins anew."""
    rebirths = [entry.at_us for entry in view.history.of_kind("back") if entry.number > failure.entry]
    begin_us = max([failure.at_us, *rebirths])
    for sample in run.samples_after(failure.entry):
        if sample.status == "completed":
            message = f"{named(sample.ask)} got completed, expected failed: turn {failure.turn} of its model always fails"
            return Finding("EXE-STAT-3", message, (failure.entry, *proof_of(sample.ask)))
        late_ms = (sample.ask.at_us - begin_us - view.allowance_us) // 1000
        if sample.status not in TERMINAL and late_ms >= FAILS_MS:
            message = (
                f"{named(sample.ask)} got {shown(sample.status)} {late_ms} ms after its model failed, expected failed in {FAILS_MS} ms"
            )
            return Finding("EXE-STAT-3", message, (failure.entry, *proof_of(sample.ask)), upper_bound=True)
    return None
