"""What is done once and claimed rightly: EXE-CLI-6 (creations) and EXE-CLI-7 (approvals)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ....values.history import Entry
from ....values.verdict import Finding, Judgement, judged, not_judged
from ...wire import Request
from .bodies import Body
from .told import Call
from .view import View


def _requests_of(view: View, call: Call, endpoint: str) -> list[Request]:
    """Those that were sent for a call: behind it, and before the next of its verb."""
    following = next((other.entry for other in view.told.calls if other.verb == call.verb and other.entry > call.entry), None)
    until = following if following is not None else len(view.history.entries) + 1
    return [request for request in view.requests(endpoint) if call.entry < request.entry < until]


def _was_turned_away(request: Request) -> bool:
    """It was surely refused, or sent on elsewhere, so that it had no effect, and the client knows it."""
    return request.delivered is not None and 300 <= request.delivered.status < 500


# --- CLI-6 ----------------------------------------------------------------------------------------------------------


def check_creations(view: View) -> Judgement:
    calls = [call for call in view.told.calls if call.verb == "create"]
    findings = list(_uncalled(view, calls))
    untold = {body.request.number for body in view.bodies if _is_untold(body)}
    seen = False
    for call in calls:
        requests = _requests_of(view, call, "create")
        seen = seen or any(request.number in untold for request in requests)
        findings.extend(_posted_again(call, requests))
        findings.extend(_false_claims(view, call, requests))
    if not seen and not findings:
        return not_judged("precondition never met: the answer of no creation was lost or a failure")
    return judged(findings)


def _is_untold(body: Body) -> bool:
    """Whether a run was made is more than its answer tells: it was lost, or is a failure."""
    answer = body.request.answer
    if answer is None or answer.status >= 500:
        return True
    return answer.status == 200 and not body.delivered and not body.passed and body.broken is not None


def _uncalled(view: View, calls: list[Call]) -> Iterator[Finding]:
    first = calls[0].entry if calls else len(view.history.entries) + 1
    for request in view.requests("create"):
        if request.entry < first:
            yield Finding("EXE-CLI-6", "a run is created that the application did not ask for", (request.entry,))
            return


def _posted_again(call: Call, requests: list[Request]) -> Iterator[Finding]:
    for first, second in pairwise(requests):
        if not _was_turned_away(first):
            message = "one `create` posts again, though the creation before may have been done"
            yield Finding("EXE-CLI-6", message, (call.entry, first.entry, second.entry))
            return


def _false_claims(view: View, call: Call, requests: list[Request]) -> Iterator[Finding]:
    made = [view.created[request.number] for request in requests if request.number in view.created]
    if call.reply is None:
        return
    entries = (call.entry, call.reply.number)
    if call.outcome == "fail" and made:
        yield Finding("EXE-CLI-6", "`create` says that nothing was done, and a run was made", entries)
    elif call.outcome == "ok" and call.value.get("run_id") not in made:
        yield Finding("EXE-CLI-6", f"`create` says ok with the run {call.value.get('run_id')!r}, which it has not made", entries)


# --- CLI-7 ----------------------------------------------------------------------------------------------------------


def check_approvals(view: View) -> Judgement:
    findings: list[Finding] = []
    seen = False
    for call in view.told.calls:
        if call.verb != "approve" or call.reply is None:
            continue
        requests = _requests_of(view, call, "approve")
        seen = seen or any(request.answer is None or request.answer.status != 200 or request.delivered is None for request in requests)
        findings.extend(_wrongly_approved(view, call, requests))
    if not seen and not findings:
        return not_judged("precondition never met: no decision was refused, and no answer to one was lost")
    return judged(findings)


def _wrongly_approved(view: View, call: Call, requests: list[Request]) -> Iterator[Finding]:
    assert call.reply is not None
    recorded = _recorded(view, call, call.reply)
    entries = (call.entry, *(request.entry for request in requests), call.reply.number)
    if call.outcome == "ok" and not recorded:
        yield Finding("EXE-CLI-7", "`approve` says ok, and that decision is not recorded", entries)
    elif call.outcome == "fail" and any(entry.data["request"] in {request.number for request in requests} for entry in recorded):
        yield Finding("EXE-CLI-7", "`approve` says that nothing was done, and its decision is recorded", entries)
    elif call.outcome == "fail" and any(request.delivered is not None and request.delivered.status == 200 for request in requests):
        yield Finding(
            "EXE-CLI-7", "`approve` says that nothing was done, and the server has told it that the decision is recorded", entries
        )


def _recorded(view: View, call: Call, reply: Entry) -> list[Entry]:
    """Where the decision that the call asks for was recorded before the reply, by whomever."""
    wanted = (call.args["run_id"], call.args["tool_call_id"], call.args["approved"])
    return [
        entry
        for entry in view.decisions
        if entry.data["verdict"] == "recorded"
        and entry.number < reply.number
        and (entry.data["run"], entry.data["call"], entry.data["approved"]) == wanted
    ]
