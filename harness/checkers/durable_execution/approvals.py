"""EXE-APR-1, 4, 5, 6: what was decided on a call, what was answered, and what became of it, held against one another."""

from __future__ import annotations

from collections.abc import Iterator

from ...contracts.durable_execution_roles import EFFECTS
from ...values.verdict import Finding, Judgement, judged, not_judged
from .calls import Call, lapses, read_calls
from .decisions import Decision
from .effects import twice
from .linearizable import contradiction
from .view import ENDS_MS, View

MAY_REFUSE = (409, 410)
"""How the same decision may be refused when it is not the first."""


def check_duplicates(view: View) -> Judgement:
    """EXE-APR-1."""
    groups = [group for call in read_calls(view).values() if call.gated for group in _equal_decisions(call)]
    told = [(call, group) for call, group in groups if any(decision.answer != "unknown" or decision.ask.status for decision in group)]
    if not told:
        return not_judged("precondition never met: no call was decided twice alike after its approval was asked for")
    return judged(finding for call, group in told for finding in _duplicates(view, call, group))


def _equal_decisions(call: Call) -> Iterator[tuple[Call, list[Decision]]]:
    for approved in (True, False):
        group = [decision for decision in call.decisions if decision.approved is approved and decision.shape in ("path", "parts")]
        group = [decision for decision in group if call.announced is not None and decision.ask.entry > call.announced]
        if len(group) > 1:
            yield call, group


def _duplicates(view: View, call: Call, group: list[Decision]) -> Iterator[Finding]:
    for decision in group:
        status = decision.ask.status
        if status >= 500 and not (view.fails_writes or view.fails_reads):
            yield Finding(
                "EXE-APR-1", f"one of {len(group)} equal decisions, {decision.words}, was answered {status}", (decision.ask.head_entry,)
            )
        elif _waits(call, decision) and decision.shape == "path" and 400 <= status < 500 and status not in MAY_REFUSE:
            message = f"one of {len(group)} equal decisions, {decision.words}, was answered {status}, neither 200 nor 409 nor 410"
            yield Finding("EXE-APR-1", message, (decision.ask.head_entry,))
    opposed = any(decision.approved is not group[0].approved for decision in call.decisions)
    refused = all(decision.answer == "refused" for decision in call.decisions)
    if not opposed and refused and any(_waits(call, decision) for decision in group) and not lapses(view):
        yield Finding("EXE-APR-1", f"all {len(group)} equal decisions on {call.id!r} were refused", tuple(row.ask.entry for row in group))
    yield from twice("EXE-APR-1", call.id, call.effects)


def _waits(call: Call, decision: Decision) -> bool:
    """The call surely waited for a decision when this one was sent, or had one."""
    return call.pending is not None and call.pending < decision.ask.entry


def check_linearizable(view: View) -> Judgement:
    """EXE-APR-4."""
    raced = [call for call in read_calls(view).values() if call.announced is not None and _is_disputed(call)]
    if not raced:
        return not_judged("precondition never met: no call was both approved and denied, with an answer")
    return judged(finding for call in raced for finding in _clashes(view, call, "EXE-APR-4"))


def _is_disputed(call: Call) -> bool:
    both = {decision.approved for decision in call.decisions} == {True, False}
    return both and any(decision.answer != "unknown" for decision in call.decisions)


def _clashes(view: View, call: Call, requirement: str) -> Iterator[Finding]:
    clash = contradiction(call.history(lapses=lapses(view)))
    if clash is None:
        return
    entries = [entry for operation in clash for entry in (operation.invoked, operation.answered) if entry]
    words = [str(operation) for operation in clash]
    if call.waits_at_end is not None and call.still_undecided():
        entries.append(call.waits_at_end.over)
        words.append(f"the run still waits for it (entry {call.waits_at_end.over})")
    message = f"no single decision on {call.id!r} explains {'all of this' if len(words) > 1 else 'this'}: {'; '.join(words)}"
    yield Finding(requirement, message, tuple(sorted(entries)))


def check_accepted_is_applied(view: View) -> Judgement:
    """EXE-APR-5."""
    accepted = [(call, decision) for call in read_calls(view).values() if call.gated and call.known for decision in _accepted(call)]
    shown = [(call, decision) for call, decision in accepted if _fate_is_known(call)]
    if not shown:
        return not_judged("precondition never met: no decision was accepted of which it shows what became")
    return judged(finding for call, decision in shown for finding in _applied(view, call, decision))


def _accepted(call: Call) -> list[Decision]:
    """Those that a bare 200 answers, so that they are the recorded decision, or one more of the same."""
    return [
        decision
        for decision in call.decisions
        if decision.answer == "accepted" and not decision.already and decision.told in (None, decision.approved)
    ]


def _fate_is_known(call: Call) -> bool:
    return bool(call.fates) or call.waits_at_end is not None or (bool(call.run.samples) and call.run.samples[-1].terminal)


def _applied(view: View, call: Call, decision: Decision) -> Iterator[Finding]:
    run = call.run
    if call.still_undecided() and call.waits_at_end is not None:
        crashed = view.died_between(decision.ask.entry, call.waits_at_end.over)
        if not crashed or _waited_long(view, decision, call):
            after = ", and the server was killed" if crashed else ""
            message = f"{decision.words} was accepted{after}, and the run still waits for it"
            yield Finding("EXE-APR-5", message, (decision.ask.entry, call.waits_at_end.over), upper_bound=crashed)
    opposite = next((fate for fate in call.fates if fate.approved is not decision.approved), None)
    opposed = any(other.approved is not decision.approved for other in call.decisions)
    if opposite is not None and (not opposed or view.died_between(decision.ask.entry, opposite.entry)):
        done = "approved" if opposite.approved else "denied"
        yield Finding(
            "EXE-APR-5", f"{decision.words} was accepted, and the call was {done}: {opposite.how}", (decision.ask.entry, opposite.entry)
        )
    if decision.approved and run.last_status == "completed" and not call.effects.all and _must_succeed(view, call):
        entries = (decision.ask.entry, run.samples[-1].over)
        yield Finding("EXE-APR-5", f"{decision.words} was accepted, and the run completed without any effect of its tool", entries)


def _waited_long(view: View, decision: Decision, call: Call) -> bool:
    """The server had the time that it may take since its last start, and nobody had to ask again."""
    assert call.waits_at_end is not None
    births = [entry for entry in view.births if decision.ask.entry < entry < call.waits_at_end.asked]
    since_us = view.history.entries[births[-1] - 1].at_us if births else decision.ask.at_us
    return call.waits_at_end.ask.at_us - since_us >= ENDS_MS * 1000 + view.allowance_us


def _must_succeed(view: View, call: Call) -> bool:
    """Nothing kept its tool from having its effect: it was not told to fail, and no fault struck anything."""
    scripted = call.scripted
    struck = any(entry.data["fault"] != "crash" for entry in view.model.faults)
    failed = any(frame.said.output == call.id and frame.said.type == "tool-output-error" for frame in call.run.original or ())
    told_to = scripted is not None and scripted.arguments.get("fail") is True
    return EFFECTS in view.header.capabilities and scripted is not None and not (struck or failed or told_to)


def check_bound_to_call(view: View) -> Judgement:
    """EXE-APR-6."""
    calls = [call for call in read_calls(view).values() if call.gated]
    shown = [call for call in calls if call.fates]
    per_run = {call.run.label: [other for other in shown if other.run is call.run] for call in shown}
    several = [call for group in per_run.values() if len(group) > 1 for call in group]
    findings = [finding for call in calls for finding in _unbound(view, call)]
    if not several and not findings:
        return not_judged("precondition never met: no run showed the fate of two calls that wait for approvals")
    return judged(findings)


def _unbound(view: View, call: Call) -> Iterator[Finding]:
    for fate in call.fates:
        if not fate.approved and lapses(view):
            continue
        asked = [row for row in call.decisions if row.ask.entry < fate.entry and row.answer != "refused"]
        done = "approved" if fate.approved else "denied"
        if not asked:
            yield Finding(
                "EXE-APR-6", f"the call {call.id!r} was {done} ({fate.how}) though no decision on it had been taken", (fate.entry,)
            )
        elif all(row.approved is not fate.approved for row in asked):
            entries = (*(row.ask.entry for row in asked), fate.entry)
            yield Finding("EXE-APR-6", f"the call {call.id!r} was {done} ({fate.how}), which nobody had asked for it", entries)
        else:
            continue
        return
    yield from _mixed_up(call)


def _mixed_up(call: Call) -> Iterator[Finding]:
    """Arguments or outputs of another call."""
    scripted = call.scripted
    for effect in call.effects.all:
        if scripted is not None and (effect.tool != scripted.name or effect.arguments != scripted.arguments):
            done, wanted = f"{effect.tool}({effect.arguments})", f"{scripted.name}({dict(scripted.arguments)})"
            message = f"for the call {call.id!r} the tool did {done}, not {wanted}"
            yield Finding("EXE-APR-6", message, (effect.entry,))
            return
    others = {row.id for row in call.run.script.calls} - {call.id}
    for turn in call.run.turns:
        for id, content in turn.tools:
            tool, _, rest = content.partition(":")
            other = rest.rpartition(":")[0]
            if id == call.id and other in others and scripted is not None and tool in {row.name for row in call.run.script.calls}:
                yield Finding("EXE-APR-6", f"the model was given the output of {other!r} for the call {call.id!r}", (turn.entry,))
                return
