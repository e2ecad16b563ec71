"""How a run ends, on literal histories: SES-END-1 to 4, SES-ERR-1 to 3."""

from __future__ import annotations

import pytest

from .story_agent_session import SAID, Story, polled, streaming

DELAYS_MS = (15_000, 30_000, 60_000, 120_000, 240_000)

# --- END-1


def test_a_run_ends_once() -> None:
    """By an emit or a failure, not by two of them, and not behind its cancellation."""
    assert polled().done(*SAID).passes("END-1")
    assert polled().emit(*SAID).metadata("idle").emit(*SAID).end().broken() == {"END-1"}
    assert polled().emit(*SAID).metadata("idle").failed().end().broken() == {"END-1"}
    assert polled().cancel().emit(*SAID).end().broken() == {"END-1"}
    assert polled().call("cancel").emit(*SAID).reply().end().broken() == set()
    assert not Story().begin().cancel().end().judge("END-1").judged


# --- END-2


def failing() -> Story:
    """The first emit fails, and leaves no note."""
    return Story().begin(failing="fail_emits").later(1_000).say(*SAID).status("idle").poll("idle").list()


def test_behind_a_failed_emit_the_whole_result_comes_again() -> None:
    """The session is still there, and nothing says that the run has ended."""
    assert failing().poll("idle", 30_000).list().done(*SAID).passes("END-2")
    assert failing().poll("idle", 30_000).list().done("two").broken() == {"END-2", "COMPLETE-1"}
    assert failing().failed().end().broken() == {"END-2"}
    assert failing().settle().broken() == {"END-2", "END-4"}
    assert not polled().done(*SAID).judge("END-2").judged


def test_the_emit_comes_first() -> None:
    """Before the terminal metadata and before the DELETE."""
    assert polled().metadata("idle").emit(*SAID).metadata("idle").end().broken() == {"END-2"}
    assert polled().delete().emit(*SAID).metadata("idle").settle().broken() == {"END-2"}
    assert failing().metadata("idle").delete().settle().broken() == {"END-2", "END-4"}


def test_real_time_is_no_judge_of_an_order() -> None:
    """There a note and a request come on two ways, and may overtake one another."""
    assert polled(world="loopback").delete().later(5).emit(*SAID).metadata("idle").settle().broken() == set()


# --- END-3


def test_the_status_is_that_of_the_end() -> None:
    """Emitted and stored."""
    assert polled(end="terminated").done(*SAID).broken() == {"END-3"}
    assert polled().done(*SAID, status="finished").broken() == {"END-3"}
    assert polled().emit(*SAID).metadata("running").end().broken() == {"END-3"}
    assert polled().emit(*SAID).end().broken() == {"END-3"}
    assert polled().failed().end().broken() == {"END-3"}


def test_a_status_that_is_ahead_of_the_list_is_waited_for() -> None:
    """An idle is listed, and terminated is told: its event is still to come."""

    def story() -> Story:
        late = Story(terminal="terminated").begin().say(*SAID).status("idle").event("session.status_terminated", listed=False)
        return late.add("status", session="sesn_1", status="terminated").poll("terminated").list()

    assert story().later(2_000).shown("e6").list().done(*SAID, status="terminated").passes("END-3")
    assert story().done(*SAID).broken() == {"END-3"}


def endless(polls: int = 200, last: str = "running") -> Story:
    """A session that never ends, polled so often; the last time the status is another."""
    story = Story(terminal=None).begin().say("one")
    for number in range(polls):
        story.poll("running" if number < polls - 1 else last, min(15_000 * 2 ** min(number, 8), 300_000))
    return story


def test_a_time_out_is_for_sessions_that_do_not_end() -> None:
    """When the budget is spent, and the last read has found it running."""
    assert endless().done("one", status="timeout").passes("END-3", "END-4", "SCHED-2")
    assert endless(50).done("one", status="timeout").broken() == {"END-3"}
    assert endless(last="idle").done("one", status="timeout").broken() == {"END-3"}
    assert endless(last="idle").done("one", status="idle").broken() == set()
    assert endless().scheduled(300_000).later(300_000).done("one", status="timeout").broken() == {"END-3"}


def test_an_error_needs_errors() -> None:
    """The last reads were good."""
    assert polled().done(status="error").broken() == {"END-3"}


# --- END-4


def test_every_run_ends() -> None:
    """Also one that nothing happens to any more; but a bound in real time is no proof."""
    silent = Story().begin().say(*SAID).status("idle").settle()
    assert silent.broken() == {"END-4"}
    assert all(finding.upper_bound for finding in silent.judge("END-4").findings)
    assert Story(terminal=None).begin().cancel().end().broken() == set()
    assert endless(203).done("one", status="timeout").broken() == {"END-4"}
    assert endless(203).settle().broken() == {"END-4"}
    assert not polled().done(*SAID).judge("END-4").judged


def test_a_run_that_was_never_taken_on_owes_no_end() -> None:
    """Its call failed: that is a matter of the driver."""
    assert (
        Story()
        .add("script", run="a", handle="r1", session=None, prompt="p", terminal="idle", messages=[])
        .call("run", prompt="p")
        .reply("fail")
        .settle()
        .broken()
        == set()
    )


# --- ERR-1


def ended(*what: str) -> Story:
    """ "m": a message, "e": an error, others are statuses."""
    story = Story(owed=["said"] * what.count("m")).begin()
    for row in what:
        if row == "m":
            story.say("said")
        elif row == "e":
            story.error()
        else:
            story.status(row)
    return story.poll(what[-1]).list()


@pytest.mark.parametrize("what", [("m", "e", "terminated"), ("e", "terminated"), ("m", "idle", "running", "e", "terminated")])
def test_an_error_that_stays_fails_the_run(what: tuple[str, ...]) -> None:
    """With its message."""
    said = ["said"] * what.count("m")
    assert ended(*what).failed("session failed: no model").end().passes("ERR-1")
    assert ended(*what).failed("session failed").end().broken() == {"ERR-1"}
    assert ended(*what).done(*said, status="terminated").broken() == {"ERR-1"}


@pytest.mark.parametrize("what", [("e", "m", "idle"), ("m", "e", "idle"), ("e", "running", "m", "idle")])
def test_an_error_that_an_idle_follows_is_over(what: tuple[str, ...]) -> None:
    """As long as something was said."""
    assert ended(*what).done("said").passes("ERR-1")
    assert ended(*what).failed("session failed: no model").end().broken() == {"ERR-1", "END-3"}


def test_an_error_is_judged_at_the_end() -> None:
    """A session that is still at work may recover."""
    early = Story().begin().error().poll("running").list().failed("session failed: no model")
    assert early.end().broken() == {"ERR-1"}


# --- ERR-2


def test_nothing_but_an_error_is_no_success() -> None:
    """An idle behind it has recovered nothing."""
    assert ended("e", "idle").failed("no model").end().passes("ERR-2", "ERR-1")
    assert ended("e", "idle").done().broken() == {"ERR-2"}
    assert ended("e", "running", "idle").done().broken() == {"ERR-2"}


# --- ERR-3


def test_the_first_read_may_fail() -> None:
    """As later ones may."""

    def story(*statuses: int) -> Story:
        begun = Story().begin().say(*SAID).status("idle")
        for status, delay_ms in zip(statuses, DELAYS_MS, strict=False):
            begun.scheduled(delay_ms).later(delay_ms).fail("read", status)
        return begun

    assert story(503).poll("idle", 30_000).list().done(*SAID).passes("ERR-3")
    assert "ERR-3" in story(503).failed().end().broken()
    assert "ERR-3" in story(500).done(status="error").broken()
    assert story(*[503] * 5).done(status="error").broken() == set()


def test_streams_end_runs_too() -> None:
    """A terminal event that was streamed, and listed at once."""
    story = streaming().later(1_000).say(*SAID).status("idle").list()
    assert story.done(*SAID).passes("END-1", "END-3", "COMPLETE-1")
