"""The checkers of creations, heads and statuses on literal histories: what they must let pass, and what they must catch."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from streamproof.harness.checkers.durable_execution import SERVER_CHECKERS

from .story_durable import (
    ASKS,
    DENIED,
    FAILED,
    FAILS,
    HELLO,
    PAID,
    PAYS,
    SPEAKS,
    STREAM_HEAD,
    Story,
    approved,
    chunk,
    created,
    spoken,
    suspended,
)

Build = Callable[[], Story]
OTHER = (chunk(role="assistant"), chunk(content="Other."), chunk("stop"))
OTHER_TURNS = [{"text": ["Other."]}]
SCRIPT = "script:" + base64.b64encode(json.dumps({"v": 1, "id": "m-s", "turns": []}).encode()).decode()
NO_PENDING = {"hasPending": False}


def unanswered(status: int = 500) -> Story:
    return Story().create(answered=False).head(status).over()


def race(second: int = 200, id: str = "wrun_b") -> Story:
    """Two creations at once in one conversation."""
    story = Story().create(answered=False, conversation="c").create(OTHER_TURNS, "b", answered=False, conversation="c")
    story.stream(1, run="wrun_a").turn().sent(*HELLO, ask=1).over(ask=1)
    if second != 200:
        return story.head(second).over().finish(*HELLO)
    return story.stream(run=id).turn(run="b").sent(*OTHER).over().finish(*HELLO).finish(*OTHER, run="b")


def at_once(status: int = 200) -> Story:
    """The status is asked for as soon as the id is known."""
    story = Story().create()
    story = story.status("running") if status == 200 else story.ask("status", "GET", "/run/api/executions/wrun_a").head(status).over()
    return story.turn().sent(*HELLO, ask=1).over(ask=1).finish(*HELLO)


def malformed(status: int = 400, body: Any = None, *, good: bool = True, conversation: str | None = "m") -> Story:
    story = created() if good else Story()
    text = json.dumps({"messages": [{"role": "user", "content": SCRIPT}], "forwardedHeaders": {"a": 1}}) if body is None else body
    more = {"run": None, "conversation": conversation, "meant": "malformed", "body": {"text": text}}
    return story.ask("send", "POST", "/run/api/executions", **more).head(status).over()


def classic(*, id: bool = False, turn: bool = True) -> Story:
    story = Story().create(via="completions", durable=False)
    story = story if not id else Story().create(via="completions", durable=False, answered=False).stream(run="wrun_a")
    return (story.turn() if turn else story).sent(*HELLO).over()


def headed(**head: str) -> Story:
    """A reader whose answer has another head."""
    given = {name.replace("-", "_"): value for name, value in {**STREAM_HEAD, **head}.items() if value}
    return created().reader().head(200, **given).sent(*HELLO).over().finish(*HELLO)


def walk(*statuses: str) -> Story:
    story = Story().create().turn().sent(*HELLO).over("left")
    for status in statuses:
        story.status(status)
    return story


def dated(*updated: Any) -> Story:
    story = created()
    for value in updated:
        story.status(updated=value)
    return story


def contested() -> Story:
    """Somebody else decides at the same time."""
    path = "/run/api/executions/wrun_a/approvals/c1"
    story = suspended().ask("approve", "POST", path, call="c1", body={"approved": False}).approve(409)
    return story.head(200, 3).sent(text='{"success": true}', ask=3).over(ask=3)


def fails(status: str = "failed", after_ms: int = 100) -> Story:
    return Story().create(FAILS).turn(says="error").sent(*FAILED).over().later(after_ms).finish(*FAILED, status=status)


def newest(answer: Any = NO_PENDING, *, status: str = "completed") -> Story:
    """An older run that waits, a newer one of the same conversation that is at rest, and a look at what is pending."""
    story = Story().create(PAYS, conversation="c").turn().sent(*ASKS).over().status("suspended")
    turns, frames = (PAYS, ASKS) if status == "suspended" else (OTHER_TURNS, OTHER)
    story.create(turns, "b", conversation="c").turn(run="b").sent(*frames).over().status(status, "b")
    return story.lookup("c").json(answer)


def stream_of(*frames: str) -> Story:
    """Two runs of a conversation, whose stream is then asked for."""
    story = Story().create(SPEAKS, conversation="c").turn().sent(*HELLO).over().status()
    story.create(OTHER_TURNS, "b", conversation="c").turn(run="b").sent(*OTHER).over().status("completed", "b")
    story.lookup("c", "stream").stream().sent(*frames).over()
    return story.finish(*HELLO).finish(*OTHER, run="b")


def waiting(run: str) -> dict[str, Any]:
    return {"hasPending": True, "approval": {"toolCallId": "c1", "toolName": "pay", "isDelegated": False, "workflowRunId": run}}


GOOD: list[tuple[str, Build]] = [
    ("CREATE-1", lambda: spoken()),
    ("CREATE-1", lambda: fails()),
    ("CREATE-2", lambda: race()),
    ("CREATE-3", lambda: at_once()),
    ("CREATE-4", lambda: malformed()),
    ("CREATE-4", lambda: malformed(200, '{"messages":[{"role":"user","content":"\\ud800"}]}')),
    ("CREATE-4", lambda: malformed().lookup("m").head(404).over()),
    ("HDR-1", lambda: spoken()),
    ("HDR-1", lambda: headed(**{"cache-control": "no-cache, no-transform"})),
    ("HDR-2", lambda: classic()),
    ("STAT-1", lambda: walk("running", "suspended", "running", "suspended", "completed", "completed")),
    ("STAT-1", lambda: walk("suspended", "failed")),
    ("STAT-1", lambda: dated("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00.5+00:00")),
    ("STAT-1", lambda: dated(1_767_225_600, 1_767_225_600, 1_767_225_600_500)),
    ("STAT-2", lambda: approved().status("running").finish(*PAID)),
    ("STAT-2", lambda: suspended().approve(approved=False).turn(1, c1="denied").finish(*DENIED)),
    ("STAT-3", lambda: fails()),
    ("STAT-4", lambda: newest()),
    ("STAT-4", lambda: newest(waiting("wrun_b"), status="suspended")),
    ("STAT-4", lambda: stream_of(*OTHER)),
]

BAD: list[tuple[str, Build]] = [
    ("CREATE-1", lambda: unanswered()),
    ("CREATE-1", lambda: unanswered(404)),
    ("CREATE-1", lambda: Story().create(answered=False).stream().turn().sent(*HELLO).over()),
    ("CREATE-1", lambda: Story().create(answered=False).later(40_000).over("timeout")),
    ("CREATE-2", lambda: race(500)),
    ("CREATE-2", lambda: race(id="wrun_a")),
    ("CREATE-2", lambda: race().lookup("c").head(404).over()),
    ("CREATE-3", lambda: at_once(404)),
    ("CREATE-3", lambda: created().reader().head(404).over().finish(*HELLO)),
    ("CREATE-4", lambda: malformed(200)),
    ("CREATE-4", lambda: malformed(500)),
    ("CREATE-4", lambda: malformed(500, '{"messages":[{"role":"user","content":"\\ud800"}]}')),
    ("CREATE-4", lambda: malformed().turn(run="m")),
    ("CREATE-4", lambda: malformed().lookup("m").json(NO_PENDING)),
    ("HDR-1", lambda: headed(**{"content-type": "text/plain"})),
    ("HDR-1", lambda: headed(**{"cache-control": ""})),
    ("HDR-1", lambda: Story().create(answered=False).stream().turn().sent(*HELLO).over()),
    ("HDR-2", lambda: classic(id=True)),
    ("STAT-1", lambda: walk("completed", "running")),
    ("STAT-1", lambda: walk("running", "failed", "completed")),
    ("STAT-1", lambda: walk("done", "done")),
    ("STAT-1", lambda: dated("2026-01-01T00:00:01Z", "2026-01-01T00:00:00Z")),
    ("STAT-1", lambda: dated(1_767_225_600_500, 1_767_225_600)),
    ("STAT-1", lambda: dated("yesterday", "yesterday")),
    ("STAT-1", lambda: created().later(6_000).finish(*HELLO, status="running")),
    ("STAT-2", lambda: suspended().approve(404).finish(*ASKS, status="suspended")),
    ("STAT-2", lambda: suspended().approve(500).finish(*ASKS, status="suspended")),
    ("STAT-2", lambda: approved().status("suspended").finish(*PAID)),
    ("STAT-3", lambda: fails("completed")),
    ("STAT-3", lambda: fails("running", 31_000)),
    ("STAT-4", lambda: newest(waiting("wrun_a"))),
    ("STAT-4", lambda: newest(NO_PENDING, status="suspended")),
    ("STAT-4", lambda: stream_of(*HELLO)),
]

NOT_JUDGED: list[tuple[str, Build]] = [
    ("CREATE-1", lambda: Story().create().over()),  # an id, and nothing that bears it out
    ("CREATE-1", lambda: Story().create(answered=False).over("left")),
    ("CREATE-1", lambda: Story().create(answered=False).crash().over("cut")),
    ("CREATE-2", lambda: Story().create(conversation="c").turn().over().create(run="b", conversation="c").turn(run="b").over()),
    ("CREATE-3", lambda: spoken()),
    ("CREATE-3", lambda: created().crash().reader().head(404).over()),
    ("CREATE-4", lambda: spoken()),
    ("CREATE-4", lambda: malformed(good=False)),  # it may say 400 to everything
    ("HDR-1", lambda: Story().create().over().finish()),
    ("HDR-2", lambda: classic(turn=False)),
    ("HDR-2", lambda: Story().create(via="completions", durable=False, answered=False).head(501).over()),
    ("STAT-1", lambda: walk("running", "running")),
    ("STAT-1", lambda: walk("completed")),
    ("STAT-2", lambda: suspended().approve(call="forged", status=404)),
    ("STAT-2", lambda: contested()),
    ("STAT-2", lambda: Story().create(PAYS).turn().sent(*ASKS).over().status("running").approve(409)),
    ("STAT-3", lambda: spoken()),
    ("STAT-3", lambda: fails("running", 29_000)),
    ("STAT-4", lambda: spoken()),
    ("STAT-4", lambda: race().lookup("c").json(NO_PENDING)),
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
    assert finding.requirement == f"EXE-{requirement}"
    assert finding.entries
    assert all(1 <= number <= len(story.entries) for number in finding.entries)


@pytest.mark.parametrize(("requirement", "build"), NOT_JUDGED)
def test_what_proves_nothing_is_not_judged(requirement: str, build: Build) -> None:
    """Where the precondition did not occur, or the server did nothing right, there is no verdict."""
    assert not build().judge(requirement).judged


def test_samples_that_overlap_have_no_order() -> None:
    """Two statuses that were asked for at once may come in either order."""
    story = created().ask("status", "GET", "/run/api/executions/wrun_a").status("completed")
    head = {"content_type": "application/json"}
    story.head(200, 2, **head).sent(text=json.dumps({"status": "running", "updatedAt": 1}), ask=2).over(ask=2)
    assert story.status().broken() == set()


def null(status: int, **head: str) -> Story:
    """What a server gets to see that answers everything alike, and says nothing."""
    story = Story().create(answered=False, conversation="c").head(status, **head).over()
    story.create(OTHER_TURNS, "b", answered=False, conversation="c").head(status, **head).over()
    story.ask("send", "POST", "/run/api/executions", run=None, meant="malformed", body={"text": "x"}).head(status, **head).over()
    for index in (None, 0, 1, 9, "-1"):
        story.reader(index).head(status, **head).over()
    story.ask("status", "GET", "/run/api/executions/wrun_a").head(status, **head).over()
    story.create(run="d", via="completions", durable=False, answered=False).head(status, **head).over()
    return story.lookup("c").head(status, **head).over()


@pytest.mark.parametrize(
    "story",
    [null(404), null(200), null(400), null(500), null(200, **{"content_type": "text/event-stream", "cache_control": "no-cache"})],
    ids=["404", "200", "400", "500", "empty streams"],
)
def test_a_server_that_says_nothing_passes_nothing(story: Story) -> None:
    """Whatever is judged of it is found broken."""
    for requirement in SERVER_CHECKERS:
        if requirement.split("-")[1] in ("CREATE", "HDR", "STAT", "SSE", "IDX"):
            judgement = story.judge(requirement.removeprefix("EXE-"))
            assert not judgement.judged or judgement.findings, requirement
