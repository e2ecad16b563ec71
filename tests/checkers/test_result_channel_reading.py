"""What an agent has surely read, on literal histories: a pong behind an ack may be the work of a library, before the agent reads at all."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .literal import assert_caught
from .story_agent_tasks import Story

Build = Callable[[], Story]


def sent() -> Story:
    return Story().session().out(1)


def acked() -> Story:
    """A ping behind the ack was answered."""
    story = sent()
    story.ack("o1").pong()
    return story


def stopped(after_ms: int) -> Story:
    return acked().later(after_ms).call("stop").closes().later(500).call("start")


def left(story: Story) -> Story:
    """The agent answers a ping, and closes the connection in time."""
    story.read()
    return story.closes()


def closed(story: Story) -> Story:
    """A close frame of the control plane, which stands behind all that was said, and is answered."""
    for by in ("server", "agent"):
        story.add("control", socket=story.socket, by=by, what="close", data="", code=1001)
    story.over()
    return story


def sent_again(story: Story) -> Story:
    """The next hello lists the message, and the session sends it."""
    story.session(("stdout", 1, 1)).out(1, taken="duplicate").settle()
    return story


UNSURE: dict[str, Build] = {
    "behind an illegal frame": lambda: left(sent().illegal().ack("o1")),
    "behind a fatal error": lambda: left(sent().fatal("o1").ack("o1")),
    "while it stops": lambda: left(sent().call("stop").ack("o1")).call("start"),
    "right before a stop": lambda: stopped(100),
    "right before a kill": lambda: acked().later(100).killed(),
    "right before it closes": lambda: acked().later(100).closes(),
    "right before the connection breaks": lambda: acked().later(100).drops(),
    "right before it dials again": lambda: acked(),
}
SURE: dict[str, Build] = {
    "before an illegal frame": lambda: left(sent().ack("o1").illegal()),
    "before a fatal error": lambda: left(sent().ack("o1").fatal("o1")),
    "behind a retryable error": lambda: left(sent().error("o1").ack("o1")),
    "long before a stop": lambda: stopped(300),
    "long before a kill": lambda: acked().later(300).killed(),
    "long before it closes": lambda: acked().later(300).closes(),
    "long before the connection breaks": lambda: acked().later(300).drops(),
    "long before it dials again": lambda: acked().later(300),
    "right before the control plane closes": lambda: closed(acked().later(100)),
    "behind a stop that was over": lambda: left(Story().call("stop").call("start").session().out(1).ack("o1")),
}


@pytest.mark.parametrize("requirement", ["ACK-1", "HELLO-4"])
@pytest.mark.parametrize("name", UNSURE)
def test_ack_that_was_perhaps_not_read_forbids_nothing(name: str, requirement: str) -> None:
    """The agent need not read on, or had no time to."""
    assert not sent_again(UNSURE[name]()).judge(requirement).findings


@pytest.mark.parametrize("requirement", ["ACK-1", "HELLO-4"])
@pytest.mark.parametrize("name", SURE)
def test_ack_that_was_surely_read_counts(name: str, requirement: str) -> None:
    """The agent had to read on, and had the time."""
    assert_caught(sent_again(SURE[name]()), requirement)


@pytest.mark.parametrize("is_void", [False, True])
def test_gap_error_behind_an_illegal_frame_asks_for_nothing(is_void: bool) -> None:
    """An agent that takes its time to close need not answer what stands behind the reason."""
    story = Story(world="loopback").session().outs(1, 2, 3)
    if is_void:
        story.illegal()
    story.gap("o3", 1).later(4_000)
    story.closes().settle()
    assert bool(story.judge("ERR-2").findings) != is_void


def test_session_that_has_to_end_owes_no_replay() -> None:
    """The closing handshake may take longer than a replay."""
    for is_illegal in (False, True):
        story = Story(world="loopback").session().out(1).drops().session(("stdout", 1, 1))
        if is_illegal:
            story.illegal()
        story.later(2_000)
        assert bool(story.closes().settle().judge("RPL-1").findings) != is_illegal
