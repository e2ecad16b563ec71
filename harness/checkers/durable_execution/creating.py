"""CREATE-1..4: creations succeed, also in a race and with a model that fails; what is malformed is refused and leaves nothing.

What proves that a run was made is its id together with something that only a server that knows it can say or do: a status of
the contract, or a request to the model for its script. CREATE-3 is about the time while the creation's body is still open;
a 404 behind a crash belongs to recovery, a 404 for an approval may mean the call.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .asks import CREATING, Ask
from .phrases import got, named, proof_of
from .runs import STATUSES, Run
from .view import View

MALFORMED = "malformed"
_SCRIPT = re.compile(r"script:([A-Za-z0-9+/=]+)")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]|\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


def is_known(run: Run) -> bool:
    """Whether the run is more than an id in a header."""
    return run.id is not None and (bool(run.turns) or any(sample.status in STATUSES for sample in run.samples))


# --- CREATE-1 ---------------------------------------------------------------------------------------------------------


def check_fresh(view: View) -> Judgement:
    fresh = [run for run in _fresh(view) if run.create is not None and _answerable(view, run.create)]
    findings = [finding for run in fresh for finding in _refused(run, "EXE-CREATE-1", "a creation in a conversation of its own")]
    if not findings and not any(is_known(run) for run in fresh):
        return not_judged("precondition never met: no run was created in a new conversation and seen to be there")
    return judged(findings[:1])


def _fresh(view: View) -> Iterator[Run]:
    """Durable runs that were the first of their conversation, and in no race for it."""
    racing = {run.label for runs in _races(view) for run in runs}
    seen = set()
    for run in view.runs.values():
        key = (run.tenant, run.conversation)
        if run.durable and run.label not in racing and (run.conversation is None or key not in seen):
            yield run
        seen.add(key)


def _answerable(view: View, ask: Ask) -> bool:
    """Whether its answer, or the lack of it, says something about the server."""
    if ask.status:
        return True
    return ask.how not in ("", "left") and view.lived_through(ask)


def _refused(run: Run, requirement: str, what: str) -> Iterator[Finding]:
    ask = run.create
    if ask is None:
        return
    if ask.status != 200:
        message = f"{what}, {named(ask)}, got {got(ask)}, expected 200 with the id of the run"
        yield Finding(requirement, message, proof_of(ask), upper_bound=ask.how == "timeout" and not ask.status)
    elif run.id is None:
        yield Finding(requirement, f"{what}, {named(ask)}, got 200 without x-workflow-run-id", proof_of(ask))


# --- CREATE-2 ---------------------------------------------------------------------------------------------------------


def check_race(view: View) -> Judgement:
    findings: list[Finding] = []
    known = False
    for runs in _races(view):
        findings += [finding for run in runs for finding in _refused(run, "EXE-CREATE-2", "one of several creations in one conversation")]
        findings += _same_ids(runs)
        known = known or sum(is_known(run) for run in runs) > 1
        findings += _lost_conversation(view, runs)
    if not findings and not known:
        return not_judged("precondition never met: no two creations of one conversation were under way at once")
    return judged(findings[:1])


def _races(view: View) -> Iterator[list[Run]]:
    """Creations of one conversation, each of which overlaps another."""
    groups: dict[object, list[Run]] = {}
    for run in view.runs.values():
        if run.durable and run.conversation is not None and run.create is not None and _answerable(view, run.create):
            groups.setdefault((run.tenant, run.conversation), []).append(run)
    for runs in groups.values():
        racing = [run for run in runs if any(other is not run and _overlap(run, other) for other in runs)]
        if racing:
            yield racing


def _overlap(one: Run, other: Run) -> bool:
    return _answered(one) > other.entry and _answered(other) > one.entry


def _answered(run: Run) -> int:
    return run.create.head_entry or run.create.end_entry if run.create is not None else run.entry


def _same_ids(runs: list[Run]) -> Iterator[Finding]:
    first_of: dict[str, Run] = {}
    for run in runs:
        first = first_of.setdefault(run.id, run) if run.id is not None else run
        if first is not run:
            message = f"two creations at once, of runs {first.label} and {run.label}, got the same run id; expected one each"
            yield Finding("EXE-CREATE-2", message, proof_of(first.create, run.create))


def _lost_conversation(view: View, runs: list[Run]) -> Iterator[Finding]:
    """Once all were answered, the conversation is there."""
    if any(run.id is None for run in runs):
        return
    since = max(_answered(run) for run in runs)
    for ask in view.of_route("pending", "conversation-stream"):
        mine = ask.id_asked == runs[0].conversation and ask.tenant == runs[0].tenant and ask.entry > since
        if mine and ask.status == 404 and not view.died_between(since, ask.end_entry):
            message = f"the conversation of several creations that were all answered 200 is unknown: {named(ask)} got 404"
            yield Finding("EXE-CREATE-2", message, proof_of(ask))


# --- CREATE-3 ---------------------------------------------------------------------------------------------------------


def check_known_at_once(view: View) -> Judgement:
    findings: list[Finding] = []
    witness = False
    for run in view.known_runs:
        create = run.create
        assert create is not None
        for ask in run.own:
            if (
                ask.route not in ("status", "stream")
                or ask.entry < create.head_entry
                or view.died_between(create.head_entry, ask.end_entry)
            ):
                continue
            if ask.status == 404:
                message = f"{named(ask)} got 404 though the id of the run had been told; expected it to be known"
                findings.append(Finding("EXE-CREATE-3", message, (*proof_of(ask), create.head_entry)))
            at_once = not create.over_entry or ask.entry < create.over_entry
            witness = witness or (at_once and ask.status == 200 and (ask.route == "stream" or (ask.json or {}).get("status") in STATUSES))
    witness = witness and any(is_known(run) for run in view.known_runs)
    if not findings and not witness:
        return not_judged("precondition never met: nothing was asked about a run while its creation was still answered")
    return judged(findings[:1])


# --- CREATE-4 ---------------------------------------------------------------------------------------------------------


def check_malformed(view: View) -> Judgement:
    asked = [ask for ask in view.of_route(*CREATING) if (ask.meant or "").startswith(MALFORMED) and isinstance(ask.tenant, int)]
    asked = [ask for ask in asked if _answerable(view, ask)]
    findings = [finding for ask in asked for finding in _taken(view, ask)]
    if not findings and (not asked or not any(is_known(run) for run in view.known_runs)):
        return not_judged("precondition never met: no malformed body was answered by a server that takes good ones")
    return judged(findings[:1])


def _taken(view: View, ask: Ask) -> Iterator[Finding]:
    """What is wrong with the answer to a malformed body, or else with what it left behind."""
    lenient = _LONE_SURROGATE.search(_text_of(ask)) is not None
    if ask.status != 400 and not (lenient and ask.status in (200, 400)):
        message = f"a malformed body, {named(ask)}, got {got(ask)}, expected 400"
        yield Finding("EXE-CREATE-4", message, proof_of(ask), upper_bound=ask.how == "timeout" and not ask.status)
        return
    if ask.status == 200:
        return
    scripts = _scripts_in(_text_of(ask))
    turn = next((turn for turn in view.model.turns if turn.entry > ask.entry and turn.script in scripts), None)
    if turn is not None:
        message = f"a malformed body, {named(ask)}, got 400, and yet the model was asked for its script"
        yield Finding("EXE-CREATE-4", message, (*proof_of(ask), turn.entry))
    elif ask.run_id is not None:
        yield Finding("EXE-CREATE-4", f"a malformed body, {named(ask)}, got 400 and yet the id of a run", proof_of(ask))
    else:
        yield from _left_conversation(view, ask)


def _left_conversation(view: View, ask: Ask) -> Iterator[Finding]:
    if ask.conversation is None:
        return
    same = [other for other in view.asks if other.conversation == ask.conversation and other.tenant == ask.tenant]
    if any(other.route in CREATING and not (other.meant or "").startswith(MALFORMED) for other in same):
        return
    for lookup in view.asks:
        if lookup.route not in ("pending", "conversation-stream") or lookup.id_asked != ask.conversation or lookup.tenant != ask.tenant:
            continue
        if lookup.entry > ask.end_entry and lookup.status in (200, 204):
            message = f"the conversation of a malformed body, {named(ask)}, is there: {named(lookup)} got {lookup.status}, expected 404"
            yield Finding("EXE-CREATE-4", message, proof_of(ask, lookup))
            return


def _text_of(ask: Ask) -> str:
    return ask.body_text or json.dumps(ask.body)


def _scripts_in(text: str) -> set[str]:
    """The ids of the scripts that a body carries, whatever else is wrong with it."""
    found = set()
    for match in _SCRIPT.finditer(text):
        try:
            data = json.loads(base64.b64decode(match[1]))
        except (binascii.Error, ValueError):  # what the model cannot read either says nothing
            continue
        if isinstance(data, dict) and isinstance(data.get("id"), str):
            found.add(data["id"])
    return found
