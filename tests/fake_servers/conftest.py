"""For servers that take uploads: a host without a world, and a raw client on real sockets. For servers that stream: whole worlds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from streamproof.fake_servers.ingest.app import IngestServers
from streamproof.fake_servers.ingest.store import Run
from streamproof.harness.faults.base import Fault
from streamproof.harness.targets.references.sse_parser import Frame, SseParser
from streamproof.harness.values.case import Case
from streamproof.harness.values.history import Header, History, SecretTags
from streamproof.harness.worlds.base import Quota, Scene
from streamproof.harness.worlds.plan import ActivePlan
from streamproof.harness.worlds.table import make_world

RUN = Run(7, "task/1?x", "run/1?a&b#c %", "TOKEN")
PROXY_TARGET = "/v1/runs/run%2F1%3Fa%26b%23c%20%25/ingest"
DIRECT_TARGET = "/api/projects/7/tasks/task%2F1%3Fx/runs/run%2F1%3Fa%26b%23c%20%25/event_stream/"


class TestHost:
    """The part of a scene that the servers use."""

    __test__ = False

    def __init__(self, faults: Sequence[Fault]) -> None:
        header = Header("ingest", ("sender",), "proxy", "", "loopback", "", 0, (), {}, (), ())
        self.history = History(header)
        self.plan = ActivePlan(faults, self.history)
        self.secrets = SecretTags()
        self.restarted: list[str] = []
        self.reset: Callable[[], None] = lambda: None
        self.requests = 0

    def request_number(self, peername: object, server: str) -> tuple[int, int]:
        self.requests += 1
        return self.requests, 1

    async def restart_server(self, server: str) -> None:
        self.restarted.append(server)
        self.reset()


@dataclass
class Answered:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class RawClient:
    """One connection. `head` and `write` send exact bytes; `answer` reads one answer with a Content-Length."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def head(self, target: str = PROXY_TARGET, *headers: str, method: str = "POST", token: str | None = "TOKEN") -> None:
        lines = [f"{method} {target} HTTP/1.1", "Host: h.example", *([f"Authorization: Bearer {token}"] if token else []), *headers]
        await self.write("\r\n".join(lines) + "\r\n\r\n")

    async def write(self, data: str | bytes) -> None:
        self.writer.write(data.encode() if isinstance(data, str) else data)
        await self.writer.drain()

    async def chunk(self, data: str | bytes) -> None:
        raw = data.encode() if isinstance(data, str) else data
        await self.write(b"%x\r\n%b\r\n" % (len(raw), raw))

    async def answer(self) -> Answered:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        return Answered(int(head[0].split()[1]), headers, await self.reader.readexactly(int(headers.get("content-length", "0"))))

    async def post(self, body: str | bytes, target: str = PROXY_TARGET, *headers: str, token: str | None = "TOKEN") -> Answered:
        raw = body.encode() if isinstance(body, str) else body
        await self.head(target, f"Content-Length: {len(raw)}", *headers, token=token)
        await self.write(raw)
        return await self.answer()


@dataclass
class Bench:
    """What a test gets: the servers, their host, and clients."""

    servers: IngestServers
    host: TestHost
    connect: Callable[[], Awaitable[RawClient]]
    proxy: str = PROXY_TARGET
    direct: str = DIRECT_TARGET

    def entries(self, *kinds: str) -> list[dict[str, Any]]:
        return [dict(entry.data) for entry in self.host.history.of_kind(*kinds)]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Lets the loop turn until it is so."""
        while not condition():  # noqa: ASYNC110  # what is waited for is no event of ours
            await asyncio.sleep(0)

    @property
    def last(self) -> int:
        """The stored position of the run."""
        return self.servers.store.stream(RUN.run_id).last


@pytest.fixture
def bench() -> Callable[..., None]:
    """Runs a coroutine function against servers of its own: ``bench(play, faults=(), server="ingest", **options)``."""

    def run(play: Callable[[Bench], Awaitable[None]], faults: Sequence[Fault] = (), server: str = "ingest", **options: Any) -> None:
        asyncio.run(_run(play, faults, server, options))

    return run


async def _run(play: Callable[[Bench], Awaitable[None]], faults: Sequence[Fault], server: str, options: dict[str, Any]) -> None:
    host = TestHost(faults)
    servers = IngestServers(host, [RUN], **options)
    runner = web.AppRunner(servers.app(server))
    await runner.setup()
    assert runner.server is not None
    host.reset = lambda: [connection.force_close() for connection in runner.server.connections]
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    clients: list[RawClient] = []

    async def connect() -> RawClient:
        client = RawClient(*await asyncio.open_connection("127.0.0.1", runner.addresses[0][1]))
        clients.append(client)
        return client

    try:
        await asyncio.wait_for(play(Bench(servers, host, connect)), 20)
    finally:
        for client in clients:
            client.writer.close()
        await runner.cleanup()


# --- servers that stream


@dataclass
class Follower:
    """Reads one streamed answer to its end, in a task of its own."""

    answer: aiohttp.ClientResponse
    body: bytearray = field(default_factory=bytearray)
    error: str = ""
    task: asyncio.Task[None] | None = None

    async def read(self) -> None:
        try:
            async for data in self.answer.content.iter_any():
                self.body += data
        except aiohttp.ClientError as error:
            self.error = type(error).__name__

    async def ended(self, seconds: float = 20) -> Follower:
        assert self.task is not None
        await asyncio.wait_for(self.task, seconds)
        return self

    def leave(self) -> None:
        self.answer.close()

    @property
    def over(self) -> bool:
        return self.task is not None and self.task.done()

    @property
    def frames(self) -> list[Frame]:
        return SseParser().feed(bytes(self.body))

    @property
    def datas(self) -> list[Any]:
        """The data of the frames without a name."""
        return [json.loads(frame.data) for frame in self.frames if not frame.event and frame.data]

    @property
    def names(self) -> list[str]:
        return [frame.event or "event" for frame in self.frames]


@dataclass
class Reading:
    """What a play gets: the scene, and a client for it."""

    scene: Scene
    client: aiohttp.ClientSession

    async def serve(self, servers: Any, name: str) -> str:
        return (await self.scene.serve(servers.app(name), server=name, classify=servers.classify)).url

    async def get(self, url: str, token: str | None = None, **headers: str) -> aiohttp.ClientResponse:
        """The raw URL is sent as it is; underscores in the names of headers are dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            named["Authorization"] = f"Bearer {token}"
        return await self.client.get(URL(url, encoded=True), headers=named, allow_redirects=False)

    async def follow(self, url: str, token: str | None = None, **headers: str) -> Follower:
        follower = Follower(await self.get(url, token, **headers))
        follower.task = asyncio.get_running_loop().create_task(follower.read())
        return follower

    async def until(self, condition: Callable[[], bool]) -> None:
        """Lets time pass until it is so, in either world."""
        for _ in range(5_000):
            if condition():
                return
            await self.scene.sleep(1)
        raise AssertionError("it never came to be")

    def entries(self, *kinds: str) -> list[Mapping[str, Any]]:
        return [entry.data for entry in self.scene.history.of_kind(*kinds)]

    def injected(self) -> list[str]:
        return [entry["fault"] for entry in self.entries("fault")]


@pytest.fixture
def reading() -> Callable[..., History]:
    """Runs a play in a world: ``reading(play, faults=(), world="sim")``."""

    def run(play: Callable[[Reading], Awaitable[None]], faults: Sequence[Fault] = (), world: str = "sim") -> History:
        async def main(scene: Scene) -> None:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as client:
                await play(Reading(scene, client))

        header = Header("test", (), "", "", world, "", 1, (), {}, (), tuple(fault.to_json() for fault in faults))
        there = make_world(world)
        try:
            return there.run(main, case=Case("test", (), "", "", faults=tuple(faults), seed=1), header=header, quota=Quota())
        finally:
            there.close()

    return run
