"""EXE-APR-8 and 9: approvals in every shape of the chat are understood or refused, and never start a run."""

from __future__ import annotations

from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .asks import Ask
from .calls import Call, all_decisions, read_calls
from .decisions import Decision
from .view import View

NO_CONVERSATION = (400,)


def check_shapes(view: View) -> Judgement:
    """EXE-APR-8."""
    own = [row for row in all_decisions(view) if row.shape != "path" and _is_owned(view, row) and row.ask.status]
    if not own or not any(run.samples for run in view.known_runs):
        return not_judged("precondition never met: no approval was posted to the chat, and answered, while a run could be read")
    findings = [finding for row in own for finding in (*_starts_a_run(view, row.ask, "EXE-APR-8"), *_breaks(view, row))]
    findings += [finding for call in read_calls(view).values() for finding in _lost(call)]
    return judged([*findings, *_stranger_runs(view, own)])


def _is_owned(view: View, decision: Decision) -> bool:
    """Sent by a tenant that has a run, into its conversation or into none."""
    runs = [run for run in view.known_runs if run.tenant == decision.ask.tenant]
    return any(decision.conversation is None or decision.conversation in run.conversations for run in runs)


def _starts_a_run(view: View, ask: Ask, requirement: str) -> Iterator[Finding]:
    if ask.run_id is not None and ask.run_id not in view.runs_by_id:
        message = f"an approval posted to the chat was answered with a new run {ask.run_id!r}"
        yield Finding(requirement, message, (ask.entry, ask.head_entry))


def _breaks(view: View, decision: Decision) -> Iterator[Finding]:
    if decision.ask.status >= 500 and not (view.fails_writes or view.fails_reads):
        message = f"an approval in the shape {decision.shape!r} was answered {decision.ask.status}"
        yield Finding("EXE-APR-8", message, (decision.ask.entry, decision.ask.head_entry))


def _lost(call: Call) -> Iterator[Finding]:
    """Answered as if it were understood, and nothing was decided."""
    if call.waits_at_end is None or not call.known or not call.still_undecided():
        return
    for row in call.decisions:
        if row.shape != "path" and row.answer == "accepted":
            message = f"{row.words} in the shape {row.shape!r} was answered 200, and the run still waits for it"
            yield Finding("EXE-APR-8", message, (row.ask.entry, call.waits_at_end.over))


def _stranger_runs(view: View, own: list[Decision]) -> Iterator[Finding]:
    """A run that nobody created shows at the model, which is asked for a conversation without a script, or in a look-up."""
    first = min(row.ask.entry for row in own)
    if not any(ask.op == "send" and isinstance(ask.tenant, int) for ask in view.asks):
        for turn in view.model.turns:
            if turn.says == "unknown" and turn.entry > first:
                yield Finding(
                    "EXE-APR-8", "after an approval the model was asked for a conversation that nobody began", (first, turn.entry)
                )
                break
    for ask in view.of_route("pending"):
        approval = ask.json.get("approval") if ask.json is not None else None
        told = approval.get("workflowRunId") if isinstance(approval, dict) else None
        if ask.entry > first and isinstance(told, str) and told not in view.runs_by_id:
            yield Finding(
                "EXE-APR-8", f"after an approval the conversation has a run {told!r} that nobody created", (first, ask.head_entry)
            )


# --- unknown conversations ----------------------------------------------------------------------------------------------


def check_unknown_conversation(view: View) -> Judgement:
    """EXE-APR-9."""
    rows = [row for row in all_decisions(view) if row.shape != "path" and isinstance(row.ask.tenant, int) and row.ask.status]
    nowhere = [row for row in rows if row.conversation is None or not _is_anybodys(view, row)]
    works = any(200 <= ask.status < 300 and isinstance(ask.tenant, int) for ask in view.of_route("chat")) and view.known_runs
    findings = [finding for row in nowhere for finding in _not_refused(view, row)]
    if not nowhere or not (works or findings):
        return not_judged("precondition never met: no approval for an unknown conversation, or for none, was answered by a chat that works")
    return judged(findings)


def _is_anybodys(view: View, decision: Decision) -> bool:
    """Any run has it: also of another tenant, which is a matter of its own, or one whose creation was never answered."""
    return any(decision.conversation in run.conversations for run in view.runs.values())


def _not_refused(view: View, decision: Decision) -> Iterator[Finding]:
    ask = decision.ask
    if decision.shape == "text":
        right, wanted = 400 <= ask.status < 500, "a 4xx"
    elif decision.conversation is None:
        right, wanted = ask.status in NO_CONVERSATION, "400"
    else:
        right, wanted = ask.status == 404, "404"
    if not right:
        whom = "without a conversation" if decision.conversation is None else "for an unknown conversation"
        message = f"an approval {whom}, in the shape {decision.shape!r}, was answered {ask.status}, not {wanted}"
        yield Finding("EXE-APR-9", message, (ask.entry, ask.head_entry))
    else:
        yield from _starts_a_run(view, ask, "EXE-APR-9")
