"""A small literal ingest server in virtual time, for tests of senders: it records what it sees, and follows a script."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web

from streamproof.harness.targets.references.ingest_sender import ReferenceSender, reference_sender
from streamproof.harness.values.errors import Unknown
from streamproof.harness.worlds.sim.loop import SimLoop

COMPLETE = "Task run stream is already complete"
TIMING_MS = {"flush_delay": 0, "retry_delay": 1_000, "request_timeout": 4_000, "stop_timeout": 10_000, "upload_window": 60_000}
PORT = 8080


@dataclass
class Seen:
    """A request as the server saw it: when its head came, its lines as they came, and when its connection was lost."""

    at_ms: int
    target: str
    headers: dict[str, str]
    lines: list[tuple[int, str]]
    is_whole: bool = False
    lost_ms: int | None = None

    @property
    def body(self) -> list[str]:
        return [line for _, line in self.lines]

    @property
    def numbers(self) -> list[int]:
        return [json.loads(line)["seq"] for line in self.body if "seq" in json.loads(line)]


Answer = Callable[["Server", web.Request, Seen], Awaitable[web.StreamResponse]]


class Server:
    """Takes events as the real one does. ``script``: what it does with its first requests instead, None for the true thing."""

    def __init__(self, *script: Answer | None, last: int = 0) -> None:
        self.script = list(script)
        self.last = last
        self.completed: int | None = None
        self.seen: list[Seen] = []
        self.events: list[Any] = []
        self.started_s = asyncio.get_running_loop().time()

    def now_ms(self) -> int:
        return round((asyncio.get_running_loop().time() - self.started_s) * 1_000)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        seen = Seen(self.now_ms(), request.path_qs, dict(request.headers), [])
        self.seen.append(seen)
        answer = self.script.pop(0) if self.script else None
        try:
            return await (answer or truth)(self, request, seen)
        except asyncio.CancelledError:
            seen.lost_ms = self.now_ms()
            raise

    async def read(self, request: web.Request, seen: Seen) -> None:
        async for line in request.content:
            seen.lines.append((self.now_ms(), line.decode().rstrip("\n")))
        seen.is_whole = True

    def apply(self, line: str) -> dict[str, Any] | None:
        """What is wrong with a line, as the body of a 409; None when nothing is."""
        value = json.loads(line)
        if "final_seq" in value:
            if value["final_seq"] != self.last:
                return {"error": f"Cannot complete stream at sequence {value['final_seq']}; last accepted sequence is {self.last}"}
            self.completed = self.last
        elif self.completed is not None:
            return {"error": COMPLETE}
        elif value["seq"] > self.last + 1:
            return {"error": f"Expected sequence {self.last + 1}, got {value['seq']}"}
        elif value["seq"] == self.last + 1:
            self.last += 1
            self.events.append(value["event"])
        return None

    def commit(self, seen: Seen) -> web.Response:
        for line in seen.body:
            problem = self.apply(line)
            if problem is not None:
                return web.json_response({**problem, "last_accepted_seq": self.last}, status=409)
        return web.json_response({"last_accepted_seq": self.last})


async def truth(server: Server, request: web.Request, seen: Seen) -> web.StreamResponse:
    await server.read(request, seen)
    return server.commit(seen)


def told(status: int, position: int | None = None, error: str = "no") -> Answer:
    """An answer without a commit."""

    async def answer(server: Server, request: web.Request, seen: Seen) -> web.StreamResponse:
        await server.read(request, seen)
        return web.json_response({"error": error, **({} if position is None else {"last_accepted_seq": position})}, status=status)

    return answer


def lost(*, commit: bool) -> Answer:
    """The connection is reset in place of the answer."""

    async def answer(server: Server, request: web.Request, seen: Seen) -> web.StreamResponse:
        await server.read(request, seen)
        if commit:
            server.commit(seen)
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    return answer


async def silence(server: Server, request: web.Request, seen: Seen) -> web.StreamResponse:
    await server.read(request, seen)
    await asyncio.sleep(1_000)
    return web.Response()


class Play:
    """A server, and senders in front of it."""

    def __init__(self, server: Server, sender_type: Callable[..., Any]) -> None:
        self.server = server
        self.sender_type = sender_type
        self.logs: list[dict[str, Any]] = []
        self.senders: list[Any] = []

    def sender(self, *, direct: bool = False, timing: dict[str, int] | None = None, **config: Any) -> ReferenceSender:
        url = f"http://127.0.0.1:{PORT}"
        base = {"api_url": url, "ingest_url": None if direct else url, "project_id": 7, "task_id": "t", "run_id": "r", "token": "T"}
        config = {**base, "timing_ms": {**TIMING_MS, **(timing or {})}, **config}
        made: ReferenceSender = self.sender_type(config, lambda name, data: self.logs.append(data))
        self.senders.append(made)
        return made


def simulate(
    main: Callable[[Play], Coroutine[Any, Any, None]], *script: Answer | None, last: int = 0, sender: Any = reference_sender
) -> Server:
    """Plays ``main`` in virtual time and returns what the server has seen."""

    async def play() -> Server:
        server = Server(*script, last=last)
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", server.handle)
        runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", PORT).start()
        stage = Play(server, sender)
        try:
            await main(stage)
        finally:
            for made in stage.senders:
                await made.close()
            await runner.cleanup()
        return server

    with asyncio.Runner(loop_factory=SimLoop) as runner:
        return runner.run(play())


def event(number: int) -> dict[str, Any]:
    return {"k": number, "text": "é🙂"}


async def stop_in_vain(sender: ReferenceSender, server: Server) -> int:
    """Stops a sender that must give up; returns after how many milliseconds it did."""
    called_ms = server.now_ms()
    with pytest.raises(Unknown):
        await sender.stop()
    return server.now_ms() - called_ms


@pytest.fixture
def ingest() -> SimpleNamespace:
    """Everything above, since test files cannot import each other."""
    return SimpleNamespace(
        simulate=simulate, truth=truth, told=told, lost=lost, silence=silence, event=event, stop_in_vain=stop_in_vain, COMPLETE=COMPLETE
    )
