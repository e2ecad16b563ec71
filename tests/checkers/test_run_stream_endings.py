"""How a reader ends, pauses, gives up and lets go: what passes, the nearly good, and what says nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from streamproof.harness.checkers.run_stream import RUN_STREAM_CHECKERS
from streamproof.harness.contracts.run_stream import REQUIREMENTS

from .story_run_stream import TIMING, ReaderStory, steady

Build = Callable[[], ReaderStory]


def pause_ms(failure: int) -> int:
    return min(TIMING["backoff_max"], TIMING["backoff_base"] * 2 ** max(0, failure - 3))


RULE = tuple(pause_ms(failure) for failure in range(1, 10))


def ended_early(*notes: str, connects: bool = False) -> ReaderStory:
    """The stream ends while the history is still being read; what is told then."""
    story = ReaderStory().append(1).call("watch").run().token().stream(latest=True).append(2).events(2)
    story.finish().frame("stream-end").clean_end().later(50).history(1)
    if connects:
        story.stream(story.id_of(2))
    tell = {
        "snapshot": lambda: story.snapshot(1),
        "logs": lambda: story.logs(2),
        "status": lambda: story.run("completed").status(),
        "ended": story.ended,
    }
    for note in notes:
        tell[note]()
    return story.settle()


def over(*notes: str) -> ReaderStory:
    """A run that was over when it was watched."""
    story = ReaderStory().append(1).finish().call("watch").run("completed").history(1).snapshot(1, status="completed")
    for note in notes:
        story.status() if note == "status" else story.ended()
    return story.settle()


def finished(
    *, final: str = "completed", truth: str | None = "completed", again: bool = False, times: int = 1, after_ms: int = 0
) -> ReaderStory:
    """stream-end and its EOF, the last request for the state, the final status."""
    story = ReaderStory().watch(1).live(2).finish().frame("stream-end").clean_end()
    if truth is not None:
        story.run(truth)
    if again:
        story.stream(story.id_of(2))
    story.later(after_ms)
    for _ in range(times):
        story.status(final)
    return story.ended().settle()


def open_end(after_ms: int, by: str = "target") -> ReaderStory:
    """No end of the connection follows stream-end."""
    story = ReaderStory().watch(1).live(2).finish().frame("stream-end").later(after_ms)
    return story.cut(by=by).run("completed").status().ended().settle()


def cut_off(*, then: str, leg: str = "proxy", status: str = "completed") -> ReaderStory:
    """The connection ends without stream-end, and then the reader ends, connects again or falls silent."""
    story = ReaderStory(leg).watch(1).live(2).finish().cut().later(100)
    if then == "end":
        return story.run(status).history(2, offset=1).status().ended().settle()
    return story.stream(story.id_of(2)).frame("stream-end").clean_end().status().ended().settle() if then == "connect" else story.settle()


def failures(
    *pauses: float, kind: str = "cut", error: bool | None = None, world: str = "sim", code: int = 503, frames: tuple[str, ...] = ()
) -> ReaderStory:
    """The stream fails again and again, each time followed by one of these pauses; ``error``: the reader gives up, and says so."""
    story = ReaderStory(world=world).watch(1).live(2)
    _fail(story, kind, code, ())
    for pause in pauses:
        story.later(pause).stream("900-2", code=code if kind == "status" else 200)
        _fail(story, kind, code, frames)
    return story.settle() if error is None else story.error(error).settle()


def _fail(story: ReaderStory, kind: str, code: int, frames: tuple[str, ...]) -> None:
    if kind == "status" and story.entries[-1][1] == "delivered":
        return
    for frame in frames:
        story.frame(frame)
    if kind == "error":
        story.frame("error").clean_end()
    elif kind == "clean":
        story.clean_end()
    else:
        story.later(30).cut()


def clean(first: int, second: int | None = None, *, error: bool = True) -> ReaderStory:
    """So many streams that end cleanly, a new bootstrap, so many more, an error."""
    story = ReaderStory().watch(1).clean_end()
    for count in (first - 1, second):
        if count is None:
            continue
        if count is second:
            story.later(100).run().token().history(1).snapshot(1)
        for _ in range(count):
            story.later(100).stream().clean_end()
    return story.error().settle() if error else story.settle()


def silent(closed_ms: int | None, *, heal_ms: int = 9_000) -> ReaderStory:
    """A stream on which nothing comes any more."""
    story = ReaderStory().watch(1).live(2)
    if closed_ms is not None:
        return story.later(closed_ms).cut(by="target").later(100).stream(story.id_of(2)).end().settle()
    return story.later(heal_ms).settle()


def impatient(after_ms: int) -> ReaderStory:
    story = ReaderStory().watch(1).live(2).later(1_000).frame("keepalive").later(after_ms).cut(by="target").later(100)
    return story.stream(story.id_of(2)).later(500).cut(by="link").later(100).stream(story.id_of(2)).settle()


def unwatched(closed_ms: int | None = 100, *, notes: bool = False) -> ReaderStory:
    story = ReaderStory().watch(1).live(2).call("unwatch")
    if notes:
        story.later(5).logs(3)
    if closed_ms is not None:
        story.later(closed_ms).cut(by="target")
    return story.later(3_000).add("heal")


GOOD: list[tuple[str, Build]] = [
    ("BOOT-1", lambda: ended_early("snapshot", "logs", "status", "ended")),
    ("END-1", steady),
    ("END-1", lambda: over("ended")),
    ("END-1", lambda: finished(truth="in_progress", final="in_progress")),
    ("END-1", lambda: open_end(TIMING["idle_timeout"])),
    ("END-2", lambda: cut_off(then="connect")),
    ("BACK-1", lambda: failures(*RULE, error=True)),
    ("BACK-1", lambda: failures(*RULE[:4], kind="status")),
    ("BACK-1", lambda: failures(100, 100, 100, 100, 100, 100, kind="clean")),
    ("BACK-1", lambda: failures(*(pause * 3 for pause in RULE[:5]), world="loopback")),
    ("BACK-1", lambda: failures(100, kind="status", code=404, error=False)),
    ("BACK-2", lambda: clean(31, 31)),
    ("BACK-2", lambda: clean(30, 31)),
    ("KA-1", lambda: failures(*[100] * 12, frames=("keepalive",))),
    ("KA-1", lambda: failures(*RULE, kind="error", frames=("keepalive",), error=True)),
    ("ERR-1", lambda: failures(*RULE, kind="error", error=True)),
    ("IDLE-1", lambda: silent(TIMING["idle_timeout"])),
    ("CLOSE-1", unwatched),
]

BAD: list[tuple[str, Build]] = [
    ("BOOT-1", lambda: ended_early("status", "ended")),
    ("BOOT-1", lambda: ended_early("snapshot", "status", "ended")),
    ("BOOT-1", lambda: ended_early("snapshot", "logs", "ended")),
    ("BOOT-1", lambda: ended_early("snapshot", "snapshot", "logs", "status", "ended")),
    ("BOOT-1", lambda: ended_early("snapshot", "logs", "status", "ended", connects=True)),
    ("BOOT-1", ended_early),
    ("END-1", lambda: over("status", "ended")),
    ("END-1", lambda: over("ended", "ended")),
    ("END-1", lambda: finished(times=0)),
    ("END-1", lambda: finished(times=2)),
    ("END-1", lambda: finished(final="failed")),
    ("END-1", lambda: finished(final="in_progress", truth=None)),
    ("END-1", lambda: finished(again=True)),
    ("END-1", lambda: finished(after_ms=3 * TIMING["idle_timeout"])),
    ("END-1", lambda: open_end(3 * TIMING["idle_timeout"])),
    ("END-1", lambda: ReaderStory().watch(1).live(2).finish().frame("stream-end").clean_end().error().settle()),
    ("END-2", lambda: cut_off(then="end")),
    ("END-2", lambda: cut_off(then="end", leg="direct")),
    ("END-2", lambda: cut_off(then="nothing")),
    ("BACK-1", lambda: failures(100, 100, 100, 100)),
    ("BACK-1", lambda: failures(100, 100, 200)),
    ("BACK-1", lambda: failures(200)),
    ("BACK-1", lambda: failures(100, 10)),
    ("BACK-1", lambda: failures(100, 10, kind="status", world="loopback")),
    ("BACK-1", lambda: failures(*RULE, 1_000)),
    ("BACK-1", lambda: failures(*RULE[:4], error=True)),
    ("BACK-1", lambda: failures(*RULE, error=False)),
    ("BACK-1", lambda: failures(kind="status", code=404).later(100).stream("900-2", code=404).error(True)),
    ("BACK-1", lambda: failures(100, 300, kind="clean")),
    ("BACK-1", lambda: failures(*RULE, error=True).later(500).stream("900-2")),
    ("BACK-2", lambda: clean(20)),
    ("BACK-2", lambda: clean(31, 20)),
    ("BACK-2", lambda: clean(62)),
    ("BACK-2", lambda: clean(70, error=False)),
    ("KA-1", lambda: failures(*RULE[:6], frames=("keepalive",))),
    ("KA-1", lambda: failures(*[100] * 14, kind="error", frames=("keepalive",))),
    ("KA-1", lambda: failures(*RULE, frames=("keepalive",), error=True)),
    ("ERR-1", lambda: failures(100, kind="error", error=True)),
    ("ERR-1", lambda: failures(*[100] * 12, kind="error")),
    ("ERR-1", lambda: failures(*RULE, 1_000, kind="error")),
    ("IDLE-1", lambda: silent(None)),
    ("IDLE-1", lambda: silent(2 * TIMING["idle_timeout"])),
    ("IDLE-1", lambda: impatient(1_000)),
    ("CLOSE-1", lambda: unwatched(1_500)),
    ("CLOSE-1", lambda: unwatched(None)),
    ("CLOSE-1", lambda: unwatched(notes=True)),
    ("CLOSE-1", lambda: unwatched().later(100).stream("900-2")),
]

SILENT: list[tuple[str, Build]] = [
    *((requirement, ReaderStory) for requirement in ("BOOT-1", "END-1", "END-2", "BACK-1", "BACK-2", "KA-1", "ERR-1", "IDLE-1", "CLOSE-1")),
    ("BOOT-1", steady),
    ("BOOT-1", lambda: ReaderStory().append(1).call("watch").run().token().stream().frame("stream-end").clean_end().error()),
    ("END-1", lambda: cut_off(then="nothing")),
    ("END-2", steady),
    ("END-2", lambda: over("ended")),
    ("END-2", lambda: cut_off(then="end", leg="legacy")),
    ("BACK-1", steady),
    ("BACK-2", lambda: failures(100, 100, kind="clean")),
    ("IDLE-1", steady),
    ("CLOSE-1", steady),
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


def test_every_requirement_has_a_checker() -> None:
    """The table of checkers and that of the contract name the same requirements."""
    assert set(RUN_STREAM_CHECKERS) == {row.id for row in REQUIREMENTS}


def test_a_steady_reader_breaks_nothing() -> None:
    """A reader that does everything right has no finding, whatever it is asked about."""
    assert [row.id for row in REQUIREMENTS if steady().judge(row.id.removeprefix("RD-")).findings] == []


def test_an_upper_bound_in_real_time_is_not_judged() -> None:
    """On real sockets a pause that is too long is no finding; one that is too short is."""
    assert not failures(100, 400, world="loopback").judge("BACK-1").findings
    assert failures(100, 10, kind="status", world="loopback").judge("BACK-1").findings


def test_an_immediate_repeat_of_an_unanswered_request_is_the_clients() -> None:
    """An HTTP client may send a request once more by itself when its connection ends before any answer; twice it is a hot loop."""
    once = ReaderStory().watch(1).live(2).later(10).cut().later(100)
    once.request("stream", "/v1/runs/run-1/stream", server="proxy").add("closed", connection=once.connections, by="link", how="rst")
    twice = ReaderStory().watch(1).live(2).later(10).cut().later(100)
    for _ in range(3):
        twice.request("stream", "/v1/runs/run-1/stream", server="proxy").add("closed", connection=twice.connections, by="link", how="rst")
    assert not once.stream().settle().judge("BACK-1").findings
    assert twice.stream().settle().judge("BACK-1").findings


ODD = (
    None,
    "text",
    7,
    [1],
    {"entries": None},
    {"entries": [None, [], {"k": {1}}]},
    {"total": "many"},
    {"status": ["x"]},
    {"retryable": "no"},
)


@pytest.mark.parametrize("note", ["snapshot", "logs", "status", "permission_request", "error", "ended", "log", "nonsense"])
@pytest.mark.parametrize("data", ODD)
def test_no_note_makes_a_checker_crash(note: str, data: object) -> None:
    """Whatever a driver hands over as a note, every checker says something about it."""
    story = ReaderStory().watch(1).live(2)
    story.add("note", handle="r1", life=1, number=9, note=note, data=data)
    story.live(3).end().settle()
    for row in REQUIREMENTS:
        judgement = story.judge(row.id.removeprefix("RD-"))
        assert judgement.judged or judgement.reason
