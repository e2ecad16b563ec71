"""The checkers of the pipe on literal histories: the good case, the nearly good one, and the one that says nothing."""

from __future__ import annotations

from typing import Any

import pytest

from streamproof.harness.checkers.pipe import PIPE_CHECKERS
from streamproof.harness.checkers.pipe.arriving import bound_ms
from streamproof.harness.checkers.pipe.view import View
from streamproof.harness.values.history import Header, History
from streamproof.harness.values.verdict import Judgement

TIMING = {
    "sender": {"timing_ms": {"flush_delay": 0, "retry_delay": 200, "request_timeout": 1_000, "upload_window": 10_000}},
    "reader": {"timing_ms": {"backoff_max": 2_000, "idle_timeout": 5_000, "batch_delay": 5}},
}
BOUND_MS = bound_ms(TIMING, 1)


class Story:
    """Each method appends entries at the present time; `at` moves the time on. Times in milliseconds."""

    def __init__(self) -> None:
        self.now_ms = 0
        self.calls = 0
        self.entries: list[tuple[int, str, dict[str, Any]]] = []

    def add(self, kind: str, **data: Any) -> Story:
        self.entries.append((self.now_ms * 1_000, kind, data))
        return self

    def at(self, now_ms: int) -> Story:
        self.now_ms = now_ms
        return self

    def call(self, handle: str, verb: str, **args: Any) -> Story:
        self.calls += 1
        self.add("call", call=self.calls, handle=handle, life=1, verb=verb, args=args)
        return self.add("reply", call=self.calls, outcome="ok", value={}, error=None, late=False)

    def enqueue(self, *marks: int) -> Story:
        for mark in marks:
            self.call("s1", "enqueue", event={"k": mark})
        return self

    def watch(self, reader: str = "r1") -> Story:
        return self.call(reader, "watch")

    def note(self, note: str, reader: str = "r1", **data: Any) -> Story:
        return self.add("note", handle=reader, life=1, number=1, note=note, data=data)

    def show(self, note: str, *marks: int, reader: str = "r1") -> Story:
        return self.note(note, reader, entries=[{"k": mark} for mark in marks])

    def stop(self) -> Story:
        return self.add("finished", run="run-1").call("s1", "stop", complete=True)

    def end(self, reader: str = "r1") -> Story:
        return self.note("ended", reader).add("settled")

    def judge(self, requirement: str) -> Judgement:
        header = Header("pipe", ("sender", "reader"), "proxy", "test", "sim", "test", 0, ("timing",), TIMING, (), ())
        return PIPE_CHECKERS[f"PIPE-{requirement}"](View(History.from_entries(header, self.entries)))


def whole() -> Story:
    """Three events, one in the snapshot and two live, and the end."""
    return Story().enqueue(1).watch().show("snapshot", 1).enqueue(2, 3).show("logs", 2).show("logs", 3)


@pytest.mark.parametrize("requirement", ["LOSS-1", "DUP-1", "ORD-1", "END-1", "LIVE-1"])
def test_a_whole_run_breaks_nothing(requirement: str) -> None:
    """All that went in came out, once, in order, and then the end: every requirement is judged, none has a finding."""
    judgement = whole().add("heal").stop().end().judge(requirement)
    assert (judgement.judged, judgement.findings) == (True, ())


@pytest.mark.parametrize("requirement", ["LOSS-1", "DUP-1", "ORD-1", "END-1", "LIVE-1"])
def test_a_silent_reader_is_no_witness(requirement: str) -> None:
    """A reader that shows nothing and an application that sends nothing prove nothing."""
    assert not Story().watch().add("heal").add("settled").judge(requirement).judged


def test_loss() -> None:
    """An event that is missing from the transcript of a reader that was told the end."""
    story = Story().enqueue(1, 2).watch().show("snapshot", 1).stop().end()
    assert len(story.judge("LOSS-1").findings) == 1


def test_what_an_earlier_snapshot_showed_counts_no_more() -> None:
    """A later snapshot replaces the transcript: what it leaves out is lost."""
    assert whole().show("snapshot", 1, 2).stop().end().judge("LOSS-1").findings
    assert not whole().show("snapshot", 1, 2, 3).stop().end().judge("LOSS-1").findings


def test_loss_needs_a_completed_run() -> None:
    """Of a run that its sender never completed nobody knows the end."""
    assert not Story().enqueue(1, 2).watch().show("snapshot", 1).end().judge("LOSS-1").judged


def test_repeats() -> None:
    """The same event in the snapshot and live, and an event that nobody sent."""
    assert whole().show("logs", 1).judge("DUP-1").findings
    assert whole().show("logs", 9).judge("DUP-1").findings


def test_order() -> None:
    """An event behind one that was enqueued later; a repeat is not a matter of order."""
    assert Story().enqueue(1, 2).watch().show("snapshot").show("logs", 2, 1).judge("ORD-1").findings
    assert not whole().show("logs", 1).judge("ORD-1").findings


def test_an_end_that_is_none() -> None:
    """`ended` before the completion, twice, before the last event, or never."""
    assert "had not completed" in whole().note("ended").stop().add("settled").judge("END-1").findings[0].message
    assert "twice" in whole().stop().note("ended").end().judge("END-1").findings[0].message
    assert "behind the end" in whole().stop().note("ended").show("logs", 4).add("settled").judge("END-1").findings[0].message
    never = whole().stop().add("settled").judge("END-1").findings[0]
    assert ("never told the end" in never.message, never.upper_bound) == (True, True)


def test_one_who_left_or_gave_up_is_owed_no_end() -> None:
    """Behind `unwatch` and behind an `error` nobody waits for the end."""
    assert not whole().call("r1", "unwatch").stop().add("settled").judge("END-1").findings
    assert not whole().note("error", title="", message="", retryable=True).stop().add("settled").judge("END-1").findings


def test_recovery_has_a_bound() -> None:
    """Behind the heal every event must be shown in time; before the time is up nothing is judged."""
    story = Story().watch().show("snapshot").enqueue(1).add("heal")
    assert not story.at(BOUND_MS - 1).add("settled").judge("LIVE-1").judged
    assert len(story.at(BOUND_MS + 1).add("settled").judge("LIVE-1").findings) == 1


def test_a_reader_that_tries_again_has_the_whole_time_again() -> None:
    """The clock of a reader that gave up runs from its `retry`."""
    story = Story().watch().show("snapshot").enqueue(1).add("heal").note("error", title="", message="", retryable=True)
    story.at(1_000).call("r1", "retry")
    assert not story.at(BOUND_MS + 1).add("settled").judge("LIVE-1").judged
    assert story.at(BOUND_MS + 1_001).add("settled").judge("LIVE-1").findings
