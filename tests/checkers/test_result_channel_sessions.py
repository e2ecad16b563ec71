"""Connections, envelopes and hellos on literal histories: what must pass, and the nearly good history that must be caught."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from streamproof.fake_servers.result_channel.envelope import problems_of

from .literal import assert_caught, assert_passes
from .story_result_channel import Story

Build = Callable[[], Story]


def plain() -> Story:
    """One session with two chunks and a final, all acknowledged."""
    return Story().session().outs(1, 2).final().ack("o1", "o2", "f").read()


def unacked(*ranges: tuple[str, int, int], finals: tuple[str, ...] = ()) -> Story:
    """Two chunks of stdout and a final without acks, then a hello that lists this."""
    return Story().session().outs(1, 2).final().over().session(*ranges, finals=finals)


def early() -> Story:
    """Something is kept, and the second connection has said hello."""
    return Story().session().out(1).over().later(100).dial().hello(("stdout", 1, 1))


def started_at(sent_at: object) -> Story:
    """A frame with that time, and what the control plane finds wrong with it."""
    story = Story().session().frame("task.started", "s", {}, sent_at=sent_at)
    frame = story.entries[-1][2]
    frame["problems"] = problems_of(frame["envelope"], "agent-1")
    return story


GOOD: dict[str, tuple[str, Build]] = {
    "signed": ("AUTH-1", plain),
    "the same second twice": ("AUTH-1", lambda: Story().dial(skew_ms=999).over().dial(skew_ms=999)),
    "envelopes": ("ENV-1", plain),
    "a resend": ("ENV-1", lambda: Story().session().out(1).over().session(("stdout", 1, 1)).out(1, taken="duplicate")),
    "bytes": ("SEQ-5", lambda: Story().session().out(1, "é🙂")),
    "hello first": ("HELLO-1", plain),
    "output behind the hello_ack": ("HELLO-2", plain),
    "started before the hello_ack": ("HELLO-2", lambda: early().started().hello_ack().out(1, taken="duplicate")),
    "silence behind another hello_ack": ("HELLO-3", lambda: early().hello_ack("other").later(2_000).over()),
    "everything listed": ("HELLO-4", lambda: unacked(("stdout", 1, 2), finals=("f",)).outs(1, 2, taken="duplicate").final()),
    "two ranges": (
        "HELLO-4",
        lambda: (
            Story()
            .session()
            .outs(1, 2, 3)
            .ack("o2")
            .read()
            .over()
            .session(("stdout", 1, 1), ("stdout", 3, 3))
            .outs(1, 3, taken="duplicate")
        ),
    ),
    "an ack that was perhaps not read": (
        "HELLO-4",
        lambda: Story().session().outs(1, 2, 3).ack("o2").over().session(("stdout", 1, 3)).outs(1, 3, taken="duplicate"),
    ),
    "a reported final need not be listed": ("HELLO-4", lambda: Story().session().out(1).final().over().report().session(("stdout", 1, 1))),
}

NEARLY: dict[str, tuple[str, Build]] = {
    "a problem of the signature": ("AUTH-1", lambda: Story().dial(problems=("X-Nonce is missing",))),
    "a nonce again": ("AUTH-1", lambda: Story().dial(nonce="n").over().dial(nonce="n")),
    "an old timestamp": ("AUTH-1", lambda: Story().dial(skew_ms=5_500)),
    "an invalid frame": ("ENV-1", lambda: plain().frame("task.started", "s", {}, problems=("sent_at is missing",))),
    "an id of two chunks": ("ENV-1", lambda: Story().session().out(1, id="m").out(2, id="m")),
    "an id of two streams, after a kill": (
        "ENV-1",
        lambda: Story().session().out(1, id="m").killed().session().out(1, stream="stderr", id="m"),
    ),
    "the id of the last hello": ("ENV-1", lambda: Story().dial().hello(id="h").over().dial().hello(id="h")),
    "characters counted": ("SEQ-5", lambda: Story().session().out(1, "é", byte_count=1)),
    "output first": ("HELLO-1", lambda: Story().dial().out(1).hello()),
    "two hellos": ("HELLO-1", lambda: Story().dial().hello().hello_ack().hello(id="h2")),
    "no hello at all": ("HELLO-1", lambda: plain().over().dial().later(12_000).over()),
    "replay at the dial": ("HELLO-2", lambda: early().out(1, taken="duplicate").hello_ack()),
    "active by any hello_ack": ("HELLO-3", lambda: early().hello_ack("other").out(1, taken="duplicate")),
    "a final left out": ("HELLO-4", lambda: unacked(("stdout", 1, 2)).outs(1, 2, taken="duplicate").final(taken="duplicate")),
    "a row left out": ("HELLO-4", lambda: unacked(("stdout", 2, 2), finals=("f",)).outs(1, 2, taken="duplicate")),
    "a range over what was acknowledged": (
        "HELLO-4",
        lambda: Story().session().outs(1, 2, 3).ack("o2").read().over().session(("stdout", 1, 3)).outs(1, 3, taken="duplicate"),
    ),
    "a final that was acknowledged": ("HELLO-4", lambda: Story().session().final().ack("f").read().over().session(finals=("f",))),
    "ranges that overlap": ("HELLO-4", lambda: unacked(("stdout", 1, 2), ("stdout", 2, 2), finals=("f",))),
    "a range backwards": ("HELLO-4", lambda: unacked(("stdout", 1, 2), ("stderr", 2, 1), finals=("f",))),
}

SILENT = ("AUTH-1", "ENV-1", "SEQ-5", "HELLO-1", "HELLO-2", "HELLO-3", "HELLO-4")


@pytest.mark.parametrize(("requirement", "build"), GOOD.values(), ids=list(GOOD))
def test_good_history_is_judged_and_passes(requirement: str, build: Build) -> None:
    """A history that meets its precondition, and nothing is wrong with it."""
    assert_passes(build().settle(), requirement)


@pytest.mark.parametrize(("requirement", "build"), NEARLY.values(), ids=list(NEARLY))
def test_nearly_good_history_is_caught_with_proof(requirement: str, build: Build) -> None:
    """One thing is wrong, and the finding names entries that show it."""
    assert_caught(build().settle(), requirement)


@pytest.mark.parametrize("requirement", SILENT)
def test_agent_that_never_connects_passes_nothing(requirement: str) -> None:
    """Where nothing happened nothing is judged."""
    assert not Story().task("x").settle().judge(requirement).judged


def test_hello_ack_of_another_message_proves_nothing_where_nothing_was_kept() -> None:
    """Silence of an agent that has nothing to send is no witness."""
    story = Story().dial().hello().hello_ack("other").later(2_000).over().settle()
    assert not story.judge("HELLO-3").judged


@pytest.mark.parametrize("sent_at", ["2026-11-21T15:57:01Z", "2026-11-21T15:57:01.123Z", "2026-11-21T15:57:01.123456789+00:00"])
def test_time_in_utc_may_have_fractions_of_a_second(sent_at: str) -> None:
    """RFC 3339 leaves the digits of the second to the sender."""
    assert_passes(started_at(sent_at).settle(), "ENV-1")


@pytest.mark.parametrize(
    "sent_at",
    ["2026-11-21 15:57:01Z", "2026-11-21T15:57:01", "2026-11-21T15:57:01+01:00", "2026-11-21T15:57:01.Z", "2026-11-21T15:57Z", "now", 1],
)
def test_other_times_are_no_valid_envelope(sent_at: object) -> None:
    """No RFC 3339, or not in UTC."""
    assert_caught(started_at(sent_at).settle(), "ENV-1")


def test_silence_on_a_held_up_connection_is_not_blamed() -> None:
    """Where the link holds bytes back the hello may be under way."""
    story = plain().over().dial().fault("stall").later(12_000).over().settle()
    assert story.judge("HELLO-1").findings == ()
