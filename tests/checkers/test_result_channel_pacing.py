"""Flushes, connections and polls on literal histories: what must pass, and the nearly good history that must be caught."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .literal import assert_caught, assert_not_judged, assert_passes
from .story_agent_tasks import Story

Build = Callable[[], Story]
DRIPS = ((0, "stdout", "a"), (1_000, "stdout", "b"), (2_000, "stdout", "c"))
SLOW = {"flush_interval": 5_000}


def dripped(*at_ms: int, ended_ms: int = 3_000, **more: str) -> Story:
    """Three writes, a second apart, of which the chunks arrive then; the command ends after three seconds."""
    story = Story(**more).fresh().command(*DRIPS, exit_ms=3_000)
    begun_ms = story.now_ms
    for number, (ms, (_, _, text)) in enumerate(zip(at_ms, DRIPS, strict=True), 1):
        story.at(begun_ms + ms).out(number, text)
    return story.at(begun_ms + ended_ms).final(output="abc").settle()


def burst(*sizes: int, at_ms: int = 0) -> Story:
    """400 bytes at once, with a threshold of 100 and an interval of five seconds; the command ends after four."""
    story = Story(timing=SLOW, limits={"flush_threshold_bytes": 100}).fresh().command((0, "stdout", "x" * 400), exit_ms=4_000)
    begun_ms = story.now_ms
    story.at(begun_ms + at_ms)
    for number, size in enumerate(sizes, 1):
        story.out(number, "x" * size)
    return story.at(begun_ms + max(4_000, at_ms)).final(output="x" * 400).settle()


def broken_off(*again: tuple[int, str]) -> Story:
    """The connection ends behind the first of three chunks; ``again``: what comes on the next one."""
    story = Story().fresh().command(*DRIPS, exit_ms=3_000).later(50).out(1, "a").ack("o1").read().drops()
    story.later(3_000).fresh(*([("stdout", 2, 3)] if again else []), finals=("f",))
    for sequence, text in again:
        story.out(sequence, text)
    return story.final(output="abc").ack("o2", "o3", "f").read().settle()


def both(*, problem: str | None = None, garbled: bool = False) -> Story:
    """Both streams go over one connection."""
    story = Story().fresh()
    story.out(1).out(1, stream="stderr").out(2)
    if garbled:
        story.add("frame", socket=story.socket, number=9, type=None, envelope=None, problems=["it is no JSON: Extra data"])
    return story.add("socket-over", socket=story.socket, by="agent", code=1002, problem=problem).settle()


def healthy(pause_ms: int, *, life_ms: int = 5_000) -> Story:
    """A second session ends after so long a life, and the next dial comes then."""
    story = Story().fresh().later(200).drops().later(100).fresh().later(life_ms)
    return story.drops().later(pause_ms).fresh().settle()


def dead(left_ms: int) -> Story:
    """The peer is gone without a word; the agent leaves after so long."""
    story = Story().fresh().fault("black-hole").later(left_ms)
    story.add("closed", connection=story.socket, by="target", how="fin")
    return story.over("broken", None).later(100).fresh().settle(10_000)


def unread(*listed: int, left_ms: int = 3_000) -> Story:
    """An ack comes while nothing is read, and so long after it the connection ends."""
    story = Story().fresh()
    story.outs(1, 2).fault("stop-reading").later(100).ack("o1").later(left_ms).drops()
    return story.later(100).fresh(*[("stdout", number, number) for number in listed]).settle()


def polled(*at_ms: int, delivery: bool = True, live_ms: int = 10_000, dropped: bool = False) -> Story:
    """A session of ten seconds; polls at these times, counted from its beginning."""
    story = Story().dial().hello().hello_ack(delivery=delivery).read()
    begun_ms = story.now_ms
    times = sorted({*at_ms, *([live_ms] if dropped else [])})
    for ms in times:
        story.at(begun_ms + ms)
        if dropped and ms == live_ms:
            story.drops()
        else:
            story.poll()
    return story.at(begun_ms + max(live_ms, *times, 0) if times else begun_ms + live_ms).settle(100)


GOOD: dict[str, tuple[str, Build]] = {
    "each within two intervals": ("FLUSH-1", lambda: dripped(150, 1_100, 2_200)),
    "at the threshold": ("FLUSH-2", lambda: burst(100, 100, 100, 100)),
    "the tail at the end": ("FLUSH-3", lambda: broken_off((2, "b"), (3, "c"))),
    "in other chunks": ("FLUSH-3", lambda: broken_off((2, "bc"))),
    "whole frames": ("CONN-1", both),
    "after the minimum": ("CONN-2", lambda: healthy(120)),
    "noticed": ("CONN-3", lambda: dead(3_900)),
    "the ack counts": ("CONN-4", lambda: unread(2)),
    "no poll": ("POLL-1", polled),
    "a poll that was on its way": ("POLL-1", lambda: polled(0)),
    "every second": ("POLL-1", lambda: polled(*range(0, 10_000, 1_000), delivery=False)),
    "again behind the threshold": ("POLL-1", lambda: polled(13_000, 14_000, dropped=True)),
}
NEARLY: dict[str, tuple[str, Build]] = {
    "only at the end": ("FLUSH-1", lambda: dripped(3_000, 3_000, 3_000)),
    "one interval too late": ("FLUSH-1", lambda: dripped(50, 1_400, 2_050)),
    "too long a chunk": ("FLUSH-2", lambda: burst(400)),
    "at the end": ("FLUSH-2", lambda: burst(100, 100, 100, 100, at_ms=4_000)),
    "bytes are lost": ("FLUSH-3", lambda: broken_off((2, "c"))),
    "the rest is lost": ("FLUSH-3", lambda: broken_off((2, "b"))),
    "no WebSocket": ("CONN-1", lambda: both(problem="reserved bits")),
    "two frames in one": ("CONN-1", lambda: both(garbled=True)),
    "no mask": ("CONN-1", lambda: Story().fresh().add("unmasked", request=1, frame=1).out(1).settle()),
    "after twice the minimum": ("CONN-2", lambda: healthy(400)),
    "not noticed": ("CONN-3", lambda: dead(9_000)),
    "the ack does not count": ("CONN-4", lambda: unread(1, 2)),
    "a poll while delivered": ("POLL-1", lambda: polled(5_000)),
    "a poll before the threshold": ("POLL-1", lambda: polled(11_000, dropped=True)),
    "no poll though nothing delivers": ("POLL-1", lambda: polled(delivery=False)),
    "polls that stop": ("POLL-1", lambda: polled(0, 1_000, 2_000, delivery=False)),
}
TIMED = ("only at the end", "at the end", "after twice the minimum", "not noticed", "no poll though nothing delivers", "polls that stop")
FIGURES_OF = {
    "only at the end": "flush_interval",
    "one interval too late": "flush_interval",
    "at the end": "flush_interval",
    "after twice the minimum": "reconnect_min",
    "not noticed": "ping_interval",
    "a poll before the threshold": "polling_fallback",
    "no poll though nothing delivers": "poll_interval",
    "polls that stop": "poll_interval",
}
"""Of nearly good histories, the figure without which nobody can say that anything is wrong."""
UNJUDGED: dict[str, tuple[str, Build]] = {
    "a short session": ("CONN-2", lambda: healthy(400, life_ms=500)),
    "faults that stop before": ("CONN-3", lambda: Story().fresh().fault("black-hole").later(1_000).drops().fresh().settle()),
    "an ack right before the end": ("CONN-4", lambda: unread(1, 2, left_ms=500)),
    "nothing but output": ("CONN-1", lambda: Story().fresh().out(1).settle()),
}
SILENT = ("FLUSH-1", "FLUSH-2", "FLUSH-3", "CONN-1", "CONN-2", "CONN-3", "CONN-4")


@pytest.mark.parametrize("name", GOOD)
def test_the_good_history_is_judged_and_passes(name: str) -> None:
    """What the contract allows is judged, and nothing is found."""
    requirement, build = GOOD[name]
    assert_passes(build(), requirement)


@pytest.mark.parametrize("name", NEARLY)
def test_the_nearly_good_history_is_caught(name: str) -> None:
    """A small step aside is found, with entries that exist; what rests on lateness alone is marked as such."""
    requirement, build = NEARLY[name]
    assert all(finding.upper_bound or name not in TIMED for finding in assert_caught(build(), requirement))


@pytest.mark.parametrize("name", FIGURES_OF)
def test_a_figure_that_was_left_to_the_agent_is_not_held_against_it(name: str) -> None:
    """Whether one figure is null or all are: the defaults of the contract are not those of the agent."""
    requirement, build = NEARLY[name]
    assert build().unknown("limits").judge(requirement).findings
    assert not build().unknown(FIGURES_OF[name]).judge(requirement).findings
    assert not build().unknown().judge(requirement).findings


def test_a_threshold_that_was_left_to_the_agent_is_not_held_against_it() -> None:
    """Nobody knows how long a chunk may be."""
    for names in (("flush_threshold_bytes",), ()):
        assert_not_judged(burst(400).unknown(*names, of="limits"), "FLUSH-2")


def test_a_poll_during_delivery_needs_no_figure() -> None:
    """While a session delivers nobody polls, whatever the intervals are."""
    assert_caught(polled(5_000).unknown(), "POLL-1")


def test_polls_without_a_session_are_judged_without_figures() -> None:
    """An agent that polls while nothing has ever delivered does what it should."""
    assert_passes(polled(*range(0, 10_000, 5_000), delivery=False).unknown(), "POLL-1")


@pytest.mark.parametrize("name", UNJUDGED)
def test_what_the_rules_exempt_is_not_judged(name: str) -> None:
    """Where the contract leaves it open there is neither a finding nor a pass."""
    requirement, build = UNJUDGED[name]
    assert_not_judged(build(), requirement)


@pytest.mark.parametrize("requirement", SILENT)
def test_a_silent_agent_passes_nothing(requirement: str) -> None:
    """An agent that never connects is not judged."""
    assert not Story().command((0, "stdout", "x")).settle(90_000).judge(requirement).judged


def test_a_silent_agent_does_not_poll_either() -> None:
    """Nothing delivers tasks to an agent that never connects, so it has to poll."""
    judgement = Story().settle(90_000).judge("POLL-1")
    assert judgement.findings
    assert all(finding.upper_bound for finding in judgement.findings)


def test_a_character_may_wait_for_its_rest() -> None:
    """Half a character cannot be sent; it is not late before its other half is written."""
    story = Story().fresh().command((0, "stdout", "aé"), exit_ms=3_000)
    story.entries[-1][2]["steps"] = [[0, "stdout", 2], [2_000, "stdout", 1]]
    story.later(50).out(1, "a").later(2_000).out(2, "é").later(1_000).final(output="aé")
    judgement = story.settle().judge("FLUSH-1")
    assert judgement.judged
    assert not judgement.findings
