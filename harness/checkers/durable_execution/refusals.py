"""EXE-APR-2 and 3: decisions that come too late, and those for a call that is not the one that waits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...values.verdict import Finding, Judgement, judged, not_judged
from .calls import Call, announcements, frames_of, lapses, pending_at, read_calls
from .decisions import Decision
from .runs import Run, Sample
from .view import View

TOO_LATE = (409, 410)
NOT_THERE = (404, 409, 410)


def check_late(view: View) -> Judgement:
    """EXE-APR-2."""
    calls = read_calls(view).values()
    late = [(call, row) for call in calls for row in call.decisions if row.shape != "text" and _has_answer(row) and _is_over(call.run, row)]
    idle = [(call, row) for call in calls if not call.known for row in call.decisions if _has_answer(row) and _is_running(call.run, row)]
    if not late and not idle:
        return not_judged("precondition never met: no decision was sent to a run that is over or waits for none, and answered")
    findings = [finding for call, row in late for finding in _too_late(view, call, row)]
    return judged(
        [*findings, *(finding for call, row in idle for finding in _must_refuse(view, "EXE-APR-2", row, "a run that waits for none"))]
    )


def _has_answer(decision: Decision) -> bool:
    return decision.ask.status != 0 and decision.ask.status not in (401, 403)


def _is_over(run: Run, decision: Decision) -> bool:
    return run.over_entry is not None and run.over_entry < decision.ask.entry


def _is_running(run: Run, decision: Decision) -> bool:
    """Seen running before and after, so that it most likely waited for nothing; what is not a call of it is refused in any case."""
    before, after = run.sample_before(decision.ask.entry), run.sample_after(decision.ask.end_entry)
    return before is not None and before.status == "running" and after is not None and after.status != "suspended"


def _too_late(view: View, call: Call, decision: Decision) -> Iterator[Finding]:
    if decision.answer == "accepted" and not _tells_what_is_recorded(call, decision):
        message = f"{decision.words} was accepted by a run that was over before"
        yield Finding("EXE-APR-2", message, (call.run.over_entry or 0, decision.ask.head_entry))
        return
    if decision.shape == "path":
        yield from _wrong_status("EXE-APR-2", decision, TOO_LATE if call.known else NOT_THERE, "a run that is over")
    yield from _broken(view, "EXE-APR-2", decision, "a run that is over")


def _tells_what_is_recorded(call: Call, decision: Decision) -> bool:
    """A chat may say that the call was decided already; the route of approvals may tell the opposite decision so."""
    if decision.shape != "path":
        return decision.already
    recorded = {fate.approved for fate in call.fates} or {
        row.approved for row in call.decisions if row.answer == "accepted" and row is not decision
    }
    return (decision.already or decision.told is not None) and recorded != {decision.approved} and decision.told is not decision.approved


def _must_refuse(view: View, requirement: str, decision: Decision, whom: str) -> Iterator[Finding]:
    if decision.answer == "accepted":
        yield Finding(
            requirement, f"{decision.words}, which is no call of it, was accepted by {whom}", (decision.ask.entry, decision.ask.head_entry)
        )
    yield from _broken(view, requirement, decision, whom)


def _wrong_status(requirement: str, decision: Decision, allowed: tuple[int, ...], whom: str) -> Iterator[Finding]:
    status = decision.ask.status
    if 400 <= status < 500 and status not in allowed:
        message = f"{decision.words} was answered {status} by {whom}, not {' or '.join(map(str, allowed))}"
        yield Finding(requirement, message, (decision.ask.entry, decision.ask.head_entry))


def _broken(view: View, requirement: str, decision: Decision, whom: str) -> Iterator[Finding]:
    if decision.ask.status >= 500 and not (view.fails_writes or view.fails_reads):
        message = f"{decision.words} was answered {decision.ask.status} by {whom}, not refused"
        yield Finding(requirement, message, (decision.ask.entry, decision.ask.head_entry))


# --- forged and mismatched ----------------------------------------------------------------------------------------------


def check_forged(view: View) -> Judgement:
    """EXE-APR-3."""
    calls = read_calls(view)
    announced = {run.label: announcements(frames_of(run)) for run in view.known_runs}
    found: list[Finding] = []
    witnessed = False
    for (label, _), call in calls.items():
        for decision in call.decisions:
            waiting = _waiting(calls, announced[label], call, decision) if _has_answer(decision) else None
            if waiting is not None:
                found += _forged(view, call, waiting, decision)
                witnessed = witnessed or _still_waits(waiting, decision)
    if not witnessed and not found:
        return not_judged(
            "precondition never met: no decision with the id of another call was answered by a run that waited, and waited on"
        )
    return judged(found)


def _waiting(calls: Mapping[tuple[str, str], Call], announced: list[tuple[int, str]], call: Call, decision: Decision) -> Call | None:
    """The call that the run waited for while ``decision``, on another one, was under way; None if that is not sure."""
    sample = call.run.sample_before(decision.ask.entry)
    if sample is None or sample.status != "suspended":
        return None
    pending = calls.get((call.run.label, pending_at(announced, sample.asked) or ""))
    if pending is None or pending is call or pending.may_be_decided(decision.ask.end_entry):
        return None
    return pending


def _forged(view: View, call: Call, waiting: Call, decision: Decision) -> Iterator[Finding]:
    if not call.known:
        yield from _must_refuse(view, "EXE-APR-3", decision, f"a run that waits for {waiting.id!r}")
        if call.effects.all:
            yield Finding("EXE-APR-3", f"a tool was run for {call.id!r}, which is no call of the run", (call.effects.all[0].entry,))
    else:
        yield from _broken(view, "EXE-APR-3", decision, f"a run that waits for {waiting.id!r}")
    after = _next_sample(waiting, decision)
    if after is not None and after.status != "suspended" and not lapses(view):
        message = (
            f"a run that waited for {waiting.id!r} was {after.status} after {decision.words}, though nobody had decided {waiting.id!r}"
        )
        yield Finding("EXE-APR-3", message, (decision.ask.entry, after.over))
    first = waiting.first_fate
    moved = first is not None and first.entry > decision.ask.entry and (waiting.first_decision or first.entry) >= first.entry
    if first is not None and moved and not lapses(view):
        message = f"{waiting.id!r} was {'approved' if first.approved else 'denied'} ({first.how}) after {decision.words}"
        yield Finding("EXE-APR-3", message, (decision.ask.entry, first.entry))


def _next_sample(waiting: Call, decision: Decision) -> Sample | None:
    """The next status of the run, if nobody had decided the waiting call by then."""
    sample = waiting.run.sample_after(decision.ask.end_entry)
    if sample is None or waiting.may_be_decided(sample.over):
        return None
    return sample


def _still_waits(waiting: Call, decision: Decision) -> bool:
    """Afterwards the run was seen suspended, or the call that waits could be decided."""
    sample = _next_sample(waiting, decision)
    later = (row for row in waiting.decisions if row.ask.entry > decision.ask.end_entry)
    return (sample is not None and sample.status == "suspended") or any(row.answer == "accepted" for row in later)
