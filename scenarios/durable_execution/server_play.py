"""How a server example is played: the model and the tools, the server under test between them and a hostile HTTP client.

A crash that a fault asks for kills the server at the next turn of the loop; it is opened again with the same ``data_dir``. At the end
the faults stop, every gate opens, all runs come to rest, and each is read whole: its status, its stream from 0, its status.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from ...fake_servers.durable_execution.app import DurableServers
from ...harness.contracts.durable_execution_roles import CRASH, FAIL_READS, FAIL_WRITES
from ...harness.engine.cast import Cast, Player
from ...harness.targets.base import Target
from ...harness.targets.url import UrlTarget
from ...harness.values.errors import TargetProblem, UsageError
from ...harness.worlds.base import Scene
from ..folders import new_folder
from ..lives import Lives
from ..raw_http import Address, Connection
from .asks import Ask, Asks, Request
from .bodies import run_path
from .client import Client
from .runs import Run
from .server_stage import ServerStage
from .tenants import Tenants, fresh_suffix

QUIET_MS = 50
"""How long the servers may take to see the end of a killed server's connections before the next one starts."""
READINGS_MAX = 3
"""A last reading that a restart has cut is made again."""


async def play_server(scene: Scene, cast: Cast) -> None:
    """Plays the workload of the scene's case against the target."""
    target = cast.target_for("server")
    suffix = fresh_suffix(scene)
    tenants = (
        Tenants.named({**target.options, **target.secrets})
        if isinstance(target, UrlTarget)
        else Tenants.made(scene.case.config["tenants"], suffix)
    )
    tenants.keep_secret(scene)
    servers = DurableServers(scene)
    urls = {
        name: (await scene.serve(servers.app(name), server=name, classify=servers.classify, port=_port(target, name))).url
        for name in ("model", "tools")
    }
    with new_folder(scene, "data-dir") as data_dir:
        server = Server(scene, cast.player("server", "server", _driver_config(scene, tenants, urls, str(data_dir))))
        try:
            await server.open()
            await _perform(scene, server, servers, tenants, suffix)
        finally:
            await server.end()


def _port(target: Target, server: str) -> int:
    """Where a server that runs already was told to find its model and its tools: the options ``model_port`` and ``tools_port``."""
    text = target.options.get(f"{server}_port", "0")
    if not (text.isascii() and text.isdigit() and int(text) < 65_536):
        raise UsageError(f"{target.name}: {server}_port = {text!r}: expected the number of a port, such as 8091")
    return int(text)


async def _perform(scene: Scene, server: Server, servers: DurableServers, tenants: Tenants, suffix: str) -> None:
    asks = Asks(scene, tenants, server.address)
    server.asks = asks
    timing = scene.case.config.get("timing_ms") or {}
    client = Client(scene, asks, timing.get("approval_timeout"))
    stage = ServerStage(scene, client, suffix, restart=server.restart, open_gate=servers.open_gate, knows=tenants.knows)
    scene.plan.on_crash = server.crash_soon
    try:
        await server.reach()
        for verb, args in scene.case.workload:
            await server.settled()
            await stage.perform(verb, args)
        await _finish(scene, server, servers, client)
    finally:
        scene.plan.on_crash = lambda: None
        await client.close()


def _driver_config(scene: Scene, tenants: Tenants, urls: Mapping[str, str], data_dir: str) -> dict[str, Any]:
    case = scene.case.config
    capabilities = scene.history.header.capabilities
    return {
        "tenants": [dict(row) for row in tenants.rows],
        "llm_url": urls["model"] + "/v1",
        "tools": [{**tool, "parameters": {"type": "object"}} for tool in case["tools"]],
        "tool_url": urls["tools"],
        "data_dir": data_dir,
        "timing_ms": dict(case.get("timing_ms") or {"approval_timeout": None}),
        **{name: case[name] for name in (FAIL_READS, FAIL_WRITES) if name in capabilities and case.get(name) is not None},
    }


class Server(Lives):
    """The server under test: opened, killed, opened again."""

    def __init__(self, scene: Scene, player: Player) -> None:
        super().__init__()
        self.address = Address("", 0, "", False)
        self.asks: Asks | None = None
        self._scene = scene
        self._player = player
        self._url = ""

    @property
    def life(self) -> int:
        return self._player.life

    async def open(self) -> bool:
        """Whether it listens elsewhere than before. Raises TargetProblem."""
        await self._player.open()
        url = self._player.value.get("url")
        if not isinstance(url, str):
            raise TargetProblem(f"the role `server` must offer an aiohttp application `app` or a `url`; got {dict(self._player.value)!r}")
        moved, self._url = url != self._url, url
        self.address = Address.of(url)
        if self.asks is not None:
            self.asks.address = self.address
        return moved

    async def reach(self) -> None:
        """Raises TargetProblem where nobody listens."""
        try:
            connection = await Connection.open(self.address)
        except OSError as error:
            raise TargetProblem(f"no server answers at {self.address.host}:{self.address.port}: {error.strerror or error}") from None
        connection.close()

    async def restart(self) -> None:
        if CRASH in self._scene.history.header.capabilities:
            self.crash_soon()
        await self.settled()

    async def die(self) -> None:
        self._scene.history.add("gone", life=self._player.life)
        await self._player.crash()
        await self._scene.sleep(QUIET_MS)

    async def rise(self) -> None:
        moved = await self.open()
        self._scene.history.add("back", life=self._player.life, url_changed=moved)

    async def end(self) -> None:
        await self.let_go()
        await self._player.close()


# --- the end of an example


async def _finish(scene: Scene, server: Server, servers: DurableServers, client: Client) -> None:
    await server.settled()
    scene.plan.heal()
    for gate in dict.fromkeys(gate for run in client.runs.values() for gate in run.gates):
        servers.open_gate(gate)
    for run in client.runs.values():
        if run.creation is not None:
            await run.creation.wait()
    known = [run for run in client.runs.values() if run.id is not None]
    await asyncio.gather(*(client.until(run, "rest", "poll") for run in known))
    while client.asks.open:
        await next(iter(client.asks.open.values())).ended.wait()
    for run in known:
        await _read_whole(server, client, run)


async def _read_whole(server: Server, client: Client, run: Run) -> None:
    for _ in range(READINGS_MAX):
        await server.settled()
        life = server.life
        await client.status(run, last=True)
        follow = await _read_stream(client, run)
        await client.status(run, last=True)
        if life == server.life and follow.how != "refused":
            return


async def _read_stream(client: Client, run: Run) -> Ask:
    request = Request(
        op="follow", method="GET", path=run_path(run.id or "", "/stream"), tenant=run.tenant, run=run.label, conversation=run.conversation,
        headers=(("x-stream-start-index", "0"),), index=0, last=True, streams=True,
    )  # fmt: skip
    ask = client.follow(run, request, 0, is_last=True)
    await ask.ended.wait()
    return ask
