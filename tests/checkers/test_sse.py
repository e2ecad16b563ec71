"""Each checker of a client on literal histories: what it must let pass, and the nearly good history that it must catch."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from streamproof.harness.checkers.sse import SSE_CHECKERS
from streamproof.harness.contracts.sse import REQUIREMENTS

from .story_sse import Story, frames

Build = Callable[[], Story]
SECRET = [["Accept", "text/event-stream"], ["Authorization", "Bearer <credential>"]]
GIVEN = {"Authorization": "Bearer <credential>"}
HALF = "id: 3\ndata: e3\n"


def steady(*told: int) -> Story:
    return Story().open().sent(frames(1, 2, 3)).events(*told).settle()


def resumed(cursor: str | None, *, first: int = 2, lost: int = 0, told: tuple[int, ...] = (1, 2, 3, 4), pause_ms: int = 1_000) -> Story:
    """Two events, a reset, and the rest from ``cursor`` on, as the server has it."""
    story = Story().open().sent(frames(1, 2)).events(*told[:first]).cut(lost=lost).later(pause_ms).open(cursor)
    return story.sent(frames(*range(int(cursor or 0) + 1, 5))).events(*told[first:]).settle()


def replayed(*told: int) -> Story:
    """Without ids everything comes again."""
    text = "data: a\n\ndata: b\n\n"
    story = Story().open().sent(text)
    for number in told[:1]:
        story.told("ab"[number - 1])
    story.cut().later(1_000).open().sent(text)
    for number in told[1:]:
        story.told("ab"[number - 1])
    return story.settle()


def read_as(text: str, *told: str, type: str = "message") -> Story:
    story = Story().open().sent(text)
    for data in told:
        story.told(data, type=type)
    return story.settle()


def halved(*told: int, cursor: str = "2") -> Story:
    """A clean end in the middle of the third event, and then it comes whole."""
    story = Story().open().sent(frames(1, 2) + HALF).events(*told[:-1]).ends().later(1_000).open(cursor)
    return story.sent(frames(3)).events(*told[-1:]).settle()


def false(*told: str, status: int = 200, media_type: str = "text/html") -> Story:
    """A good event, a cut, an answer that is no stream but looks like one, and a good stream again."""
    story = Story().open().sent(frames(1)).events(1).cut().later(1_000).ask("1").answer(status, media_type).sent("data: false\n\n").ends()
    for data in told:
        story.told(data, "1")
    return story.later(1_000).open("1").sent(frames(2)).events(2).settle()


def numbered(second_id: str | None, text: str = "id: 7\ndata: a\n\ndata: b\n\n") -> Story:
    return Story().open().sent(text).told("a", "7").told("b", second_id).settle()


def kept_over(second_id: str) -> Story:
    """The stream of the second connection names no id."""
    return (
        Story()
        .open()
        .sent("id: 7\ndata: a\n\n")
        .told("a", "7")
        .cut()
        .later(500)
        .open("7")
        .sent("data: b\n\n")
        .told("b", second_id)
        .settle()
    )


def waited(pause_ms: int, retry: str = "300") -> Story:
    story = Story().open().sent(f"retry: {retry}\n" + frames(1)).events(1).later(200).cut().later(pause_ms)
    return story.open("1").sent(frames(2)).events(2).settle()


def stormy(pause_ms: int, times: int = 25) -> Story:
    story = Story()
    for _ in range(times):
        story.ask().answer().ends().later(pause_ms)
    return story.settle()


def ended(again: bool = False, ms: int = 20_000) -> Story:
    story = Story().open().sent(frames(1)).events(1).ends().later(100).ask("1").answer(204).ends()
    return story.later(100).ask("1").answer(204).ends().settle() if again else story.settle(ms)


def failed(*, again: int = 0, told: bool = False, status: int = 404) -> Story:
    story = Story().ask().answer(status).ends()
    if told:
        story.note("error", message="no stream")
    for _ in range(again):
        story.later(1_000).ask().answer(status).ends()
    return story.settle()


def redirected(*headers: list[str], server: str = "elsewhere") -> Story:
    story = Story(headers=GIVEN).ask(headers=SECRET).answer(307, Location=f"http://{server}:80/events").ends()
    return story.ask(headers=[["Accept", "text/event-stream"], *headers], server=server).answer().settle()


def headed(*second: list[str]) -> Story:
    story = Story(headers=GIVEN).open(headers=SECRET).sent(frames(1)).events(1).cut().later(500)
    return story.open("1", headers=[["Accept", "text/event-stream"], *second]).settle()


RAW = (("watch", {}), ("raw", {"text": "\0rubbish\n\n"}), ("send", {"events": []}))


def hostile() -> Story:
    return Story(workload=RAW).open().sent("\0rubbish\n\n").sent(frames(1))


def closed(*late: int, closed_after_ms: int | None = 10, ms: int = 20_000) -> Story:
    story = Story().open().sent(frames(1)).events(1).call("unwatch").sent(frames(2)).events(*late)
    if closed_after_ms is not None:
        story.later(closed_after_ms).cut("fin", by="target")
    return story.settle(ms)


def flooded(*told: int, exceeded: bool | None = False) -> Story:
    """Two events behind megabytes of comments, and the client's memory measured once both should be told."""
    story = Story().open().source("e1", "e2").sent(":" + "x" * 998 + "\n", 6_000).sent(frames(1, 2)).events(*told).memory(exceeded)
    return story.settle()


def alone() -> Story:
    """A client that does not connect again, and a stream that was cut."""
    return Story(capabilities=()).open().sent(frames(1)).events(1).cut()


GOOD: list[tuple[str, Build]] = [
    ("ACC-1", lambda: steady(1, 2, 3)),
    ("ORD-1", lambda: steady(1, 2, 3)),
    ("LOSS-1", lambda: steady(1, 2, 3)),
    ("LOSS-1", lambda: resumed("2")),
    ("LOSS-1", lambda: resumed("1", first=1, lost=1)),
    ("DUP-1", lambda: replayed(1, 1, 2)),
    ("PARSE-1", lambda: read_as("\ufeffdata: a\r\rdata:b\ndata: c\r\n\r\n: no\n\n", "a", "b\nc")),
    ("ID-1", lambda: numbered("7")),
    ("ID-1", lambda: numbered(None, "id: 7\ndata: a\n\nid\ndata: b\n\n")),
    ("ID-1", lambda: kept_over("7")),
    ("HALF-1", lambda: halved(1, 2, 3)),
    ("TYPE-1", lambda: false()),
    ("STAT-1", lambda: false(status=503, media_type="text/event-stream")),
    ("REC-1", lambda: resumed("2")),
    ("RES-1", lambda: resumed("2")),
    ("RES-1", lambda: resumed("1", first=1)),
    ("RES-1", lambda: resumed(None, first=0)),
    ("WAIT-1", lambda: waited(300)),
    ("WAIT-1", lambda: waited(30_000, "99999999999999999999")),
    ("STORM-1", lambda: stormy(100)),
    ("END-1", lambda: ended()),
    ("FAIL-1", lambda: failed()),
    ("FAIL-1", lambda: failed(again=3, told=True)),
    ("RED-1", lambda: redirected()),
    ("HDR-1", lambda: headed(["authorization", "Bearer <credential>"])),
    ("STO-1", lambda: Story(last_event_id="s").open("s").settle()),
    ("OPEN-1", lambda: steady(1, 2, 3)),
    ("TELL-1", lambda: alone().note("ended").settle()),
    ("ROB-1", lambda: hostile().events(1).settle()),
    ("ROB-1", lambda: hostile().note("error", message="rubbish").cut(by="target").settle()),
    ("ROB-1", lambda: hostile().cut(by="target").later(1_000).open().settle()),
    ("CLOSE-1", lambda: closed()),
    ("CLOSE-1", lambda: closed(ms=300)),
    ("MEM-1", lambda: flooded(1, 2)),
]

BAD: list[tuple[str, Build]] = [
    ("ACC-1", lambda: Story().open(headers=[["Accept", "*/*"]]).settle()),
    ("ACC-1", lambda: Story().open(method="POST").settle()),
    ("ORD-1", lambda: steady(2, 1, 3)),
    ("LOSS-1", lambda: steady(1, 3)),
    ("LOSS-1", lambda: steady(1, 2)),
    ("LOSS-1", lambda: resumed("2", first=1, told=(1, 3, 4))),
    ("LOSS-1", lambda: Story().open().sent(frames(1)).events(1).sent(frames(2)).ends().settle()),
    (
        "LOSS-1",
        lambda: Story().open().sent(frames(1, 2)).later(500).events(1).cut().later(500).open("1").sent(frames(3)).events(3).settle(),
    ),
    ("DUP-1", lambda: steady(1, 2, 2, 3)),
    ("DUP-1", lambda: resumed("2", told=(1, 2, 2, 3, 4))),
    ("PARSE-1", lambda: read_as("data: a\rdata: b\n\n", "a\rdata: b")),
    ("PARSE-1", lambda: read_as("data: a\r\r: more\r")),
    ("PARSE-1", lambda: read_as("event: x\ndata: a\n\ndata: b\n\n", "a", "b", type="x")),
    ("PARSE-1", lambda: read_as("id: 1\n\ndata: b\n\n", "", "b")),
    ("ID-1", lambda: numbered("")),
    ("ID-1", lambda: numbered("7", "id: 7\ndata: a\n\nid\ndata: b\n\n")),
    ("ID-1", lambda: kept_over("")),
    ("HALF-1", lambda: halved(1, 2, 3, 3)),
    ("TYPE-1", lambda: false("false")),
    ("STAT-1", lambda: false("false", status=503, media_type="text/event-stream")),
    ("REC-1", lambda: Story().open().sent(frames(1)).events(1).ends().settle(60_000)),
    ("RES-1", lambda: resumed(None, told=(1, 2, 1, 2, 3, 4))),
    ("RES-1", lambda: resumed("1", told=(1, 2, 2, 3, 4))),
    ("RES-1", lambda: halved(1, 2, 3, cursor="3")),
    ("RES-1", lambda: numbered("", "id: 7\ndata: a\n\nid\ndata: b\n\n").cut().open("").settle()),
    ("WAIT-1", lambda: waited(298)),
    ("WAIT-1", lambda: waited(29_998, "99999999999999999999")),
    ("STORM-1", lambda: stormy(20)),
    ("END-1", lambda: ended(again=True)),
    ("FAIL-1", lambda: failed(again=2)),
    ("RED-1", lambda: redirected(["Authorization", "Bearer <credential>"])),
    ("HDR-1", lambda: headed()),
    ("STO-1", lambda: Story(last_event_id="s").open().settle()),
    ("OPEN-1", lambda: Story().ask().answer().sent(frames(1)).events(1).settle()),
    ("TELL-1", lambda: alone().settle()),
    ("ROB-1", lambda: hostile().settle()),
    ("CLOSE-1", lambda: closed(2)),
    ("CLOSE-1", lambda: closed(closed_after_ms=None)),
    ("CLOSE-1", lambda: closed().open("1").settle()),
    ("MEM-1", lambda: flooded(1, 2, exceeded=True)),
]

NOT_JUDGED: list[tuple[str, Build]] = [
    *((name.removeprefix("SSE-"), lambda: Story().settle()) for name in SSE_CHECKERS),  # it does nothing at all
    ("LOSS-1", lambda: Story().open().sent(frames(1)).cut().settle()),
    ("DUP-1", lambda: steady()),
    ("HALF-1", lambda: Story().open().sent(HALF).ends().settle()),
    ("TYPE-1", lambda: Story().ask().answer(200, "text/html").sent("data: x\n\n").ends().settle()),
    ("REC-1", lambda: Story().open().sent(frames(1)).events(1).ends().settle(5_000)),
    ("RES-1", lambda: Story().open().cut().later(500).open().settle()),
    ("WAIT-1", lambda: resumed("2")),
    ("STORM-1", lambda: stormy(0, times=2)),
    ("END-1", lambda: ended(ms=500)),
    ("RED-1", lambda: redirected(server="origin")),
    ("TELL-1", lambda: resumed("2")),
    ("CLOSE-1", lambda: Story().open().call("unwatch").settle()),
    ("CLOSE-1", lambda: closed(closed_after_ms=None, ms=900)),
    ("MEM-1", lambda: steady(1, 2, 3)),
    ("MEM-1", lambda: flooded(1, exceeded=True)),
    ("MEM-1", lambda: flooded(1, 2, exceeded=None)),
]


@pytest.mark.parametrize(("requirement", "build"), GOOD)
def test_good_histories_pass(requirement: str, build: Build) -> None:
    """Judged, and nothing found; nor does any other checker find something in them."""
    judgement = build().judge(requirement)
    assert judgement.judged, judgement.reason
    assert build().broken() == set()


@pytest.mark.parametrize(("requirement", "build"), BAD)
def test_bad_histories_are_caught(requirement: str, build: Build) -> None:
    """One finding, of this requirement, with entries that exist."""
    story = build()
    (finding,) = story.judge(requirement).findings
    assert finding.requirement == f"SSE-{requirement}"
    assert finding.entries
    assert all(1 <= number <= len(story.entries) for number in finding.entries)


@pytest.mark.parametrize(("requirement", "build"), NOT_JUDGED)
def test_what_proves_nothing_is_not_judged(requirement: str, build: Build) -> None:
    """Where the precondition did not occur, or the client did nothing right, there is no verdict."""
    assert not build().judge(requirement).judged


def test_every_requirement_is_covered() -> None:
    """Each has its checker, a good and a bad history here."""
    names = {row.id.removeprefix("SSE-") for row in REQUIREMENTS}
    assert {f"SSE-{name}" for name in names} == set(SSE_CHECKERS)
    assert {name for name, _ in GOOD} == names
    assert {name for name, _ in BAD} == names


@pytest.mark.parametrize(
    ("build", "broken"),
    [
        (lambda: steady(2, 1, 3), {"ORD-1"}),
        (lambda: steady(1, 3), {"LOSS-1"}),
        (lambda: steady(1, 2, 2, 3), {"DUP-1"}),
        (lambda: halved(1, 2, 3, 3), {"HALF-1"}),
        (lambda: false("false"), {"TYPE-1"}),
        (lambda: read_as("data: a\r\r: more\r"), {"PARSE-1"}),
        (lambda: read_as("data: a\ndata: b\n\n", "b"), {"PARSE-1"}),
        (lambda: read_as("id: 1\n\ndata: b\n\n", "", "b"), {"PARSE-1", "ID-1"}),
        (lambda: read_as("data\n\n: comment\n\ndata: b\n\n", "", "", "b"), {"PARSE-1"}),
        (lambda: resumed("2", first=1, told=(1, 3, 4)), {"LOSS-1", "RES-1"}),
        (lambda: halved(1, 2, 3, cursor="3"), {"RES-1"}),
    ],
)
def test_a_bug_is_named_by_what_it_is(build: Build, broken: set[str]) -> None:
    """One mistake does not show as five."""
    assert build().broken() == broken


def test_what_a_reset_may_have_swallowed_is_not_owed() -> None:
    """Events just before a reset may be lost; those that had arrived long before may not."""
    late = Story().open().sent(frames(1)).events(1).later(500).sent(frames(2)).cut().later(500).open("1").sent(frames(3)).events(3).settle()
    assert late.broken() == set()


def test_what_ends_together_with_the_watching_is_not_owed() -> None:
    """An answer that ends, whole, in the moment of `unwatch` may go unread."""
    story = Story().open().sent(frames(1)).events(1).later(500).sent(frames(2)).ends().call("unwatch").settle()
    assert story.broken() == set()


def test_what_is_held_back_is_not_owed_before_the_faults_stop() -> None:
    """Bytes that a stall holds have not arrived."""
    story = Story().open().sent(frames(1)).fault("stall")
    assert not story.later(5_000).add("settled").judge("LOSS-1").judged
    story = Story().open().sent(frames(1)).fault("stall").later(5_000).add("heal").settle()
    assert story.judge("LOSS-1").findings


def test_what_was_sent_again_and_again_counts_as_often() -> None:
    """Three equal events written down as one, and how often."""
    story = Story().open().sent("data: x\n\n", 3).told("x").told("x")
    assert story.settle().broken() == {"LOSS-1"}
    story = Story().open().sent("data: x\n\n", 3).told("x").told("x").told("x")
    assert story.settle().broken() == set()


def test_alike_events_are_told_apart_by_their_number() -> None:
    """Fifty equal events, a reset, and a replay of them all: any number of them before the reset will do, but no more in all."""
    text = "data: x\n\n" * 50

    def repeated(count: int) -> Story:
        story = Story().open().sent(text).cut().later(500).open().sent(text)
        for _ in range(count):
            story.told("x")
        return story.settle()

    assert repeated(50).broken() == repeated(73).broken() == repeated(100).broken() == set()
    assert "LOSS-1" in repeated(49).broken()
    assert "DUP-1" in repeated(101).broken()


def test_a_long_history_is_judged_in_one_pass() -> None:
    """Tens of thousands of events with many cuts among them are still matched whole."""
    story = Story()
    for connection in range(20):
        first = connection * 1_000
        numbers = range(first + 1, first + 1_001)
        story.open(str(first) if first else None).sent(frames(*numbers)).events(*numbers).cut().later(100)
    story.open("20000").settle()
    assert story.broken() == set()
