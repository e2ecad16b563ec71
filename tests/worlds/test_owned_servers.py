"""A server that is part of the target dies with it, in both worlds."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from streamproof.harness.targets.in_process import InProcessTarget
from streamproof.harness.values.case import Case
from streamproof.harness.values.history import Header
from streamproof.harness.worlds.base import Quota, Scene
from streamproof.harness.worlds.table import make_world

WORLDS = pytest.mark.parametrize("world_name", ["sim", "loopback"])
STEPS: list[str] = []
"""What the server below has come to, over all its lives."""


class SlowServer:
    """Answers 200 after 50 ms, and says how far it came; in the background it ticks."""

    def __init__(self, life: int) -> None:
        self.app = web.Application()
        self.app.router.add_get("/", self.answer)
        self.life = life

    async def answer(self, request: web.Request) -> web.Response:
        STEPS.append(f"{self.life} began")
        try:
            await asyncio.sleep(0.05)
            return web.Response(text=f"life {self.life}")
        finally:
            STEPS.append(f"{self.life} ended")

    def close(self) -> None:
        STEPS.append(f"{self.life} closed")


def make_slow_server(config: dict[str, Any], note: Callable[..., None]) -> SlowServer:
    return SlowServer(config["life"])


def play(world_name: str, main: Callable[[Scene], Awaitable[None]]) -> None:
    world = make_world(world_name)
    STEPS.clear()
    try:
        header = Header("ingest", ("server",), "proxy", "", world_name, "", 0, (), {}, (), ())
        world.run(main, case=Case("ingest", ("server",), "proxy", ""), header=header, quota=Quota(seconds=20))
    finally:
        world.close()


async def ask(url: str) -> bytes:
    """The whole answer; empty when the connection was lost or refused before one came."""
    with contextlib.suppress(ConnectionError):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        try:
            return await reader.read()
        finally:
            writer.close()
    return b""


async def open_life(scene: Scene, life: int) -> Any:
    target = InProcessTarget("slow", lambda contract, role: make_slow_server)
    return await target.open(scene, "s", "ingest", "server", {"life": life}, lambda *note: None)


@WORLDS
def test_a_crash_ends_the_handlers_without_another_line_and_resets_their_clients(world_name: str) -> None:
    """The clean-up of a handler does not run either, and nobody is answered any more until the next life listens."""
    answers: list[bytes] = []
    steps: list[list[str]] = []

    async def main(scene: Scene) -> None:
        first = await open_life(scene, 1)
        asked = asyncio.ensure_future(ask(first.value["url"]))
        await scene.sleep(20)
        await first.crash()
        answers.append(await asked)
        answers.append(await ask(first.value["url"]))
        await scene.sleep(100)
        steps.append(list(STEPS))
        second = await open_life(scene, 2)
        answers.append(await ask(second.value["url"]))
        await second.close()
        steps.append(list(STEPS))

    play(world_name, main)
    assert [answer[-6:] for answer in answers] == [b"", b"", b"life 2"]
    assert steps == [["1 began"], ["1 began", "2 began", "2 ended", "2 closed"]]
