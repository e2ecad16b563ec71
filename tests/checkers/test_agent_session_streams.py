"""What comes of streams, on literal histories: SES-END-5, SES-END-6, SES-SSE-1, SES-SSE-2, SES-TIMEOUT-1."""

from __future__ import annotations

from .story_agent_session import SAID, Story, polled, streaming

LARGE = "x" * (1 << 20)

# --- END-5


def test_a_stream_that_ends_completes_nothing() -> None:
    """Polls go on, and nothing is lost."""

    def story() -> Story:
        return streaming().later(1_000).say("one").later(1_000).cut()

    assert story().say("two").status("idle").poll("idle").list().done(*SAID).passes("END-5")
    assert story().done("one").broken() == {"END-5", "COMPLETE-1", "COMPLETE-2"}
    assert story().say("two").status("idle").failed().end().broken() == {"END-5"}
    assert not polled().done(*SAID).judge("END-5").judged


def test_a_stream_that_cannot_be_opened_kills_no_run() -> None:
    """Polls go on."""

    def story() -> Story:
        return Story("sse").begin().scheduled(1_000, "stream").later(1_000).fail("stream").say(*SAID).status("idle")

    assert story().poll("idle").list().done(*SAID).passes("END-5")
    assert story().failed().end().broken() == {"END-5"}


# --- END-6


def test_an_end_from_before_the_stream_is_noticed() -> None:
    """Within the first poll and its listings."""

    def story() -> Story:
        over = Story("sse").begin().scheduled(1_000, "stream").say(*SAID).status("idle")
        return over.later(1_000).open()

    assert story().list().done(*SAID).passes("END-6")
    assert story().later(40_000).list().done(*SAID).passes("END-6")
    late = story().later(60_000).list().done(*SAID)
    assert late.broken() == {"END-6"}
    assert all(finding.upper_bound for finding in late.judge("END-6").findings)


# --- SSE-1


def framed(fault: str = "framing") -> Story:
    """Its stream is written in another legal way."""
    return Story("sse").begin().scheduled(1_000, "stream").later(1_000).open(fault).list()


def test_every_legal_framing_is_read() -> None:
    """A message that only the stream has, and an end that makes polls needless."""

    def hidden() -> Story:
        return framed().later(1_000).say("one", listed=False).later(1_000).say("two").status("idle").list()

    assert hidden().done(*SAID).passes("SSE-1", "COMPLETE-1")
    assert hidden().done("two").broken() == {"SSE-1", "COMPLETE-1"}


def test_no_poll_is_needed_behind_a_streamed_end() -> None:
    """Unless the list lags behind it."""

    def story() -> Story:
        return framed("slice").later(1_000).say(*SAID)

    assert story().status("idle").list().done(*SAID).passes("SSE-1")
    assert story().status("idle").later(60_000).close().poll("idle").list().done(*SAID).broken() == {"SSE-1"}
    lagging = story().event("session.status_idle", listed=False).later(60_000).close().shown("e5")
    assert lagging.add("status", session="sesn_1", status="idle").poll("idle").list().done(*SAID).broken() == set()
    assert not streaming().later(1_000).say(*SAID).status("idle").list().done(*SAID).judge("SSE-1").judged


# --- SSE-2


def test_a_large_event_does_not_lose_the_run() -> None:
    """Whoever cannot read it on the stream finds it in the list."""

    def story() -> Story:
        return streaming(owed=[LARGE]).later(1_000).say(LARGE).status("idle")

    assert story().list().done(LARGE).passes("SSE-2")
    assert story().close().poll("idle").list().done(LARGE).passes("SSE-2")
    assert "SSE-2" in story().failed().end().broken()
    assert story().list().done().broken() == {"SSE-2", "COMPLETE-1"}
    assert story().settle().broken() == {"SSE-2", "END-4"}


def test_a_large_event_that_only_the_stream_has_is_read_there() -> None:
    """The list shows the rest of the messages alone."""

    def story() -> Story:
        return streaming(owed=[LARGE, "two"]).later(1_000).say(LARGE, listed=False).later(1_000).say("two").status("idle").list()

    assert story().done(LARGE, "two").passes("SSE-2")
    assert story().done("two").broken() == {"SSE-2", "COMPLETE-1"}


# --- TIMEOUT-1


def test_a_stream_may_be_long() -> None:
    """As long as events come, it is read."""

    def story() -> Story:
        return streaming().later(20_000).say("one").later(10_000)

    assert story().later(15_000).say("two").status("idle").list().done(*SAID).passes("TIMEOUT-1")
    given_up = story().later(-3_000).close().say("two").status("idle").poll("idle").list()
    assert given_up.done(*SAID).broken() == {"TIMEOUT-1"}


def test_a_silent_stream_may_be_given_up() -> None:
    """So may one whose session is over, or that a fault ended."""
    assert streaming().later(40_000).close().say(*SAID).status("idle").poll("idle").list().done(*SAID).broken() == set()
    assert streaming().later(29_000).say(*SAID).status("idle").list().close().done(*SAID).broken() == set()
    assert streaming().later(29_000).say(*SAID).cut().status("idle").poll("idle").list().done(*SAID).broken() == set()
