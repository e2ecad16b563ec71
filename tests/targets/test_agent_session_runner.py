"""The reference runner against the fake service of sessions, in virtual time, with the answers that a test wants spoilt."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from streamproof.fake_servers.agent_session.app import SessionServers
from streamproof.fake_servers.agent_session.log import Paging
from streamproof.fake_servers.agent_session.script import Script
from streamproof.fake_servers.host import PlainHost
from streamproof.harness.targets.references.agent_session.runner import ReferenceRunner, reference_runner
from streamproof.harness.targets.references.agent_session.transcript import Transcript
from streamproof.harness.worlds.base import Quota
from streamproof.harness.worlds.sim.loop import SimLoop

PORT = 8080
DAYS = Quota(seconds=60 * 3_600.0, steps=2_000_000, connections=5_000)
RUNNING = {"type": "running", "after_ms": 0}

Spoil = Callable[[web.Request], int | None]
"""The status that a request gets instead of its answer, or None."""


@dataclass
class Play:
    """A service, what it was asked, and what the runner told."""

    servers: SessionServers
    spoil: Spoil
    asked: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    told: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        kind = request.path.rpartition("/")[2]
        self.asked.append((request.method, kind if kind in ("events", "stream", "sessions") else "session"))
        if request.method == "POST" and kind == "events" and "user.interrupt" in await request.text():
            self.asked[-1] = ("POST", "interrupt")
        status = self.spoil(request)
        return await self.servers.serve(request, "sessions") if status is None else web.Response(status=status)

    def note(self, name: str, data: Mapping[str, Any]) -> None:
        if name not in ("log", "transaction"):
            self.notes.append((name, json.loads(json.dumps(data))))
        elif name == "transaction":
            assert data["open_ms"] == 0
        self.told.set()

    def runner(self, mode: str, **config: Any) -> ReferenceRunner:
        base = {"base_url": f"http://127.0.0.1:{PORT}/v1", "api_key": "K", "agent": "agent-1", "environment_id": "env-1", "mode": mode}
        return reference_runner({**base, **config}, self.note)

    def of(self, name: str) -> list[dict[str, Any]]:
        return [data for told, data in self.notes if told == name]

    @property
    def delays(self) -> list[int]:
        return [data["delay_ms"] for data in self.of("scheduled")]

    async def end(self) -> None:
        """Until the run has ended, and its session was cleaned up."""
        while not self.of("emit") and not self.of("failed"):
            self.told.clear()
            await self.told.wait()
        await asyncio.sleep(60)


def simulate(
    mode: str,
    *steps: dict[str, Any],
    spoil: Spoil = lambda request: None,
    main: Callable[[Play, ReferenceRunner], Coroutine[Any, Any, None]] | None = None,
    between_pages: Sequence[dict[str, Any]] = (),
    style: Any = "cursor",
    **config: Any,
) -> Play:
    """Plays ``main``, or else one run to its end."""

    async def play() -> Play:
        servers = SessionServers(PlainHost(), api_key="K", ids="special", paging=Paging(style=style))
        script = {"before": [{"type": "idle"}], "steps": list(steps), "between_pages": list(between_pages)}
        servers.expect("a", Script.from_json(script))
        stage = Play(servers, spoil)
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", stage.handle)
        site = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0)
        await site.setup()
        await web.TCPSite(site, "127.0.0.1", PORT).start()
        runner = stage.runner(mode, **config)
        try:
            if main is not None:
                await main(stage, runner)
            else:
                await runner.run("go")
                await stage.end()
        finally:
            await runner.close()
            await site.cleanup()
        return stage

    with asyncio.Runner(loop_factory=lambda: SimLoop(DAYS)) as loop:
        return loop.run(play())


def message(text: str, after_ms: int, **more: Any) -> dict[str, Any]:
    return {"type": "message", "text": text, "after_ms": after_ms, **more}


def idle(after_ms: int, **more: Any) -> dict[str, Any]:
    return {"type": "idle", "after_ms": after_ms, **more}


# --- the course of a run ----------------------------------------------------------------------------------------------


def test_a_run_that_polls() -> None:
    """It sleeps between its polls, reads the list when the status is terminal, and ends the session behind the emit."""
    play = simulate("poll", message("one", 100), message("two", 20_000), idle(20_100))
    assert play.delays == [15_000, 30_000]
    assert [(emit["status"], emit["messages"], emit["last_message"]) for emit in play.of("emit")] == [("idle", ["one", "two"], "two")]
    assert [name for name, _ in play.notes][-2:] == ["emit", "metadata"]
    created, prompted, *reads = play.asked
    assert (created, prompted) == (("POST", "sessions"), ("POST", "events"))
    assert reads == [("GET", "session"), ("GET", "session"), ("GET", "events"), ("POST", "interrupt"), ("DELETE", "session")]


def test_a_run_that_streams() -> None:
    """It needs no poll, and looks at the list for what was before the subscription."""
    play = simulate("sse", message("early", 10), message("late", 2_000), idle(2_100))
    assert [(note["action"], note["delay_ms"]) for note in play.of("scheduled")] == [("stream", 1_000)]
    assert [emit["messages"] for emit in play.of("emit")] == [["early", "late"]]
    assert ("GET", "session") not in play.asked


def test_what_the_list_does_not_show() -> None:
    """The stream has it, and it stands where it was said; without a stream nothing is hidden, and the rest is left to the polls."""
    steps = (message("one", 1_500, listed=False), message("two", 1_600), {"type": "terminated", "after_ms": 40_000})
    assert [emit["messages"] for emit in simulate("sse", *steps).of("emit")] == [["one", "two"]]
    refused = simulate("sse", *steps, spoil=lambda request: 503 if request.path.endswith("/stream") else None)
    assert refused.delays[:2] == [1_000, 15_000]
    assert [emit["messages"] for emit in refused.of("emit")] == [["one", "two"]]


def test_a_list_that_always_fails_leaves_a_stream_to_the_polls() -> None:
    """Five times in a row is enough; one failure is nothing."""
    lists = 0

    def fails(request: web.Request, count: int) -> int | None:
        nonlocal lists
        if request.method != "GET" or not request.path.endswith("/events"):
            return None
        lists += 1
        return 503 if lists <= count else None

    def played(count: int) -> Play:
        nonlocal lists
        lists = 0
        return simulate("sse", message("one", 100), idle(200_000), spoil=lambda request: fails(request, count))

    for_ever = played(10_000)
    assert [note["action"] for note in for_ever.of("scheduled")][:2] == ["stream", "poll"]
    assert [emit["status"] for emit in for_ever.of("emit")] == ["error"]
    assert lists == 5 + 5


def test_five_failed_reads_in_a_row_end_a_run() -> None:
    """Four do not, and the delays go on as if nothing was wrong."""
    reads = 0

    def spoil(request: web.Request, failing: range) -> int | None:
        nonlocal reads
        if request.method != "GET" or request.path.endswith(("events", "stream")):
            return None
        reads += 1
        return 503 if reads in failing else None

    steps = (message("one", 100), idle(600_000))
    assert simulate("poll", *steps, spoil=lambda request: spoil(request, range(1, 5))).of("emit")[0]["status"] == "idle"
    reads = 0
    ended = simulate("poll", *steps, spoil=lambda request: spoil(request, range(1, 100)))
    assert (ended.of("emit")[0]["status"], ended.delays) == ("error", [15_000, 30_000, 60_000, 120_000, 240_000])


def test_a_session_that_never_ends_is_polled_two_hundred_times() -> None:
    """Then the run is timed out, and its session interrupted and deleted."""
    play = simulate("poll", message("still at it", 100))
    assert (play.of("emit")[0]["status"], len(play.delays)) == ("timeout", 200)
    assert play.asked[-2:] == [("POST", "interrupt"), ("DELETE", "session")]


def test_pages_that_overlap() -> None:
    """What two of them show was said once."""
    steps = [message(f"m{number}", 100) for number in range(30)]
    play = simulate("poll", *steps, idle(200), between_pages=[RUNNING, idle(0)], style="offset")
    assert play.of("emit")[0]["messages"] == [f"m{number}" for number in range(30)]


# --- ends that are none, and ends by the application -------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["poll", "sse"])
def test_an_error_that_nothing_follows_fails_the_run(mode: str) -> None:
    """An idle behind it is a recovery, if anything was said."""
    error = {"type": "error", "text": "overloaded", "after_ms": 1_200}
    ended = {"type": "terminated", "after_ms": 1_300}
    assert simulate(mode, message("one", 1_100), error, ended).of("failed")[0]["message"].endswith("overloaded")
    assert simulate(mode, message("one", 1_100), error, idle(1_300)).of("emit")[0]["messages"] == ["one"]
    assert simulate(mode, error, idle(1_300)).of("failed")[0]["message"].endswith("overloaded")


@pytest.mark.parametrize("mode", ["poll", "sse"])
def test_who_waits_for_an_action_has_not_ended(mode: str) -> None:
    """The run fails when the action never comes, and else goes on."""
    blocked = idle(2_000, stop="requires_action")
    assert simulate(mode, message("one", 1_100), blocked).of("failed")
    resumed = ({"type": "running", "after_ms": 40_000}, message("two", 40_100), idle(40_200))
    assert simulate(mode, message("one", 1_100), blocked, *resumed).of("emit")[0]["messages"] == ["one", "two"]


@pytest.mark.parametrize("persists", [False, True])
def test_a_cancelled_run_says_nothing(persists: bool) -> None:
    """Its session is interrupted and deleted, also one that was to persist."""

    async def main(stage: Play, runner: ReferenceRunner) -> None:
        await runner.run("go")
        await asyncio.sleep(20)
        runner.cancel()
        await asyncio.sleep(600)

    play = simulate("poll", message("one", 100), idle(30_000), main=main, persist_session=persists)
    assert play.of("emit") == play.of("failed") == []
    assert play.asked[-2:] == [("POST", "interrupt"), ("DELETE", "session")]


def test_an_emit_that_fails_comes_again_whole() -> None:
    """The session stays until then."""

    async def main(stage: Play, runner: ReferenceRunner) -> None:
        runner.fail_emits(2)
        await runner.run("go")
        await stage.end()

    play = simulate("poll", message("one", 100), idle(200), main=main)
    assert [emit["messages"] for emit in play.of("emit")] == [["one"]]
    assert play.asked.count(("DELETE", "session")) == 1
    assert play.asked.index(("DELETE", "session")) > len(play.asked) - 3


# --- what the stream and the list have in common -----------------------------------------------------------------------


def ordered(*taken: str) -> str:
    """The order in which a transcript has events of one letter: ``+a`` is streamed, ``ab`` a listing."""
    transcript = Transcript("go")
    for row in taken:
        if row.startswith("+"):
            transcript.take_streamed({"id": row[1:], "type": "agent.message"})
        else:
            transcript.take_listing([{"id": letter, "type": "agent.message"} for letter in row])
    return "".join(event["id"] for event in transcript.events)


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        (("ab", "+c", "+d", "abd"), "abcd"),  # in front of what was streamed next
        (("ab", "+c", "abd"), "abcd"),  # else behind what was known before
        (("+c", "abd"), "cabd"),
        (("ab", "+c", "abde", "+d", "abde"), "abcde"),  # the list was quicker, and the stream ends in the midst of it
        (("abd", "+c", "+d"), "abcd"),
        (("ab", "+c", "+c", "abc", "+d", "abce"), "abcde"),
        (("abc", "+b", "+x", "+c"), "abxc"),
    ],
)
def test_what_only_the_stream_has_stands_in_its_place(taken: tuple[str, ...], expected: str) -> None:
    """Both tell in their order; together they tell one."""
    assert ordered(*taken) == expected
