"""The checkers of approvals on literal histories: the good, the nearly good, and what shows nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .story_decisions import APPROVED, ASKED, Story, approved_end, denied, denied_end, output, says, script, waiting, wants
from .story_durable import FINISH

Tale = Callable[[], Story]
TWO = (says("So. "), wants("call-1"))
TWO_DONE = (*TWO, output("call-1"), wants("call-2"), denied("call-2"), says("Done."), FINISH)


def raced(*, second: int = 409, **body: object) -> Story:
    """Approve and deny at the same time; approve was accepted and applied."""
    story = waiting()
    first, other = story.begin(True), story.begin(False)
    story.answer(first, 200, {"success": True})
    story.answer(other, second, {"success": True, **body} if second == 200 else {"status": second})
    return approved_end(story)


def two_calls(*decisions: tuple[str, bool, int]) -> Story:
    story = Story().create(*TWO, turns=script("call-1", "call-2")).status("suspended")
    for call, approved, status in decisions:
        story.decide(approved, status, call)
    return story


def bound(story: Story) -> Story:
    return story.effect("call-1").turn(1, tools=[("call-1", "pay:call-1:1"), ("call-2", "denied")]).end("completed", *TWO_DONE)


def mixed_batch(status: int, results: object, *, applied: bool = True) -> Story:
    story = waiting()
    story.answer(story.chat(("forged", True), ("call-1", True)), status, {"success": False, "results": results})
    return approved_end(story) if applied else story.end("suspended", *ASKED)


def chat_answer(status: int, conversation: str | None = "c1", shape: str = "content", **headers: str) -> Story:
    story = waiting()
    ask = story.chat(("call-1", True), conversation=conversation, shape=shape)
    if status == 200:
        story.stream(ask, says("Done."), FINISH, **headers)
    else:
        story.answer(ask, status, {"status": status})
    story.answer(story.chat(("call-1", True)), 200, {"success": True, "results": [{"toolCallId": "call-1", "approved": True}]})
    return approved_end(story)


def out_of_time(*statuses: str) -> Story:
    story = waiting(timing_ms={"approval_timeout": 2_000}).wait(2_000 + 5_100)
    for status in statuses:
        story.status(status)
    return story.end(statuses[-1], *ASKED)


GOOD: dict[str, list[Tale]] = {
    "APR-1": [
        lambda: approved_end(waiting().decide(True).decide(True, 409).decide(True, 410)),
        lambda: approved_end(waiting().decide(True).decide(True, alreadyProcessed=True)).effect(again=True),
        lambda: denied_end(waiting().decide(False).decide(False)),
    ],
    "APR-2": [
        lambda: approved_end(waiting().decide(True)).decide(True, 409).decide(False, 410),
        lambda: approved_end(waiting().decide(True)).decide(True, 404, "forged"),
        lambda: approved_end(waiting().decide(True)).decide(False, alreadyProcessed=True),
        lambda: Story().create(says("So. "), how="left").status("running").decide(True, 404, "forged").status("running"),
    ],
    "APR-3": [
        lambda: approved_end(waiting().decide(True, 404, "forged").status("suspended").decide(True)),
        lambda: approved_end(waiting().decide(False, 409, "forged").decide(True)),
        lambda: two_calls(("call-2", False, 409)).status("suspended"),
        lambda: two_calls(("call-2", False, 200)).status("suspended"),
    ],
    "APR-4": [
        raced,
        lambda: raced(second=200, alreadyProcessed=True),
        lambda: raced(second=200, approved=True),
        lambda: approved_end(waiting().decide(True).decide(False, 409)),
    ],
    "APR-5": [
        lambda: approved_end(waiting().decide(True)),
        lambda: denied_end(waiting().decide(False)),
        lambda: approved_end(waiting().decide(True).crash()),
        raced,
    ],
    "APR-6": [
        lambda: bound(two_calls(("call-1", True, 200), ("call-2", False, 200))),
        lambda: bound(two_calls(("call-2", False, 409), ("call-1", True, 200), ("call-2", False, 200))),
    ],
    "APR-7": [
        lambda: mixed_batch(200, [{"toolCallId": "forged", "error": "unknown"}, {"toolCallId": "call-1", "approved": True}]),
    ],
    "APR-8": [
        lambda: chat_answer(400),
        lambda: chat_answer(200, x_workflow_run_id="wrun_a"),
        lambda: chat_answer(400, shape="text"),
    ],
    "APR-9": [
        lambda: chat_answer(404, "nobody"),
        lambda: chat_answer(400, None),
        lambda: chat_answer(400, None, shape="text"),
    ],
    "APR-10": [
        lambda: waiting().crash().status("suspended").end("suspended", *ASKED),
        lambda: out_of_time("failed"),
    ],
}

BAD: dict[str, list[tuple[Tale, str]]] = {
    "APR-1": [
        (lambda: approved_end(waiting().decide(True).decide(True, 500)), "was answered 500"),
        (lambda: approved_end(waiting().decide(True).decide(True, 404)), "was answered 404"),
        (lambda: approved_end(waiting().decide(True).decide(True)).effect(key="k2"), "run 2 times, with unlike keys"),
        (lambda: waiting().decide(True).decide(True, 409).effect(key=None).effect(key=None), "run 2 times, without a key"),
        (lambda: waiting().decide(True, 409).decide(True, 409).end("suspended", *ASKED), "all 2 equal decisions"),
    ],
    "APR-2": [
        (lambda: approved_end(waiting().decide(True)).decide(True), "accepted by a run that was over"),
        (lambda: approved_end(waiting().decide(True)).decide(True, alreadyProcessed=True), "accepted by a run that was over"),
        (lambda: approved_end(waiting().decide(True)).decide(False), "accepted by a run that was over"),
        (lambda: approved_end(waiting().decide(True)).decide(True, 404), "not 409 or 410"),
        (lambda: approved_end(waiting().decide(True)).decide(True, 500), "answered 500"),
        (
            lambda: Story().create(says("So. "), how="left").status("running").decide(True, 200, "forged").status("running"),
            "accepted by a run that waits for none",
        ),
    ],
    "APR-3": [
        (lambda: waiting().decide(True, 200, "forged").status("suspended"), "no call of it"),
        (lambda: waiting().decide(True, 404, "forged").status("running"), "was running after"),
        (lambda: waiting().decide(True, 500, "forged").status("suspended"), "answered 500"),
        (lambda: approved_end(waiting().decide(True, 404, "forged")), "was completed after"),
        (lambda: two_calls(("call-2", False, 200)).status("running"), "was running after"),
    ],
    "APR-4": [
        (lambda: raced(second=200), "no single decision"),
        (lambda: raced(second=200, approved=False), "no single decision"),
        (lambda: denied_end(waiting().decide(True).decide(False, 409)), "no single decision"),
        (lambda: waiting().decide(True, 409).decide(False, 409).end("suspended", *ASKED), "was refused"),
    ],
    "APR-5": [
        (lambda: waiting().decide(True).end("suspended", *ASKED), "still waits for it"),
        (lambda: waiting().decide(True).crash().wait(6_000).end("suspended", *ASKED), "the server was killed"),
        (lambda: denied_end(waiting().decide(True)), "was denied"),
        (lambda: waiting().decide(True).turn(1).end("completed", *APPROVED), "without any effect"),
    ],
    "APR-6": [
        (lambda: bound(two_calls(("call-1", True, 200), ("call-2", True, 200))), "nobody had asked for it"),
        (lambda: bound(two_calls(("call-2", True, 200))), "no decision on it"),
        (lambda: two_calls(("call-1", True, 200), ("call-2", True, 200)).effect("call-1").effect("call-2", of="call-1"), "not pay("),
        (
            lambda: two_calls(("call-1", True, 200), ("call-2", True, 200)).turn(1, tools=[("call-2", "pay:call-1:1")]),
            "the output of 'call-1'",
        ),
    ],
    "APR-7": [
        (lambda: mixed_batch(500, []), "answered 500"),
        (lambda: mixed_batch(404, []), "refused as a whole"),
        (lambda: mixed_batch(200, None), "does not tell the outcome"),
        (lambda: mixed_batch(200, [{"toolCallId": "call-1", "approved": True}]), "says nothing of 'forged'"),
        (lambda: mixed_batch(200, [{"toolCallId": "forged"}, {"toolCallId": "call-1"}]), "'forged' was accepted"),
        (
            lambda: mixed_batch(200, [{"toolCallId": "forged", "error": "no"}, {"toolCallId": "call-1", "error": "no"}]),
            "'call-1' was refused",
        ),
        (lambda: mixed_batch(200, [{"toolCallId": "forged", "error": "no"}, {"toolCallId": "call-1"}], applied=False), "still waits"),
    ],
    "APR-8": [
        (lambda: chat_answer(200, x_workflow_run_id="wrun_new"), "a new run"),
        (lambda: chat_answer(500), "answered 500"),
        (lambda: chat_answer(200).turn(0, script=None, says="unknown"), "nobody began"),
    ],
    "APR-9": [
        (lambda: chat_answer(200, "nobody"), "was answered 200, not 404"),
        (lambda: chat_answer(400, "nobody"), "was answered 400, not 404"),
        (lambda: chat_answer(404, None), "was answered 404, not 400"),
        (lambda: chat_answer(200, "nobody", shape="text"), "was answered 200, not a 4xx"),
    ],
    "APR-10": [
        (lambda: waiting().crash().status("failed").end("failed", *ASKED), "was failed when it was back"),
        (lambda: waiting().crash().status("suspended").effect().end("suspended", *ASKED), "decided by a restart"),
        (lambda: out_of_time("suspended"), "long over"),
        (lambda: approved_end(waiting(timing_ms={"approval_timeout": 2_000}).wait(2_000)).wait(5_100).status("completed"), "was approved"),
        (
            lambda: waiting(timing_ms={"approval_timeout": 60_000}).status("failed").wait(66_000).end("failed", *ASKED),
            "sooner than 60000 ms",
        ),
    ],
}

SILENT: dict[str, list[Tale]] = {
    "APR-1": [lambda: Story().create(says("So. ")).decide(True).decide(True), lambda: waiting().decide(True)],
    "APR-2": [lambda: waiting().decide(True)],
    "APR-3": [lambda: Story().create(*ASKED).decide(True, 404, "forged"), lambda: waiting().decide(True, 404, "forged")],
    "APR-4": [lambda: waiting().decide(True), lambda: Story().create(says("So. ")).decide(True).decide(False)],
    "APR-5": [lambda: waiting().decide(True, 409).end("suspended", *ASKED), lambda: waiting().decide(True)],
    "APR-6": [lambda: approved_end(waiting().decide(True))],
    "APR-7": [lambda: approved_end(waiting().decide(True))],
    "APR-8": [lambda: approved_end(waiting().decide(True))],
    "APR-9": [lambda: approved_end(waiting().decide(True))],
    "APR-10": [lambda: waiting().status("suspended")],
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
    assert all(finding.requirement == f"EXE-{requirement}" and all(finding.entries) for finding in findings)


@pytest.mark.parametrize(("requirement", "tale"), [(name, tale) for name, tales in SILENT.items() for tale in tales])
def test_histories_without_the_precondition_judge_nothing(requirement: str, tale: Tale) -> None:
    """What was not put to the test is not passed."""
    judgement = tale().judge(requirement)
    assert not judgement.judged
    assert judgement.findings == ()


def test_a_second_effect_without_a_key_around_a_crash_proves_nothing() -> None:
    """A server that was killed in between could not know better."""
    story = waiting().decide(True).decide(True, 409).effect(key=None).crash().effect(key=None)
    assert story.judge("APR-1").findings == ()


def test_a_lost_approval_behind_a_crash_rests_on_time() -> None:
    """How long a restarted server may take is an upper bound; without a crash a 200 that is not recorded is wrong at once."""
    crashed = waiting().decide(True).crash().wait(6_000).end("suspended", *ASKED).judge("APR-5")
    assert [finding.upper_bound for finding in crashed.findings] == [True]
    plain = waiting().decide(True).end("suspended", *ASKED).judge("APR-5")
    assert [finding.upper_bound for finding in plain.findings] == [False]


def test_repeated_ids_of_calls_are_the_servers_to_choose() -> None:
    """A script that uses an id twice says nothing of which call has it: the frames do."""
    turns = [{"text": ["So. "], "calls": [{"id": "c", "name": "note"}, {"id": "c", "name": "pay"}]}, {"text": ["Done."]}]
    story = Story().create(says("So. "), wants("c-2"), turns=turns).status("suspended").effect("c", of="c").decide(True, call="c-2")
    assert story.effect("c-2", of="c").judge("APR-6").findings == ()
