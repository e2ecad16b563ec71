"""Each sender checker on literal histories: what it must let pass, and the nearly good history that it must catch."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from streamproof.harness.checkers.ingest import SENDER_CHECKERS
from streamproof.harness.contracts.ingest import SENDER_REQUIREMENTS

from .story import HEADERS, TIMING, Story, steady

Build = Callable[[], Story]


def begun(*marks: int) -> Story:
    """Events and a first sync."""
    return Story().enqueue(*(marks or (1, 2, 3))).sync()


def two_at_most() -> Story:
    return Story(limits={"max_upload_events": 2}).enqueue(1, 2, 3).sync()


def early_completion() -> Story:
    """A completion although the second event is not acknowledged."""
    return begun(1, 2).upload((1, 1), position=1).begin("stop", complete=True).request().body(1).answer(1).reply()


def lost_answer(*resent: tuple[int, int]) -> Story:
    """Three events committed, the answer lost, a sync that tells 3, and then a resend."""
    story = begun().request().body((1, 1), (2, 2), (3, 3)).answer(3, delivered=False)
    return story.at(1_000).sync(3).upload(*resent, position=3, accept=False)


def rebased(*second: tuple[int, int]) -> Story:
    """Two events acknowledged, a 409 at position 1, and the upload behind it."""
    story = begun(1, 2, 3).upload((1, 1), (2, 2), position=2)
    story.request().body((3, 3), accept=False).answer(1, 409, "Expected sequence 2, got 3")
    return story.upload(*second, position=2)


def stopping(*final: object, complete: bool = True) -> Story:
    story = begun(1).upload((1, 1), position=1).at(500).begin("stop", complete=complete)
    return story.request().body(*final).answer(1).reply().at(3_000)


def dropped(second: int) -> Story:
    """An event too large to send, and the number of the one behind it."""
    story = Story().sync().enqueue(1).enqueue(2, text="x" * 200).enqueue(3)
    return story.upload((1, 1), (second, 3), position=2)


def sized(text: str, *, sent: bool) -> Story:
    """One event after a first answer, then another that was sent; the limit is 100 bytes a line."""
    story = Story().enqueue(1).sync().upload((1, 1), position=1).call("enqueue", event={"k": 2, "text": text}).enqueue(3)
    if sent:
        return story.upload((2, {"k": 2, "text": text}), (3, 3), position=3)
    return story.upload((2, 3), position=2)


FITS = "x" * (100 - len('{"seq":2,"event":{"k":2,"text":""}}'))


def retries(*gaps_ms: int, status: int = 503) -> Story:
    """Attempts that fail, so far apart."""
    story = begun(1)
    now = 0
    for gap_ms in (0, *gaps_ms):
        now += gap_ms
        story.at(now).request().body((1, 1), accept=False).answer(None, status)
    return story.at(now + 5_000)


def stalled(closed_ms: int | None) -> Story:
    story = begun(1).request().body((1, 1))
    if closed_ms is not None:
        story.at(closed_ms).add("closed", connection=2, by="target", how="fin")
    return story.at(9_000).add("settled")


def recovering(arrives: bool) -> Story:
    story = begun(1).fault("refuse").at(2_000).add("heal")
    if arrives:
        story.at(4_000).upload((1, 1), position=1)
    return story.at(20_000).add("settled")


def live(latency_ms: int) -> Story:
    story = begun(1).at(latency_ms).upload((1, 1), position=1)
    return story.at(5_000).begin("stop", complete=True).request().body(1).answer(1).reply()


def aged(age_ms: int) -> Story:
    story = Story(persistent_upload=True).enqueue(1).sync().request().line(1, '{"seq":1,"event":{"k":1}}')
    return story.at(age_ms).add("body-end", request=2, how="end", bytes=27).answer(1).at(30_000).add("settled")


def hot(gap_ms: int, status: int, error: str = "") -> Story:
    story = begun(1)
    for number in range(6):
        story.at(number * gap_ms).request().body((1, 1), accept=False).answer(None if status != 409 else 5, status, error)
    return story.at(10_000).add("settled")


def full(warned: bool) -> Story:
    story = Story(limits={"max_buffered_events": 1}).sync().enqueue(1)
    story.add("note", handle="s1", life=1, number=1, note="log", data={"level": "info", "message": "target resolved"})
    story.enqueue(2)
    if warned:
        story.add("note", handle="s1", life=1, number=2, note="log", data={"level": "warn", "message": "buffer full"})
    return story.upload((1, 1), position=1)


def watched(unchanged: bool) -> Story:
    return begun(1).add("caller-object", index=1, when="while enqueue ran", unchanged=unchanged).upload((1, 1), position=1)


def redirected(to_other: bool) -> Story:
    story = Story(faults=({"fault": "redirect", "origin": "other"},)).enqueue(1).sync().fault("redirect")
    return story.request(server="elsewhere", target="/v1/runs/run-1/ingest", headers=HEADERS if to_other else [["Host", "x"]])


def stop_in_trouble(reply_ms: int, *, retried: bool) -> Story:
    story = begun(1).upload((1, 1), position=1).at(1_000).begin("stop", complete=True)
    story.request().body(1, accept=False).answer(None, 503)
    if retried:
        story.at(2_000).request().body(1).answer(1)
    return story.at(reply_ms).reply().at(30_000).add("settled")


CASES: list[tuple[str, Build, Build]] = [
    ("URL-1", steady, lambda: Story(run_id="a/b").enqueue(1).request(target="/v1/runs/a/b/ingest").body()),
    ("URL-1", lambda: Story(run_id="a/b").request(target="/v1/runs/a%2Fb/ingest"), lambda: Story(run_id="..").request(target="/v1/ingest")),
    ("URL-1", lambda: Story(base_suffix="//").request(target="//v1/runs/run-1/ingest"), lambda: Story(base_suffix="//").request()),
    ("HDR-1", steady, lambda: begun(1).request(headers=[["Authorization", "Bearer <run-token>"]]).body((1, 1))),
    ("SYNC-1", steady, lambda: Story().enqueue(1).upload((1, 1), position=1)),
    ("SYNC-1", steady, lambda: Story().enqueue(1).sync(0, 503).upload((1, 1), position=1)),
    ("ORD-1", lambda: begun().upload((1, 1), (2, 2), position=2), lambda: begun().upload((1, 1), (3, 3), position=3)),
    ("ORD-2", lambda: begun().upload((1, 1), (2, 2), (3, 3), position=3), lambda: begun().upload((1, 2), (2, 1), position=2)),
    ("ORD-2", lambda: begun().upload((1, 1), (2, 2), position=2), lambda: begun().upload((1, 1), (2, 3), position=2)),
    ("LOSS-1", steady, early_completion),
    ("LOSS-1", steady, lambda: begun(1).upload((1, 1), (2, 1), position=2)),
    ("IDEM-1", lambda: lost_answer((1, 1)), lambda: lost_answer((1, 2))),
    ("ACK-1", lambda: begun().upload((1, 1), (2, 2), (3, 3), position=3).enqueue(4).upload((4, 4), position=4),
     lambda: lost_answer((1, 1), (2, 2))),
    ("ACK-2", lambda: begun().upload((1, 1), (2, 2), position=1, status=413).upload((2, 2), position=2),
     lambda: begun().upload((1, 1), (2, 2), position=1, status=413).upload((1, 1), position=2)),
    ("RST-1", lambda: Story().sync(7).enqueue(1).upload((8, 1), position=8), lambda: Story().sync(7).enqueue(1).upload((1, 1), position=7)),
    ("REB-1", lambda: rebased((2, 3)), lambda: rebased((3, 3))),
    ("REB-1", lambda: rebased((2, 3)), lambda: rebased((2, 2))),
    ("REB-2", lambda: begun(1).upload((1, 1), position=0, status=503, accept=False).upload((1, 1), position=1),
     lambda: begun(1).upload((1, 1), position=0, status=503, accept=False).upload((2, 1), position=1)),
    ("DROP-1", lambda: dropped(2), lambda: dropped(3)),
    ("DROP-2", lambda: sized(FITS, sent=True), lambda: sized(FITS, sent=False)),
    ("DROP-2", lambda: sized(FITS + "x", sent=False), lambda: sized(FITS + "x", sent=True)),
    ("DROP-2", lambda: sized(FITS[:-1] + "é", sent=False), lambda: sized(FITS[:-1] + "é", sent=True)),
    ("DROP-3", lambda: full(warned=True), lambda: full(warned=False)),
    ("ROLL-1", lambda: two_at_most().upload((1, 1), (2, 2), position=2).upload((3, 3), position=3),
     lambda: two_at_most().upload((1, 1), (2, 2), (3, 3), position=3)),
    ("ROLL-2", lambda: aged(20_000), lambda: aged(20_300)),
    ("LIVE-1", lambda: live(100), lambda: live(900)),
    ("LIVE-2", lambda: recovering(arrives=True), lambda: recovering(arrives=False)),
    ("NBLK-1", lambda: begun(1).upload((1, 1), position=1).fault("refuse").enqueue(2),
     lambda: begun(1).upload((1, 1), position=1).fault("refuse").call("enqueue", event={"k": 2}, reply_at=500)),
    ("RETRY-1", lambda: retries(10, 1_000, 1_000), lambda: retries(10, 1_000, 10)),
    ("TMO-1", lambda: stalled(3_000), lambda: stalled(3_500)),
    ("TMO-1", lambda: stalled(3_000), lambda: stalled(None)),
    ("STOP-1", steady, lambda: begun(1).upload((1, 1), position=1).begin("stop", complete=True).request().body(1).reply()),
    ("STOP-2", steady, lambda: begun(1).begin("stop", complete=True).at(13_500).reply()),
    ("STOP-2", steady, lambda: begun(1).begin("stop", complete=True).at(30_000).add("settled")),
    ("STOP-3", lambda: stopping(1), lambda: stopping(2)),
    ("STOP-3", lambda: stopping(1), lambda: stopping(1, (2, 2))),
    ("STOP-3", lambda: stopping(complete=False), lambda: stopping(1, complete=False)),
    ("STOP-3", lambda: stopping(1), early_completion),
    ("STOP-4", lambda: Story().begin("stop", complete=True).sync().request().body(0).answer(0).reply(),
     lambda: Story().begin("stop", complete=True).sync().reply()),
    ("STOP-5", lambda: stop_in_trouble(2_000, retried=True), lambda: stop_in_trouble(1_500, retried=False)),
    ("STOP-6", steady, lambda: steady().sync(1)),
    ("CMP-1", steady, lambda: begun(1, 2).upload((1, 1), position=1).begin("stop", complete=True).request().body(1).answer(1)),
    ("CMP-2", lambda: hot(1_000, 409, "Task run stream is already complete"), lambda: hot(10, 409, "Task run stream is already complete")),
    ("AUTH-1", lambda: hot(1_000, 401), lambda: hot(10, 401)),
    ("RED-1", lambda: redirected(to_other=False), lambda: redirected(to_other=True)),
    ("PURE-1", lambda: watched(unchanged=True), lambda: watched(unchanged=False)),
]  # fmt: skip


@pytest.mark.parametrize(("requirement", "good", "bad"), CASES, ids=[f"{number}-{case[0]}" for number, case in enumerate(CASES)])
def test_good_passes_and_nearly_good_is_caught(requirement: str, good: Build, bad: Build) -> None:
    """A correct history gives no finding, and one with a single flaw gives a finding of just this requirement with its proof."""
    clean, flawed = good().judge(requirement), bad().judge(requirement)
    assert clean.findings == ()
    assert flawed.judged
    assert {finding.requirement for finding in flawed.findings} == {f"ING-{requirement}"}
    assert all(finding.entries for finding in flawed.findings)


def test_every_requirement_has_a_checker_and_a_case() -> None:
    """The table of checkers, the table of requirements and the cases of this file name the same requirements."""
    ids = {row.id for row in SENDER_REQUIREMENTS}
    assert set(SENDER_CHECKERS) == ids
    assert {f"ING-{case[0]}" for case in CASES} == ids


@pytest.mark.parametrize("requirement", sorted(SENDER_CHECKERS))
def test_nothing_is_judged_on_a_silent_sender(requirement: str) -> None:
    """A sender that was given events and did nothing passes no requirement: its history judges none."""
    story = Story().enqueue(1, 2).at(10).stop().fault("refuse").add("heal").at(TIMING["stop_timeout"] * 5).add("settled")
    judgement = story.judge(requirement.removeprefix("ING-"))
    assert not judgement.judged
    assert judgement.reason


def test_an_uncertain_answer_is_read_in_favour_of_the_sender() -> None:
    """An answer that a reset may have swallowed is no acknowledgement to hold against a resend, and a 409 like it allows a renumbering."""
    unsure = begun(1, 2).request().body((1, 1), (2, 2)).answer(2, certain=False).upload((1, 1), (2, 2), position=2, accept=False)
    assert unsure.judge("ACK-1").findings == ()
    perhaps = begun(1).request().body((1, 1), accept=False).answer(4, 409, certain=False).upload((5, 1), position=5)
    assert perhaps.judge("REB-2").findings == ()
    assert perhaps.judge("IDEM-1").findings == ()


def test_lost_state_excuses_what_was_acknowledged_before() -> None:
    """Events acknowledged before the server lost its state may be missing from what is completed later."""
    story = begun(1, 2).upload((1, 1), (2, 2), position=2).add("state", run="run-1", change="forget", last=0).enqueue(3)
    story.request().body((3, 3), accept=False).answer(0, 409, "Expected sequence 1, got 3").upload((1, 3), position=1)
    story.begin("stop", complete=True).request().body(1).answer(1).reply()
    for requirement in ("LOSS-1", "CMP-1", "ORD-2", "REB-1", "STOP-3"):
        assert story.judge(requirement).findings == (), requirement
