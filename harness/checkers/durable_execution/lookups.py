"""STAT-4: what is looked up by conversation is its newest run: by its pending approvals, by its stream, by the fast path of a chat.

A run counts as the newest when its creation began after all others of the conversation had been answered: of racing creations
any may be. The state of the newest is taken from its samples, where no decision can have changed it since.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .asks import Ask
from .phrases import named, proof_of, shown
from .runs import Run, Sample
from .starts import start_of
from .view import View


def check_newest(view: View) -> Judgement:
    findings: list[Finding] = []
    witness = False
    for ask, newest, older in _lookups(view):
        state = newest.rest_before(ask.entry)
        if state is None or newest.decided_between(ask.entry, ask.end_entry):
            continue
        if ask.route == "pending":
            finding = _pending(ask, newest, older, state)
        elif ask.route == "chat":
            finding = _fast_path(ask, newest, older, state)
        else:
            finding = _stream(ask, newest, older)
        findings += [] if finding is None else [finding]
        witness = witness or _tells_apart(ask, newest, older, state)
    if not findings and not witness:
        return not_judged(
            "precondition never met: no conversation with an older run that differs was looked up while its newest was at rest"
        )
    return judged(findings[:1])


def _lookups(view: View) -> Iterator[tuple[Ask, Run, list[Run]]]:
    """Answered asks by conversation, with the newest run at their time and the older ones."""
    groups: dict[tuple[object, str], list[Run]] = {}
    for run in view.runs.values():
        if run.durable and run.conversation is not None:
            groups.setdefault((run.tenant, run.conversation), []).append(run)
    for ask in view.asks:
        if ask.route in ("pending", "conversation-stream"):
            conversation = ask.id_asked
        elif ask.route == "chat" and ask.creates is None and ask.op in ("approve", "batch"):
            conversation = ask.conversation
        else:
            continue
        runs = [run for run in groups.get((ask.tenant, conversation or ""), ()) if run.entry < ask.end_entry]
        if len(runs) < 2 or ask.status not in (200, 204) or not ask.is_whole or not view.lived_through(ask):
            continue
        newest = runs[-1]
        answered = all(run.id is not None and run.create is not None and run.create.head_entry < newest.entry for run in runs[:-1])
        if answered and newest.create is not None and newest.id is not None and newest.create.head_entry < ask.entry:
            yield ask, newest, runs[:-1]


def _pending(ask: Ask, newest: Run, older: list[Run], state: Sample) -> Finding | None:
    body = ask.json or {}
    approval = body.get("approval")
    told = approval.get("workflowRunId") if isinstance(approval, dict) else None
    if state.status == "suspended":
        if body.get("hasPending") is True and told == newest.id:
            return None
        message = f"{named(ask)} got {_of(told, older, body)}, expected the approval that the newest run {newest.label} waits for"
    elif body.get("hasPending") is False:
        return None
    else:
        message = f"{named(ask)} got {_of(told, older, body)}, expected none: the newest run {newest.label} is {state.status}"
    return Finding("EXE-STAT-4", message, proof_of(newest.create, state.ask, ask))


def _of(told: object, older: list[Run], body: object) -> str:
    run = next((run for run in older if run.id == told), None)
    return f"a pending approval of the older run {run.label}" if run is not None else shown(body)


def _fast_path(ask: Ask, newest: Run, older: list[Run], state: Sample) -> Finding | None:
    """A run that is over has nothing to continue; what goes on is then an older one."""
    moved = next((run for run in older if _moved(run, ask)), None)
    if state.status == "suspended" or moved is None:
        return None
    message = f"{named(ask)} decided for the older run {moved.label}, expected nothing: the newest run {newest.label} is {state.status}"
    return Finding("EXE-STAT-4", message, proof_of(newest.create, state.ask, ask))


def _moved(run: Run, ask: Ask) -> bool:
    before, after = run.sample_before(ask.entry), run.sample_after(ask.end_entry)
    if before is None or after is None or before.status != "suspended" or after.status == "suspended":
        return False
    return not any(other is not ask and other.entry < after.over and other.end_entry > before.asked for other in run.decisions)


def _stream(ask: Ask, newest: Run, older: list[Run]) -> Finding | None:
    start = start_of(ask)
    if start.kind != "plain" or newest.original is None or not ask.keys:
        return None
    part = slice(start.value, start.value + len(ask.keys))
    if newest.keys[part] == ask.keys:
        return None
    run = next((run for run in older if run.keys and run.keys[part] == ask.keys), None)
    if run is None:
        return None  # a stream of neither is a matter of IDX-1
    message = f"{named(ask)} got the stream of the older run {run.label}, expected that of the newest run {newest.label}"
    return Finding("EXE-STAT-4", message, proof_of(newest.create, ask))


def _tells_apart(ask: Ask, newest: Run, older: list[Run], state: Sample) -> bool:
    """Whether an answer about an older run would have been another one."""
    if ask.route == "conversation-stream":
        start = start_of(ask)
        part = slice(start.value, start.value + len(ask.keys))
        return start.kind == "plain" and bool(ask.keys) and any(run.keys[part] != ask.keys for run in older if run.original is not None)
    if ask.route == "pending":
        rests = [run.rest_before(ask.entry) for run in older]
        return state.status == "suspended" or any(rest is not None and rest.status == "suspended" for rest in rests)
    return False
