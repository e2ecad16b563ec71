"""Acks, sequences and replays on literal histories: what must pass, and the nearly good history that must be caught."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .literal import assert_caught, assert_passes
from .story_result_channel import Story

Build = Callable[[], Story]


def sent(*acked: str) -> Story:
    """Three chunks of stdout and one of stderr on the first connection, some of them acknowledged, and surely so."""
    return Story().session().outs(1, 2, 3).out(1, stream="stderr").ack(*acked).read().over()


def replayed(*sequences: int) -> Story:
    """Two chunks and a final are unacknowledged, and the second session sends these chunks and then the final."""
    story = Story().session().outs(1, 2).final().over().session(("stdout", 1, 2), finals=("f",))
    return story.outs(*sequences, taken="duplicate").final(taken="duplicate")


def asked(*sequences: int, **directives: object) -> Story:
    """Three chunks and a final are unacknowledged; the second session has directives, and sends these chunks."""
    story = Story().session().outs(1, 2, 3).final().over().session(("stdout", 1, 3), finals=("f",), **directives)
    return story.outs(*sequences, taken="duplicate")


def acknowledged_final(*, read: bool = True) -> Story:
    """A hello_ack acknowledges the final that the hello lists."""
    story = Story().session().out(1).final().over().session(("stdout", 1, 1), finals=("f",), finals_acked=("f",))
    return story.read() if read else story


def written(data: str, *chunks: str, output: str | None = None, drained: bool = True, **final: object) -> Story:
    """A command writes ``data``; these chunks are accepted, and its final."""
    story = Story().task(data).session()
    for sequence, chunk in enumerate(chunks, 1):
        story.out(sequence, chunk)
    story.final(output=data if output is None else output, **final)
    return story.ack(*(f"o{sequence}" for sequence in range(1, len(chunks) + 1)), "f").read() if drained else story


def late(*on_session: int, at_ms: int = 200) -> Story:
    """Two writes, the second of them ``at_ms`` after the start; the second hello_ack comes a second after its hello."""
    story = Story().task("ab", steps=[[0, "stdout", 1], [at_ms, "stdout", 1]]).session().started().out(1, "a").ack("o1").read().over()
    story.later(50).dial().hello().later(1_000).hello_ack()
    for sequence in on_session:
        story.out(sequence, "b")
    return story


GOOD: dict[str, tuple[str, Build]] = {
    "kept until its ack": ("ACK-1", lambda: sent("o1").session(("stdout", 2, 3), ("stderr", 1, 1)).outs(2, 3, taken="duplicate")),
    "gone after its ack": ("ACK-1", lambda: sent("o1", "o2", "o3", "e1").session()),
    "a final gone by its report": ("ACK-1", lambda: Story().session().out(1).final().over().report().session(("stdout", 1, 1)).out(1)),
    "sent again after a kill at the ack": (
        "ACK-1",
        lambda: Story().session().outs(1, 2).ack("o1").pong().killed().session(("stdout", 1, 2)).outs(1, 2, taken="duplicate"),
    ),
    "others stay": ("ACK-2", lambda: sent("o2").session(("stdout", 1, 1), ("stdout", 3, 3), ("stderr", 1, 1)).outs(1, 3)),
    "numbered without holes": ("SEQ-1", lambda: sent("o1", "o2", "o3", "e1").session()),
    "the same again": ("SEQ-2", lambda: replayed(1, 2)),
    "bytes in two chunks": ("SEQ-3", lambda: written("ab🙂", "ab", "🙂")),
    "an interrupted one has a prefix": ("SEQ-3", lambda: written("abc", "ab", output="", status="interrupted", exit_code=-1)),
    "ascending": ("SEQ-4", lambda: sent()),
    "older rows when a gap asks": ("SEQ-4", lambda: sent().session().out(3).gap("o3", 0).outs(1, 2, 3)),
    "replay": ("RPL-1", lambda: replayed(1, 2)),
    "replay that an ack overtakes": ("RPL-1", lambda: replayed(2).ack("o1")),
    "a session that ends too soon": (
        "RPL-1",
        lambda: replayed(1, 2).over().session(("stdout", 1, 2), finals=("f",)).out(1).later(100).over(),
    ),
    "a second hello_ack": ("RPL-1", lambda: replayed(1, 2).hello_ack()),
    "what was asked for": ("RPL-2", lambda: asked(2, 3, replay={"stdout": 2})),
    "nothing was asked for": ("RPL-2", lambda: asked(replay={})),
    "new rows besides": ("RPL-2", lambda: asked(replay={}).out(4)),
    "more once a gap asks": ("RPL-2", lambda: asked(replay={}).out(4).gap("o4", 0).outs(1, 2, 3, 4)),
    "a final that vanished": ("RPL-2", lambda: acknowledged_final().over().session(("stdout", 1, 1)).out(1)),
    "recorded before a late hello_ack": ("RPL-3", lambda: late(2)),
}

NEARLY: dict[str, tuple[str, Build]] = {
    "gone before its ack": ("ACK-1", lambda: Story().session().outs(1, 2).over().session(("stdout", 2, 2)).out(2)),
    "gone by a kill": ("ACK-1", lambda: Story().session().outs(1, 2).killed().session(("stdout", 1, 1)).out(1)),
    "sent after its ack": ("ACK-1", lambda: sent("o1").session(("stdout", 2, 3), ("stderr", 1, 1)).outs(1, 2, 3, taken="duplicate")),
    "sent after its ack, on the same connection": ("ACK-1", lambda: Story().session().out(1).ack("o1").read().later(1_500).out(1)),
    "an ack removes all lower ones": ("ACK-2", lambda: sent("o3").session(("stderr", 1, 1)).out(1, stream="stderr")),
    "an ack removes the same number": ("ACK-2", lambda: sent("o1").session(("stdout", 2, 3)).outs(2, 3)),
    "an unknown ack closes": ("ACK-2", lambda: Story().session().out(1).ack("nobody", meant="stray").over(by="agent")),
    "a hole": ("SEQ-1", lambda: Story().session().outs(1, 3).ack("o1", "o3")),
    "a counter of both streams": ("SEQ-1", lambda: Story().session().out(1).out(2, stream="stderr").ack("o1", "e2")),
    "a hole that no session fills": ("SEQ-1", lambda: Story().session().outs(1, 3).ack("o1").over().session(("stdout", 3, 3)).out(3)),
    "a new id": ("SEQ-2", lambda: sent().session(("stdout", 1, 3)).out(1, id="new", taken="conflict")),
    "other data": ("SEQ-2", lambda: sent().session(("stdout", 1, 3)).out(1, "y", taken="conflict")),
    "a character spoilt": ("SEQ-3", lambda: written("ab🙂", "ab", "\ufffd")),
    "a tail missing": ("SEQ-3", lambda: written("abc", "ab")),
    "a prefix with a hole": ("SEQ-3", lambda: written("abc", "ac", output="", status="interrupted", exit_code=-1)),
    "output of the final": ("SEQ-3", lambda: written("abc", "abc", output="ab")),
    "backwards": ("SEQ-4", lambda: Story().session().outs(2, 1)),
    "replay backwards": ("SEQ-4", lambda: sent().session(("stdout", 1, 3)).outs(3, 2, 1, taken="duplicate")),
    "not all of it": ("RPL-1", lambda: replayed(2)),
    "the final first": ("RPL-1", lambda: replayed(1).out(2, taken="duplicate")),
    "with another id": (
        "RPL-1",
        lambda: sent().session(("stdout", 1, 3), ("stderr", 1, 1)).out(1, id="new").outs(2, 3).out(1, stream="stderr"),
    ),
    "not the final": (
        "RPL-1",
        lambda: Story().session().out(1).final().over().session(("stdout", 1, 1), finals=("f",)).out(1, taken="duplicate"),
    ),
    "a row that only the hello knows": ("RPL-1", lambda: Story().session().out(1).over().session(("stdout", 1, 2)).out(1)),
    "a second replay": ("RPL-1", lambda: replayed(1, 2).hello_ack().outs(1, 2, taken="duplicate")),
    "an empty list taken for none": ("RPL-2", lambda: asked(1, 2, 3, replay={})),
    "more than was asked for": ("RPL-2", lambda: asked(1, 2, 3, replay={"stdout": 2})),
    "less than was asked for": ("RPL-2", lambda: asked(3, replay={"stdout": 2})),
    "the final with them": ("RPL-2", lambda: asked(2, 3, replay={"stdout": 2}).final(taken="duplicate")),
    "twice": ("RPL-2", lambda: asked(2, 3, 2, replay={"stdout": 2})),
    "a final that is back": ("RPL-2", lambda: acknowledged_final().over().session(("stdout", 1, 1), finals=("f",)).out(1).final()),
    "only after another reconnect": ("RPL-3", lambda: late().later(1_000).over().session(("stdout", 2, 2)).out(2, "b")),
}

SILENT = ("ACK-1", "ACK-2", "SEQ-1", "SEQ-2", "SEQ-3", "SEQ-4", "RPL-1", "RPL-2", "RPL-3")


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


@pytest.mark.parametrize("requirement", SILENT)
def test_session_without_messages_passes_nothing(requirement: str) -> None:
    """An agent that connects, says hello and sends nothing has shown nothing either."""
    assert not Story().session().over().session().settle().judge(requirement).judged


def test_loss_without_any_ack_is_not_blamed_on_acks() -> None:
    """What an agent loses by itself is a matter of ACK-1."""
    story = Story().session().outs(1, 2).over().session(("stdout", 2, 2)).out(2).settle()
    assert story.judge("ACK-2").findings == ()


@pytest.mark.parametrize("requirement", ["ACK-1", "RPL-1"])
def test_message_that_was_refused_five_times_may_be_given_up(requirement: str) -> None:
    """A poison message may be parked, and is then neither kept nor sent again."""
    story = Story().session().out(1)
    for _ in range(4):
        story.fatal("o1").over(by="agent").session(("stdout", 1, 1)).out(1, taken="refused")
    story.fatal("o1").over(by="agent").session().settle()
    assert story.judge(requirement).findings == ()


@pytest.mark.parametrize("requirement", ["SEQ-1", "SEQ-3"])
def test_full_spool_excuses_missing_output(requirement: str) -> None:
    """Where rows may be given up by right nothing is judged of them."""
    story = Story(limits={"spool_bytes": 600, "spool_reserve_bytes": 100}).task("abc").session().out(2, "c").final(output="abc")
    assert not story.ack("o2", "f").read().settle().judge(requirement).judged


def test_ack_that_was_perhaps_not_read_forbids_nothing() -> None:
    """The connection ended behind it, so the agent may never have got it."""
    story = Story().session().out(1).ack("o1").over().session(("stdout", 1, 1)).out(1, taken="duplicate").settle()
    assert story.judge("ACK-1").findings == ()


def test_frame_that_was_read_late_was_not_sent_again() -> None:
    """The agent had left that connection for the one on which the ack came; what the link held up was sent before."""
    story = Story().session().out(1).session(("stdout", 1, 1)).out(1, taken="duplicate").ack("o1").read().later(2_000)
    story.socket = 1
    story.out(1, taken="ignored").socket = 2
    judgement = story.over().session().settle().judge("ACK-1")
    assert judgement.judged
    assert judgement.findings == ()


def test_session_that_the_link_disturbs_owes_nothing() -> None:
    """What a black hole has swallowed was perhaps sent."""
    assert replayed(2).fault("black-hole").settle().judge("RPL-1").findings == ()


def test_final_that_was_reported_needs_no_session() -> None:
    """A final recorded before a late hello_ack may come by PUT."""
    story = Story().task("", steps=[]).dial().hello().hello_ack().started().over().later(100)
    story.dial().hello().later(800).report().later(200).hello_ack().later(1_000).over().session(finals=("f",)).final().settle()
    assert story.judge("RPL-3").findings == ()
