"""EXE-APR-10: an approval that waits survives a restart, and its time comes to an end."""

from __future__ import annotations

from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .calls import Call, read_calls
from .runs import Sample
from .view import View

TIMER_US = 2_000
"""How much sooner a timer may fire than it was set for."""


def check_pending(view: View) -> Judgement:
    """EXE-APR-10."""
    calls = [call for call in read_calls(view).values() if call.announced is not None]
    survivals = [(call, before, after) for call in calls for before, after in _over_a_restart(view, call)]
    timeout_us = ((view.config.get("timing_ms") or {}).get("approval_timeout") or 0) * 1000
    ends = [(call, *found) for call in calls if timeout_us and (found := _behind_its_time(view, call, timeout_us)) is not None]
    if not survivals and not ends:
        return not_judged("precondition never met: no approval waited over a restart of the server, or for its whole time")
    findings = [finding for call, before, after in survivals for finding in _survival(view, call, before, after, timeout_us)]
    findings += [finding for call, waiting, behind in ends for finding in _end_of_time(call, waiting, behind, timeout_us)]
    return judged([*findings, *(finding for call, _, _ in ends for finding in _too_early(view, call, timeout_us))])


def _over_a_restart(view: View, call: Call) -> Iterator[tuple[Sample, Sample]]:
    """The run was seen suspended for the call, the server died, and then its status was told again; nobody had decided by then."""
    for death in view.deaths:
        before = call.run.sample_before(death)
        after = call.run.sample_after(death)
        if before is None or after is None or before.status != "suspended" or before.asked < (call.announced or 0):
            continue
        asked = call.first_decision
        if _is_latest(call, before) and (asked is None or asked > after.over):
            yield before, after


def _is_latest(call: Call, sample: Sample) -> bool:
    """Whether the run waited for this call, not for a later one whose request nobody had read yet: the next is announced behind."""
    ids = [id for _, id in call.run.announced]
    place = ids.index(call.id) if call.id in ids else -1
    later = set(ids[place + 1 :])
    return place >= 0 and not any(
        frame.said.approval in later and frame.entry < sample.asked for ask in call.run.readers for frame in ask.frames
    )


def _survival(view: View, call: Call, before: Sample, after: Sample, timeout_us: int) -> Iterator[Finding]:
    if timeout_us and after.ask.over_us - before.ask.at_us >= timeout_us:
        return
    if after.terminal:
        message = (
            f"the run waited for {call.id!r} when the server was killed, and was {after.status} when it was back, though nobody had decided"
        )
        yield Finding("EXE-APR-10", message, (before.over, after.over))
    first = call.first_fate
    if first is not None and not timeout_us and before.over < first.entry < (call.first_decision or first.entry + 1):
        yield Finding("EXE-APR-10", f"{call.id!r} was decided by a restart: {first.how}", (before.over, first.entry))


# --- its time -----------------------------------------------------------------------------------------------------------


def _behind_its_time(view: View, call: Call, timeout_us: int) -> tuple[Sample, Sample] | None:
    """(the first status by which the run waited for the call, one behind all the time that it may take to end); nobody decided."""
    samples = call.run.samples_after(call.announced or 0)
    waiting = next((sample for sample in samples if sample.status == "suspended"), None)
    if waiting is None:
        return None
    behind_us = waiting.ask.over_us + timeout_us + view.ends_us
    behind = next((sample for sample in samples if sample.ask.at_us >= behind_us), None)
    decided = any(row.answer != "refused" and (behind is None or row.ask.entry < behind.over) for row in call.decisions)
    return None if behind is None or decided else (waiting, behind)


def _end_of_time(call: Call, waiting: Sample, behind: Sample, timeout_us: int) -> Iterator[Finding]:
    is_last = bool(call.run.announced) and call.run.announced[-1][1] == call.id
    if behind.status == "suspended" and is_last and not call.fates:
        message = f"{call.id!r} was still waited for when its {timeout_us // 1000} ms were long over"
        yield Finding("EXE-APR-10", message, (waiting.over, behind.over), upper_bound=True)
    given = next((fate for fate in call.fates if fate.approved and fate.entry < behind.over), None)
    if given is not None:
        message = f"{call.id!r} ran out of time, and was approved: {given.how}"
        yield Finding("EXE-APR-10", message, (waiting.over, given.entry))


def _too_early(view: View, call: Call, timeout_us: int) -> Iterator[Finding]:
    """The time cannot begin before the model asked for the call."""
    asked = [turn for turn in call.run.turns if turn.turn < len(call.run.script.turns) and _asks_for(call, turn.turn)]
    ends = [fate.entry for fate in call.fates if not fate.approved]
    ends += [sample.over for sample in call.run.samples if sample.status == "failed"]
    if asked and ends and view.history.entries[min(ends) - 1].at_us - asked[0].at_us < timeout_us - TIMER_US:
        message = f"{call.id!r} ran out of time sooner than {timeout_us // 1000} ms after the model had asked for it"
        yield Finding("EXE-APR-10", message, (asked[0].entry, min(ends)))


def _asks_for(call: Call, turn: int) -> bool:
    return any(row.id == call.id for row in call.run.script.turns[turn].calls)
