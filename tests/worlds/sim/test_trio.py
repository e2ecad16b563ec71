"""Targets written for trio, as guests on the simulated loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import trio
from aiohttp import web

from streamproof.harness.values.errors import QuotaExceeded
from streamproof.harness.worlds.base import Quota, Scene
from streamproof.harness.worlds.ownership import LifeOwner
from streamproof.harness.worlds.sim.segments import RECEIVE_BUFFER_BYTES
from streamproof.harness.worlds.sim.trio_guest import TrioGuest


def make_guest(scene: Scene, seed: int = 1) -> TrioGuest:
    owner = scene.new_owner("trio")
    assert isinstance(owner, LifeOwner)
    return TrioGuest(owner, seed)


async def serve(scene: Scene) -> str:
    async def upload(request: web.Request) -> web.Response:
        try:
            return web.Response(text=f"{len(await request.read())}")
        except BaseException:
            scene.history.add("gone")
            raise

    async def events(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for number in range(3):
            await response.write(f"data: {number}\n".encode())
            await asyncio.sleep(7)
        return response

    app = web.Application(client_max_size=2**24)
    app.add_routes([web.post("/upload", upload), web.get("/events", events)])
    return (await scene.serve(app, server="server", classify=lambda *_: "any")).url


def seen(history: Any) -> list[Any]:
    return [entry.data["value"] for entry in history.of_kind("seen")]


def test_httpx_on_trio_talks_to_an_aiohttp_server(run_play: Any) -> None:
    """One clock for both: events come when they were sent, and a large upload gets through the bounded buffers."""

    async def play(scene: Scene) -> None:
        url = await serve(scene)

        async def follow() -> None:
            async with httpx.AsyncClient(timeout=60) as client, client.stream("GET", f"{url}/events") as answer:
                async for line in answer.aiter_lines():
                    scene.history.add("seen", value=(line, scene.now_us()))

        async def upload() -> str:
            async with httpx.AsyncClient(timeout=60) as client:
                return (await client.post(f"{url}/upload", content=b"x" * 1_000_000)).text

        guest = make_guest(scene)
        await guest.run(follow)
        scene.history.add("seen", value=await guest.run(upload))
        await guest.close()

    assert seen(run_play(play)) == [["data: 0", 0], ["data: 1", 7_000_000], ["data: 2", 14_000_000], "1000000"]


def test_trio_time_is_the_time_of_the_loop(run_play: Any) -> None:
    """Sleeps and time-outs of trio are exact, also at deadlines that no float can tell exactly."""

    async def play(scene: Scene) -> None:
        async def sleep_often() -> None:
            for _ in range(100):
                await trio.sleep(0.1)

        async def time_out() -> None:
            with trio.move_on_after(0.7):
                await trio.sleep_forever()

        guest = make_guest(scene)
        for function in (sleep_often, time_out):
            await guest.run(function)
            scene.history.add("seen", value=scene.now_us())

    assert seen(run_play(play)) == [10_000_000, 10_700_000]


def test_results_exceptions_and_threads(run_play: Any) -> None:
    """A call gives back what its function returns or raises; ``to_thread`` runs on the spot."""

    async def play(scene: Scene) -> None:
        async def double(number: int) -> int:
            return await trio.to_thread.run_sync(lambda: number * 2)

        async def fail() -> None:
            await trio.sleep(1)
            raise ValueError("from trio")

        guest = make_guest(scene)
        assert await guest.run(double, 21) == 42
        with pytest.raises(ValueError, match="from trio"):
            await guest.run(fail)
        assert await guest.run(double, 1) == 2
        await guest.close()
        await guest.close()

    run_play(play)


def test_a_cancelled_call_is_cancelled_in_trio(run_play: Any) -> None:
    """When the asyncio side gives up, the trio task is told, and its clean-up runs."""

    async def play(scene: Scene) -> None:
        async def wait() -> None:
            try:
                await trio.sleep_forever()
            finally:
                scene.history.add("seen", value="cleaned up")

        guest = make_guest(scene)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(guest.run(wait), 5)
        await asyncio.sleep(1)

    assert seen(run_play(play)) == ["cleaned up"]


def test_closing_a_guest_cancels_what_runs_in_it(run_play: Any) -> None:
    """Clean-up code may still await; who waited for a result is told that it was cancelled."""

    async def play(scene: Scene) -> None:
        async def wait() -> None:
            try:
                await trio.sleep_forever()
            finally:
                with trio.CancelScope(shield=True):
                    await trio.sleep(3)
                scene.history.add("seen", value=scene.now_us())

        guest = make_guest(scene)
        call = asyncio.create_task(guest.run(wait))
        await asyncio.sleep(1)
        await guest.close()
        with pytest.raises(RuntimeError, match="cancelled inside trio"):
            await call

    assert seen(run_play(play)) == [4_000_000]


def test_not_a_line_of_trio_runs_after_a_crash(run_play: Any) -> None:
    """An abandoned run is silent: no wake-up, no clean-up, no timer; its connection is reset; a second life begins unharmed."""

    async def endless() -> AsyncIterator[bytes]:
        while True:
            await trio.sleep(1)
            yield b"x"

    async def play(scene: Scene) -> None:
        url = await serve(scene)

        async def upload() -> None:
            try:
                async with httpx.AsyncClient(timeout=60) as client:
                    await client.post(f"{url}/upload", content=endless())
            finally:
                scene.history.add("seen", value="the dead spoke")

        async def beat() -> None:
            for _ in range(3):
                await trio.sleep(1)
                scene.history.add("seen", value=scene.now_us())

        first = make_guest(scene)
        call = asyncio.create_task(first.run(upload))
        await asyncio.sleep(5)
        first._owner.abandon()
        second = make_guest(scene)
        await second.run(beat)
        assert not call.done()

    history = run_play(play)
    assert seen(history) == [6_000_000, 7_000_000, 8_000_000]
    assert len(list(history.of_kind("gone"))) == 1


def test_two_guests_live_side_by_side(run_play: Any) -> None:
    """Each has a clock, a schedule and hooks of its own; neither sees the other."""

    async def play(scene: Scene) -> None:
        async def beat(name: str, period_s: float) -> str:
            for _ in range(3):
                await trio.sleep(period_s)
                scene.history.add("seen", value=(name, scene.now_us() // 1_000_000))
            return name

        one, other = make_guest(scene, 1), make_guest(scene, 2)
        assert await asyncio.gather(one.run(beat, "one", 2), other.run(beat, "other", 3)) == ["one", "other"]

    assert seen(run_play(play)) == [["one", 2], ["other", 3], ["one", 4], ["other", 6], ["one", 6], ["other", 9]]


def schedule_of(run_play: Any, seed: int) -> list[Any]:
    async def play(scene: Scene) -> None:
        async def race() -> None:
            async def runner(number: int) -> None:
                for _ in range(3):
                    await trio.lowlevel.checkpoint()
                    scene.history.add("seen", value=number)

            async with trio.open_nursery() as nursery:
                for number in range(5):
                    nursery.start_soon(runner, number)

        await make_guest(scene, seed).run(race)

    return seen(run_play(play))


def test_the_seed_decides_the_schedule(run_play: Any) -> None:
    """The same seed gives the same order of tasks, and different seeds different orders."""
    schedules = [schedule_of(run_play, seed) for seed in range(8)]
    assert schedules == [schedule_of(run_play, seed) for seed in range(8)]
    assert len({tuple(schedule) for schedule in schedules}) > 4


def test_a_trio_sender_is_stopped_by_a_reader_that_does_not_read(run_play: Any) -> None:
    """``send_all`` waits when the buffers are full, and goes on when they drain."""

    async def play(scene: Scene) -> None:
        transports: list[Any] = []

        class Lazy(asyncio.Protocol):
            received_bytes = 0

            def connection_made(self, transport: Any) -> None:
                transport.pause_reading()
                transports.append(transport)

            def data_received(self, data: bytes) -> None:
                Lazy.received_bytes += len(data)

        await asyncio.get_running_loop().create_server(Lazy, "127.0.0.1", 9000)

        async def send() -> None:
            stream = await trio.open_tcp_stream("127.0.0.1", 9000)
            await stream.send_all(b"x" * 10 * RECEIVE_BUFFER_BYTES)
            scene.history.add("seen", value=scene.now_us())
            await stream.aclose()

        call = asyncio.create_task(make_guest(scene).run(send))
        await asyncio.sleep(5)
        transports[0].resume_reading()
        await call
        await asyncio.sleep(1)
        assert Lazy.received_bytes == 10 * RECEIVE_BUFFER_BYTES

    assert seen(run_play(play)) == [5_000_000]


def test_trio_sockets_end_as_they_should(run_play: Any) -> None:
    """End, reset, refusal, unknown names, and a close under a waiting reader, each by trio's own exception."""

    async def play(scene: Scene) -> None:
        servers: list[Any] = []

        class Server(asyncio.Protocol):
            def connection_made(self, transport: Any) -> None:
                servers.append(transport)

        await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 9000)

        async def act() -> None:
            ended = await trio.open_tcp_stream("localhost", 9000)
            await trio.sleep(1)
            servers[0].write(b"bye")
            servers[0].close()
            assert await ended.receive_some() == b"bye"
            assert await ended.receive_some() == b""
            reset = await trio.open_tcp_stream("localhost", 9000)
            await trio.sleep(1)
            servers[1].get_extra_info("socket").linger_reset = True
            servers[1].close()
            with pytest.raises(trio.BrokenResourceError):
                await reset.receive_some()
            with pytest.raises(trio.BrokenResourceError):
                await reset.send_all(b"x")
            with pytest.raises(OSError, match="all attempts to connect"):
                await trio.open_tcp_stream("127.0.0.1", 1)
            with pytest.raises(OSError, match="Name or service not known"):
                await trio.open_tcp_stream("no.such.host", 1)
            closed = await trio.open_tcp_stream("localhost", 9000)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(expect_closed, closed)
                await trio.sleep(1)
                await closed.aclose()

        await make_guest(scene).run(act)

    run_play(play)


async def expect_closed(stream: trio.SocketStream) -> None:
    with pytest.raises(trio.ClosedResourceError):
        await stream.receive_some()


def test_a_spinning_guest_uses_up_its_steps(run_play: Any) -> None:
    """A trio task that never sleeps ends by the budget of steps, like any other."""

    async def play(scene: Scene) -> None:
        async def spin() -> None:
            while True:
                await trio.lowlevel.checkpoint()

        await make_guest(scene).run(spin)

    with pytest.raises(QuotaExceeded):
        run_play(play, quota=Quota(steps=2_000))


def test_nothing_of_trio_stays_patched(run_play: Any) -> None:
    """After the example trio runs as ever, in a run of its own."""

    async def play(scene: Scene) -> None:
        await make_guest(scene).run(trio.sleep, 1)

    run_play(play)

    async def real() -> str:
        return await trio.to_thread.run_sync(lambda: "in a thread")

    assert trio.run(real) == "in a thread"
