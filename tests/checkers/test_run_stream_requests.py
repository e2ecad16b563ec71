"""Where a reader's requests go, what they carry and from where they go on: what passes, the nearly good, and what says nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .story_run_stream import ReaderStory, steady

Build = Callable[[], ReaderStory]
HARD = {"run_id": "a/b?c", "task_id": "50% #1", "base_suffix": "/prefix//"}


def addressed(target: str, *, endpoint: str = "run", server: str = "backend", **config: object) -> ReaderStory:
    """One request beside good ones, in a run whose ids must be encoded."""
    story = ReaderStory(**{**HARD, **config}).call("watch").run().token()  # type: ignore[arg-type]  # settings of any type
    return story.request(endpoint, target, server=server)


def carrying(authorization: str, server: str = "proxy", target: str = "/v1/runs/run-1/stream", **headers: str) -> ReaderStory:
    return ReaderStory().watch(1).request("stream", target, server=server, authorization=authorization, headers=headers)


def asked(*tokens: str, reconnects: int = 1) -> ReaderStory:
    """A good watch, a cut, and then these answers of stream_token, each before a connect."""
    story = ReaderStory().watch(1).live(2).later(100).cut().later(100)
    for token in tokens:
        story.token(token)
    for _ in range(reconnects):
        story.stream(story.id_of(2)).later(100).cut().later(100)
    return story.settle()


def failing(code: int, *, again: bool, leg: str = "direct") -> ReaderStory:
    """stream_token fails at first; the round that follows is on the backend; then a reconnect, with or without asking again."""
    story = ReaderStory().append(1).call("watch").run().token(code=code)
    story.leg = leg
    story.stream(latest=True).history(1).snapshot(1).later(50).cut().later(100)
    if again:
        story.token("proxy")
    return story.stream(leg="proxy" if again else leg).settle()


def unauthorised(*, asks: bool, gives_up: bool = False) -> ReaderStory:
    story = ReaderStory().watch(1).live(2).cut().later(100).stream(ReaderStory().id_of(2), code=401).later(100)
    if gives_up:
        return story.error().settle()
    if asks:
        story.token("proxy")
    return story.stream(story.id_of(2)).settle()


def resumed(
    cursor: str | None, *, latest: bool = False, shown: tuple[int, ...] = (2, 3), lost: int = 0, certain: bool = True
) -> ReaderStory:
    """Events 2 and 3 are sent, ``shown`` are told, the connection is cut, and a reconnect follows."""
    story = ReaderStory().watch(1).append(2, 3).events(2, 3).later(0 if lost else 20)
    if shown and not lost:
        story.logs(*shown)
    story.cut(lost=lost, certain=certain)
    if shown and lost:
        story.later(20).logs(*shown)
    return story.later(100).stream(cursor, latest=latest).settle()


def repeated(cursor: str) -> ReaderStory:
    """An older event comes again at the end of the connection."""
    return (
        ReaderStory().watch(1).append(2, 3).events(2, 3).events(2, again=True).later(20).logs(2, 3).cut().later(100).stream(cursor).settle()
    )


def with_control_id(kind: str, cursor: str) -> ReaderStory:
    story = ReaderStory().watch(1).live(2).frame(kind, 0, "999-1").later(100).cut().later(100)
    return story.stream(cursor).settle()


def moved(cursor: str | None, *, to: str = "direct") -> ReaderStory:
    """The leg changes behind an event with an id, by way of a 401."""
    story = ReaderStory().watch(1).live(2).cut().later(100).stream(ReaderStory().id_of(2), code=401).later(100)
    return story.token(to).stream(cursor).settle()


def restarted(cursor: str | None) -> ReaderStory:
    """Nothing had come when the first connection was cut."""
    return ReaderStory().watch(1).later(50).cut().later(100).stream(cursor, latest=cursor is None).settle()


GOOD: list[tuple[str, Build]] = [
    ("URL-1", lambda: ReaderStory(**HARD).watch(1).live(2).end().settle()),  # type: ignore[arg-type]  # settings of any type
    ("URL-1", lambda: addressed("/prefix/api/projects/7/tasks/50%25%20%231/runs/a%2fb%3Fc")),
    ("AUTH-1", steady),
    ("AUTH-1", lambda: ReaderStory("direct").watch(1)),
    ("TOK-1", lambda: asked(reconnects=2)),
    ("TOK-1", lambda: failing(503, again=True)),
    ("TOK-1", lambda: failing(404, again=False)),
    ("TOK-1", lambda: unauthorised(asks=True)),
    ("RES-1", lambda: resumed("900-3")),
    ("RES-1", lambda: resumed("900-2", shown=(2,), lost=10)),
    ("RES-1", lambda: resumed("900-2", shown=(2,), lost=1, certain=False)),
    ("RES-1", lambda: repeated("900-2")),
    ("RES-1", lambda: repeated("900-3")),
    ("RES-1", lambda: with_control_id("keepalive", "900-2")),
    ("RES-1", lambda: moved(None)),
    ("RES-2", lambda: moved(None)),
]

BAD: list[tuple[str, Build]] = [
    ("URL-1", lambda: addressed("/prefix/api/projects/7/tasks/50%25%20%231/runs/a/b?c/")),
    ("URL-1", lambda: addressed("/prefix/api/projects/7/tasks/50%25%20%231/runs/a%252Fb%253Fc/")),
    ("URL-1", lambda: addressed("/prefix/api/projects/7/tasks/50% %231/runs/a%2Fb%3Fc/")),
    ("URL-1", lambda: addressed("/prefix//v1/runs/a%2Fb%3Fc/stream", endpoint="stream", server="proxy")),
    ("URL-1", lambda: addressed("/v1/runs/a%2Fb%3Fc/stream", endpoint="stream", server="proxy")),
    ("URL-1", lambda: addressed("/prefix/api/projects/7/tasks/50%25%20%231/runs/a%2Fb%3Fc/logs/", endpoint="other")),
    ("AUTH-1", lambda: carrying("Bearer <session-token>")),
    ("AUTH-1", lambda: carrying("Bearer <run-token>", Cookie="session=<session-token>")),
    ("AUTH-1", lambda: carrying("Bearer <run-token>", server="backend", target="/api/projects/7/tasks/task-1/runs/run-1/stream/")),
    ("AUTH-1", lambda: carrying("")),
    ("AUTH-1", lambda: carrying("Bearer <run-token>", target="/v1/runs/run-1/stream?token=<run-token>")),
    ("AUTH-1", lambda: ReaderStory().watch(1).note("log", level="info", message="got <run-token>")),
    ("AUTH-1", lambda: ReaderStory().watch(1).add("driver-problem", problem="exit", message="m", stderr=["Bearer <session-token>"])),
    ("TOK-1", lambda: asked("proxy")),
    ("TOK-1", lambda: failing(503, again=False)),
    ("TOK-1", lambda: failing(429, again=False)),
    ("TOK-1", lambda: failing(404, again=True)),
    ("TOK-1", lambda: unauthorised(asks=False)),
    ("TOK-1", lambda: unauthorised(asks=False, gives_up=True)),
    ("TOK-1", lambda: ReaderStory().append(1).call("watch").run().history(1).snapshot(1).stream(latest=True).cut().later(100).stream()),
    ("RES-1", lambda: resumed(None, latest=True)),
    ("RES-1", lambda: resumed("900-2")),
    ("RES-1", lambda: resumed("900-3", latest=True)),
    ("RES-1", lambda: resumed("900-3", shown=(2,), lost=10)),
    ("RES-1", lambda: repeated("900-1")),
    ("RES-1", lambda: with_control_id("keepalive", "999-1")),
    ("KA-1", lambda: with_control_id("keepalive", "999-1")),
    ("PARSE-1", lambda: with_control_id("bad-json", "999-1")),
    ("RES-2", lambda: moved("900-2")),
]

SILENT: list[tuple[str, Build]] = [
    ("URL-1", steady),
    ("URL-1", ReaderStory),
    ("AUTH-1", lambda: ReaderStory().call("watch").run()),
    ("TOK-1", lambda: ReaderStory().watch(1)),
    ("TOK-1", lambda: ReaderStory().call("watch").run("completed").history().snapshot(status="completed").ended()),
    ("RES-1", lambda: restarted(None)),
    ("RES-1", lambda: resumed("900-2", shown=(), certain=False)),
    ("RES-2", lambda: resumed("900-3")),
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
