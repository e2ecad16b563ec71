"""What becomes of sessions, and how a run waits, on literal histories: SES-DEL-1 to 4, SES-SCHED-1 and 2, SES-TX-1 and 2."""

from __future__ import annotations

from typing import Any

import pytest

from .story_agent_session import PATH, PROMPT, SAID, SESSION, Story, polled

SHORT = {"first_poll": 100, "poll_max": 400, "list_delay": 20}


def finished(**more: Any) -> Story:
    return polled(**more).emit(*SAID).metadata("idle")


# --- DEL-1


def test_a_session_does_not_outlive_its_run() -> None:
    """However that ended."""
    assert finished().end().passes("DEL-1", "DEL-4")
    assert finished().settle().broken() == {"DEL-1"}
    assert polled().failed().settle().broken() >= {"DEL-1"}
    assert Story().begin().cancel().settle().broken() == {"DEL-1"}
    assert Story().begin().cancel().end().passes("DEL-1")
    assert finished().settle(1_000).broken() == set()


def test_a_delete_that_a_fault_refused_excuses_what_is_left() -> None:
    """The session stays, and it is not the runner that left it."""
    assert finished().fail("delete").settle().broken() == set()


def test_a_session_that_runs_is_interrupted_first() -> None:
    """And where a DELETE was refused since it runs, it is tried again."""

    def running() -> Story:
        return Story().begin().say("one").cancel()

    assert running().delete().settle().broken() == {"DEL-1"}
    assert running().interrupt().delete().settle().broken() == set()
    assert running().fail("send").delete().settle().broken() == set()
    again = running().refused().interrupt()
    assert again.later(2_000).delete().settle().broken() == {"DEL-1"}
    tried = running().fail("send").refused().interrupt()
    assert tried.later(2_000).delete().settle().broken() == set()
    assert running().fail("send").refused().later(25_000).interrupt().delete().settle().broken() == {"DEL-1"}


def test_a_session_that_nobody_knows_is_nobodys() -> None:
    """The answer that named it was lost."""
    story = (
        Story().add("script", run="a", handle="r1", session=None, prompt=PROMPT, terminal="idle", messages=[]).call("run", prompt=PROMPT)
    )
    story.ask("create", "/v1/sessions", "POST", fault="lose-answer").add("session", request=story.requests, session=SESSION, run="a")
    assert story.later(10).failed().reply().settle().broken() == set()


# --- DEL-2


def test_a_delete_that_fails_changes_nothing() -> None:
    """Neither the end of the run nor what is stored."""
    assert finished().fail("delete").later(2_000).delete().settle().passes("DEL-2")
    assert finished().fail("delete").failed().settle().broken() == {"DEL-2", "END-1"}
    assert finished().fail("delete").metadata("error").settle().broken() == {"DEL-2", "END-3"}
    assert not finished().end().judge("DEL-2").judged


# --- DEL-3


def test_a_session_that_is_to_persist_stays() -> None:
    """Unless its run was cancelled."""
    assert finished(persist_session=True).settle().passes("DEL-3")
    assert finished(persist_session=True).end().broken() == {"DEL-3"}
    assert Story(persist_session=True).begin().cancel().end().passes("DEL-3")
    assert Story(persist_session=True).begin().cancel().settle().broken() == {"DEL-3", "DEL-1"}
    assert finished(persist_session=True).later(10).cancel().settle().passes("DEL-3")


# --- DEL-4


def test_a_deleted_session_is_left_alone() -> None:
    """What cleans up may come again."""
    assert finished().delete().interrupt().fail("delete", 404).settle().broken() == set()
    assert finished().delete().fail("read", 404).settle().broken() == {"DEL-4"}
    assert finished().delete().fail("list", 404).settle().broken() == {"DEL-4"}
    lost = finished().ask("delete", PATH, "DELETE").add("deleted", request=6, session=SESSION)
    assert lost.later(1_000).fail("read", 404).settle().broken() == set()


# --- SCHED-1


@pytest.mark.parametrize("delay_ms", [0, 999, -1, None, "1000"])
def test_no_delay_is_too_short(delay_ms: Any) -> None:
    """Whatever it is for."""
    story = Story("sse").begin().scheduled(delay_ms, "stream").say(*SAID).status("idle").poll("idle").list().done(*SAID)
    assert story.broken() == {"SCHED-1"}


def test_shorter_delays_that_were_asked_for_are_right() -> None:
    """But none is nought."""

    def story(delay_ms: int) -> Story:
        begun = Story(timing_ms=SHORT).begin().scheduled(delay_ms, "stream").say(*SAID).status("idle")
        return begun.poll("idle", 100).list().done(*SAID)

    assert story(100).passes("SCHED-1")
    assert story(0).broken() == {"SCHED-1"}


def test_a_schedule_that_is_refused_orphans_nothing() -> None:
    """The run fails, and its session goes."""

    def story() -> Story:
        return Story().begin(failing="fail_schedules")

    assert story().failed().end().passes("SCHED-1")
    assert story().settle().broken() == {"SCHED-1", "END-4"}
    assert story().failed().settle().broken() == {"SCHED-1", "DEL-1"}


# --- SCHED-2


def waits(*delays_ms: int, **more: Any) -> Story:
    story = Story(**more).begin().say(*SAID)
    for delay_ms in delays_ms:
        story.poll("running", delay_ms)
    return story.status("idle")


def test_polls_come_ever_more_seldom() -> None:
    """Each wait is twice the last, up to the longest."""
    right = (15_000, 30_000, 60_000, 120_000, 240_000, 300_000)
    assert waits(*right).poll("idle", 300_000).list().done(*SAID).passes("SCHED-2")
    assert waits(100, 200, 400, timing_ms=SHORT).poll("idle", 400).list().done(*SAID).passes("SCHED-2")


@pytest.mark.parametrize("wrong", [(15_000, 15_000), (30_000, 60_000), (15_000, 30_000, 15_000), (15_000, 33_000)])
def test_polls_that_come_otherwise_are_wrong(wrong: tuple[int, ...]) -> None:
    """Even, too late, starting over, or a tenth too long."""
    assert waits(*wrong[:-1]).poll("idle", wrong[-1]).list().done(*SAID).broken() == {"SCHED-2"}


def test_what_is_scheduled_is_waited_for() -> None:
    """The read comes no earlier than it was due; in real time a note may have been read late, so that it is tried again alone."""
    assert Story().begin().say(*SAID).status("idle").scheduled().later(14_000).read("idle").list().done(*SAID).broken() == {"SCHED-2"}


def errors(*goods: bool) -> Story:
    story = Story().begin().say(*SAID)
    for number, good in enumerate(goods):
        delay_ms = min(15_000 * 2**number, 300_000)
        story.scheduled(delay_ms).later(delay_ms)
        if good:
            story.read("running")
        else:
            story.fail("read")
    return story


def test_five_errors_in_a_row_end_a_run() -> None:
    """No more, and no fewer; a good read in between counts them from nought."""
    assert errors(*[False] * 5).done(status="error").passes("SCHED-2", "END-3", "END-4")
    assert errors(*[False] * 6).done(status="error").broken() == {"SCHED-2"}
    assert errors(False, False, False, True, False, False).done(status="error").broken() == {"SCHED-2"}
    mended = errors(False, False, False, False, True, False).status("idle").poll("idle", 300_000).list()
    assert mended.done(*SAID).passes("SCHED-2")


# --- TX-1, TX-2


def test_a_transaction_is_short() -> None:
    """30 s are its limit, and only a run that lasts longer can prove it."""

    def story(open_ms: int, delay_ms: int = 15_000) -> Story:
        return waits(15_000).note("transaction", open_ms=open_ms).poll("idle", 2 * delay_ms).list().done(*SAID)

    assert story(30_000).passes("TX-1")
    assert story(30_001).broken() == {"TX-1"}
    assert not polled().done(*SAID).judge("TX-1").judged


def test_run_waits_for_nothing() -> None:
    """It answers when its requests are answered, and a second later at the latest."""

    def story(took_ms: int) -> Story:
        begun = Story().begin()
        at_us, kind, reply = begun.entries.pop()
        begun.entries.append((at_us + took_ms * 1_000, kind, reply))
        return begun.later(took_ms + 20_000).say(*SAID).status("idle").poll("idle").list().done(*SAID)

    assert story(900).passes("TX-2")
    assert story(1_500).broken() == {"TX-2"}
    assert all(finding.upper_bound for finding in story(1_500).judge("TX-2").findings)
