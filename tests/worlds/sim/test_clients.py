"""Unmodified libraries over the simulation: aiohttp, httpx and websockets, as clients and as servers."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import httpx
import pytest
import websockets
from aiohttp import web

from streamproof.harness.values.history import History
from streamproof.harness.worlds.base import Scene

LINES = 200


async def upload(request: web.Request) -> web.Response:
    """Counts lines as they arrive, and tells over how many simulated milliseconds."""
    begin = time.monotonic()
    count = 0
    async for line in request.content:
        assert json.loads(line) == {"n": count}
        count += 1
    return web.json_response({"lines": count, "ms": round((time.monotonic() - begin) * 1_000)})


async def events(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for number in range(1, 6):
        await response.write(f"id: {number}\ndata: é\n\n".encode())
        await asyncio.sleep(10)
    await response.write_eof()
    return response


async def silent(request: web.Request) -> web.Response:
    await asyncio.sleep(1_000)
    return web.Response()


async def hello(request: web.Request) -> web.Response:
    assert request.transport is not None
    return web.json_response({"client": request.transport.get_extra_info("peername")})


async def echo(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(heartbeat=20)
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(message.data)
    return socket


def make_app() -> web.Application:
    app = web.Application()
    app.add_routes([web.post("/upload", upload), web.get("/events", events), web.get("/silent", silent)])
    app.add_routes([web.get("/hello", hello), web.get("/echo", echo)])
    return app


async def serve(scene: Scene) -> str:
    return (await scene.serve(make_app(), server="server", classify=lambda *_: "any")).url


async def lines() -> AsyncIterator[bytes]:
    for number in range(LINES):
        await asyncio.sleep(0.01)
        yield json.dumps({"n": number}).encode() + b"\n"


def found(history: History, kind: str = "seen") -> list[Any]:
    return [entry.data["value"] for entry in history.of_kind(kind)]


def test_aiohttp_streams_an_upload_live(run_play: Any) -> None:
    """A chunked upload from an async generator arrives line by line, in simulated time."""

    async def play(scene: Scene) -> None:
        async with aiohttp.ClientSession() as session, session.post(f"{await serve(scene)}/upload", data=lines()) as answer:
            scene.history.add("seen", value=await answer.json())

    assert found(run_play(play)) == [{"lines": LINES, "ms": (LINES - 1) * 10}]


def test_httpx_streams_an_upload_live(run_play: Any) -> None:
    """The same with httpx, whose network is anyio's. It sends its headers before it has a first line."""

    async def play(scene: Scene) -> None:
        async with httpx.AsyncClient() as client:
            answer = await client.post(f"{await serve(scene)}/upload", content=lines())
            scene.history.add("seen", value=answer.json())

    assert found(run_play(play)) == [{"lines": LINES, "ms": LINES * 10}]


def test_aiohttp_reads_events_as_they_come(run_play: Any) -> None:
    """Each event of a stream is there in the millisecond in which the server sent it."""

    async def play(scene: Scene) -> None:
        async with aiohttp.ClientSession() as session, session.get(f"{await serve(scene)}/events") as answer:
            async for line in answer.content:
                if line.startswith(b"id"):
                    scene.history.add("seen", value=(line.decode(), scene.now_us() // 1_000))

    assert found(run_play(play)) == [[f"id: {number}\n", (number - 1) * 10_000] for number in range(1, 6)]


def test_httpx_reads_events_as_they_come(run_play: Any) -> None:
    """The same with httpx, whose default time-out of 5 s between reads has to be longer here."""

    async def play(scene: Scene) -> None:
        async with httpx.AsyncClient(timeout=60) as client, client.stream("GET", f"{await serve(scene)}/events") as answer:
            async for line in answer.aiter_lines():
                if line.startswith("id"):
                    scene.history.add("seen", value=(line, scene.now_us() // 1_000))

    assert found(run_play(play)) == [[f"id: {number}", (number - 1) * 10_000] for number in range(1, 6)]


def test_read_timeouts_take_exactly_their_time(run_play: Any) -> None:
    """A server that stays silent is given up by each client exactly when its time-out ends."""

    async def play(scene: Scene) -> None:
        url = await serve(scene)
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=3)) as session:
            with pytest.raises(TimeoutError):
                await session.get(f"{url}/silent")
            scene.history.add("seen", value=scene.now_us())
        async with httpx.AsyncClient(timeout=2.5) as client:
            with pytest.raises(httpx.ReadTimeout):
                await client.get(f"{url}/silent")
            scene.history.add("seen", value=scene.now_us())

    assert found(run_play(play)) == [3_000_000, 5_500_000]


def test_unknown_names_and_closed_ports(run_play: Any) -> None:
    """Each client reports them by its own exceptions."""

    async def play(scene: Scene) -> None:
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.ClientConnectorDNSError):
                await session.get("http://no.such.host/")
            with pytest.raises(aiohttp.ClientConnectorError, match="Connect call failed"):
                await session.get("http://127.0.0.1:9/")
        async with httpx.AsyncClient() as client:
            for url in ("http://no.such.host/", "http://127.0.0.1:9/"):
                with pytest.raises(httpx.ConnectError):
                    await client.get(url)

    run_play(play)


@pytest.mark.parametrize(("pause_s", "same"), [(10, True), (20, False)])
def test_aiohttp_keeps_a_connection_for_15_seconds(run_play: Any, pause_s: int, same: bool) -> None:
    """The client's pool grows old by the virtual clock."""

    async def play(scene: Scene) -> None:
        url = await serve(scene)
        async with aiohttp.ClientSession() as session:
            for _ in range(2):
                async with session.get(f"{url}/hello") as answer:
                    scene.history.add("seen", value=(await answer.json())["client"])
                await asyncio.sleep(pause_s)

    first, second = found(run_play(play))
    assert (first == second) is same


@pytest.mark.parametrize(("pause_s", "same"), [(4, True), (8, False)])
def test_httpx_keeps_a_connection_for_5_seconds(run_play: Any, pause_s: int, same: bool) -> None:
    """The pool of httpx grows old by the virtual clock, and takes a connection that is still clean for alive."""

    async def play(scene: Scene) -> None:
        url = await serve(scene)
        async with httpx.AsyncClient() as client:
            for _ in range(2):
                scene.history.add("seen", value=(await client.get(f"{url}/hello")).json()["client"])
                await asyncio.sleep(pause_s)

    first, second = found(run_play(play))
    assert (first == second) is same


def test_httpx_notices_a_pooled_connection_that_the_server_closed(run_play: Any) -> None:
    """It polls the socket before it uses it again: a closed one is not taken."""

    async def play(scene: Scene) -> None:
        url = await serve(scene)
        async with httpx.AsyncClient() as client:
            for _ in range(2):
                scene.history.add("seen", value=(await client.get(f"{url}/hello")).json()["client"])
                await scene.restart_server("server")

    first, second = found(run_play(play))
    assert first != second


def test_aiohttp_speaks_websocket_with_heartbeats(run_play: Any) -> None:
    """A WebSocket of aiohttp on both sides lives through an hour of silence by its heartbeats."""

    async def play(scene: Scene) -> None:
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{await serve(scene)}/echo", heartbeat=30) as socket:
            reply = asyncio.create_task(socket.receive_str())  # only who listens sees the answers to its heartbeats
            await asyncio.sleep(3_000)
            await socket.send_str("é")
            scene.history.add("seen", value=await reply)

    assert found(run_play(play)) == ["é"]


def test_websockets_client_and_server(run_play: Any) -> None:
    """The websockets package on both sides, with its keep-alive pings, and a server closed in between."""

    async def play(scene: Scene) -> None:
        async def handle(connection: websockets.ServerConnection) -> None:
            async for message in connection:
                await connection.send(message)

        async with websockets.serve(handle, "127.0.0.1", 9100) as server, websockets.connect("ws://127.0.0.1:9100") as client:
            await asyncio.sleep(200)
            await client.send("hello")
            scene.history.add("seen", value=await client.recv())
            server.close()
            with pytest.raises(websockets.ConnectionClosed):
                await client.recv()

    assert found(run_play(play)) == ["hello"]


def test_websockets_client_with_an_aiohttp_server(run_play: Any) -> None:
    """The two understand each other behind a link, which lets what is no HTTP pass."""

    async def play(scene: Scene) -> None:
        url = await serve(scene)
        async with websockets.connect(f"{url.replace('http', 'ws')}/echo") as client:
            await client.send("x" * 300_000)
            reply = await client.recv()
            scene.history.add("seen", value=len(reply))

    assert found(run_play(play)) == [300_000]
