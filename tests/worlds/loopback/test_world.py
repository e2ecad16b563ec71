"""The loopback world: crashes and restarts, ports, budgets, whose fault an error is, and nothing left behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from typing import Any

import pytest
from aiohttp import ClientSession, web

from streamproof.harness.faults import FAULTS
from streamproof.harness.faults.base import Fault
from streamproof.harness.values.errors import HarnessFault, QuotaExceeded, UsageError
from streamproof.harness.worlds.base import Quota, Scene, Site

HEAD = b"POST /u HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
LINES = b"4\r\none\n\r\n4\r\ntwo\n\r\n"
SYNC = b"POST /s HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"


def fault(name: str, **fields: Any) -> Fault:
    return FAULTS[name](**fields)


def classify(method: str, target: str, headers: Any) -> str:
    return "upload"


def test_a_restart_resets_every_connection(loopback: Any) -> None:
    """The clients see RST, and the server listens again at once."""
    seen: list[Any] = []

    async def main(scene: Scene, server: Any, connect: Any) -> None:
        reader, writer = await connect()
        writer.write(SYNC)
        await loopback.read_answer(reader)
        await scene.restart_server("backend")
        seen.append(await loopback.read_to_end(reader))
        reader, writer = await connect()
        writer.write(SYNC)
        seen.append(await loopback.read_answer(reader))

    history = loopback.play(main)
    assert seen == [(b"", "rst"), b'{"lines": 0}']
    assert loopback.rows(history, "closed") == [("closed", 1, "server", "rst")]


def test_a_socket_takes_the_number_of_a_dead_one(loopback: Any) -> None:
    """What an abandoned target waited for is forgotten: a new socket with the same number is heard."""
    heard: list[bytes] = []

    async def main(scene: Scene, server: Any, connect: Any) -> None:
        loop = asyncio.get_running_loop()
        owner = scene.new_owner("s1")
        dead, its_peer = socket.socketpair()
        fresh, peer = socket.socketpair()
        for one in (dead, fresh):
            one.setblocking(False)
        owner.create_task(loop.sock_recv(dead, 1))
        await scene.sleep(1)
        owner.abandon()
        number = dead.detach()
        os.dup2(fresh.fileno(), number)
        again = socket.socket(fileno=number)
        loop.call_later(0.001, peer.send, b"x")
        async with asyncio.timeout(5):
            heard.append(await loop.sock_recv(again, 1))
        for one in (its_peer, fresh, peer, again):
            one.close()

    loopback.play(main)
    assert heard == [b"x"]


def test_a_target_in_process_is_abandoned(loopback: Any) -> None:
    """At its crash the connections of the owner are reset, no clean-up of it runs, and nothing of it shows later."""
    ran: list[str] = []

    async def main(scene: Scene, server: Any, connect: Any) -> None:
        owner = scene.new_owner("s1")
        scene.plan.on_crash = owner.abandon
        url = (await connect())[1].transport.get_extra_info("peername")

        async def upload() -> None:
            try:
                async with ClientSession() as session, session.post(f"http://127.0.0.1:{url[1]}/u", data=b"one\ntwo\n") as answer:
                    ran.append(f"answered {answer.status}")
            finally:
                ran.append("cleaned up")

        owner.create_task(upload())
        await owner.abandoned.wait()
        await loopback.until(lambda: bool(loopback.rows(scene.history, "closed")))
        assert ran == []

    history = loopback.play(main, fault("crash", point="before-answer"))
    assert loopback.rows(history, "closed") == [("closed", 2, "target", "rst")]
    assert ran == ["cleaned up"]  # when it was buried, outside of the history
    assert not any(entry.kind == "delivered" for entry in history.entries)


def test_stubborn_clean_up_of_a_target(loopback: Any) -> None:
    """Clean-up code that awaits holds up neither the next example nor the end of the world (see the fixture)."""

    async def main(scene: Scene, server: Any, connect: Any) -> None:
        owner = scene.new_owner("s1")

        async def awaits() -> None:
            try:
                await asyncio.sleep(1_000)
            finally:
                await asyncio.sleep(1_000)

        owner.create_task(awaits())
        await asyncio.sleep(0)
        played.append(owner.name)

    played: list[str] = []
    for _ in range(2):
        loopback.play(main, quota=Quota(seconds=5))
    assert len(played) == 2


def test_a_port_in_use(loopback: Any) -> None:
    """One clear message with the port and what to do; and no socket is left open."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        async def main(scene: Scene) -> None:
            await scene.serve(web.Application(), server="backend", classify=classify, port=port)

        with pytest.raises(UsageError, match=f"port {port} on 127.0.0.1 is in use: stop what listens there, or choose another"):
            loopback.run(main)


def test_a_port_that_is_none(loopback: Any) -> None:
    """A number beyond the range is the user's mistake, too."""

    async def main(scene: Scene) -> None:
        await scene.serve(web.Application(), server="backend", classify=classify, port=70_000)

    with pytest.raises(UsageError, match="from 0 to 65535"):
        loopback.run(main)


def test_a_chosen_port_serves(loopback: Any) -> None:
    """A free port that was asked for is the one that is served, on 127.0.0.1 alone."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    sites: list[Site] = []

    async def main(scene: Scene) -> None:
        sites.append(await scene.serve(web.Application(), server="backend", classify=classify, port=port))

    loopback.run(main)
    assert sites == [Site("backend", f"http://127.0.0.1:{port}")]


def test_an_example_without_an_end_uses_up_its_time(loopback: Any) -> None:
    """The budget ends it, with the history so far and who waited for what."""

    async def main(scene: Scene, server: Any, connect: Any) -> None:
        scene.history.add("before")
        await asyncio.get_running_loop().create_future()

    with pytest.raises(QuotaExceeded, match=r"budget of 0.05 s; waiting:\n.*whole") as caught:
        loopback.play(main, quota=Quota(seconds=0.05))
    history = caught.value.history  # type: ignore[attr-defined]
    assert [entry.kind for entry in history.entries] == ["before"]
    assert history.sealed


def test_too_many_connections_end_an_example(loopback: Any) -> None:
    """A client that connects for ever is stopped."""

    async def main(scene: Scene, server: Any, connect: Any) -> None:
        while True:
            reader, writer = await connect()
            writer.write(SYNC)
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await loopback.read_answer(reader)

    with pytest.raises(QuotaExceeded, match="budget of 5 connections"):
        loopback.play(main, quota=Quota(seconds=20, connections=5))


def test_a_broken_play_and_a_broken_callback(loopback: Any) -> None:
    """An error of our own, also in a callback or in a server, is named a fault of the harness, and the history is kept."""

    async def broken(scene: Scene, server: Any, connect: Any) -> None:
        raise RuntimeError("a bug in the play")

    async def misguided(scene: Scene, server: Any, connect: Any) -> None:
        asyncio.get_running_loop().call_soon(lambda: 1 // 0)
        await asyncio.get_running_loop().create_future()

    with pytest.raises(HarnessFault, match="the play broke: RuntimeError: a bug in the play") as caught:
        loopback.play(broken)
    assert caught.value.history.sealed  # type: ignore[attr-defined]
    with pytest.raises(HarnessFault, match="ZeroDivisionError"):
        loopback.play(misguided)


def test_a_broken_server(loopback: Any) -> None:
    """An exception in a handler of ours is no verdict about the client, though aiohttp would answer 500."""

    async def main(scene: Scene) -> None:
        async def answer(request: web.Request) -> web.Response:
            raise RuntimeError("a bug in the server")

        app = web.Application()
        app.router.add_post("/", answer)
        site = await scene.serve(app, server="backend", classify=classify)
        async with ClientSession() as session, session.post(site.url):
            await asyncio.get_running_loop().create_future()

    with pytest.raises(HarnessFault, match="the server 'backend' broke: RuntimeError: a bug in the server"):
        loopback.run(main)


def test_an_error_of_a_target_is_its_own_affair(loopback: Any) -> None:
    """A callback or a task of the target that raises does not end the example."""

    async def main(scene: Scene, server: Any, connect: Any) -> None:
        owner = scene.new_owner("s1")
        loop = asyncio.get_running_loop()
        owner.run(loop.call_soon, lambda: 1 // 0)

        async def failing() -> None:
            raise ValueError

        owner.create_task(failing())
        for _ in range(3):
            await asyncio.sleep(0)

    loopback.play(main)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts the open files of this process as Linux shows them")
def test_nothing_stays_open(loopback: Any) -> None:
    """After an example that ended in every way at once, as many files are open as before, and no task is left."""

    async def main(scene: Scene, server: Any, connect: Any) -> None:
        owner = scene.new_owner("s1")
        _, writer = await connect()
        peer = writer.transport.get_extra_info("peername")

        async def hang() -> None:
            reader, writer = await asyncio.open_connection(*peer)
            writer.write(HEAD + LINES)
            await reader.read()

        owner.create_task(hang())
        _, writer = await connect()
        writer.write(HEAD + LINES)
        await loopback.until(lambda: len(loopback.rows(scene.history, "request", "fault")) >= 2)
        asyncio.get_running_loop().create_task(asyncio.sleep(3_600))

    loopback.play(main)
    before = len(os.listdir("/proc/self/fd"))
    loopback.play(main)
    loopback.play(main, fault("stall", where="never-read", nth=2))
    assert len(os.listdir("/proc/self/fd")) == before
