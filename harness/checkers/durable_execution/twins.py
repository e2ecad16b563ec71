"""EXE-TEN-3: one conversation id in two tenants or projects is two conversations."""

from __future__ import annotations

from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .asks import Ask
from .calls import all_decisions, read_calls
from .runs import Run
from .view import View


def check_twins(view: View) -> Judgement:
    """EXE-TEN-3. Each way to look at a conversation counts once it showed its owner something of its own."""
    shared = _shared(view)
    if not shared:
        return not_judged("precondition never met: no two tenants had runs in conversations of one id")
    looked_up = [ask for ask in view.of_route("pending", "conversation-stream") if ask.status == 200 and ask.id_asked in shared]
    findings = [finding for ask in looked_up for finding in _crossed_lookup(view, ask, shared[ask.id_asked or ""])]
    findings += [finding for runs in shared.values() for finding in (*_crossed_history(view, runs), *_moved(view, runs))]
    witnessed = any(_shows_own(view, ask, shared[ask.id_asked or ""]) for ask in looked_up) or any(map(_has_history, shared.values()))
    if not witnessed and not findings:
        return not_judged(
            "precondition never met: nothing of a conversation was shown to its owner while another tenant had one of that id"
        )
    return judged(findings)


def _shared(view: View) -> dict[str, list[Run]]:
    """Conversation -> its runs, of at least two tenants."""
    found: dict[str, list[Run]] = {}
    for run in view.known_runs:
        if run.conversation is not None:
            found.setdefault(run.conversation, []).append(run)
    return {name: runs for name, runs in found.items() if len({run.tenant for run in runs}) > 1}


def _told_run(ask: Ask) -> str | None:
    approval = ask.json.get("approval") if ask.json is not None else None
    told = approval.get("workflowRunId") if isinstance(approval, dict) else None
    return told if isinstance(told, str) else None


def _owners(ask: Ask, runs: list[Run]) -> tuple[list[Run], list[Run]]:
    """(runs of who asks, runs of the others)."""
    return [run for run in runs if run.tenant == ask.tenant], [run for run in runs if run.tenant != ask.tenant]


def _shows_own(view: View, ask: Ask, runs: list[Run]) -> bool:
    own, _ = _owners(ask, runs)
    if ask.route == "pending":
        return _told_run(ask) in {run.id for run in own}
    return any(ask.keys and ask.keys[0] in run.keys for run in own)


def _crossed_lookup(view: View, ask: Ask, runs: list[Run]) -> Iterator[Finding]:
    own, others = _owners(ask, runs)
    told = _told_run(ask)
    if ask.route == "pending" and told is not None and told in {run.id for run in others}:
        message = (
            f"tenant {ask.tenant} was told of the pending approval of the run {told!r} of another tenant, in a conversation of the same id"
        )
        yield Finding("EXE-TEN-3", message, (ask.entry, ask.head_entry))
    mine = {key for run in own for key in run.keys}
    theirs = {key for run in others for key in run.keys} - mine
    if ask.route == "conversation-stream" and any(key in theirs for key in ask.keys):
        message = f"tenant {ask.tenant} was sent frames of another tenant's run, in a conversation of the same id"
        yield Finding("EXE-TEN-3", message, (ask.entry, ask.head_entry))


def _has_history(runs: list[Run]) -> bool:
    """The server gives a later run what the same tenant said before in the conversation."""
    return any(set(turn.earlier) & {other.script.id for other in _same(run, runs)} for run in runs for turn in run.turns)


def _same(run: Run, runs: list[Run]) -> list[Run]:
    return [other for other in runs if other.tenant == run.tenant and other is not run]


def _crossed_history(view: View, runs: list[Run]) -> Iterator[Finding]:
    for run in runs:
        others = {other.script.id: other for other in runs if other.tenant != run.tenant}
        for turn in run.turns:
            leaked = [others[id] for id in turn.earlier if id in others]
            if leaked:
                message = f"the model of tenant {run.tenant} was given what tenant {leaked[0].tenant} said in a conversation of the same id"
                yield Finding("EXE-TEN-3", message, (leaked[0].entry, turn.entry))
                break


def _moved(view: View, runs: list[Run]) -> Iterator[Finding]:
    """A decision that one tenant posts to its conversation is applied to the run of another."""
    posted = [row for row in all_decisions(view) if row.shape != "path" and row.conversation in {run.conversation for run in runs}]
    for call in read_calls(view).values():
        first = call.first_fate
        if first is None or not any(call.run is run for run in runs):
            continue
        strangers = [row for row in posted if row.call == call.id and row.ask.tenant != call.run.tenant and row.ask.entry < first.entry]
        if strangers and (call.first_decision is None or call.first_decision > first.entry):
            whose = f"a decision of tenant {strangers[0].ask.tenant} was applied to the call {call.id!r} of tenant {call.run.tenant}"
            message = f"{whose}: {first.how}"
            yield Finding("EXE-TEN-3", message, (strangers[0].ask.entry, first.entry))
