"""What the simulation costs: whole examples a second on one core, and simulated seconds a second.

Run it by hand: ``python benchmarks/sim_world.py [examples] [profile]``. One example is an aiohttp client that uploads 50
lines and reads 50 events back, through six cut connections (11 requests, 7 connections, 30 simulated seconds). Beside
it stands an example in which nothing happens: the fixed cost of loop, network, servers and putting away.
"""

from __future__ import annotations

import asyncio
import cProfile
import json
import logging
import pstats
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import aiohttp
from aiohttp import web

from streamproof.harness.faults.cut import Cut
from streamproof.harness.values.case import Case
from streamproof.harness.values.history import Header, History
from streamproof.harness.worlds.base import Main, Quota, Scene
from streamproof.harness.worlds.sim.world import SimWorld

EVENTS = 50
RETRY_S = 5.0
FAULTS = (
    Cut(endpoint="upload", nth=1, after_lines=10, how="rst"),
    Cut(endpoint="upload", nth=2, after_lines=12, how="fin"),
    Cut(endpoint="upload", nth=3, after_lines=9, how="rst"),
    Cut(endpoint="events", nth=1, direction="answer", after_lines=40, how="rst"),
    Cut(endpoint="events", nth=2, direction="answer", after_lines=35, how="fin"),
    Cut(endpoint="events", nth=3, direction="answer", after_lines=45, how="rst"),
)
HEADER = Header("bench", (), "", "", "sim", "", 7, (), {}, (), ())


def classify(method: str, target: str, headers: Mapping[str, str]) -> str:
    return {"/upload": "upload", "/events": "events"}.get(target, "other")


def make_app(scene: Scene) -> web.Application:
    accepted: list[int] = []

    async def upload(request: web.Request) -> web.Response:
        async for line in request.content:
            sequence = json.loads(line)["sequence"]
            if sequence == len(accepted) + 1:
                accepted.append(sequence)
                scene.history.add("accept", sequence=sequence)
        return web.json_response({"last": len(accepted)})

    async def last(request: web.Request) -> web.Response:
        return web.json_response({"last": len(accepted)})

    async def events(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for number in range(int(request.headers.get("Last-Event-ID", "0")) + 1, EVENTS + 1):
            await response.write(b'id: %d\nevent: e\ndata: {"i":%d}\n\n' % (number, number))
        await response.write_eof()
        return response

    app = web.Application()
    app.router.add_post("/upload", upload)
    app.router.add_get("/last", last)
    app.router.add_get("/events", events)
    return app


async def send(session: aiohttp.ClientSession, url: str) -> None:
    async def lines(start: int) -> AsyncIterator[bytes]:
        for sequence in range(start + 1, EVENTS + 1):
            yield json.dumps({"sequence": sequence, "value": f"event {sequence}"}).encode() + b"\n"

    while True:
        async with session.get(f"{url}/last") as answer:
            start = (await answer.json())["last"]
        async with session.post(f"{url}/upload", data=lines(start)) as answer:
            await answer.read()
            return


async def read(session: aiohttp.ClientSession, url: str, got: list[int]) -> None:
    headers = {"Last-Event-ID": str(got[-1])} if got else {}
    async with session.get(f"{url}/events", headers=headers) as answer:
        async for line in answer.content:
            if line.startswith(b"id: "):
                got.append(int(line[4:]))


async def persist(action: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await action()
            return
        except (aiohttp.ClientError, OSError):
            await asyncio.sleep(RETRY_S)


async def pipeline(scene: Scene) -> None:
    site = await scene.serve(make_app(scene), server="proxy", classify=classify)
    got: list[int] = []
    async with aiohttp.ClientSession() as session:
        await persist(lambda: send(session, site.url))
        while len(got) < EVENTS:
            await persist(lambda: read(session, site.url, got))
    assert got == list(range(1, EVENTS + 1)), got


async def nothing(scene: Scene) -> None:
    for name in ("proxy", "backend", "elsewhere"):
        await scene.serve(web.Application(), server=name, classify=classify)


def play(main: Main, faults: tuple[Cut, ...]) -> History:
    return SimWorld().run(main, case=Case("bench", (), "", "", faults=faults, seed=7), header=HEADER, quota=Quota())


def measure(name: str, main: Main, faults: tuple[Cut, ...], examples: int) -> None:
    times_s: list[float] = []
    digests = set()
    for _ in range(examples):
        started_s = time.perf_counter()
        history = play(main, faults)
        times_s.append(time.perf_counter() - started_s)
        digests.add(history.digest())
    median_s = statistics.median(times_s)
    simulated_s = history.entries[-1].at_us / 1e6 if history.entries else 0.0
    print(
        f"{name}: {median_s * 1e3:.2f} ms median, {min(times_s) * 1e3:.2f} best; {1 / median_s:.0f} examples/s; "
        f"{simulated_s / median_s:.0f} simulated s/s; {len(history.entries)} entries; {len(digests)} digest(s)"
    )


def main() -> None:
    logging.disable(logging.CRITICAL)
    examples = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    play(pipeline, FAULTS)  # warm
    if "profile" in sys.argv:
        profile = cProfile.Profile()
        profile.enable()
        for _ in range(examples):
            play(pipeline, FAULTS)
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(40)
        return
    measure("pipeline with 6 cuts", pipeline, FAULTS, examples)
    measure("three idle servers", nothing, (), examples)


if __name__ == "__main__":
    main()
