"""The durable server for clients: its routes, rounds and indexes, what it records, and what faults do to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from yarl import URL

from streamproof.fake_servers.durable_execution.fake.app import DurableServers
from streamproof.fake_servers.durable_execution.fake.frames import draft_delta
from streamproof.fake_servers.durable_execution.fake.routes import Route, classify, parse_request
from streamproof.fake_servers.durable_execution.fake.run import Round
from streamproof.harness.faults.base import Fault
from streamproof.harness.faults.cut import Cut
from streamproof.harness.faults.framing import Framing
from streamproof.harness.faults.lose_answer import LoseAnswer
from streamproof.harness.faults.redirect import Redirect
from streamproof.harness.faults.status import Status

Runner = Callable[..., Any]
BASE = "/run/api/executions"
ASKED = {"messages": [{"role": "user", "content": "hi"}]}
WORDS = ({"text": "a"}, {"text": "b"})
TWO_ROUNDS = (Round(WORDS, "suspended", "call 1"), Round(({"output": "call 1"},)))


async def durable(reading: Any, rounds: Sequence[Round] = TWO_ROUNDS, id: str = "r/1", **options: Any) -> tuple[DurableServers, str]:
    """Servers with one run of others, and the address of the executions."""
    servers = DurableServers(reading.scene, **options)
    url = await reading.serve(servers, "durable") + BASE
    servers.begin(id, rounds)
    return servers, url


async def post(reading: Any, url: str, body: Any, **headers: str) -> Any:
    return await reading.client.post(URL(url, encoded=True), json=body, headers=headers, allow_redirects=False)


async def body_of(reading: Any, url: str, index: str | None = None) -> list[str]:
    """The data of all frames of a stream that ends."""
    follower = await reading.follow(url, **({} if index is None else {"x_stream_start_index": index}))
    await follower.ended()
    return [frame.data for frame in follower.frames]


# --- routes


@pytest.mark.parametrize(
    ("method", "target", "route"),
    [
        ("POST", BASE, Route("create")),
        ("GET", f"{BASE}/a%2Fb?x=1", Route("status", "a/b")),
        ("GET", f"{BASE}/a%252Fb/stream", Route("stream", "a%2Fb")),
        ("POST", f"{BASE}/a/approvals/c%20d", Route("approve", "a", "c d")),
        ("GET", BASE, None),
        ("GET", f"{BASE}/", None),
        ("POST", f"{BASE}/a", None),
        ("GET", f"{BASE}/a/b/stream", None),
        ("GET", f"/prefix{BASE}/a", None),
        ("POST", f"{BASE}/a/approve/c", None),
    ],
)
def test_routes_are_read_raw(method: str, target: str, route: Route | None) -> None:
    """One segment is one id, decoded once."""
    assert parse_request(method, target) == route
    assert classify(method, target, {}) == (route.kind if route is not None else "other")


def test_an_unknown_draft_is_an_error() -> None:
    """It says which."""
    with pytest.raises(ValueError, match="'nonsense'"):
        draft_delta({"nonsense": ""})


# --- runs


@pytest.mark.parametrize("world", ["sim", "loopback"])
def test_a_run_over_its_rounds(reading: Runner, world: str) -> None:
    """A body ends where its run rests; an approval opens the next round, and one index counts over all of them."""

    async def play(r: Any) -> None:
        _, url = await durable(r)
        first = await body_of(r, f"{url}/r%2F1/stream")
        assert [json.loads(text)["choices"][0]["delta"].get("content", "")[:10] for text in first] == ["a", "b", '{"type":"t']
        assert (await (await r.get(f"{url}/r%2F1")).json())["status"] == "suspended"
        assert (await post(r, f"{url}/r%2F1/approvals/call%201", {"approved": False, "reason": "no"})).status == 200
        rest = await body_of(r, f"{url}/r%2F1/stream", "3")
        assert json.loads(rest[-1])["choices"][0]["finish_reason"] == "stop"
        assert await body_of(r, f"{url}/r%2F1/stream") == first + rest
        assert await body_of(r, f"{url}/r%2F1/stream", "99") == []
        assert (await (await r.get(f"{url}/r%2F1")).json())["status"] == "completed"
        rows = [(row["index"], row["body_bytes"] > 0) for row in r.entries("frame") if row["request"] == 1]
        assert rows == [(0, True), (1, True), (2, True)]
        (decision,) = r.entries("decision")
        assert (decision["call"], decision["approved"], decision["verdict"]) == ("call 1", False, "recorded")

    reading(play, world=world)


def test_creations_make_what_was_expected(reading: Runner) -> None:
    """Each the next run; one that nobody expected makes one of its own; a body that is none makes nothing."""

    async def play(r: Any) -> None:
        servers, url = await durable(r)
        servers.expect("x#1", [Round(end="agent_failure")])
        first = await post(r, url, ASKED)
        assert (first.status, first.headers["x-workflow-run-id"], first.content_type) == (200, "x#1", "text/event-stream")
        assert first.headers["Cache-Control"] == "no-cache"
        assert '\\"type\\":\\"error\\"' in await first.text()
        assert (await post(r, url, {**ASKED, "conversationId": "c"})).headers["x-workflow-run-id"].startswith("wrun_unexpected")
        assert (await post(r, url, {"messages": "none"})).status == 400
        assert [row["conversation"] for row in r.entries("created")][2:] == ["c"]
        assert json.loads(r.entries("asked")[0]["body"]) == ASKED

    reading(play)


def test_frames_that_take_their_time(reading: Runner) -> None:
    """A stream is open as long as its round goes on, and gives nothing below its index."""

    async def play(r: Any) -> None:
        _, url = await durable(r, [Round(WORDS, every_ms=50)])
        early, late = await r.follow(f"{url}/r%2F1/stream"), await r.follow(f"{url}/r%2F1/stream", x_stream_start_index="2")
        await r.until(lambda: len(early.frames) == 1)
        assert not early.over
        await late.ended()
        assert [json.loads(frame.data)["created"] % 10 for frame in late.frames] == [2]
        assert len((await early.ended()).frames) == 3

    reading(play)


@pytest.mark.parametrize(("done", "counts"), [("none", [0, 0]), ("end", [0, 1]), ("each", [1, 1])])
def test_done(reading: Runner, done: str, counts: list[int]) -> None:
    """Nowhere, behind the finish, or at the end of each body; never in the midst of one."""

    async def play(r: Any) -> None:
        servers, url = await durable(r, done=done)
        first = await body_of(r, f"{url}/r%2F1/stream")
        servers.decide(servers.runs["r/1"], "call 1", True)
        whole = await body_of(r, f"{url}/r%2F1/stream")
        assert [texts.count("[DONE]") for texts in (first, whole)] == counts
        assert "[DONE]" not in whole[:-1]

    reading(play)


def test_a_failure_of_the_transport_is_shown_to_one_reader(reading: Runner) -> None:
    """Whoever comes back finds what follows."""

    async def play(r: Any) -> None:
        _, url = await durable(r, [Round(WORDS, "transport"), Round()])
        first = await (await r.follow(f"{url}/r%2F1/stream")).ended()
        assert first.names == ["event", "event", "error"]
        assert first.frames[-1].data == '{"error":"Stream error"}'
        assert len(await body_of(r, f"{url}/r%2F1/stream", "2")) == 1

    reading(play)


def test_refusals(reading: Runner) -> None:
    """Who may not ask, what is not there, and decisions that do not fit."""

    async def play(r: Any) -> None:
        servers, url = await durable(r, credential="Bearer K", repeats=False)
        servers.begin("slow", [Round(WORDS, "suspended", "c", every_ms=1_000)])
        run = f"{url}/r%2F1"

        async def decide(id: str, call: str, body: Any) -> int:
            return int((await post(r, f"{url}/{id}/approvals/{call}", body, Authorization="Bearer K")).status)

        assert (await r.get(run)).status == 401
        assert (await r.get(f"{url}/other", "K")).status == 404
        assert (await r.get(f"{run}/stream", "K", x_stream_start_index="0x1")).status == 400
        assert (await r.get(f"{run}/stream", "K", x_stream_start_index="2147483648")).status == 400
        assert await decide("r%2F1", "call%201", {"approved": 1}) == 400
        assert await decide("r%2F1", "forged", {"approved": True}) == 404
        assert await decide("slow", "c", {"approved": True}) == 409
        assert await decide("r%2F1", "call%201", {"approved": True}) == 200
        assert await decide("r%2F1", "call%201", {"approved": True}) == 409
        assert await decide("r%2F1", "call%201", {"approved": False}) == 409
        assert await decide("r%2F1", "late", {"approved": True}) == 409
        verdicts = [row["verdict"] for row in r.entries("decision")]
        assert verdicts == ["unknown", "not-suspended", "recorded", "again", "opposite", "over"]

    reading(play)


# --- faults


@pytest.mark.parametrize(("commit", "made"), [("all", 1), ("none", 0)])
def test_a_false_answer_before_and_behind_the_commit(reading: Runner, commit: Any, made: int) -> None:
    """The run is made, or it is not; the answer does not tell."""

    async def play(r: Any) -> None:
        servers = DurableServers(r.scene)
        url = await r.serve(servers, "durable") + BASE
        assert (await post(r, url, ASKED)).status == 503
        assert len(servers.runs) == made

    reading(play, [Status(endpoint="create", status=503, commit=commit)])


@pytest.mark.parametrize(
    ("fault", "decided"),
    [(LoseAnswer(endpoint="approve"), True), (Cut(endpoint="approve", direction="request", after_bytes=3), False)],
    ids=["answer", "request"],
)
def test_a_decision_that_is_lost(reading: Runner, fault: Fault, decided: bool) -> None:
    """With its answer lost it is recorded, with its request lost it is not."""

    async def play(r: Any) -> None:
        servers, url = await durable(r)
        with pytest.raises(OSError):  # noqa: PT011 - whatever aiohttp makes of it
            await post(r, f"{url}/r%2F1/approvals/call%201", {"approved": True})
        await r.scene.sleep(10)
        assert bool(servers.runs["r/1"].decisions) is decided
        assert r.injected() == [fault.name]

    reading(play, [fault])


def test_framing_changes_bytes_and_no_frame(reading: Runner) -> None:
    """What is recorded is the data, with the byte behind which each frame is whole."""

    async def play(r: Any) -> None:
        _, url = await durable(r)
        follower = await (await r.follow(f"{url}/r%2F1/stream")).ended()
        assert b"\r\r" in follower.body
        rows = r.entries("frame")
        assert [json.loads(frame.data) for frame in follower.frames] == [json.loads(row["data"]) for row in rows]
        assert rows[-1]["body_bytes"] == len(follower.body)

    reading(play, [Framing(endpoint="stream", newline="cr", bom=True, data_lines=3)])


def test_another_origin_has_the_same_runs(reading: Runner) -> None:
    """It asks for no credential, and no fault of a server acts there."""

    async def play(r: Any) -> None:
        servers, url = await durable(r, credential="Bearer K")
        servers.elsewhere_url = await r.serve(servers, "elsewhere")
        away = await r.get(f"{url}/r%2F1/stream", "K")
        assert away.status == 307
        assert len(await body_of(r, away.headers["Location"])) == 3
        assert [row["server"] for row in r.entries("request")] == ["durable", "elsewhere"]

    reading(play, [Redirect(endpoint="stream", origin="other", times=5)])
