"""Streams of a run: where they begin, what they hold, how they end, on both legs; all time is that of the world."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from streamproof.fake_servers.run_stream.app import Figures, RunStreamServers, TaskRun
from streamproof.harness.faults.cut import Cut
from streamproof.harness.faults.trim import Trim

Runner = Callable[..., Any]
SESSION = "session-secret"
RUN = TaskRun(7, "t", "r", SESSION)
PROXY = "/v1/runs/r/stream"
DIRECT = "/api/projects/7/tasks/t/runs/r/stream/"


class Legs:
    """The servers, and how to follow the run on either leg."""

    def __init__(self, reading: Any, **options: Any) -> None:
        self.reading = reading
        self.servers = RunStreamServers(reading.scene, RUN, **options)
        self.url: dict[str, str] = {}

    async def start(self) -> Legs:
        for name in ("backend", "proxy"):
            self.url[name] = await self.reading.serve(self.servers, name)
        return self

    async def proxy(self, query: str = "", **headers: str) -> Any:
        return await self.reading.follow(self.url["proxy"] + PROXY + query, self.servers.tokens.mint(), **headers)

    async def direct(self, query: str = "", **headers: str) -> Any:
        return await self.reading.follow(self.url["backend"] + DIRECT + query, SESSION, **headers)

    def append(self, *numbers: int) -> None:
        self.servers.append([{"k": number} for number in numbers])


def marks(follower: Any) -> list[int]:
    return [data["k"] for data in follower.datas]


@pytest.mark.parametrize("world", ["sim", "loopback"])
@pytest.mark.parametrize("leg", ["proxy", "direct"])
def test_from_the_beginning_to_the_end(reading: Runner, leg: str, world: str) -> None:
    """What was there and what comes, each with its id, then stream-end and a clean end; all of it recorded as it is written."""

    async def play(r: Any) -> None:
        legs = await Legs(r).start()
        legs.append(1)
        follower = await getattr(legs, leg)()
        await r.until(lambda: marks(follower) == [1])
        legs.append(2, 3)
        await r.until(lambda: marks(follower) == [1, 2, 3])
        legs.servers.finish()
        assert (await follower.ended()).names == ["event", "event", "event", "stream-end"]
        frames = r.entries("frame")
        assert [(row["frame"], row["position"], row["again"]) for row in frames] == [
            ("event", 1, False),
            ("event", 2, False),
            ("event", 3, False),
            ("stream-end", 0, False),
        ]
        assert [row["id"] for row in frames] == [frame.id for frame in follower.frames]
        assert frames[-1]["body_bytes"] == len(follower.body)
        (answer,) = r.entries("answer")
        assert (answer["status"], answer["body"], answer["headers"][0]) == (200, "", ["Content-Type", "text/event-stream; charset=utf-8"])
        assert [row["how"] for row in r.entries("stream-over")] == ["clean"]
        assert not follower.error

    reading(play, world=world)


def test_resume_behind_an_id(reading: Runner) -> None:
    """For every id: exactly what is behind it. An id of the other leg, or of nobody, means from the beginning; start=latest gives way."""

    async def play(r: Any) -> None:
        legs = await Legs(r).start()
        legs.append(1, 2)
        await r.scene.sleep(5)
        legs.append(3, 4)
        legs.servers.finish()
        full, direct = await (await legs.proxy()).ended(), await (await legs.direct()).ended()
        assert marks(full) == marks(direct) == [1, 2, 3, 4]
        for behind, frame in enumerate(full.frames[:-1], 1):
            rest = await (await legs.proxy("?start=latest", Last_Event_ID=frame.id)).ended()
            assert marks(rest) == [1, 2, 3, 4][behind:]
            other = await (await legs.direct(Last_Event_ID=frame.id)).ended()
            assert marks(other) == [1, 2, 3, 4]
        assert marks(await (await legs.proxy(Last_Event_ID="999-1")).ended()) == [1, 2, 3, 4]
        assert not {frame.id for frame in full.frames[:-1]} & {frame.id for frame in direct.frames}
        assert [row["id"] for row in r.entries("append")] == [frame.id for frame in full.frames[:-1]]

    reading(play)


def test_start_at_the_latest(reading: Runner) -> None:
    """Behind the newest event there is when the request arrives; in an empty log everything is new."""

    async def play(r: Any) -> None:
        legs = await Legs(r).start()
        early = await legs.proxy("?start=latest")
        legs.append(1, 2)
        late = await legs.proxy("?start=latest")
        legs.append(3)
        legs.servers.finish()
        assert marks(await early.ended()) == [1, 2, 3]
        assert marks(await late.ended()) == [3]

    reading(play)


def test_a_trimmed_log(reading: Runner) -> None:
    """Readers go on from the oldest event that is kept, whatever id they name; the history keeps all; twice is once."""

    async def play(r: Any) -> None:
        legs = await Legs(r).start()
        legs.append(1, 2, 3, 4)
        first, fourth = (legs.servers.log.frame(True, position).id for position in (1, 4))
        legs.servers.finish()
        assert marks(await (await legs.proxy(Last_Event_ID=first)).ended()) == [3, 4]
        assert marks(await (await legs.proxy()).ended()) == [3, 4]
        assert marks(await (await legs.proxy(Last_Event_ID=fourth)).ended()) == []
        assert len(legs.servers.log.texts) == 4
        assert [row["oldest"] for row in r.entries("trimmed")] == [3]
        assert r.injected() == ["trim"]

    reading(play, [Trim(keep=2, times=3)])


def test_an_older_backend(reading: Runner) -> None:
    """Its streams end cleanly without saying so, and are not rotated."""

    async def play(r: Any) -> None:
        legs = await Legs(r, leg="legacy", figures=Figures(keepalive_ms=0, rotation_ms=50)).start()
        legs.append(1)
        follower = await legs.direct()
        await r.scene.sleep(100)
        legs.servers.finish()
        assert (await follower.ended()).names == ["event"]
        assert [row["how"] for row in r.entries("stream-over")] == ["clean"]

    reading(play)


def test_keepalives_when_idle(reading: Runner) -> None:
    """One each time nothing was written for so long, counted from the last frame of any kind; none when nobody reads any more."""

    async def play(r: Any) -> None:
        legs = await Legs(r, figures=Figures(keepalive_ms=20_000)).start()
        follower = await legs.proxy()
        begun_us = r.scene.now_us()
        await r.scene.sleep(30_000)
        legs.append(1)
        await r.scene.sleep(45_000)
        follower.leave()
        await r.scene.sleep(100_000)
        rows = list(r.scene.history.of_kind("frame"))
        at_s = [(row.at_us - begun_us) / 1_000_000 for row in rows]
        assert [row.data["frame"] for row in rows] == ["keepalive", "event", "keepalive", "keepalive"]
        assert at_s == pytest.approx([20, 30, 50, 70], abs=0.001)
        assert [row["how"] for row in r.entries("stream-over")] == ["gone"]

    reading(play)


def test_rotation_and_time_to_live(reading: Runner) -> None:
    """After its time a stream is rotated, and a token opens nothing any more; the frame says so and names no id."""

    async def play(r: Any) -> None:
        legs = await Legs(r, figures=Figures(rotation_ms=900_000, token_ttl_ms=900_000)).start()
        token = legs.servers.tokens.mint()
        url = legs.url["proxy"] + PROXY
        follower = await r.follow(url, token)
        legs.append(1)
        await follower.ended(1_000)
        assert r.scene.now_us() == pytest.approx(900_000_000, abs=1_000)
        assert (follower.names[0], follower.names[-1], follower.frames[-1].data) == ("event", "end", '{"type":"rotated"}')
        assert follower.frames[-1].id is None
        assert (await r.get(url, token)).status == 401

    reading(play)


def test_who_may_follow(reading: Runner) -> None:
    """401 without a token, with that of the session, with one that has expired; 403 for another run. An open stream stays."""

    async def play(r: Any) -> None:
        legs = await Legs(r).start()
        url = legs.url["proxy"]
        token = legs.servers.tokens.mint()
        follower = await r.follow(url + PROXY, token)
        other = await r.get(url + "/v1/runs/other/stream", token)
        assert (other.status, await other.json()) == (403, {"error": "Token does not match run"})
        legs.servers.expire()
        assert [(await r.get(url + PROXY, secret)).status for secret in (None, SESSION, token)] == [401, 401, 401]
        legs.append(1)
        legs.servers.finish()
        assert marks(await follower.ended()) == [1]
        assert len(r.entries("expired")) == 1
        assert (await r.get(url + "/api/projects/7/tasks/t/runs/r/", SESSION)).status == 404, "the proxy knows no backend"

    reading(play)


@pytest.mark.parametrize("world", ["sim", "loopback"])
@pytest.mark.parametrize("how", ["fin", "rst"])
def test_a_connection_that_is_cut(reading: Runner, how: Any, world: str) -> None:
    """The stream is over for the server, other readers and the log go on, and nothing of the handler is left."""

    async def play(r: Any) -> None:
        legs = await Legs(r).start()
        legs.append(1, 2, 3)
        cut = await legs.proxy()
        assert (await cut.ended()).error
        await r.until(lambda: bool(r.entries("stream-over")))
        assert r.entries("stream-over")[0]["how"] == "gone"
        legs.servers.finish()
        assert marks(await (await legs.proxy()).ended()) == [1, 2, 3]
        assert not r.entries("harness-fault")

    reading(play, [Cut(endpoint="stream", direction="answer", after_bytes=50, how=how)], world)


@pytest.mark.parametrize("world", ["sim", "loopback"])
def test_big_events_to_a_slow_reader(reading: Runner, world: str) -> None:
    """Eight megabytes in one event, of characters of several bytes, arrive whole, and what comes behind them too."""
    text = "é🙂" * 1_400_000

    async def play(r: Any) -> None:
        legs = await Legs(r).start()
        legs.servers.append([{"k": 1, "t": text}])
        answer = await r.get(legs.url["proxy"] + PROXY, legs.servers.tokens.mint())
        await r.scene.sleep(50)
        legs.append(2)
        legs.servers.finish()
        body = (await answer.read()).decode()
        assert body.count("🙂") == 1_400_000
        assert body.endswith('data: {"k":2}\n\nevent: stream-end\ndata: {"status":"complete"}\n\n')

    reading(play, world=world)


def test_the_same_seed_gives_the_same_history(reading: Runner) -> None:
    """Nothing in it depends on the process or the calendar."""

    async def play(r: Any) -> None:
        legs = await Legs(r).start()
        legs.append(1)
        follower = await legs.proxy()
        await r.scene.sleep(25_000)
        legs.servers.set_state(status="completed")
        legs.servers.finish()
        await follower.ended()

    assert reading(play).digest() == reading(play).digest()
