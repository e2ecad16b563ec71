"""TLS over the simulated network: asyncio's own layer, and those of anyio and trio."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
import trio
from aiohttp import web

from streamproof.harness.worlds.base import Scene
from streamproof.harness.worlds.ownership import LifeOwner
from streamproof.harness.worlds.sim.trio_guest import TrioGuest

CERTIFICATES = Path(__file__).parent / "certificates"
PORT = 9443


def client_context() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(CERTIFICATES / "localhost.pem"))


async def serve() -> str:
    async def hello(request: web.Request) -> web.Response:
        return web.Response(text="hello " * 50_000)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "localhost.pem", CERTIFICATES / "localhost.key")
    app = web.Application()
    app.add_routes([web.get("/", hello)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", PORT, ssl_context=context).start()
    return f"https://localhost:{PORT}/"


def test_aiohttp_over_tls(run_play: Any) -> None:
    """A certificate that is trusted is accepted, one that is not is refused."""

    async def play(scene: Scene) -> None:
        url = await serve()
        async with aiohttp.ClientSession() as session:
            async with session.get(url, ssl=client_context()) as answer:
                assert len(await answer.text()) == 300_000
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await session.get(url)

    run_play(play)


def test_httpx_over_tls(run_play: Any) -> None:
    """The TLS layer of anyio works on simulated transports."""

    async def play(scene: Scene) -> None:
        async with httpx.AsyncClient(verify=client_context()) as client:
            assert len((await client.get(await serve())).text) == 300_000

    run_play(play)


def test_httpx_on_trio_over_tls(run_play: Any) -> None:
    """The TLS layer of trio works on simulated sockets."""

    async def play(scene: Scene) -> None:
        url = await serve()

        async def get() -> int:
            async with httpx.AsyncClient(verify=client_context()) as client:
                await trio.sleep(1)
                return len((await client.get(url)).text)

        owner = scene.new_owner("trio")
        assert isinstance(owner, LifeOwner)
        assert await TrioGuest(owner, 1).run(get) == 300_000

    run_play(play)
