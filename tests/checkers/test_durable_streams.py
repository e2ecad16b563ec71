"""The checkers of streams and start indexes on literal histories: what they must let pass, and what they must catch."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .story_durable import (
    ASKS,
    ERROR,
    FAILED,
    FAILS,
    FINISH,
    HELLO,
    OUTPUT,
    PAID,
    PAYS,
    REQUEST,
    ROLE,
    Story,
    approved,
    chunk,
    created,
    events,
    resumed,
    spoken,
    suspended,
)

Build = Callable[[], Story]
WROTE = {"fail_writes": {"after": 1}}
READ = {"fail_reads": {"after": 2}}


def replayed(*data: str, index: object = 1, how: str = "end") -> Story:
    """A finished run, a reader behind it, and the end."""
    return created().status().follow(*data, index=index, how=how).finish(*HELLO)


def refused(index: object, status: int) -> Story:
    return created().reader(index).head(status).over().finish(*HELLO)


def hung(index: object = None, *, status: str = "completed", rest_ms: int | None = None) -> Story:
    """A reader of a run at rest whose body stays open."""
    return created().status(status).reader(index).stream().later(5_002).over("timeout", rest_ms=rest_ms).finish(*HELLO, status=status)


def beyond(*data: str, index: int = 9) -> Story:
    """A reader behind the end of a stream that is still open: its creator has read one frame."""
    story = Story().create().turn().sent(HELLO[0])
    return story.reader(index).stream().sent(*data).sent(*HELLO[1:], ask=1).over(ask=1).over().finish(*HELLO)


def paid(*original: str, status: str = "completed") -> Story:
    return approved().finish(*(original or PAID), status=status)


def failed(*frames: str, status: str = "failed") -> Story:
    """A run whose model fails."""
    return Story().create(FAILS).turn(says="error").sent(*frames).over().finish(*frames, status=status)


def wrote(*original: str, status: str = "completed", seen: tuple[str, ...] = HELLO) -> Story:
    return Story(**WROTE).create().turn().sent(*seen).over().finish(*original, status=status)


def read(*frames: str, how: str = "end", error: bool = False) -> Story:
    """A reader whose store fails behind two frames."""
    story = Story(**READ).create().turn().sent(*HELLO).over().reader(0).stream().sent(*frames)
    story = story.sent(text='event: error\ndata: {"error":"Stream error"}\n\n') if error else story
    return story.over(how).finish(*HELLO)


def clamped(*data: str, how: str = "end") -> Story:
    story = Story(index_policy="clamp").create().turn().sent(*HELLO).over().status()
    return story.follow(*data, index=-1, how=how).finish(*HELLO)


GOOD: list[tuple[str, Build]] = [
    ("SSE-1", lambda: spoken()),
    ("SSE-1", lambda: paid()),
    ("SSE-1", lambda: Story().create().turn().sent(text=": hi\r\n" + events(*HELLO).replace("\n", "\r\n")).over().finish(*HELLO)),
    (
        "SSE-1",
        lambda: (
            Story()
            .create(via="chat")
            .turn()
            .sent('{"type":"text-delta","delta":"Hello world."}')
            .over("left")
            .finish('{"type":"text-delta","delta":"Hello world."}', '{"type":"finish"}')
        ),
    ),
    ("SSE-1", lambda: Story().create().turn().sent(*HELLO[:2]).crash().over("cut").turn().finish(ROLE, *HELLO)),  # recovery's affair
    ("SSE-2", lambda: spoken()),
    ("SSE-2", lambda: suspended().finish(*ASKS, status="suspended")),
    ("SSE-2", lambda: failed(*FAILED)),
    ("SSE-2", lambda: read(*HELLO[:2], error=True)),
    ("SSE-2", lambda: replayed(index=4)),
    ("SSE-3", lambda: spoken()),
    ("SSE-3", lambda: created().reader().stream().later(4_000).over("timeout").finish(*HELLO)),
    ("SSE-4", lambda: spoken()),
    ("SSE-4", lambda: spoken(*HELLO, "[DONE]")),
    ("SSE-5", lambda: wrote(ROLE, ERROR, FINISH, status="failed", seen=FAILED)),
    ("SSE-5", lambda: wrote(*HELLO)),
    ("SSE-6", lambda: paid()),
    ("IDX-1", lambda: replayed(*HELLO[1:])),
    ("IDX-1", lambda: replayed(*HELLO[1:2], how="left")),
    ("IDX-1", lambda: approved().follow(*PAID[2:], index=2).finish(*PAID)),
    ("IDX-2", lambda: refused("-1", 400)),
    ("IDX-2", lambda: refused("", 400)),
    ("IDX-2", lambda: replayed(*HELLO, index="")),
    ("IDX-2", lambda: replayed(*HELLO[1:], index="001")),
    ("IDX-2", lambda: replayed(*HELLO[1:], index=" 1 ")),
    ("IDX-2", lambda: refused(["1", "1"], 400)),
    ("IDX-2", lambda: clamped(*HELLO[3:])),
    ("IDX-3", lambda: replayed(index=9)),
    ("IDX-3", lambda: refused(9, 416)),
    ("IDX-3", lambda: beyond()),
    ("IDX-3", lambda: beyond(*HELLO[2:], index=2)),
    ("IDX-4", lambda: resumed(*HELLO[2:]).finish(*HELLO)),
    ("IDX-5", lambda: replayed(*HELLO[1:])),
    ("IDX-5", lambda: suspended().follow(*ASKS).finish(*ASKS, status="suspended")),
    ("IDX-5", lambda: suspended().follow(*ASKS).approve().turn(1).finish(*PAID)),
]

BAD: list[tuple[str, Build]] = [
    ("SSE-1", lambda: Story().create().turn().sent(*HELLO).sent("no json").over().finish(*HELLO)),
    ("SSE-1", lambda: Story().create().turn().sent(*HELLO).sent(text='{"a": 1}\n\n').over().finish(*HELLO)),
    ("SSE-1", lambda: Story().create().turn().sent(*HELLO[:3]).sent(text=f"data: {FINISH}").over().finish(*HELLO)),
    ("SSE-1", lambda: spoken(ROLE, chunk(content="Hello"), chunk(content="world."), FINISH)),
    ("SSE-1", lambda: spoken(ROLE, *HELLO)),
    ("SSE-2", lambda: failed(ROLE, FINISH)),
    ("SSE-2", lambda: spoken(*HELLO[:3], ERROR, FINISH)),
    ("SSE-2", lambda: Story().create().turn().sent(*HELLO[:3]).over().finish(*HELLO)),
    ("SSE-2", lambda: Story().create().turn().sent(*HELLO[:3]).over("cut").finish(*HELLO)),
    ("SSE-2", lambda: read(*HELLO[:2])),
    ("SSE-2", lambda: read(*HELLO[:2], how="cut")),
    ("SSE-3", lambda: hung()),
    ("SSE-3", lambda: hung(4)),
    ("SSE-3", lambda: Story().create().turn().sent(*HELLO).status().later(5_002).over("timeout", ask=1).finish(*HELLO)),
    ("SSE-3", lambda: created().ask("status", "GET", "/run/api/executions/wrun_a").later(40_000).over("timeout").finish(*HELLO)),
    ("SSE-4", lambda: spoken(*HELLO, "[DONE]", "[DONE]")),
    ("SSE-4", lambda: spoken(*HELLO[:3], "[DONE]", FINISH)),
    ("SSE-4", lambda: Story().create(PAYS).turn().sent(*ASKS, "[DONE]").over().status("suspended").approve().turn(1).finish(*PAID)),
    ("SSE-5", lambda: wrote(ROLE, *HELLO[2:])),
    ("SSE-5", lambda: wrote(*HELLO[:3], seen=HELLO[:3])),
    ("SSE-5", lambda: wrote(*HELLO[1:])),
    ("SSE-6", lambda: paid(*ASKS)),
    ("IDX-1", lambda: replayed(*HELLO)),
    ("IDX-1", lambda: replayed(*HELLO[1:3])),
    ("IDX-1", lambda: replayed(*HELLO[1:], FINISH)),
    ("IDX-1", lambda: replayed(HELLO[0], *HELLO[2:])),
    ("IDX-1", lambda: replayed(index=1)),
    ("IDX-1", lambda: refused(1, 500)),
    ("IDX-2", lambda: refused("-1", 500)),
    ("IDX-2", lambda: replayed(*HELLO, index="abc")),
    ("IDX-2", lambda: replayed(*HELLO, index="1.5")),
    ("IDX-2", lambda: replayed(*HELLO[1:], index=["1", "1"])),
    ("IDX-2", lambda: replayed(*HELLO[1:], index="+1")),
    ("IDX-2", lambda: refused("2147483648", 416)),
    ("IDX-2", lambda: refused("007", 400)),
    ("IDX-2", lambda: hung("-1")),
    ("IDX-2", lambda: clamped(HELLO[1], *HELLO[3:])),
    ("IDX-2", lambda: clamped(*HELLO[3:], how="timeout")),
    ("IDX-2", lambda: created().reader("-1").head(400).over().reader(0).head(503).over().finish(*HELLO)),
    ("IDX-3", lambda: hung(9)),
    ("IDX-3", lambda: replayed(*HELLO, index=9)),
    ("IDX-3", lambda: beyond(*HELLO[1:])),
    ("IDX-3", lambda: refused(9, 400)),
    ("IDX-3", lambda: refused(3, 416)),
    ("IDX-3", lambda: created().status().reader(4).head(416).over().finish(*HELLO)),
    ("IDX-4", lambda: resumed(*HELLO[1:]).finish(*HELLO)),
    ("IDX-4", lambda: resumed(*HELLO[3:]).finish(*HELLO)),
    ("IDX-5", lambda: created().status().follow(*HELLO).turn().finish(*HELLO)),
    ("IDX-5", lambda: suspended().follow(*ASKS).finish(*ASKS, status="running")),
    ("IDX-5", lambda: created().status().reader().head(200, x_workflow_run_id="wrun_b").sent(*HELLO).over().finish(*HELLO)),
]

NOT_JUDGED: list[tuple[str, Build]] = [
    ("SSE-1", lambda: Story().create().over().finish()),
    ("SSE-2", lambda: Story().create().over().finish()),
    ("SSE-2", lambda: Story(**WROTE).create().turn().sent(*HELLO).over().finish(*HELLO)),
    ("SSE-3", lambda: Story().create().over().finish()),
    ("SSE-3", lambda: Story().create().sent(*HELLO).over("left")),
    ("SSE-4", lambda: suspended().finish(*ASKS, status="suspended")),
    ("SSE-5", lambda: spoken()),
    ("SSE-5", lambda: wrote(ROLE, seen=(ROLE,), status="running")),
    ("SSE-6", lambda: spoken()),
    ("SSE-6", lambda: suspended().finish(*ASKS, status="suspended")),
    ("IDX-1", lambda: spoken()),
    ("IDX-1", lambda: replayed(index=4)),
    ("IDX-1", lambda: created().follow(*HELLO[1:], index=1)),  # nothing to compare it with
    ("IDX-1", lambda: Story(**WROTE).create().turn().sent(*HELLO).over().follow(*HELLO, index=1).finish(*HELLO)),
    ("IDX-1", lambda: Story().create().turn().reader(0).stream().sent(*HELLO[:2]).crash().over("cut").turn().finish(ROLE, *HELLO)),
    ("IDX-2", lambda: replayed(*HELLO[1:])),
    ("IDX-2", lambda: created().reader("-1").head(400).over()),  # it may say 400 to everything
    ("IDX-3", lambda: replayed(index=4)),
    ("IDX-3", lambda: Story().create().over().status().follow(index=9).finish()),
    ("IDX-4", lambda: replayed(*HELLO[1:])),
    ("IDX-4", lambda: resumed().finish(*HELLO[:2])),
    ("IDX-5", lambda: created().follow(*HELLO)),
    ("IDX-5", lambda: suspended().follow(*ASKS).approve().status("running")),
    ("IDX-5", lambda: suspended(timing_ms={"approval_timeout": 50}).follow(*ASKS).status("failed")),
]


@pytest.mark.parametrize(("requirement", "build"), GOOD)
def test_good_histories_pass(requirement: str, build: Build) -> None:
    """Judged, and nothing found by this checker."""
    judgement = build().judge(requirement)
    assert judgement.judged, judgement.reason
    assert not judgement.findings


@pytest.mark.parametrize(("requirement", "build"), BAD)
def test_bad_histories_are_caught(requirement: str, build: Build) -> None:
    """One finding, of this requirement, with entries that exist."""
    story = build()
    (finding,) = story.judge(requirement).findings
    assert finding.requirement == f"EXE-{requirement}"
    assert finding.entries
    assert all(1 <= number <= len(story.entries) for number in finding.entries)


@pytest.mark.parametrize(("requirement", "build"), NOT_JUDGED)
def test_what_proves_nothing_is_not_judged(requirement: str, build: Build) -> None:
    """Where the precondition did not occur, or the server did nothing right, there is no verdict."""
    assert not build().judge(requirement).judged


@pytest.mark.parametrize(
    ("build", "broken"),
    [
        (lambda: spoken(), set()),
        (lambda: paid(), set()),
        (lambda: paid(*ASKS), {"SSE-6"}),
        (lambda: replayed(*HELLO), {"IDX-1"}),
        (lambda: replayed(*HELLO, index=9), {"IDX-3"}),
        (lambda: replayed(*HELLO, index="abc"), {"IDX-2"}),
        (lambda: beyond(*HELLO[1:]), {"IDX-3"}),
        (lambda: hung(), {"SSE-3"}),
        (lambda: hung(9), {"IDX-3"}),
        (lambda: hung("-1"), {"IDX-2"}),
        (lambda: resumed(*HELLO[1:]).finish(*HELLO), {"IDX-4"}),
        (lambda: wrote(ROLE, *HELLO[2:]), {"SSE-5"}),
        (lambda: read(*HELLO[:2]), {"SSE-2"}),
        (lambda: spoken(ROLE, *HELLO), {"SSE-1"}),
        (lambda: failed(ROLE, FINISH), {"SSE-2"}),
    ],
)
def test_a_bug_is_named_by_what_it_is(build: Build, broken: set[str]) -> None:
    """One mistake does not show as five."""
    assert build().broken() == broken


def test_late_ends_are_a_matter_of_time() -> None:
    """What rests on something taking too long is marked: real time is no judge."""
    for requirement, index in (("SSE-3", None), ("IDX-3", 9), ("IDX-2", "-1")):
        (finding,) = hung(index).judge(requirement).findings
        assert finding.upper_bound


def test_a_body_is_too_long_open_from_the_first_sign_of_rest() -> None:
    """Looked at again and again, a run at rest does not begin to rest anew; a decision in between ends the rest."""
    story = Story().create(PAYS).turn().sent(*ASKS[:2]).status("suspended").later(5_002).status("suspended").over("timeout", ask=1)
    assert story.judge("SSE-3").findings
    story = Story().create(PAYS).turn().sent(*ASKS).status("suspended").later(3_000).approve().later(2_002)
    assert not story.status("suspended").over("timeout", ask=1).judge("SSE-3").findings


def test_the_rest_of_the_run_counts_not_the_age_of_the_body() -> None:
    """A body that is given up while its run is not known to be at rest has done nothing wrong."""
    assert not hung(status="running").judge("SSE-3").findings
    assert hung(status="running", rest_ms=5_002).judge("SSE-3").findings


def test_an_approval_request_that_is_decided_is_no_end() -> None:
    """A reader from behind the request still sees a finish; one that gets less than was known is told so."""
    assert approved().follow(*PAID[3:], index=3).finish(*PAID).broken() == set()
    assert REQUEST in ASKS
    assert OUTPUT not in ASKS
    assert approved().status().follow(*PAID, index=0).follow(*PAID[1:3], index=1).finish(*PAID).broken() == {"IDX-1"}


def test_a_long_history_is_judged_in_one_pass() -> None:
    """Tens of thousands of frames, read by several readers at once."""
    frames = [chunk(content=f"{number} ") for number in range(5_000)]
    turns = [{"text": [f"{number} " for number in range(5_000)]}]
    story = Story().create(turns).turn().sent(*frames, FINISH).over().status()
    for index in (1, 2_000, 4_999):
        story.follow(*frames[index:], FINISH, index=index)
    assert story.finish(*frames, FINISH).broken() == set()
