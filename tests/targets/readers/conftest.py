"""A small literal run-stream server in virtual time, for tests of readers: it records what it sees, and follows a script."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web

from streamproof.harness.targets.references.run_stream_reader import ReferenceReader, reference_reader
from streamproof.harness.worlds.sim.loop import SimLoop

PORT = 8080
BASE = f"http://127.0.0.1:{PORT}"
TIMING_MS = {"backoff_base": 500, "backoff_max": 30_000, "idle_timeout": 90_000, "batch_delay": 16}
IDS = {"proxy": "100-", "direct": "200-"}


@dataclass
class Seen:
    """A request as the server saw it, and when its stream was over or lost."""

    at_ms: int
    endpoint: str
    target: str
    headers: dict[str, str]
    over_ms: int | None = None

    @property
    def cursor(self) -> str | None:
        return self.headers.get("Last-Event-ID")


class Stream:
    """One answer of the stream, as a script writes it."""

    def __init__(self, server: Server, request: web.Request, leg: str) -> None:
        self.server = server
        self.request = request
        self.leg = leg
        self.response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})

    async def open(self) -> None:
        await self.response.prepare(self.request)

    async def raw(self, data: bytes) -> None:
        if not self.response.prepared:
            await self.open()
        await self.response.write(data)

    async def frame(self, name: str, data: Any) -> None:
        await self.raw(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode())

    async def event(self, position: int) -> None:
        """The event at ``position`` of the log, from 1."""
        event = json.dumps(self.server.log[position - 1])
        await self.raw(f"id: {IDS[self.leg]}{position}\ndata: {event}\n\n".encode())

    async def cut(self) -> None:
        await asyncio.sleep(0.001)  # what was written reaches the reader first
        assert self.request.transport is not None
        self.request.transport.abort()

    def begin(self) -> int:
        """Behind which position this answer begins."""
        cursor = self.request.headers.get("Last-Event-ID", "")
        if cursor.startswith(IDS[self.leg]):
            return int(cursor.removeprefix(IDS[self.leg]))
        return len(self.server.log) if "start=latest" in self.request.query_string and not cursor else 0


Act = Callable[[Stream], Awaitable[web.StreamResponse | None]]


async def truth(stream: Stream) -> None:
    """What is there and what comes, and the end."""
    position = stream.begin()
    await stream.open()
    while True:
        while position < len(stream.server.log):
            position += 1
            await stream.event(position)
        if stream.server.finished:
            if stream.server.leg != "legacy":
                await stream.frame("stream-end", {"status": "complete"})
            return
        news = stream.server.news
        await news.wait()


class Server:
    """``scripts``: what it does with the first requests of an endpoint instead of the true thing (None)."""

    def __init__(self, leg: str, log: list[Any]) -> None:
        self.leg = leg
        self.log = log
        self.finished = False
        self.state: dict[str, Any] = {"status": "in_progress", "stage": "build", "updated_at": "2026-01-01T00:00:00Z"}
        self.scripts: dict[str, list[Any]] = {"run": [], "history": [], "token": [], "stream": []}
        self.seen: list[Seen] = []
        self.tokens = 0
        self.page_entries = 1_000
        self.news = asyncio.Event()
        self.started_s = asyncio.get_running_loop().time()

    def now_ms(self) -> int:
        return round((asyncio.get_running_loop().time() - self.started_s) * 1_000)

    def append(self, *events: Mapping[str, Any]) -> None:
        self.log.extend(events)
        self.wake()

    def finish(self, status: str | None = "completed") -> None:
        self.finished = True
        if status is not None:
            self.state = {**self.state, "status": status, "updated_at": "2026-01-02T00:00:00Z"}
        self.wake()

    def wake(self) -> None:
        self.news.set()
        self.news = asyncio.Event()

    def of(self, endpoint: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.endpoint == endpoint]

    # --- answering --------------------------------------------------------------------------------------------------

    async def handle(self, request: web.Request) -> web.StreamResponse:
        endpoint = self.endpoint(request.path)
        seen = Seen(self.now_ms(), endpoint, request.raw_path, dict(request.headers))
        self.seen.append(seen)
        script = self.scripts[endpoint]
        act = script.pop(0) if script else None
        try:
            if isinstance(act, int):
                return web.json_response({"error": "no"}, status=act)
            if endpoint == "stream":
                return await self.stream(request, act or truth)
            if act is not None:
                return await act(request)  # type: ignore[no-any-return]
            return getattr(self, f"answer_{endpoint}")(request)  # type: ignore[no-any-return]
        finally:
            seen.over_ms = self.now_ms()

    def endpoint(self, path: str) -> str:
        for ending, name in (("/session_logs/", "history"), ("/stream_token/", "token"), ("/stream/", "stream"), ("/stream", "stream")):
            if path.endswith(ending):
                return name
        return "run"

    async def stream(self, request: web.Request, act: Act) -> web.StreamResponse:
        stream = Stream(self, request, "proxy" if "/v1/" in request.path else "direct")
        return await act(stream) or stream.response

    def answer_run(self, request: web.Request) -> web.Response:
        return web.json_response(self.state)

    def answer_history(self, request: web.Request) -> web.Response:
        offset, limit = int(request.query["offset"]), int(request.query["limit"])
        page = self.log[offset : offset + min(limit, self.page_entries)]
        has_more = offset + len(page) < len(self.log)
        return web.json_response(page, headers={"X-Has-More": "true" if has_more else "false"})

    def answer_token(self, request: web.Request) -> web.Response:
        if self.leg == "legacy":
            return web.json_response({"error": "not found"}, status=404)
        self.tokens += 1
        base = f"{BASE}/p//" if self.leg == "proxy" else None
        return web.json_response({"token": f"run-token-{self.tokens}", "stream_base_url": base})


class Play:
    """A server, and readers in front of it with what they told."""

    def __init__(self, server: Server, factory: Callable[..., Any]) -> None:
        self.server = server
        self.factory = factory
        self.notes: list[tuple[str, dict[str, Any]]] = []
        self.at_ms: list[int] = []
        self.readers: list[Any] = []
        self.told = asyncio.Event()

    def reader(self, *, timing: dict[str, int] | None = None, **config: Any) -> ReferenceReader:
        base = {"api_url": f"{BASE}/a/", "team_id": 7, "task_id": "t", "run_id": "r", "session_token": "session"}
        config = {**base, "timing_ms": {**TIMING_MS, **(timing or {})}, **config}
        made: ReferenceReader = self.factory(config, self.note)
        self.readers.append(made)
        return made

    def note(self, name: str, data: dict[str, Any]) -> None:
        self.notes.append((name, json.loads(json.dumps(data))))
        self.at_ms.append(self.server.now_ms())
        self.told.set()

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.notes]

    @property
    def transcript(self) -> list[Any]:
        """The last snapshot, and the logs since; the totals are checked on the way."""
        entries: list[Any] = []
        for name, data in self.notes:
            if name == "snapshot":
                entries = list(data["entries"])
            elif name == "logs":
                entries += data["entries"]
                assert data["total"] == len(entries)
        return entries

    async def until_over(self, count: int = 1) -> None:
        while sum(name in ("ended", "error") for name in self.names) < count:
            self.told.clear()
            await self.told.wait()


def simulate(
    main: Callable[[Play], Coroutine[Any, Any, None]], *, leg: str = "proxy", log: list[Any] | None = None, reader: Any = reference_reader
) -> Play:
    """Plays ``main`` in virtual time and returns what was seen and told."""

    async def play() -> Play:
        server = Server(leg, log if log is not None else [])
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", server.handle)
        runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", PORT).start()
        stage = Play(server, reader)
        try:
            await main(stage)
        finally:
            for made in stage.readers:
                await made.close()
            await runner.cleanup()
        return stage

    with asyncio.Runner(loop_factory=SimLoop) as runner:
        return runner.run(play())


def marked(*numbers: int) -> list[dict[str, Any]]:
    return [{"k": number, "text": "é🙂"} for number in numbers]


@pytest.fixture
def run_stream() -> SimpleNamespace:
    """Everything above, since test files cannot import each other."""
    return SimpleNamespace(simulate=simulate, truth=truth, marked=marked)
