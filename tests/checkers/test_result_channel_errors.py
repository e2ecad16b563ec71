"""Errors, gaps and illegal frames on literal histories: what must pass, and the nearly good history that must be caught."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .literal import assert_caught, assert_passes
from .story_agent_tasks import Story

Build = Callable[[], Story]


def three(*, acks: int = 0) -> Story:
    """A session on which three chunks were sent."""
    story = Story().fresh()
    story.outs(1, 2, 3, taken="gap")
    return story.ack(*[f"o{number}" for number in range(1, acks + 1)]).read() if acks else story


def illegal(*, closes: bool = True, dials: bool = True, effect: bool = False) -> Story:
    story = Story().fresh().deliver("illegal-1", "illegal-1", illegal=True)
    if effect:
        story.received("illegal-1", "illegal-1")
    if closes:
        story.closes()
    if dials:
        story.fresh()
    return story.settle(90_000)


def retryable(*, listed: bool = True, closes: bool = False) -> Story:
    story = Story().fresh()
    story.out(1, taken="refused")
    story.error("o1").read()
    if closes:
        story.closes()
    else:
        story.later(500).drops()
    return story.fresh(*([("stdout", 1, 1)] if listed else []))


def fatal(*, listed: bool = True, closes: bool = True) -> Story:
    story = Story().fresh()
    story.out(1, taken="refused").fatal("o1")
    if closes:
        story.closes().fresh(*([("stdout", 1, 1)] if listed else []))
    return story.settle(90_000)


def gap(*again: int, highest: int = 0, acks: int = 0) -> Story:
    """``again``: the sequences that come behind the error."""
    story = three(acks=acks)
    story.gap("o3", highest).read().outs(*again)
    return story.settle(5_000)


def crossed(*, other: bool) -> Story:
    """A gap of stdout is filled, and perhaps stderr comes again as well."""
    story = Story().fresh()
    story.out(1, stream="stderr").out(1, taken="dropped").out(2, taken="gap").gap("o2", 0)
    if other:
        story.out(1, stream="stderr", taken="duplicate")
    story.outs(1, 2)
    return story.settle(5_000)


def refused(times: int, *, wait_ms: int = 20_000) -> Story:
    """A chunk is refused for now, and comes again so often."""
    story = Story().fresh()
    story.out(1, taken="refused").gap("nobody", 0)
    story.error("o1").read()
    for _ in range(times):
        story.later(100).out(1, taken="refused")
    return story.settle(wait_ms)


def poisoned(dials: int, *, blocked: bool = False) -> Story:
    """The first chunk is refused for good on each of so many connections, and the final goes out, or is held up."""
    story = Story().fresh()
    for _ in range(dials):
        story.out(1, taken="refused")
        if not blocked:
            story.final()
        story.fatal("o1").closes().later(100).fresh(("stdout", 1, 1), finals=("f",) if blocked else ())
    return story.settle()


def held_up(sent: bool) -> Story:
    """A final that was once sent is listed by each hello, while the first chunk is refused for good again and again."""
    story = Story().fresh()
    story.out(1, taken="refused").final(taken="dropped").fatal("o1")
    story.closes()
    for _ in range(9):
        story.later(5_000)
        story.fresh(("stdout", 1, 1), finals=("f",)).out(1, taken="refused")
        if sent:
            story.final(taken="dropped")
        story.fatal("o1")
        story.closes()
    return story.settle()


def small(times: int, *, told: bool) -> Story:
    """The first chunk was rotated away: the second is a gap for ever."""
    story = Story(limits={"spool_bytes": 100, "spool_reserve_bytes": 10}).command((0, "stdout", "x" * 200)).fresh()
    for _ in range(times):
        story.out(2, taken="gap").gap("o2", 0)
    story.drops().fresh(("stdout", 2, 2))
    hello = next(entry for entry in reversed(story.entries) if entry[1] == "frame")
    hello[2]["envelope"]["payload"]["spool_status"] = {"has_rotated_chunks": told}
    return story.settle()


GOOD: dict[str, tuple[str, Build]] = {
    "closed and back": ("ENV-2", illegal),
    "kept and listed": ("ERR-1", retryable),
    "an error that names nothing": ("ERR-1", lambda: Story().fresh().error(None).read().settle()),
    "closed, back and listed": ("ERR-3", fatal),
    "all three again": ("ERR-2", lambda: gap(1, 2, 3)),
    "from the second on": ("ERR-2", lambda: gap(2, 3, highest=1)),
    "twice is more than once": ("ERR-2", lambda: gap(1, 2, 3, 1, 2, 3)),
    "one in flight before": ("ERR-2", lambda: gap(3, 1, 2, 3)),
    "the other stream stays": ("ERR-2", lambda: crossed(other=False)),
    "again and again, bounded": ("ERR-4", lambda: refused(10)),
    "a few times": ("ERR-5", lambda: poisoned(6)),
    "the final goes out meanwhile": ("ERR-5", lambda: held_up(sent=True)),
    "told that it is lost": ("ERR-6", lambda: small(2, told=True)),
}
NEARLY: dict[str, tuple[str, Build]] = {
    "stays open": ("ENV-2", lambda: illegal(closes=False, dials=False)),
    "never back": ("ENV-2", lambda: illegal(dials=False)),
    "takes effect": ("ENV-2", lambda: illegal(effect=True)),
    "closes": ("ERR-1", lambda: retryable(closes=True)),
    "forgets": ("ERR-1", lambda: retryable(listed=False)),
    "purges": ("ERR-3", lambda: fatal(listed=False)),
    "does not close": ("ERR-3", lambda: fatal(closes=False)),
    "nothing again": ("ERR-2", gap),
    "only the one that was named": ("ERR-2", lambda: gap(3)),
    "backwards": ("ERR-2", lambda: gap(3, 2, 1)),
    "with a hole": ("ERR-2", lambda: gap(1, 3)),
    "one too early": ("ERR-2", lambda: gap(1, 2, 3, highest=1)),
    "the other stream, too": ("ERR-2", lambda: crossed(other=True)),
    "never again": ("ERR-4", lambda: refused(0)),
    "once too often": ("ERR-4", lambda: refused(11)),
    "for ever": ("ERR-4", lambda: refused(40)),
    "a storm": ("ERR-5", lambda: poisoned(30)),
    "the final is held up": ("ERR-5", lambda: held_up(sent=False)),
    "not told": ("ERR-6", lambda: small(2, told=False)),
    "looping": ("ERR-6", lambda: small(9, told=True)),
}
SILENT = ("ENV-2", "ERR-1", "ERR-2", "ERR-3", "ERR-4", "ERR-5", "ERR-6")


@pytest.mark.parametrize("name", GOOD)
def test_the_good_history_is_judged_and_passes(name: str) -> None:
    """What the contract allows is judged, and nothing is found."""
    requirement, build = GOOD[name]
    assert_passes(build(), requirement)


@pytest.mark.parametrize("name", NEARLY)
def test_the_nearly_good_history_is_caught(name: str) -> None:
    """A small step aside is found, with entries that exist."""
    requirement, build = NEARLY[name]
    assert_caught(build(), requirement)


@pytest.mark.parametrize("requirement", SILENT)
def test_a_silent_agent_passes_nothing(requirement: str) -> None:
    """Without the error there is nothing to judge."""
    assert not Story().command((0, "stdout", "x")).settle(90_000).judge(requirement).judged


def test_acked_rows_are_not_asked_for() -> None:
    """A gap error that names less than what was acknowledged is not judged: the agent has let go of the rows."""
    judgement = gap(highest=0, acks=1).judge("ERR-2")
    assert not judgement.judged
    assert not judgement.findings


def test_a_stop_is_no_answer_to_an_error() -> None:
    """A connection that a stop has closed says nothing about the error before it."""
    story = Story().fresh()
    story.out(1, taken="refused")
    story.error("o1").read()
    story.call("stop").closes()
    assert not story.judge("ERR-1").findings


def test_a_close_behind_the_end_of_the_example_is_no_answer_to_an_error() -> None:
    """The harness lets go of the agent then, however soon behind an error that is."""
    story = Story().fresh().out(1, taken="refused")
    story.error("o1").read().later(500).add("settled").closes()
    judgement = story.judge("ERR-1")
    assert judgement.judged
    assert judgement.findings == ()


def test_lateness_on_real_sockets_is_an_upper_bound() -> None:
    """What rests on time alone is marked, so that real time is no judge."""
    for build in (lambda: illegal(closes=False, dials=False), lambda: fatal(closes=False), gap, lambda: refused(0)):
        story = build()
        found = [finding for name in SILENT for finding in story.judge(name).findings]
        assert found
        assert all(finding.upper_bound for finding in found)
