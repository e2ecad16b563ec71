"""One example in the simulation: what a play, the fake servers and the targets see of it."""

from __future__ import annotations

import asyncio
import random

from aiohttp import web

from ...values.case import Case
from ...values.errors import HarnessFault
from ...values.history import History, SecretTags
from ..base import Classify, Scene, Site
from ..link import Link, Numbers
from ..ownership import LifeOwner
from ..plan import ActivePlan
from ..serving import make_runner
from .loop import SimLoop
from .network import HOST, Listener

ALLOWANCE_MS = 1
"""Virtual time is exact; this is for rounding to whole milliseconds."""

TURNS_TO_NOTICE = 4
"""Turns of the loop after which a handler has been told that its connection is lost, and has been cancelled."""


class Served:
    """A server of the scene."""

    def __init__(self, runner: web.AppRunner, listener: Listener, link: Link) -> None:
        self.runner = runner
        self.listener = listener
        self.link = link


class SimScene(Scene):
    world = "sim"
    allowance_ms = ALLOWANCE_MS

    def __init__(self, loop: SimLoop, case: Case, history: History, secrets: SecretTags) -> None:
        self.loop = loop
        self.case = case
        self.history = history
        self.secrets = secrets
        self.plan = ActivePlan(case.faults, history)
        self.random = random.Random(case.seed)
        self._numbers = Numbers()
        self._servers: dict[str, Served] = {}
        self._owners: list[LifeOwner] = []

    def now_us(self) -> int:
        return self.loop.elapsed_us()

    async def sleep(self, milliseconds: float) -> None:
        await asyncio.sleep(milliseconds / 1_000)

    async def serve(self, app: web.Application, *, server: str, classify: Classify, port: int = 0) -> Site:
        if server in self._servers:
            raise HarnessFault(f"a server named {server!r} is served already in this example")
        runner = make_runner(app, server, self.loop.fail)
        await runner.setup()
        assert runner.server is not None
        link = Link(server, classify, self.plan, self.history, self._numbers)
        listener = self.loop.network.listen(runner.server, [HOST], port, link=link)
        listener.open()
        self._servers[server] = Served(runner, listener, link)
        return Site(server, f"http://{HOST}:{listener.port}")

    def new_owner(self, name: str) -> LifeOwner:
        owner = LifeOwner(name, self.loop)
        self._owners.append(owner)
        return owner

    def request_number(self, peername: object, server: str) -> tuple[int, int]:
        return self._servers[server].link.request_number(peername)

    async def restart_server(self, server: str) -> None:
        served = self._servers[server]
        served.link.restart()
        served.listener.break_off("the server restarted")
        for _ in range(TURNS_TO_NOTICE):
            await asyncio.sleep(0)

    # --- the end of the example

    def abandon_owners(self) -> None:
        """Stops whatever of the targets still runs."""
        for owner in self._owners:
            owner.abandon()

    async def close_servers(self) -> None:
        """Ends the connections of the servers, and then the servers, with their clean-up hooks."""
        for served in self._servers.values():
            served.listener.close()
            served.listener.break_off("the example is over")
        for served in self._servers.values():
            await served.runner.cleanup()

    def bury_owners(self) -> None:
        for owner in self._owners:
            owner.bury()
