"""What a reader shows: the transcript, its snapshots, and what it takes for an event. Good, nearly good, and what says nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .story_run_stream import ReaderStory, event, steady

Build = Callable[[], ReaderStory]
ASK = {"type": "permission_request", "k": 90}
STALE = ({"fault": "stale", "endpoint": "history", "behind": 2},)
FRAMING = ({"fault": "framing", "newline": "crlf"},)


def told(*marks: Any, sent: tuple[int, ...] = (2, 3), snapshot: tuple[Any, ...] = (1,), total: int | None = None) -> ReaderStory:
    """Event 1 is old, 2 and 3 come live; then the run ends."""
    story = ReaderStory().append(1).call("watch").run().token().history(1).stream(latest=True).snapshot(*snapshot)
    story.append(2, 3).events(*sent).later(20)
    if marks:
        story.logs(*marks, total=total)
    return story.later(50).end().settle()


def paged(*shown: Any, last: bool = True) -> ReaderStory:
    """A history of three entries in two pages."""
    story = ReaderStory().append(1, 2, 3).call("watch").run().token().stream(latest=True).history(1, 2, more=True)
    if last:
        story.history(3, offset=2)
    return story.snapshot(*shown).settle()


def equal(*logs: int) -> ReaderStory:
    """Two live events of the same content."""
    story = ReaderStory().watch(1).append(7, 7).events(2, 3).later(20)
    return story.logs(*logs).end().settle()


def came_twice(*logs: int) -> ReaderStory:
    """Event 2 is in the history and comes on the stream as well."""
    story = ReaderStory().append(1).call("watch").run().token().stream(latest=True).append(2).events(2)
    return story.history(1, 2).snapshot(1, 2).later(20).append(3).events(3).later(20).logs(*logs).end().settle()


def trimmed(*logs: int) -> ReaderStory:
    story = ReaderStory().watch(1).cut().later(50).append(2, 3).add("trimmed", run="run-1", oldest=3)
    return story.later(60).stream().events(3).later(20).logs(*logs).end().settle()


def lagging(*logs: int, seen: bool) -> ReaderStory:
    """The history of a reader that attaches late misses its newest entry."""
    story = ReaderStory(faults=STALE).append(1).call("watch").run().token().append(2)
    story.request("history", f"{story.base}session_logs/?offset=0").fault("stale", request=story.requests)
    story.answer([event(1)], headers={"X-Has-More": "false"}).stream(latest=not seen)
    if seen:
        story.events(2)
    story.snapshot(1).append(3).events(3).later(20).logs(*logs)
    return story.end().settle()


def late(*second: Any, times: int = 1, total: int = 3) -> ReaderStory:
    """A later subscriber, when 1 was in the snapshot and 2 came live."""
    story = ReaderStory().watch(1).live(2).later(100).call("watch").later(10)
    for _ in range(times):
        story.snapshot(*second)
    story.append(3).events(3).later(20).logs(3, total=total)
    return story.end().settle()


def early_subscriber(snapshots: int) -> ReaderStory:
    """The second `watch` comes while the history is still being read."""
    story = ReaderStory().append(1).call("watch").run().token().stream(latest=True).later(10).call("watch").later(400).history(1)
    for _ in range(snapshots):
        story.snapshot(1)
    return story.settle()


def retried(
    *snapshot: Any, cursor: str | None = None, snapshots: int = 1, logs: tuple[int, ...] = (4,), retryable: bool = True
) -> ReaderStory:
    """An error, two events in the dark, `retry`, one more event."""
    story = ReaderStory().watch(1).live(2).cut().later(100).stream(ReaderStory().id_of(2), code=404).error(retryable)
    story.later(500).append(3).call("retry").run().token().history(1, 2, 3).stream(cursor, latest=cursor is None)
    for _ in range(snapshots):
        story.snapshot(*snapshot)
    return story.append(4).events(4).later(20).logs(*logs).end().settle()


def asked(times: int) -> ReaderStory:
    story = ReaderStory().watch(1).append(ASK).events(2)
    for _ in range(times):
        story.note("permission_request", **ASK)
    return story.live(3, 4).end().settle()


def framed(*logs: Any) -> ReaderStory:
    """Two events in unusual bytes that surely came."""
    story = ReaderStory(faults=FRAMING).watch(1)
    story.fault("framing", request=story.open_stream)
    story.append(2, 3).events(2, 3).later(20)
    if logs:
        story.logs(*logs)
    return story.end().settle()


def with_control(kind: str, *entries: Any) -> ReaderStory:
    story = ReaderStory().watch(1).live(2).frame(kind).later(20)
    if entries:
        story.logs(*entries)
    return story.live(3).end().settle()


def gave_up() -> ReaderStory:
    return ReaderStory().watch(1).append(2).events(2).cut().later(100).stream(code=404).error(False).settle()


GOOD: list[tuple[str, Build]] = [
    *((requirement, steady) for requirement in ("LOSS-1", "ORD-1", "CTL-1", "SNAP-1")),
    ("LOSS-1", lambda: equal(7, 7)),
    ("LOSS-1", lambda: trimmed(3)),
    ("LOSS-1", lambda: lagging(3, seen=False)),
    ("LOSS-1", lambda: ReaderStory().watch(1).live(2).settle()),
    ("DUP-1", lambda: came_twice(3)),
    ("DUP-1", lambda: asked(1).cut().later(100).stream(ReaderStory().id_of(2)).events(2, 3)),
    ("ORD-1", lambda: told(2, 3)),
    ("ORD-1", lambda: late(1, 2)),
    ("SNAP-1", lambda: paged(1, 2, 3)),
    ("SUB-1", lambda: late(1, 2)),
    ("SUB-1", lambda: early_subscriber(1)),
    ("RETRY-1", lambda: retried(1, 2, 3)),
    ("PARSE-1", lambda: framed(2, 3)),
    ("CTL-1", lambda: with_control("unknown")),
]

BAD: list[tuple[str, Build]] = [
    ("LOSS-1", lambda: told(2)),
    ("LOSS-1", lambda: told()),
    ("LOSS-1", lambda: equal(7)),
    ("LOSS-1", lambda: lagging(3, seen=True)),
    ("LOSS-1", lambda: late(1)),
    ("LOSS-1", lambda: ReaderStory().watch(1).append(2).events(2).settle()),
    ("DUP-1", lambda: came_twice(2, 3)),
    ("DUP-1", lambda: told(2, 2, 3)),
    ("DUP-1", lambda: equal(7, 7, 7)),
    ("DUP-1", lambda: asked(2)),
    ("ORD-1", lambda: told(3, 2)),
    ("ORD-1", lambda: told(2, 3, total=2)),
    ("ORD-1", lambda: told(2, 3, snapshot=(1,)).snapshot(1)),
    ("ORD-1", lambda: ReaderStory().append(1).call("watch").run().token().stream(latest=True).logs(2).history(1).snapshot(1).settle()),
    ("ORD-1", lambda: ReaderStory().watch(1).live(2).status("completed").live(3).settle()),
    ("ORD-1", lambda: ReaderStory().watch(1).live(2, 3).note("logs", entries="none", total=3)),
    ("ORD-1", lambda: late(1, 2, times=2)),
    ("SNAP-1", lambda: paged(1, 2)),
    ("SNAP-1", lambda: paged(1, 2, last=False)),
    ("SNAP-1", lambda: paged(1, 2, 2, 3)),
    ("SNAP-1", lambda: paged(1, 3, 2)),
    ("SNAP-1", lambda: paged(1, 2, 3, 4)),
    ("SNAP-1", lambda: ReaderStory().append(1).call("watch").run().history(1).note("snapshot", entries={"k": 1})),
    ("SNAP-1", lambda: ReaderStory().append(1).call("watch").run().history(1, code=500).snapshot()),
    ("SUB-1", lambda: late(1)),
    ("SUB-1", lambda: late(2, 1)),
    ("SUB-1", lambda: late(1, 2, 2, total=4)),
    ("SUB-1", lambda: late(1, 2, times=2)),
    ("SUB-1", lambda: early_subscriber(2)),
    ("SUB-1", lambda: ReaderStory().watch(1).live(2).call("watch").settle()),
    ("RETRY-1", lambda: retried(1, 2, 3, cursor="900-2")),
    ("RETRY-1", lambda: retried(1, 2, 3, snapshots=2)),
    ("RETRY-1", lambda: retried(1, 2)),
    ("RETRY-1", lambda: retried(1, 2, 3, logs=(3, 4))),
    ("RETRY-1", lambda: ReaderStory().watch(1).cut().later(100).refuse().error().later(100).call("retry").settle()),
    ("PARSE-1", lambda: framed(2, {"k": 3, "text": "\ufffd"})),
    ("PARSE-1", lambda: framed(2)),
    ("CTL-1", lambda: with_control("keepalive", {"type": "keepalive"})),
    ("CTL-1", lambda: with_control("unknown", {"type": "weather"})),
    ("CTL-1", lambda: with_control("stream-end", {"status": "complete"})),
    ("CTL-1", lambda: ReaderStory().watch(1).append(ASK).events(2).later(20).logs(ASK).end()),
    ("KA-1", lambda: with_control("keepalive", {"type": "keepalive"})),
    ("ERR-1", lambda: with_control("error", {"error": "Stream read error"})),
]

SILENT: list[tuple[str, Build]] = [
    *((requirement, ReaderStory) for requirement in ("LOSS-1", "DUP-1", "ORD-1", "SNAP-1", "SUB-1", "RETRY-1", "PARSE-1", "CTL-1")),
    ("LOSS-1", gave_up),
    ("LOSS-1", lambda: ReaderStory().watch(1).append(2).events(2).add("heal").later(100).add("settled")),
    ("LOSS-1", lambda: ReaderStory().watch(1).append(2).events(2).call("unwatch").settle()),
    ("DUP-1", lambda: told(2, 3)),
    ("SNAP-1", lambda: ReaderStory().watch().settle()),
    ("SUB-1", steady),
    ("RETRY-1", steady),
    ("RETRY-1", lambda: retried(1, 2, 3, retryable=False)),
    ("PARSE-1", lambda: told(2, 3)),
]


@pytest.mark.parametrize(("requirement", "build"), GOOD)
def test_good_histories_pass(requirement: str, build: Build) -> None:
    """A history that keeps the requirement is judged, and nothing is found."""
    judgement = build().judge(requirement)
    assert judgement.judged, judgement.reason
    assert not judgement.findings


@pytest.mark.parametrize(("requirement", "build"), BAD)
def test_nearly_good_histories_are_caught(requirement: str, build: Build) -> None:
    """The same with one thing wrong is a finding of that requirement, with entries that prove it."""
    judgement = build().judge(requirement)
    assert judgement.findings
    assert all(finding.requirement == f"RD-{requirement}" and finding.entries for finding in judgement.findings)


@pytest.mark.parametrize(("requirement", "build"), SILENT)
def test_histories_without_the_precondition_say_nothing(requirement: str, build: Build) -> None:
    """Where the precondition did not occur nothing is judged, and the reason is named."""
    judgement = build().judge(requirement)
    assert not judgement.judged
    assert judgement.reason


def test_what_may_only_be_late_is_an_upper_bound() -> None:
    """An event that a live reader has not told yet may be late; behind the end it is lost."""
    waiting = ReaderStory().watch(1).append(2).events(2).settle().judge("LOSS-1")
    assert [finding.upper_bound for finding in waiting.findings] == [True]
    assert [finding.upper_bound for finding in told(2).judge("LOSS-1").findings] == [False]
