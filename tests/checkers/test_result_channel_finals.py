"""Finals, reports and executions on literal histories: what must pass, and the nearly good history that must be caught."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest

from .literal import assert_caught, assert_not_judged, assert_passes
from .story_agent_tasks import FIGURES, Story

Build = Callable[[], Story]


def ran(*, code: int = 0, told: int | None = None, status: str = "", acked: bool = True, at_ms: int = 500) -> Story:
    """A command that ends after half a second while a session is active; its final says so."""
    code_told = code if told is None else told
    story = Story().fresh().command((0, "stdout", "x"), (400, "stderr", "y"), code=code, exit_ms=500).deliver()
    story.later(50).out(1).later(at_ms - 50).out(1, "y", stream="stderr")
    story.final(status=status or ("failed" if code_told else "completed"), exit_code=code_told, output="x", error="y")
    return story.ack("o1", "e1", "f").read() if acked else story


def early() -> Story:
    """Its final is sent before its last bytes are written."""
    return ran(at_ms=300)


def in_one_session(final_first: bool) -> Story:
    """A command that is over at once, and its last chunk before or behind its final."""
    story = Story().fresh().command((0, "stdout", "x"), (0, "stderr", "y")).deliver().later(50).out(1)
    if final_first:
        return story.final(output="x", error="y").out(1, "y", stream="stderr")
    return story.out(1, "y", stream="stderr").final(output="x", error="y")


def asked_for_by_a_gap() -> Story:
    """A chunk that was stored and never sent is missed, and the gap error that asks for it crosses the final."""
    story = Story().fresh().command((0, "stdout", "x"), (0, "stdout", "y")).deliver().later(50)
    return story.out(2, "y", taken="gap").final(output="xy").gap("o2", 0).out(1, "x").out(2, "y")


def replayed(final_first: bool) -> Story:
    story = ran(acked=False).drops().fresh(("stdout", 1, 1), ("stderr", 1, 1), finals=("f",))
    if final_first:
        story.final(taken="duplicate", output="x", error="y").out(1, taken="duplicate")
    else:
        story.out(1, taken="duplicate").final(taken="duplicate", output="x", error="y")
    return story.settle()


def twice(**second: object) -> Story:
    """The final comes again with other words."""
    story = ran(acked=False)
    story.drops().fresh(finals=("f",)).final(taken="conflict", **second)
    return story.settle()


def untold(wait_ms: int) -> Story:
    story = Story().fresh().command(exit_ms=100).add("heal").later(wait_ms)
    return story.executed().settle()


def killed(listed: bool, *, acked: bool = False, reported: bool = False) -> Story:
    """The agent is killed behind its final."""
    story = ran(acked=False)
    if acked:
        story.ack("f")
    story.killed()
    if reported:
        story.put(output="x", error="y")
    return story.fresh(("stdout", 1, 1), finals=("f",) if listed else ()).settle()


def interrupted(*, stop: bool, code: int = -1) -> Story:
    story = Story().fresh().command((0, "stdout", "x"), exit_ms=500).deliver()
    if stop:
        story.later(100).call("stop").closes().call("start").fresh()
    return story.later(100).final(status="interrupted", exit_code=code)


def by_both_ways(**body: object) -> Story:
    story = ran(acked=False).drops().later(4_000).put(**{"output": "x", "error": "y", **body})
    return story.fresh().settle()


# --- HTTP


def cut_off(*, puts: int = 1, lists: bool = False, after_ms: int = 20_000, **more: int) -> Story:
    """The connection ends while the command runs, and the next one comes late."""
    story = Story().fresh().command((0, "stdout", "x"), exit_ms=500).deliver()
    story.later(50).out(1).later(50).drops().later(410)
    for _ in range(puts):
        story.put(output="x", **more)
    return story.later(after_ms).fresh(finals=("f",) if lists else ()).settle()


def dying() -> Story:
    """What a process sends while it is being killed is written down behind the word that it was."""
    story = cut_off(puts=0, after_ms=0).add("crash", handle="a1", life=1, lost=True)
    story.put(output="x").later(500).add("gone", life=1).add("back", life=2)
    return story.put(output="x").fresh().settle()


def lost(times: int, *, then: bool) -> Story:
    """Answers of the report are lost so often, and perhaps one arrives."""
    story = Story().fresh().command((0, "stdout", "x"), exit_ms=500).deliver()
    story.later(50).out(1).later(50).drops().later(410)
    for number in range(times):
        story.put(503).later(1_000 * 2**number)
    if then:
        story.put()
    return story.settle(90_000)


def told_otherwise(exit_code: int) -> Story:
    story = cut_off()
    story.final(taken="accepted", output="x", exit_code=exit_code)
    return story


def handed_over(*, put_ms: int | None = None, back_ms: int = 1_000, acked: bool = True) -> Story:
    """The final was handed to a session that ended before its ack, and another one took it."""
    story = ran(acked=False).drops()
    ended_ms = story.now_ms
    if put_ms is not None:
        story.later(put_ms).put(output="x", error="y")
    story.at(ended_ms + max(back_ms, put_ms or 0)).fresh(finals=("f",)).final(output="x", error="y", taken="duplicate")
    if acked:
        story.ack("f").read()
    return story.settle(20_000)


def left_alone(put: bool) -> Story:
    """The final was sent, its session is gone, and none comes back for long."""
    story = ran(acked=False).drops().later(FIGURES["polling_fallback"] + 3_000)
    if put:
        story.put(output="x", error="y")
    return story.settle(60_000)


# --- deliveries


def delivered(count: int, *, again: bool = True, received: bool = True) -> Story:
    story = Story().fresh().command(exit_ms=10).deliver()
    if received:
        story.received()
    if again:
        story.deliver().received()
    return story.later(60_000).executed(count).settle()


def discarded(count: int, *, begun: Literal["never", "before the hello", "before its answer"] = "never") -> Story:
    """A hello lists a task as not started, and its answer takes that back. ``begun``: where a task.started stands, if anywhere."""
    story = Story().command()
    if begun == "before the hello":
        story.fresh().started().drops()
    story.later(100).dial().waiting()
    if begun == "before its answer":
        story.later(300).started()
    story.hello_ack(discarded=[{"task_id": "t", "execution_attempt_id": "a", "reason": "no"}]).read()
    return story.later(10_000).executed(count).settle()


GOOD: dict[str, tuple[str, Build]] = {
    "final last": ("FIN-1", ran),
    "final last in a session": ("FIN-1", lambda: in_one_session(final_first=False)),
    "asked for behind its final": ("FIN-1", asked_for_by_a_gap),
    "final last in a replay": ("FIN-1", lambda: replayed(final_first=False)),
    "the same again": ("FIN-2", lambda: twice(output="x", error="y")),
    "kept over a kill": ("FIN-3", lambda: killed(listed=True)),
    "zero": ("FIN-4", ran),
    "three": ("FIN-4", lambda: ran(code=3)),
    "a signal": ("FIN-4", lambda: ran(code=-1)),
    "the same by both ways": ("FIN-4", by_both_ways),
    "reported": ("HTTP-1", cut_off),
    "reported again by the next life": ("HTTP-1", dying),
    "reported at the third try": ("HTTP-1", lambda: lost(2, then=True)),
    "no report": ("HTTP-2", ran),
    "no report over a short outage": ("HTTP-2", handed_over),
    "not sent again": ("HTTP-3", cut_off),
    "sent again as it is": ("HTTP-3", lambda: told_otherwise(0)),
    "reported in the end": ("HTTP-4", lambda: left_alone(put=True)),
    "once": ("DLV-1", lambda: delivered(1)),
    "at least once": ("DLV-2", lambda: delivered(1)),
    "taken back": ("DLV-3", lambda: discarded(0)),
}
NEARLY: dict[str, tuple[str, Build]] = {
    "before its last bytes": ("FIN-1", early),
    "before the rest of its output": ("FIN-1", lambda: in_one_session(final_first=True)),
    "first in a replay": ("FIN-1", lambda: replayed(final_first=True)),
    "completed and then interrupted": ("FIN-2", lambda: twice(status="interrupted", exit_code=-1)),
    "another exit code": ("FIN-2", lambda: twice(exit_code=1, status="failed")),
    "two ways, two outcomes": ("FIN-2", lambda: by_both_ways(status="failed", exit_code=1)),
    "never told": ("FIN-2", lambda: untold(90_000)),
    "lost over a kill": ("FIN-3", lambda: killed(listed=False)),
    "wrong code": ("FIN-4", lambda: ran(code=3, told=1)),
    "wrong status": ("FIN-4", lambda: ran(code=3, status="completed")),
    "interrupted without a stop": ("FIN-4", lambda: interrupted(stop=False)),
    "interrupted with a code": ("FIN-4", lambda: interrupted(stop=True, code=0)),
    "other texts by HTTP": ("FIN-4", lambda: by_both_ways(error="else")),
    "never reported": ("HTTP-1", lambda: cut_off(puts=0, lists=True)),
    "reported once more": ("HTTP-1", lambda: cut_off(puts=2)),
    "given up": ("HTTP-1", lambda: lost(2, then=False)),
    "reported as well": ("HTTP-2", lambda: ran().later(100).put()),
    "reported within T": ("HTTP-2", lambda: handed_over(put_ms=500)),
    "sent again otherwise": ("HTTP-3", lambda: told_otherwise(1)),
    "never told at all": ("HTTP-4", lambda: left_alone(put=False)),
    "twice": ("DLV-1", lambda: delivered(2)),
    "never": ("DLV-2", lambda: delivered(0, again=False)),
    "executed all the same": ("DLV-3", lambda: discarded(1)),
    "executed before the answer": ("DLV-3", lambda: discarded(1, begun="before its answer")),
}
UNJUDGED: dict[str, tuple[str, Build]] = {
    "acknowledged before the kill": ("FIN-3", lambda: killed(listed=False, acked=True)),
    "reported behind the kill": ("FIN-3", lambda: killed(listed=False, reported=True)),
    "a long outage": ("HTTP-2", lambda: handed_over(put_ms=6_000)),
    "not sure to have been acknowledged": ("HTTP-2", lambda: ran(acked=False).put()),
    "an outage that ends in time": ("HTTP-4", handed_over),
    "delivered once": ("DLV-1", lambda: delivered(1, again=False)),
    "taken back when it ran already": ("DLV-3", lambda: discarded(1, begun="before the hello")),
    "not received": ("DLV-2", lambda: delivered(0, again=False, received=False)),
}
SILENT = ("FIN-1", "FIN-2", "FIN-3", "FIN-4", "HTTP-1", "HTTP-2", "HTTP-3", "HTTP-4", "DLV-1", "DLV-2", "DLV-3")


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


@pytest.mark.parametrize("row", [{"status": None}, {"exit_code": None}, {"status": "done"}, {"exit_code": "0"}, {"exit_code": True}])
@pytest.mark.parametrize("requirement", ["FIN-2", "FIN-4"])
def test_a_listed_final_without_an_outcome_tells_none(requirement: str, row: dict[str, object]) -> None:
    """A row of a hello that has no valid status or exit code is a fault of the envelope, not another outcome."""
    story = ran(acked=False).drops().fresh(finals=("f",))
    frames = [data["envelope"] for _, kind, data in story.entries if kind == "frame" and data["type"] == "agent.hello"]
    frames[-1]["payload"]["unacked_finals"][0].update(row)
    story.final(taken="duplicate", output="x", error="y").settle()
    assert_passes(story, requirement)


@pytest.mark.parametrize("name", ["never told", "never"])
def test_where_nobody_knows_t_a_session_that_stands_leaves_nothing_to_wait_for(name: str) -> None:
    """Without T an agent may wait for ever, but not once a session is there."""
    requirement, build = NEARLY[name]
    assert_caught(build().unknown("polling_fallback"), requirement)
    gone = build().unknown("polling_fallback")
    gone.entries = gone.entries[:-1]
    assert not gone.drops().settle().judge(requirement).findings


@pytest.mark.parametrize("name", ["never told at all", "reported within T"])
def test_where_nobody_knows_t_it_is_at_least_five_seconds(name: str) -> None:
    """A report that is missing may still come; one that comes sooner than any T allows is wrong."""
    requirement, build = NEARLY[name]
    assert bool(build().unknown().judge(requirement).findings) == (name == "reported within T")


def test_a_pong_does_not_yet_begin_the_session() -> None:
    """A library answers the ping at once; until the agent has read the hello_ack it has no session, and reports what ends meanwhile."""
    for ended_ms, is_wrong in ((100, False), (400, True)):
        story = Story().dial().hello().command(exit_ms=ended_ms).hello_ack().pong()
        story.later(ended_ms).put().later(10).final().ack("f").read().settle()
        assert bool(story.judge("HTTP-2").findings) == is_wrong


@pytest.mark.parametrize("name", UNJUDGED)
def test_what_the_rules_exempt_is_not_judged(name: str) -> None:
    """Where the contract leaves it open there is neither a finding nor a pass."""
    requirement, build = UNJUDGED[name]
    assert_not_judged(build(), requirement)


@pytest.mark.parametrize("requirement", SILENT)
def test_a_silent_agent_passes_nothing(requirement: str) -> None:
    """An agent that never connects is not judged."""
    assert not Story().command((0, "stdout", "x")).settle(90_000).judge(requirement).judged


def test_a_session_in_order_breaks_nothing() -> None:
    """One command, told over one session: no checker finds anything."""
    assert ran().later(500).executed().settle().broken() == set()
