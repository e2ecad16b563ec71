"""A loopback world with a server behind a link, raw clients, and what they see."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from aiohttp import web

from streamproof.harness.faults.base import Fault
from streamproof.harness.values.case import Case
from streamproof.harness.values.history import Header, History
from streamproof.harness.worlds.base import Quota, Scene
from streamproof.harness.worlds.loopback.world import LoopbackWorld

HEADER = Header("ingest", ("sender",), "proxy", "", "", "", 0, (), {}, (), ())
QUOTA = Quota(seconds=20)

Client = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


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


class Loopback:
    """What a test gets."""

    def __init__(self) -> None:
        self.world = LoopbackWorld()

    def play(self, main: Callable[[Scene, Server, Client], Awaitable[None]], *faults: Fault, quota: Quota = QUOTA) -> History:
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

        return self.world.run(whole, case=Case("ingest", ("sender",), "proxy", "", faults=faults), header=HEADER, quota=quota)

    @staticmethod
    async def until(condition: Callable[[], bool]) -> None:
        """Lets the loop turn until it is so."""
        while not condition():  # noqa: ASYNC110 (what is waited for is an entry of the history, which sets no event)
            await asyncio.sleep(0)

    @staticmethod
    async def read_to_end(reader: asyncio.StreamReader) -> tuple[bytes, str]:
        """What came, and whether FIN or RST ended it."""
        data = b""
        try:
            while got := await reader.read(65_536):
                data += got
        except ConnectionResetError:
            return data, "rst"
        return data, "fin"

    @staticmethod
    async def read_answer(reader: asyncio.StreamReader) -> bytes:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
        return await reader.readexactly(length)

    @staticmethod
    def rows(history: History, *kinds: str) -> list[tuple[Any, ...]]:
        return [(entry.kind, *entry.data.values()) for entry in history.of_kind(*kinds)]

    def run(self, main: Callable[[Scene], Awaitable[None]], *, quota: Quota = QUOTA) -> History:
        """Runs ``main`` without a server."""
        return self.world.run(main, case=Case("ingest", (), "", ""), header=HEADER, quota=quota)


@pytest.fixture(scope="module")
def loopback() -> Iterator[Loopback]:
    bench = Loopback()
    yield bench
    bench.world.close()
