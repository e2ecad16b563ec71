"""The checkers of tenants on literal histories: the good, the nearly good, and what shows nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .story_decisions import ASKED, NOT_FOUND, Story, approved_end, says, script, waiting

Tale = Callable[[], Story]
GONE = "/run/api/executions/wrun_nobody"
FIRST, AGAIN = (says("One."),), (says("Two."),)


def strangers(status: int = 404, body: Any = None, *, unknown: Any = None, tenant: int = 1) -> Story:
    """Another tenant asks for the status of a run, and for that of a run which does not exist."""
    story = waiting().status(status, tenant=tenant, body=body) if status != 200 else _let_in(waiting(), tenant)
    return story.answer(story.ask("send", "GET", GONE, tenant, meant="unknown"), 404, unknown or body or NOT_FOUND)


def _let_in(story: Story, tenant: int | str) -> Story:
    return story.answer(story.ask("status", "GET", "/run/api/executions/wrun_a", tenant), 200, {"id": "wrun_a", "status": "suspended"})


def disagreeing(run_of: int, status: int) -> Story:
    story = Story().create(*ASKED, tenant=run_of).status("suspended")
    return story.answer(story.ask("send", "GET", "/run/api/executions/wrun_a", "disagree"), status, NOT_FOUND)


def failing(text: str, status: int = 500) -> Story:
    """An error of this text, beside strangers who are turned away as they should be."""
    story = strangers()
    return story.answer(story.ask("send", "GET", "/run/api/executions/x/stream"), status, {"title": "Error", "detail": text})


def keyless(status: int, path: str = "/run/api/executions/wrun_a", key: str = "none") -> Story:
    story = waiting()
    return story.answer(story.ask("send", "GET", path, key), status, {"title": "Unauthorized"})


def pending(story: Story, tenant: int, run: str | None, conversation: str = "c1") -> Story:
    ask = story.ask("pending", "GET", f"/run/v1/conversations/{conversation}/pending-approvals", tenant, conversation=conversation)
    approval = {"toolCallId": "call-1", "toolName": "pay", "workflowRunId": f"wrun_{run}"}
    return story.answer(ask, 200, {"hasPending": False} if run is None else {"hasPending": True, "approval": approval})


def twins(other: str = "c1") -> Story:
    """Two tenants, each with a run that waits, in conversations of one id."""
    story = Story().create(*ASKED).status("suspended")
    return story.create(says("Mine."), *ASKED, run="b", tenant=1, conversation=other, turns=script("call-1")).status("suspended", "b")


def later_run(*earlier: str) -> Story:
    story = twins()
    story.create(*FIRST, run="c", turns=[{"text": ["One."]}])
    return story.turn(0, "c", earlier=earlier)


def moved() -> Story:
    story = pending(twins(), 0, "a")
    story.answer(story.chat(("call-1", True), run="b"), 200, {"success": True, "results": [{"toolCallId": "call-1", "approved": True}]})
    return story.effect(run="a")


GOOD: dict[str, list[Tale]] = {
    "TEN-1": [
        strangers,
        lambda: strangers(tenant=2),
        lambda: strangers(404, {"title": "no wrun_a", "requestId": "1"}, unknown={"title": "no wrun_nobody", "requestId": "2"}),
        lambda: failing("Something went wrong on our side."),
        lambda: failing("The execution was not found.", 404),
        lambda: failing("ValidationError: /home/me/app.py", 400),
        lambda: disagreeing(1, 403),
    ],
    "TEN-2": [lambda: keyless(401), lambda: keyless(403, key="wrong"), lambda: keyless(401, "/run/v1/conversations/c1/stream")],
    "TEN-3": [
        lambda: pending(pending(twins(), 0, "a"), 1, "b"),
        lambda: later_run("script-a"),
    ],
}

BAD: dict[str, list[tuple[Tale, str]]] = {
    "TEN-1": [
        (lambda: strangers(200), "answered 200"),
        (lambda: strangers(403), "can be told from the 404"),
        (lambda: strangers(404, {"title": "not yours"}, unknown=NOT_FOUND), "can be told from the 404"),
        (lambda: waiting().status(403, tenant=1), "answered 403, not 404"),
        (lambda: disagreeing(1, 200), "answered 200"),
        (lambda: failing("HookNotFoundError: no hook"), "an exception"),
        (lambda: failing("open failed: /home/app/data.db"), "the path of a file"),
        (lambda: failing("SELECT * FROM runs"), "SQL"),
        (lambda: failing("Traceback (most recent call last):", 404), "a stack trace"),
        (lambda: failing("boom\n    at resume (server.js:10:3)"), "a stack trace"),
    ],
    "TEN-2": [
        (lambda: keyless(200), "answered 200"),
        (lambda: keyless(404), "answered 404"),
        (lambda: keyless(200, "/run/v1/conversations/c1/pending-approvals", "wrong"), "answered 200"),
        (lambda: keyless(500), "answered 500"),
    ],
    "TEN-3": [
        (lambda: pending(twins(), 1, "a"), "pending approval of the run 'wrun_a'"),
        (lambda: later_run("script-b"), "was given what tenant 1 said"),
        (moved, "was applied to the call 'call-1' of tenant 0"),
    ],
}

SILENT: dict[str, list[Tale]] = {
    "TEN-1": [
        lambda: approved_end(waiting().decide(True)),
        lambda: Story().create(*ASKED).status(404, tenant=1),
        lambda: disagreeing(0, 200),
    ],
    "TEN-2": [waiting, lambda: (story := Story()).answer(story.ask("send", "GET", GONE, "none"), 401, {})],
    "TEN-3": [waiting, twins, lambda: pending(twins("c2"), 0, "a"), lambda: pending(twins(), 0, None)],
}


@pytest.mark.parametrize(("requirement", "tale"), [(name, tale) for name, tales in GOOD.items() for tale in tales])
def test_good_histories_are_judged_and_pass(requirement: str, tale: Tale) -> None:
    """Each requirement is judged where it was put to the test, and finds nothing."""
    judgement = tale().judge(requirement)
    assert judgement.findings == ()
    assert judgement.judged, judgement.reason


@pytest.mark.parametrize(("requirement", "tale", "words"), [(name, *row) for name, rows in BAD.items() for row in rows])
def test_bad_histories_are_found(requirement: str, tale: Tale, words: str) -> None:
    """One step aside from the good is found by the requirement that forbids it."""
    findings = tale().judge(requirement).findings
    assert any(words in finding.message for finding in findings), findings
    assert all(finding.requirement == f"EXE-{requirement}" for finding in findings)


@pytest.mark.parametrize(("requirement", "tale"), [(name, tale) for name, tales in SILENT.items() for tale in tales])
def test_histories_without_a_witness_judge_nothing(requirement: str, tale: Tale) -> None:
    """That nobody may do a thing is judged where somebody may."""
    judgement = tale().judge(requirement)
    assert not judgement.judged
    assert judgement.findings == ()


def test_frames_of_another_tenant_in_a_conversation_are_found() -> None:
    """The stream of a conversation holds what its owner's run said, and nothing of the other's."""
    mine, theirs = (says("One."),), (says("Two."),)

    def told(*frames: Any) -> Story:
        story = Story().create(*mine, turns=[{"text": ["One."]}]).create(*theirs, run="b", tenant=1, turns=[{"text": ["Two."]}])
        story.stream(story.ask("follow", "GET", "/run/v1/conversations/c1/stream", 0, run="a"), *frames)
        return story.end("completed", *mine).end("completed", *theirs, run="b")

    assert told(*mine).judge("TEN-3").findings == ()
    assert told(*mine).judge("TEN-3").judged
    assert "frames of another tenant's run" in told(*theirs).judge("TEN-3").findings[0].message


def test_null_servers_pass_nothing_of_approvals_tenants_and_recovery() -> None:
    """404 to all, 200 to all, and silence leave every one of these requirements unjudged, or find it broken."""
    ids = [*(f"APR-{number}" for number in range(1, 11)), "TEN-1", "TEN-2", "TEN-3", "RCV-1", "RCV-2"]
    for status in (404, 200, 0):
        judgements = [_null(status).judge(id) for id in ids]
        assert [row for row in judgements if row.judged and not row.findings] == []


def _null(status: int) -> Story:
    story = Story()
    story.tenant_of["a"], story.conversation_of["a"] = 0, "c1"
    fields = {"tenant": 0, "conversation": "c1", "via": "executions", "durable": True, "turns": script("call-1"), "script": "script-a"}
    story.add("run", run="a", ask=1, **fields)
    asks = [story.ask("create", "POST", "/run/api/executions", 0, run="a", conversation="c1", body={"messages": []})]
    asks += [story.ask("status", "GET", "/run/api/executions/wrun_a", tenant, run="a") for tenant in (0, 1, "none", "wrong")]
    asks += [story.begin(approved, call) for approved in (True, False, True) for call in ("call-1", "forged")]
    asks += [story.chat(("call-1", True), conversation=name) for name in ("c1", "nobody", None)]
    story.crash()
    asks.append(story.ask("status", "GET", "/run/api/executions/wrun_a", 0, run="a", last=True))
    for ask in asks:
        story = story.answer(ask, status, {}) if status else story.add("over", ask=ask, how="timeout", rest_ms=None)
    return story
