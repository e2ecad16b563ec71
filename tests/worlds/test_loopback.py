"""The loopback world on real sockets: each decision as a client and a server see it, crashes, budgets, and nothing left behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from aiohttp import ClientSession, web

from streamproof.harness.faults import FAULTS
from streamproof.harness.faults.base import Fault
from streamproof.harness.values.case import Case
from streamproof.harness.values.errors import HarnessFault, QuotaExceeded, UsageError
from streamproof.harness.values.history import Header, History
from streamproof.harness.worlds.base import Quota, Scene, Site
from streamproof.harness.worlds.loopback.world import ALLOWANCE_MS_MIN, LoopbackWorld

HEAD = b"POST /u HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
LINES = b"4\r\none\n\r\n4\r\ntwo\n\r\n"
LAST = b"0\r\n\r\n"
SYNC = b"POST /s HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"
HEADER = Header("ingest", ("sender",), "proxy", "", "", "", 0, (), {}, (), ())
QUOTA = Quota(seconds=20)

Client = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


def fault(name: str, **fields: Any) -> Fault:
    return FAULTS[name](**fields)


@pytest.fixture(scope="module")
def world() -> Iterator[LoopbackWorld]:
    world = LoopbackWorld()
    yield world
    world.close()


class Server:
    """Reads a body in lines and answers with how many there were; writes down what it saw of the end."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.body = b""
        self.ended = asyncio.Event()

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/{any}", self.answer)
        return app

    async def answer(self, request: web.Request) -> web.Response:
        number, connection = self.scene.request_number(request.get_extra_info("peername"), "backend")
        self.scene.history.add("request", request=number, connection=connection)
        try:
            async for data in request.content.iter_any():
                self.body += data
        except asyncio.CancelledError:  # what the world does to a handler whose client has gone
            self._end(number, "cut")
            raise
        self._end(number, "end")
        return web.json_response({"lines": self.body.count(b"\n")})

    def _end(self, number: int, how: str) -> None:
        self.scene.history.add("body-end", request=number, how=how, bytes=len(self.body))
        self.ended.set()


def classify(method: str, target: str, headers: Any) -> str:
    return "sync" if target == "/s" else "upload"


def play(world: LoopbackWorld, main: Callable[[Scene, Server, Client], Awaitable[None]], *faults: Fault, quota: Quota = QUOTA) -> History:
    """Runs ``main`` with a server behind a link, and clients that open raw connections to it."""

    async def whole(scene: Scene) -> None:
        server = Server(scene)
        site = await scene.serve(server.app(), server="backend", classify=classify)
        async with contextlib.AsyncExitStack() as open_connections:

            async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
                reader, writer = await asyncio.open_connection("127.0.0.1", int(site.url.rpartition(":")[2]))
                open_connections.callback(writer.close)
                return reader, writer

            await main(scene, server, connect)

    return world.run(whole, case=Case("ingest", ("sender",), "proxy", "", faults=faults), header=HEADER, quota=quota)


async def until(condition: Callable[[], bool]) -> None:
    """Lets the loop turn until it is so."""
    while not condition():  # noqa: ASYNC110 (what is waited for is an entry of the history, which sets no event)
        await asyncio.sleep(0)


async def read_to_end(reader: asyncio.StreamReader) -> tuple[bytes, str]:
    """What came, and whether FIN or RST ended it."""
    data = b""
    try:
        while got := await reader.read(65_536):
            data += got
    except ConnectionResetError:
        return data, "rst"
    return data, "fin"


async def read_answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
    return await reader.readexactly(length)


def rows(history: History, *kinds: str) -> list[tuple[Any, ...]]:
    return [(entry.kind, *entry.data.values()) for entry in history.of_kind(*kinds)]


def test_two_requests_on_one_connection(world: LoopbackWorld) -> None:
    """Without faults the relay is not to be noticed, and server and link agree on numbers."""

    async def main(scene: Scene, server: Server, connect: Client) -> None:
        reader, writer = await connect()
        for _ in range(2):
            writer.write(HEAD + LINES + LAST)
            await read_answer(reader)

    history = play(world, main)
    assert rows(history, "connect", "request", "delivered") == [
        ("connect", 1, "backend"),
        ("request", 1, 1),
        ("delivered", 1, True),
        ("request", 2, 1),
        ("delivered", 2, True),
    ]
    assert history.sealed
    assert history.header.world == "loopback"
    assert history.header.allowance_ms == world.allowance_ms >= ALLOWANCE_MS_MIN


@pytest.mark.parametrize("how", ["fin", "rst"])
def test_a_cut_answer_ends_as_the_fault_says(world: LoopbackWorld, how: str) -> None:
    """A client sees FIN or RST; before a FIN it gets every byte that passed."""
    seen: list[tuple[bytes, str]] = []

    async def main(scene: Scene, server: Server, connect: Client) -> None:
        reader, writer = await connect()
        writer.write(SYNC)
        seen.append(await read_to_end(reader))

    history = play(world, main, fault("lose-answer", answer_bytes=9, how=how))
    ((data, ending),) = seen
    assert ending == how
    assert data == b"HTTP/1.1 " if how == "fin" else data in (b"", b"HTTP/1.1 ")
    assert rows(history, "request", "fault", "closed", "delivered") == [
        ("request", 1, 1),
        ("fault", 0, "lose-answer", 1, 1),
        ("closed", 1, "link", how),
    ]


@pytest.mark.parametrize("how", ["fin", "rst"])
def test_a_cut_request_reaches_the_handler_in_mid_body(world: LoopbackWorld, how: str) -> None:
    """The server reads the lines before the cut and then the end of the connection; so does the client, in the same way."""
    seen: list[Any] = []

    async def main(scene: Scene, server: Server, connect: Client) -> None:
        reader, writer = await connect()
        writer.write(HEAD + LINES)
        seen.append(await read_to_end(reader))
        await server.ended.wait()
        seen.append(server.body)

    history = play(world, main, fault("cut", after_lines=1, how=how))
    assert seen == [(b"", how), b"one\n"]
    assert rows(history, "body-end") == [("body-end", 1, "cut", 4)]


def test_a_refused_connection_is_reset(world: LoopbackWorld) -> None:
    """The kernel has accepted it; the next thing the client sees is RST, and the one after that works."""
    seen: list[Any] = []

    async def main(scene: Scene, server: Server, connect: Client) -> None:
        reader, _ = await connect()
        seen.append(await read_to_end(reader))
        reader, writer = await connect()
        writer.write(SYNC)
        seen.append(await read_answer(reader))

    history = play(world, main, fault("refuse"))
    assert seen == [(b"", "rst"), b'{"lines": 0}']
    assert rows(history, "refuse", "connect") == [("refuse", 1, "backend"), ("connect", 2, "backend")]


def test_close_after_an_answer(world: LoopbackWorld) -> None:
    """The whole answer, then FIN."""
    seen: list[Any] = []

    async def main(scene: Scene, server: Server, connect: Client) -> None:
        reader, writer = await connect()
        writer.write(SYNC)
        seen.append(await read_to_end(reader))

    history = play(world, main, fault("close-after"))
    assert seen[0][0].endswith(b'{"lines": 0}')
    assert seen[0][1] == "fin"
    assert rows(history, "delivered", "closed") == [("delivered", 1, True), ("closed", 1, "link", "fin")]


def test_a_half_close_lets_the_upload_go_on(world: LoopbackWorld) -> None:
    """The client sees FIN in mid-upload; what it sends after that still reaches the server."""
    seen: list[Any] = []

    async def main(scene: Scene, server: Server, connect: Client) -> None:
        reader, writer = await connect()
        writer.write(HEAD + LINES)
        seen.append(await read_to_end(reader))
        writer.write(LAST)
        await server.ended.wait()
        seen.append(server.body)

    play(world, main, fault("half-close", direction="request", after_bytes=4))
    assert seen == [(b"", "fin"), b"one\ntwo\n"]


@pytest.mark.parametrize("where", ["before-head", "in-body", "never-read"])
def test_a_stall_lasts_until_the_heal(world: LoopbackWorld, where: str) -> None:
    """The answer stays away while the fault holds, and comes once the faults stop."""
    seen: list[Any] = []

    async def main(scene: Scene, server: Server, connect: Client) -> None:
        reader, writer = await connect()
        writer.write(SYNC)
        await until(lambda: bool(rows(scene.history, "fault")))
        scene.plan.heal()
        seen.append(await read_answer(reader))

    history = play(world, main, fault("stall", where=where))
    assert seen == [b'{"lines": 0}']
    kinds = [entry.kind for entry in history.entries]
    assert kinds.index("heal") < kinds.index("delivered")


def test_drip_and_slices_change_no_byte(world: LoopbackWorld) -> None:
    """A message in drops or segments is the message."""

    async def main(scene: Scene, server: Server, connect: Client) -> None:
        reader, writer = await connect()
        for _ in range(2):
            server.body = b""
            writer.write(HEAD + LINES + LAST)
            assert await read_answer(reader) == b'{"lines": 2}'

    history = play(world, main, fault("drip", size_bytes=40, every_ms=1), fault("slice", nth=2, sizes=(1, 2)))
    assert [row[2] for row in rows(history, "fault")] == ["drip", "slice"]


def test_a_client_that_never_is_read_is_held_up(world: LoopbackWorld) -> None:
    """What it writes stays in its own buffers: the link takes no megabytes that it does not pass on."""
    waited: list[bool] = []

    async def main(scene: Scene, server: Server, connect: Client) -> None:
        _, writer = await connect()
        writer.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
        writer.write(HEAD + b"ffffff\r\n" + b"a" * 4_000_000)
        await until(lambda: bool(rows(scene.history, "fault")))
        drained = asyncio.ensure_future(writer.drain())
        waited.append(not drained.done())
        assert writer.transport.get_write_buffer_size() > 2_000_000
        scene.plan.heal()
        await drained

    play(world, main, fault("stall", where="never-read"))
    assert waited == [True]


def test_a_slow_server_holds_up_the_client(world: LoopbackWorld) -> None:
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

    world.run(main, case=Case("ingest", (), "", ""), header=HEADER, quota=QUOTA)


def test_a_client_that_dies_while_it_is_held(world: LoopbackWorld) -> None:
    """Its end is seen although it is not being read: by RST, what it sent is forgotten; by FIN, it takes effect at once."""
    bodies: list[bytes] = []

    async def main(scene: Scene, server: Server, connect: Client) -> None:
        for number, reset in ((1, True), (2, False)):
            _, writer = await connect()
            writer.write(HEAD + LINES)
            await until(lambda number=number: len(rows(scene.history, "fault")) == number)
            if reset:
                sock = writer.transport.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            writer.close()
            await until(lambda number=number: len(rows(scene.history, "closed")) == number)
        await server.ended.wait()
        bodies.append(server.body)

    history = play(world, main, fault("stall", where="never-read", times=2))
    assert rows(history, "closed") == [("closed", 1, "target", "rst"), ("closed", 2, "target", "fin")]
    assert bodies == [b"one\ntwo\n"]
    assert rows(history, "request") == [("request", 2, 2)]


def test_a_restart_resets_every_connection(world: LoopbackWorld) -> None:
    """The clients see RST, and the server listens again at once."""
    seen: list[Any] = []

    async def main(scene: Scene, server: Server, connect: Client) -> None:
        reader, writer = await connect()
        writer.write(SYNC)
        await read_answer(reader)
        await scene.restart_server("backend")
        seen.append(await read_to_end(reader))
        reader, writer = await connect()
        writer.write(SYNC)
        seen.append(await read_answer(reader))

    history = play(world, main)
    assert seen == [(b"", "rst"), b'{"lines": 0}']
    assert rows(history, "closed") == [("closed", 1, "server", "rst")]


def test_a_target_in_process_is_abandoned(world: LoopbackWorld) -> None:
    """At its crash the connections of the owner are reset, no clean-up of it runs, and nothing of it shows later."""
    ran: list[str] = []

    async def main(scene: Scene, server: Server, connect: Client) -> None:
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
        await until(lambda: bool(rows(scene.history, "closed")))
        assert ran == []

    history = play(world, main, fault("crash", point="before-answer"))
    assert rows(history, "closed") == [("closed", 2, "target", "rst")]
    assert ran == ["cleaned up"]  # when it was buried, outside of the history
    assert not any(entry.kind == "delivered" for entry in history.entries)


def test_stubborn_clean_up_of_a_target() -> None:
    """Clean-up code that awaits or never ends holds up neither the next example nor the end of the world."""
    world = LoopbackWorld()

    async def main(scene: Scene, server: Server, connect: Client) -> None:
        owner = scene.new_owner("s1")

        async def awaits() -> None:
            try:
                await asyncio.sleep(1_000)
            finally:
                await asyncio.sleep(1_000)

        async def never_ends() -> None:
            while True:
                try:
                    await asyncio.sleep(1_000)
                except BaseException:
                    continue

        owner.create_task(awaits())
        owner.create_task(never_ends())
        await asyncio.sleep(0)

    for _ in range(2):
        play(world, main, quota=Quota(seconds=5))
    world.close()


def test_a_port_in_use(world: LoopbackWorld) -> None:
    """One clear message with the port and what to do; and no socket is left open."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        async def main(scene: Scene) -> None:
            await scene.serve(web.Application(), server="backend", classify=classify, port=port)

        with pytest.raises(UsageError, match=f"port {port} on 127.0.0.1 is in use: stop what listens there, or choose another"):
            world.run(main, case=Case("ingest", (), "", ""), header=HEADER, quota=QUOTA)


def test_a_port_that_is_none(world: LoopbackWorld) -> None:
    """A number beyond the range is the user's mistake, too."""

    async def main(scene: Scene) -> None:
        await scene.serve(web.Application(), server="backend", classify=classify, port=70_000)

    with pytest.raises(UsageError, match="from 0 to 65535"):
        world.run(main, case=Case("ingest", (), "", ""), header=HEADER, quota=QUOTA)


def test_a_chosen_port_serves(world: LoopbackWorld) -> None:
    """A free port that was asked for is the one that is served, on 127.0.0.1 alone."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    sites: list[Site] = []

    async def main(scene: Scene) -> None:
        sites.append(await scene.serve(web.Application(), server="backend", classify=classify, port=port))

    world.run(main, case=Case("ingest", (), "", ""), header=HEADER, quota=QUOTA)
    assert sites == [Site("backend", f"http://127.0.0.1:{port}")]


def test_an_example_without_an_end_uses_up_its_time(world: LoopbackWorld) -> None:
    """The budget ends it, with the history so far and who waited for what."""

    async def main(scene: Scene, server: Server, connect: Client) -> None:
        scene.history.add("before")
        await asyncio.get_running_loop().create_future()

    with pytest.raises(QuotaExceeded, match=r"budget of 0.05 s; waiting:\n.*whole") as caught:
        play(world, main, quota=Quota(seconds=0.05))
    history = caught.value.history  # type: ignore[attr-defined]
    assert [entry.kind for entry in history.entries] == ["before"]
    assert history.sealed


def test_too_many_connections_end_an_example(world: LoopbackWorld) -> None:
    """A client that connects for ever is stopped."""

    async def main(scene: Scene, server: Server, connect: Client) -> None:
        while True:
            reader, writer = await connect()
            writer.write(SYNC)
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await read_answer(reader)

    with pytest.raises(QuotaExceeded, match="budget of 5 connections"):
        play(world, main, quota=Quota(seconds=20, connections=5))


def test_a_broken_play_and_a_broken_callback(world: LoopbackWorld) -> None:
    """An error of our own, also in a callback or in a server, is named a fault of the harness, and the history is kept."""

    async def broken(scene: Scene, server: Server, connect: Client) -> None:
        raise RuntimeError("a bug in the play")

    async def misguided(scene: Scene, server: Server, connect: Client) -> None:
        asyncio.get_running_loop().call_soon(lambda: 1 // 0)
        await asyncio.get_running_loop().create_future()

    with pytest.raises(HarnessFault, match="the play broke: RuntimeError: a bug in the play") as caught:
        play(world, broken)
    assert caught.value.history.sealed  # type: ignore[attr-defined]
    with pytest.raises(HarnessFault, match="ZeroDivisionError"):
        play(world, misguided)


def test_a_broken_server(world: LoopbackWorld) -> None:
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
        world.run(main, case=Case("ingest", (), "", ""), header=HEADER, quota=QUOTA)


def test_an_error_of_a_target_is_its_own_affair(world: LoopbackWorld) -> None:
    """A callback or a task of the target that raises does not end the example."""

    async def main(scene: Scene, server: Server, connect: Client) -> None:
        owner = scene.new_owner("s1")
        loop = asyncio.get_running_loop()
        owner.run(loop.call_soon, lambda: 1 // 0)

        async def failing() -> None:
            raise ValueError

        owner.create_task(failing())
        for _ in range(3):
            await asyncio.sleep(0)

    play(world, main)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts the open files of this process as Linux shows them")
def test_nothing_stays_open(world: LoopbackWorld) -> None:
    """After an example that ended in every way at once, as many files are open as before, and no task is left."""

    async def main(scene: Scene, server: Server, connect: Client) -> None:
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
        await until(lambda: len(rows(scene.history, "request", "fault")) >= 2)
        asyncio.get_running_loop().create_task(asyncio.sleep(3_600))

    play(world, main)
    before = len(os.listdir("/proc/self/fd"))
    play(world, main)
    play(world, main, fault("stall", where="never-read", nth=2))
    assert len(os.listdir("/proc/self/fd")) == before
