"""A play that touches all that could differ between two processes. Run as a program it prints the digests of N examples."""

from __future__ import annotations

import asyncio
import datetime
import os
import random
import secrets
import sys
import time
import uuid

import aiohttp
import httpx
import trio
import websockets
from aiohttp import web

from streamproof.harness.faults.cut import Cut
from streamproof.harness.values.case import Case
from streamproof.harness.values.history import Header
from streamproof.harness.worlds.base import Quota, Scene
from streamproof.harness.worlds.ownership import LifeOwner
from streamproof.harness.worlds.sim.trio_guest import TrioGuest
from streamproof.harness.worlds.sim.world import SimWorld

FAULTS = (Cut(endpoint="any", nth=3, direction="answer", after_bytes=3, how="rst"),)


async def serve(scene: Scene) -> str:
    async def post(request: web.Request) -> web.Response:
        scene.history.add("request", headers=[list(pair) for pair in request.headers.items()], body=(await request.text()))
        return web.Response(text="thank you")

    async def echo(request: web.Request) -> web.WebSocketResponse:
        scene.history.add("upgrade", key=request.headers["Sec-WebSocket-Key"])
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(message.data)
        return socket

    app = web.Application()
    app.add_routes([web.post("/post", post), web.get("/echo", echo)])
    return (await scene.serve(app, server="server", classify=lambda *_: "any")).url


async def talk(scene: Scene, url: str) -> None:
    note = scene.history.add
    note("entropy", random=random.random(), fresh=random.Random().random(), token=secrets.token_hex(), urandom=os.urandom(4).hex())
    note("ids", uuid4=str(uuid.uuid4()), uuid1=str(uuid.uuid1()))
    note("clock", time=time.time(), monotonic=time.monotonic(), now=datetime.datetime.now(datetime.UTC).isoformat())
    async with aiohttp.ClientSession() as session:
        form = aiohttp.FormData({"a": "1"}, default_to_multipart=True)
        async with session.post(f"{url}/post", data=form) as answer:
            note("answer", headers=[list(pair) for pair in answer.headers.items()])
        async with session.ws_connect(f"{url}/echo") as socket:
            await socket.send_str("hello")
            note("echo", text=await socket.receive_str())
    try:
        async with httpx.AsyncClient() as client:
            await client.post(f"{url}/post", files={"f": b"x"})
    except httpx.HTTPError as error:
        note("error", error=type(error).__name__)
    async with websockets.connect(url.replace("http", "ws") + "/echo") as connection:
        await connection.send("hello")
        note("echo", text=str(await connection.recv()))


async def race(scene: Scene) -> None:
    """Tasks whose order a set by address would change: a group that is cancelled, and a guest of trio."""

    async def runner(number: int) -> None:
        try:
            await asyncio.sleep(100)
        finally:
            scene.history.add("cancelled", number=number)

    try:
        async with asyncio.timeout(1), asyncio.TaskGroup() as group:
            for number in range(20):
                group.create_task(runner(number))
    except TimeoutError:
        scene.history.add("group over")

    async def trio_race() -> None:
        async def step(number: int) -> None:
            await trio.sleep(1)
            scene.history.add("trio", number=number)

        async with trio.open_nursery() as nursery:
            for number in range(5):
                nursery.start_soon(step, number)

    owner = scene.new_owner("trio")
    assert isinstance(owner, LifeOwner)
    await TrioGuest(owner, scene.case.seed).run(trio_race)


async def play(scene: Scene) -> None:
    url = await serve(scene)
    owner = scene.new_owner("target")
    await owner.create_task(talk(scene, url))
    await race(scene)


def digest(seed: int) -> str:
    case = Case("test", (), "", "", faults=FAULTS, seed=seed)
    header = Header("test", (), "", "", "sim", "", seed, (), {}, (), ())
    return SimWorld().run(play, case=case, header=header, quota=Quota()).digest()


if __name__ == "__main__":
    print(*sorted({digest(seed=7) for _ in range(int(sys.argv[1]))}))
