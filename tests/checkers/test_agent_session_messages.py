"""What a runner emits, on literal histories: SES-COMPLETE-1 to 4, SES-LAST-1, SES-PAGE-1."""

from __future__ import annotations

import pytest

from .story_agent_session import SAID, Story, polled, streaming


def test_a_whole_result_is_right() -> None:
    """Emitted as it was said, then stored, then cleaned up: nothing is wrong with it."""
    assert polled().done(*SAID).passes("COMPLETE-1", "LAST-1", "END-1", "END-3", "DEL-1", "DEL-4", "SCHED-1")
    assert polled(end="terminated").done(*SAID, status="terminated").passes("COMPLETE-1", "END-3")


@pytest.mark.parametrize(
    "emitted", [("one",), ("two",), ("two", "one"), ("one", "two", "two"), ("one", "two", "three"), ("one ", "two"), ()]
)
def test_a_result_is_all_that_was_said(emitted: tuple[str, ...]) -> None:
    """No message is missing, twice, invented, changed, or out of its order."""
    assert polled().done(*emitted).broken() == {"COMPLETE-1"}


def test_messages_are_what_their_blocks_say() -> None:
    """Blank blocks do not count, texts are not trimmed, and the alias of old is a message."""
    blocks = [{"type": "text", "text": text} for text in (" a ", "\n ", "b")]
    story = (
        Story()
        .begin()
        .event("agent.message", content=blocks)
        .event("agent.message", content=blocks[1:2])
        .say("c", type="assistant.message")
    )
    assert story.status("idle").poll("idle").list().done(" a \nb", "c").passes("COMPLETE-1")


def test_twins_are_two() -> None:
    """The same words, said twice."""
    assert polled("x", "x").done("x", "x").passes("COMPLETE-1")
    assert polled("x", "x").done("x").broken() == {"COMPLETE-1"}


def test_what_only_a_stream_has_is_owed_once_it_was_read() -> None:
    """A message that the list never shows is owed by whoever has surely read it, and allowed to whoever may have."""

    def story(lost: int = 0) -> Story:
        hidden = streaming().later(1_000).say("one", listed=False).later(1_000).cut(lost)
        return hidden.say("two").status("idle").poll("idle").list()

    assert story().done("one", "two").passes("COMPLETE-1", "END-5", "TIMEOUT-1")
    assert story().done("two").broken() == {"COMPLETE-1", "END-5", "TIMEOUT-1"}
    assert story(lost=1).done("two").broken() == set()


def test_a_run_that_was_cancelled_or_killed_owes_nothing() -> None:
    """Nor does one that has spent its budget, or whose reads fail for ever."""
    assert Story().begin().say("one").cancel().later(10).end().broken() == set()
    assert Story().begin().say("one").crash().settle().broken() == set()
    story = Story().begin().say("one").status("idle")
    for delay_ms in (15_000, 30_000, 60_000, 120_000, 240_000):
        story.poll("idle", delay_ms).fail("list")
    assert story.done(status="error").broken() == set()


# --- COMPLETE-2


def test_a_status_alone_completes_nothing() -> None:
    """It is told before the list shows the end: who waits for that is right."""

    def story() -> Story:
        return (
            Story()
            .begin()
            .say("one")
            .event("session.status_idle", listed=False)
            .add("status", session="sesn_1", status="idle")
            .poll("idle")
        )

    assert story().list().later(2_000).shown("e4").list().done("one").passes("COMPLETE-2", "COMPLETE-1")
    assert story().list().done("one").broken() == {"COMPLETE-2"}
    assert not polled().done(*SAID).judge("COMPLETE-2").judged


# --- COMPLETE-3


def test_the_idle_of_the_beginning_ends_no_turn() -> None:
    """It stands before the prompt."""

    def story() -> Story:
        return Story().begin("idle").poll("idle").list()

    assert story().later(1).say(*SAID).status("idle").poll("idle", 30_000).list().done(*SAID).passes("COMPLETE-3")
    assert story().done().broken() == {"COMPLETE-1", "COMPLETE-3"}


def test_an_idle_that_running_follows_ends_no_turn() -> None:
    """Unless the answer that showed it was as far as things had gone."""

    def story() -> Story:
        return Story().begin().say("one").status("idle")

    resumed = story().status("running").poll("running").list()
    assert resumed.done("one").broken() == {"COMPLETE-1", "COMPLETE-3"}
    whole = story().status("running").poll("running").list().say("two").status("idle").poll("idle", 30_000).list()
    assert whole.done("one", "two").passes("COMPLETE-3")
    assert story().poll("idle").list().status("running").done("one").broken() == set()


def test_a_prompt_is_sent_once() -> None:
    """A second one begins a second turn, whatever became of the first."""
    story = Story().begin().add("prompted", request=2, session="sesn_1", text="Work.")
    assert "COMPLETE-3" in story.say(*SAID).status("idle").poll("idle").list().done(*SAID).broken()


# --- COMPLETE-4


def test_an_action_that_is_needed_is_no_end() -> None:
    """The run fails, or goes on; and the session is there as long as it has not ended."""

    def story() -> Story:
        return Story(terminal=None).begin().say("one").status("idle", stop="requires_action").poll("idle").list()

    assert story().failed("blocked").end().passes("COMPLETE-4")
    assert story().done("one").broken() == {"COMPLETE-4"}
    assert story().status("running").say("two").status("idle").poll("idle", 30_000).list().done("one", "two").passes("COMPLETE-4")
    assert story().delete().failed("blocked").settle().broken() == {"COMPLETE-4"}


# --- LAST-1


@pytest.mark.parametrize(("messages", "last"), [(SAID, "one"), (SAID, ""), (SAID, None), ((), "one")])
def test_the_last_message_is_the_last_of_them(messages: tuple[str, ...], last: str | None) -> None:
    """On every path; without messages it is empty."""
    assert "LAST-1" in polled().emit(*messages, last_message=last).metadata("idle").end().broken()


# --- PAGE-1


def paged() -> Story:
    """Two pages: idle and "two", then "one", running and the prompt."""
    return Story().begin().say(*SAID).status("idle").poll("idle").list("e5", "e4", next="t1")


def test_pages_are_followed_to_the_end() -> None:
    """What a further page holds belongs to the result."""
    assert paged().list("e3", "e2", "e1", token="t1").done(*SAID).passes("PAGE-1", "COMPLETE-1")
    assert paged().done("two").broken() == {"PAGE-1", "COMPLETE-1"}
    assert paged().done(*SAID).broken() == {"PAGE-1"}
    assert paged().list("e3", "e2", "e1", token="t1").done("two", "one").broken() == {"PAGE-1", "COMPLETE-1"}


def test_a_token_that_comes_again_ends_a_listing() -> None:
    """What was read by then is the list."""

    def story() -> Story:
        return paged().list("e3", "e2", "e1", token="t1", next="t1")

    assert story().done(*SAID).passes("PAGE-1")
    assert story().list("e3", "e2", "e1", token="t1", next="t1").done(*SAID).broken() == {"PAGE-1"}


def test_what_two_pages_show_was_said_once() -> None:
    """Pages overlap where the list grows while it is read."""

    def story() -> Story:
        return paged().list("e4", "e3", "e2", "e1", token="t1")

    assert story().done(*SAID).passes("PAGE-1", "COMPLETE-1")
    assert story().done("one", "two", "two").broken() == {"PAGE-1", "COMPLETE-1"}


def test_a_listing_has_a_thousand_pages_at_most() -> None:
    """Whatever they name."""

    def story(pages: int) -> Story:
        listed = paged().list("e3", "e2", "e1", token="t1", next="t2")
        for number in range(2, pages):
            listed.list("e1", token=f"t{number}", next=f"t{number + 1}")
        return listed.done(*SAID)

    assert story(1_000).passes("PAGE-1")
    assert story(1_001).broken() == {"PAGE-1"}
