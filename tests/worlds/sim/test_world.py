"""The simulation as a world: the same history for the same seed, faults of ours named, and nothing left behind."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from streamproof.harness.values.errors import Deadlock, HarnessFault, QuotaExceeded, TargetProblem
from streamproof.harness.values.history import History
from streamproof.harness.worlds.base import Quota, Scene

ENDED = web.AppKey("ended", list[bool])
HERE = Path(__file__).parent


def digests(examples: int, hash_seed: str) -> str:
    program = [sys.executable, str(HERE / "play_for_digest.py"), str(examples)]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    return subprocess.run(program, env=environment, capture_output=True, text=True, check=True, cwd="/").stdout.strip()


def test_one_seed_gives_one_history_in_every_process() -> None:
    """Over repeated examples, over processes and over PYTHONHASHSEED the digest is the same."""
    first = digests(20, "0")
    assert len(first.split()) == 1
    assert first == digests(3, "1") == digests(1, "random")


def test_another_seed_gives_another_history(run_play: Any) -> None:
    """What is drawn inside an example follows its seed."""

    async def play(scene: Scene) -> None:
        scene.history.add("seen", random=random.random(), id=str(uuid.uuid4()), own=scene.random.random())

    histories = [run_play(play, seed=seed) for seed in (1, 1, 2)]
    assert histories[0].entries == histories[1].entries
    assert all(histories[0].entries[0].data[key] != histories[2].entries[0].data[key] for key in ("random", "id", "own"))


def test_a_history_is_sealed_and_tells_its_allowance(run_play: Any) -> None:
    """What happens after the example is over is not recorded."""

    async def play(scene: Scene) -> None:
        asyncio.get_running_loop().call_later(1, scene.history.add, "late")
        scene.history.add("seen")

    history = run_play(play)
    assert [entry.kind for entry in history.entries] == ["seen"]
    assert history.sealed
    assert history.header.allowance_ms == 1


def failing_plays() -> Iterator[tuple[str, Any, type[Exception]]]:
    async def deadlock(scene: Scene) -> None:
        scene.history.add("seen")
        await asyncio.Event().wait()

    async def out_of_time(scene: Scene) -> None:
        scene.history.add("seen")
        await scene.sleep(1e9)

    async def broken(scene: Scene) -> None:
        scene.history.add("seen")
        raise KeyError("oops")

    async def problem(scene: Scene) -> None:
        scene.history.add("seen")
        raise TargetProblem("the driver does not start")

    yield "deadlock", deadlock, Deadlock
    yield "out of time", out_of_time, QuotaExceeded
    yield "broken play", broken, HarnessFault
    yield "problem of the target", problem, TargetProblem


@pytest.mark.parametrize(("play", "error"), [row[1:] for row in failing_plays()], ids=[row[0] for row in failing_plays()])
def test_a_failed_example_tells_its_history_and_leaves_nothing_behind(run_play: Any, play: Any, error: type[Exception]) -> None:
    """The error carries the sealed history so far; clock, entropy, collector and signals are as before."""
    before = process_state()
    with pytest.raises(error) as caught:
        run_play(play)
    history = caught.value.history  # type: ignore[attr-defined]  # set by the world
    assert isinstance(history, History)
    assert history.sealed
    assert [entry.kind for entry in history.entries] == ["seen"]
    assert process_state() == before


def process_state() -> tuple[object, ...]:
    functions = (time.time, time.monotonic, time.sleep, os.urandom, random.Random.seed, aiohttp.connector.monotonic)
    return (*functions, random.getstate(), gc.isenabled(), signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL))


def test_ctrl_c_leaves_nothing_behind(run_play: Any) -> None:
    """An interruption by the user passes, and everything is put away."""

    async def play(scene: Scene) -> None:
        scene.new_owner("target").create_task(asyncio.sleep(1_000))
        await serve(scene)
        raise KeyboardInterrupt

    before = process_state()
    with pytest.raises(KeyboardInterrupt):
        run_play(play)
    assert process_state() == before


def test_an_example_runs_in_another_thread(run_play: Any) -> None:
    """There it has the same clock and entropy, and only the watchdog is missing."""

    async def play(scene: Scene) -> None:
        await scene.sleep(1_500)
        scene.history.add("seen", time=time.time(), id=str(uuid.uuid4()))

    histories = [run_play(play)]
    thread = threading.Thread(target=lambda: histories.append(run_play(play)))
    thread.start()
    thread.join()
    assert histories[0].entries == histories[1].entries


def test_an_example_inside_an_example_is_refused(run_play: Any) -> None:
    """There is one clock of the process to patch, so the mistake is told rather than made."""

    async def play(scene: Scene) -> None:
        with pytest.raises(RuntimeError, match="cannot run inside another"):
            run_play(play)

    run_play(play)


def test_a_target_that_never_gives_way_is_interrupted(run_play: Any) -> None:
    """A synchronous endless loop, which swallows every exception, is ended by real time; the fault names the place."""

    async def play(scene: Scene) -> None:
        async def spin_here() -> None:
            for _ in range(3):
                try:
                    while True:
                        pass
                except BaseException:
                    scene.history.add("swallowed")

        await scene.new_owner("target").create_task(spin_here())
        await scene.sleep(1)

    with pytest.raises(HarnessFault, match=r"more than 0.05 s of real time(.|\n)*spin_here") as caught:
        run_play(play, real_seconds_max=0.05)
    assert caught.value.history.entries  # type: ignore[attr-defined]  # set by the world


def test_somebody_elses_timer_goes_on_after_the_example(run_play: Any) -> None:
    """The watchdog borrows the alarm of the process and gives it back."""

    async def play(scene: Scene) -> None:
        await scene.sleep(10)

    previous = signal.signal(signal.SIGALRM, lambda *_: None)
    try:
        signal.setitimer(signal.ITIMER_REAL, 1_000)
        run_play(play)
        remaining_s, _ = signal.getitimer(signal.ITIMER_REAL)
        assert 900 < remaining_s < 1_000
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def make_app(scene: Scene) -> web.Application:
    async def crash(request: web.Request) -> web.Response:
        raise ZeroDivisionError("in a server")

    async def stay(request: web.Request) -> web.Response:
        scene.history.add("arrived")
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError:
            scene.history.add("told", at_us=scene.now_us())
            raise
        return web.Response()

    async def ended(app: web.Application) -> None:
        app[ENDED].append(True)

    app = web.Application()
    app.add_routes([web.get("/crash", crash), web.post("/stay", stay)])
    app[ENDED] = []
    app.on_cleanup.append(ended)
    return app


async def serve(scene: Scene, name: str = "server") -> str:
    return (await scene.serve(make_app(scene), server=name, classify=lambda *_: "any")).url


def test_a_server_of_ours_that_breaks_is_a_fault_of_ours(run_play: Any) -> None:
    """An exception in a handler ends the example; it is not the target that failed."""

    async def play(scene: Scene) -> None:
        async with aiohttp.ClientSession() as session:
            await session.get(f"{await serve(scene)}/crash")
        await scene.sleep(1_000)

    with pytest.raises(HarnessFault, match="server 'server' broke: ZeroDivisionError: in a server"):
        run_play(play)


def test_a_server_under_test_may_break(run_play: Any) -> None:
    """It answers 500, which is its own affair."""

    async def play(scene: Scene) -> None:
        async with aiohttp.ClientSession() as session, session.get(f"{await serve(scene, 'target')}/crash") as answer:
            scene.history.add("seen", status=answer.status)

    assert [entry.data["status"] for entry in run_play(play).of_kind("seen")] == [500]


def test_bytes_that_are_no_http_are_no_fault_of_ours(run_play: Any) -> None:
    """A hostile client gets its 400, or is gone before it; the example goes on."""

    async def play(scene: Scene) -> None:
        url = await serve(scene)
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(b"\x00garbage\r\n\r\n")
        scene.history.add("seen", answer=(await reader.read()).decode().split("\r\n")[0])
        _, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(b"POST /stay HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab")
        await asyncio.sleep(1)
        writer.transport.abort()
        await asyncio.sleep(1)

    history = run_play(play)
    assert [entry.data["answer"] for entry in history.of_kind("seen")] == ["HTTP/1.0 400 Bad Request"]
    assert len(list(history.of_kind("told"))) == 1


def test_a_handler_is_told_when_its_client_goes(run_play: Any) -> None:
    """It is cancelled in the same millisecond."""

    async def play(scene: Scene) -> None:
        url = await serve(scene)
        async with aiohttp.ClientSession() as session:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(session.post(f"{url}/stay"), 3)
        await scene.sleep(1_000)

    assert [entry.data["at_us"] for entry in run_play(play).of_kind("told")] == [3_000_000]


def test_a_restarted_server_resets_its_connections_and_listens_at_once(run_play: Any) -> None:
    """Its handlers are over when the restart returns, its clients get a reset, and a new connection is accepted."""

    async def play(scene: Scene) -> None:
        url = await serve(scene)
        async with aiohttp.ClientSession() as session:
            pending = asyncio.create_task(session.post(f"{url}/stay"))
            await scene.sleep(1_000)
            await scene.restart_server("server")
            scene.history.add("restarted")
            with pytest.raises(aiohttp.ClientError):
                await pending
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(session.post(f"{url}/stay"), 1)
            await scene.sleep(1)

    kinds = [entry.kind for entry in run_play(play).entries if entry.kind in ("arrived", "told", "restarted")]
    assert kinds == ["arrived", "told", "restarted", "arrived", "told"]


def test_servers_are_cleaned_up(run_play: Any) -> None:
    """The clean-up hooks of an application run at the end of the example, also after a failure."""
    apps: list[web.Application] = []

    async def play(scene: Scene) -> None:
        apps.append(make_app(scene))
        await scene.serve(apps[-1], server="server", classify=lambda *_: "any")
        if len(apps) == 2:
            raise KeyError

    run_play(play)
    with pytest.raises(HarnessFault):
        run_play(play)
    assert [app[ENDED] for app in apps] == [[True], [True]]


def test_a_server_served_again_takes_the_place_of_the_one_before(run_play: Any) -> None:
    """A server under test that is started again: the old one is over with its connections, and positions go on."""

    async def play(scene: Scene) -> None:
        async with aiohttp.ClientSession() as session:
            before = await serve(scene, "target")
            pending = asyncio.create_task(session.post(f"{before}/stay"))
            await scene.sleep(1_000)
            after = await serve(scene, "target")
            with pytest.raises(aiohttp.ClientError):
                await pending
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.post(f"{before}/stay")
            async with session.get(f"{after}/crash") as answer:
                scene.history.add("seen", status=answer.status)

    history = run_play(play)
    assert len(list(history.of_kind("told"))) == 1
    assert [entry.data["connection"] for entry in history.of_kind("connect")] == [1, 2]


def test_connections_of_an_example_count(run_play: Any) -> None:
    """An example that opens too many connections ends by its budget."""

    async def play(scene: Scene) -> None:
        url = await serve(scene)
        while True:
            async with aiohttp.ClientSession() as session:
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(session.post(f"{url}/stay"), 1)

    with pytest.raises(QuotaExceeded, match="budget of 7 connections"):
        run_play(play, quota=Quota(connections=7))
