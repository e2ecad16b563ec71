"""Each decision of a link on real sockets, as a client and a server see it."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from aiohttp import web

from streamproof.harness.faults import FAULTS
from streamproof.harness.faults.base import Fault
from streamproof.harness.worlds.base import Scene
from streamproof.harness.worlds.loopback.world import ALLOWANCE_MS_MIN

HEAD = b"POST /u HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
LINES = b"4\r\none\n\r\n4\r\ntwo\n\r\n"
LAST = b"0\r\n\r\n"
SYNC = b"POST /s HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"


def fault(name: str, **fields: Any) -> Fault:
    return FAULTS[name](**fields)


def classify(method: str, target: str, headers: Any) -> str:
    return "upload"


def test_two_requests_on_one_connection(loopback: Any) -> None:
    """Without faults the relay is not to be noticed, and server and link agree on numbers."""

    async def main(scene: Scene, server: Any, connect: Any) -> None:
        reader, writer = await connect()
        for _ in range(2):
            writer.write(HEAD + LINES + LAST)
            await loopback.read_answer(reader)

    history = loopback.play(main)
    assert loopback.rows(history, "connect", "request", "delivered") == [
        ("connect", 1, "backend"),
        ("request", 1, 1),
        ("delivered", 1, True),
        ("request", 2, 1),
        ("delivered", 2, True),
    ]
    assert history.sealed
    assert history.header.world == "loopback"
    assert history.header.allowance_ms == loopback.world.allowance_ms >= ALLOWANCE_MS_MIN


@pytest.mark.parametrize("how", ["fin", "rst"])
def test_a_cut_answer_ends_as_the_fault_says(loopback: Any, how: str) -> None:
    """A client sees FIN or RST; before a FIN it gets every byte that passed."""
    seen: list[tuple[bytes, str]] = []

    async def main(scene: Scene, server: Any, connect: Any) -> None:
        reader, writer = await connect()
        writer.write(SYNC)
        seen.append(await loopback.read_to_end(reader))

    history = loopback.play(main, fault("lose-answer", answer_bytes=9, how=how))
    ((data, ending),) = seen
    assert ending == how
    assert data == b"HTTP/1.1 " if how == "fin" else data in (b"", b"HTTP/1.1 ")
    assert loopback.rows(history, "request", "fault", "closed", "delivered") == [
        ("request", 1, 1),
        ("fault", 0, "lose-answer", 1, 1),
        ("closed", 1, "link", how),
    ]


@pytest.mark.parametrize("how", ["fin", "rst"])
def test_a_cut_request_reaches_the_handler_in_mid_body(loopback: Any, how: str) -> None:
    """The server reads the lines before the cut and then the end of the connection; so does the client, in the same way."""
    seen: list[Any] = []

    async def main(scene: Scene, server: Any, connect: Any) -> None:
        reader, writer = await connect()
        writer.write(HEAD + LINES)
        seen.append(await loopback.read_to_end(reader))
        await server.ended.wait()
        seen.append(server.body)

    history = loopback.play(main, fault("cut", after_lines=1, how=how))
    assert seen == [(b"", how), b"one\n"]
    assert loopback.rows(history, "body-end") == [("body-end", 1, "cut", 4)]


def test_a_refused_connection_is_reset(loopback: Any) -> None:
    """The kernel has accepted it; the next thing the client sees is RST, and the one after that works."""
    seen: list[Any] = []

    async def main(scene: Scene, server: Any, connect: Any) -> None:
        reader, _ = await connect()
        seen.append(await loopback.read_to_end(reader))
        reader, writer = await connect()
        writer.write(SYNC)
        seen.append(await loopback.read_answer(reader))

    history = loopback.play(main, fault("refuse"))
    assert seen == [(b"", "rst"), b'{"lines": 0}']
    assert loopback.rows(history, "refuse", "connect") == [("refuse", 1, "backend"), ("connect", 2, "backend")]


def test_close_after_an_answer(loopback: Any) -> None:
    """The whole answer, then FIN."""
    seen: list[Any] = []

    async def main(scene: Scene, server: Any, connect: Any) -> None:
        reader, writer = await connect()
        writer.write(SYNC)
        seen.append(await loopback.read_to_end(reader))

    history = loopback.play(main, fault("close-after"))
    assert seen[0][0].endswith(b'{"lines": 0}')
    assert seen[0][1] == "fin"
    assert loopback.rows(history, "delivered", "closed") == [("delivered", 1, True), ("closed", 1, "link", "fin")]


def test_a_half_close_lets_the_upload_go_on(loopback: Any) -> None:
    """The client sees FIN in mid-upload; what it sends after that still reaches the server."""
    seen: list[Any] = []

    async def main(scene: Scene, server: Any, connect: Any) -> None:
        reader, writer = await connect()
        writer.write(HEAD + LINES)
        seen.append(await loopback.read_to_end(reader))
        writer.write(LAST)
        await server.ended.wait()
        seen.append(server.body)

    loopback.play(main, fault("half-close", direction="request", after_bytes=4))
    assert seen == [(b"", "fin"), b"one\ntwo\n"]


@pytest.mark.parametrize("where", ["before-head", "in-body", "never-read"])
def test_a_stall_lasts_until_the_heal(loopback: Any, where: str) -> None:
    """The answer stays away while the fault holds, and comes once the faults stop."""
    seen: list[Any] = []

    async def main(scene: Scene, server: Any, connect: Any) -> None:
        reader, writer = await connect()
        writer.write(SYNC)
        await loopback.until(lambda: bool(loopback.rows(scene.history, "fault")))
        scene.plan.heal()
        seen.append(await loopback.read_answer(reader))

    history = loopback.play(main, fault("stall", where=where))
    assert seen == [b'{"lines": 0}']
    kinds = [entry.kind for entry in history.entries]
    assert kinds.index("heal") < kinds.index("delivered")


def test_drip_and_slices_change_no_byte(loopback: Any) -> None:
    """A message in drops or segments is the message."""

    async def main(scene: Scene, server: Any, connect: Any) -> None:
        reader, writer = await connect()
        for _ in range(2):
            server.body = b""
            writer.write(HEAD + LINES + LAST)
            assert await loopback.read_answer(reader) == b'{"lines": 2}'

    history = loopback.play(main, fault("drip", size_bytes=40, every_ms=1), fault("slice", nth=2, sizes=(1, 2)))
    assert [row[2] for row in loopback.rows(history, "fault")] == ["drip", "slice"]


def test_a_client_that_never_is_read_is_held_up(loopback: Any) -> None:
    """What it writes stays in its own buffers: the link takes no megabytes that it does not pass on."""
    waited: list[bool] = []

    async def main(scene: Scene, server: Any, connect: Any) -> None:
        _, writer = await connect()
        writer.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
        writer.write(HEAD + b"ffffff\r\n" + b"a" * 4_000_000)
        await loopback.until(lambda: bool(loopback.rows(scene.history, "fault")))
        drained = asyncio.ensure_future(writer.drain())
        waited.append(not drained.done())
        assert writer.transport.get_write_buffer_size() > 2_000_000
        scene.plan.heal()
        await drained

    loopback.play(main, fault("stall", where="never-read"))
    assert waited == [True]


def test_a_slow_server_holds_up_the_client(loopback: Any) -> None:
    """Back-pressure reaches through the relay: a body that the application does not read stays with the client."""

    async def main(scene: Scene) -> None:
        read = asyncio.Event()
        got = 0

        async def answer(request: web.Request) -> web.Response:
            nonlocal got
            await read.wait()
            async for data in request.content.iter_any():
                got += len(data)
            return web.Response()

        app = web.Application()
        app.router.add_post("/", answer)
        site = await scene.serve(app, server="backend", classify=classify)
        reader, writer = await asyncio.open_connection("127.0.0.1", int(site.url.rpartition(":")[2]))
        body_bytes = 16_000_000
        writer.write(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % body_bytes)
        writer.write(b"a" * body_bytes)
        left = -1
        while left != writer.transport.get_write_buffer_size():  # type: ignore[attr-defined]  # it is a write transport
            left = writer.transport.get_write_buffer_size()  # type: ignore[attr-defined]
            for _ in range(20):
                await asyncio.sleep(0)
        assert left > 1_000_000
        read.set()
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        assert got == body_bytes
        writer.close()

    loopback.run(main)


def test_a_client_that_dies_while_it_is_held(loopback: Any) -> None:
    """Its end is seen although it is not being read: by RST, what it sent is forgotten; by FIN, it takes effect at once."""
    bodies: list[bytes] = []

    async def main(scene: Scene, server: Any, connect: Any) -> None:
        for number, reset in ((1, True), (2, False)):
            _, writer = await connect()
            writer.write(HEAD + LINES)
            await loopback.until(lambda number=number: len(loopback.rows(scene.history, "fault")) == number)
            if reset:
                sock = writer.transport.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            writer.close()
            await loopback.until(lambda number=number: len(loopback.rows(scene.history, "closed")) == number)
        await server.ended.wait()
        bodies.append(server.body)

    history = loopback.play(main, fault("stall", where="never-read", times=2))
    assert loopback.rows(history, "closed") == [("closed", 1, "target", "rst"), ("closed", 2, "target", "fin")]
    assert bodies == [b"one\ntwo\n"]
    assert loopback.rows(history, "request") == [("request", 2, 2)]
