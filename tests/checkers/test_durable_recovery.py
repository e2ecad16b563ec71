"""The checkers of crashes and retried steps on literal histories: the good, the nearly good, and what shows nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .story_decisions import ASKED, Story, approved_end, output, says, waiting, wants
from .story_durable import FINISH

Tale = Callable[[], Story]
SPOKEN: list[dict[str, Any]] = [{"text": ["One ", "two."]}]


def struck(status: str, *frames: Any, faults: tuple[str, ...] = ()) -> Story:
    """The server dies after the first word; then this is its end."""
    story = Story(faults).create(says("One "), turns=SPOKEN, how="cut").crash()
    return story.status(status).end(status, *frames)


def again(*frames: Any, status: str = "completed", seen: Any = None) -> Story:
    """The model breaks off after the first word, and is asked for the turn again."""
    story = Story(("cut",)).create(*(frames if seen is None else seen), turns=SPOKEN)
    return story.turn(0).end(status, *frames)


DONE = (says("One "), says("two."), FINISH)

GOOD: dict[str, list[Tale]] = {
    "RCV-1": [
        lambda: struck("completed", *DONE),
        lambda: struck("completed", says("One "), says("t"), says("wo."), FINISH),
        lambda: struck("failed", says("One "), FINISH, faults=("status",)),
        lambda: waiting().crash().status("suspended").end("suspended", *ASKED),
        lambda: approved_end(waiting().decide(True).effect().crash()).effect(again=True),
    ],
    "RCV-2": [lambda: again(*DONE), lambda: again(says("One "), FINISH, status="failed")],
}

BAD: dict[str, list[tuple[Tale, str]]] = {
    "RCV-1": [
        (lambda: waiting().crash().status(404), "was answered 404"),
        (lambda: struck("completed", says("One two."), FINISH), "no more in that place"),
        (lambda: struck("completed", says("One "), says("One "), says("two."), FINISH), "says 'One One two.'"),
        (lambda: struck("completed", says("One "), FINISH), "says 'One '"),
        (lambda: struck("running", says("One ")), "still 'running' at the end"),
        (lambda: struck("failed", says("One "), FINISH), "nothing but the server had"),
        (lambda: approved_end(waiting().decide(True).effect(key="k0").crash()), "run 2 times"),
    ],
    "RCV-2": [
        (lambda: again(says("One "), says("One "), says("two."), FINISH), "says 'One One two.'"),
        (lambda: again(says("One "), says("One "), FINISH, status="failed"), "a beginning of"),
        (lambda: again(*DONE, says("")), "behind the end"),
        (lambda: again(*DONE, seen=(says("One "), says("One "), says("two."), FINISH)), "no more in that place"),
    ],
}

SILENT: dict[str, list[Tale]] = {
    "RCV-1": [
        lambda: approved_end(waiting().decide(True)),
        lambda: approved_end(waiting().decide(True)).crash().status("completed"),
        lambda: waiting().crash(),
    ],
    "RCV-2": [lambda: approved_end(waiting().decide(True)), lambda: struck("completed", *DONE)],
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
def test_histories_without_the_precondition_judge_nothing(requirement: str, tale: Tale) -> None:
    """A crash when all is over, or one that nobody looked behind, shows nothing."""
    judgement = tale().judge(requirement)
    assert not judgement.judged
    assert judgement.findings == ()


def test_what_never_comes_to_its_end_rests_on_time() -> None:
    """That a run still goes on at the end of an example is an upper bound."""
    findings = struck("running", says("One ")).judge("RCV-1").findings
    assert [finding.upper_bound for finding in findings] == [True]


def test_a_call_that_is_told_of_twice_is_found() -> None:
    """A step that is tried again announces no call twice, and tells no outcome twice."""
    story = Story(("cut",)).create(*ASKED).status("suspended").decide(True).effect().turn(1).turn(1)
    doubled = (*ASKED, output("call-1"), output("call-1"), says("Done."), FINISH)
    findings = story.end("completed", *doubled).judge("RCV-2").findings
    assert any("tool-output-available of 'call-1' twice" in finding.message for finding in findings)


def test_what_a_reader_saw_of_a_suspended_run_stays() -> None:
    """The frames up to the approval request are the beginning of the stream after a crash, too."""
    story = waiting().crash().status("suspended").end("suspended", says("So. "), says("Well. "), wants("call-1"))
    assert any("no more in that place" in finding.message for finding in story.judge("RCV-1").findings)
