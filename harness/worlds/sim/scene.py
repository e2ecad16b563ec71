"""One example in the simulation: what a play, the fake servers and the targets see of it."""

from __future__ import annotations

import asyncio
import random

from aiohttp import web

from ...values.case import Case
from ...values.errors import TargetProblem
from ...values.history import History, SecretTags
from ..base import Classify, Owner, Scene, Site
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
    """A server that runs."""

    def __init__(self, runner: web.AppRunner, listener: Listener, owner: Owner | None) -> None:
        self._runner = runner
        self._listener = listener
        self._owner = owner

    def break_off(self, reason: str) -> None:
        """Loses every connection at once, on the server's side."""
        self._listener.break_off(reason)

    def stop_listening(self) -> None:
        """It accepts no more, and its own side of every connection is lost. What the peers hear is up to the link."""
        self._listener.close()
        self._listener.break_off("the server ended")

    async def clean_up(self) -> None:
        """Runs the clean-up hooks of the application, unless it died. After `stop_listening` nothing else is left to wait for."""
        if self._owner is None or not self._owner.abandoned.is_set():
            await self._runner.cleanup()


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
        self._links: dict[str, Link] = {}
        self._served: dict[str, Served] = {}
        self._owners: list[LifeOwner] = []

    def now_us(self) -> int:
        return self.loop.elapsed_us()

    async def sleep(self, milliseconds: float) -> None:
        await asyncio.sleep(milliseconds / 1_000)

    async def serve(self, app: web.Application, *, server: str, classify: Classify, port: int = 0, owner: Owner | None = None) -> Site:
        before = self._served.pop(server, None)
        if before is not None:
            self._links[server].restart()
            before.stop_listening()
            await before.clean_up()
        runner = make_runner(app, server, self.loop.fail)
        listeners: list[Listener] = []

        async def start() -> None:
            await runner.setup()
            assert runner.server is not None
            listeners.append(self.loop.network.listen(runner.server, [HOST], port, link=self._link(server, classify)))

        await (start() if owner is None else owner.perform(start()))
        if not listeners:
            raise TargetProblem(f"the server {server!r} was ended before it listened")
        listener = listeners[0]
        listener.open()
        self._served[server] = Served(runner, listener, owner)
        return Site(server, f"http://{HOST}:{listener.port}")

    def new_owner(self, name: str) -> LifeOwner:
        owner = LifeOwner(name, self.loop)
        self._owners.append(owner)
        return owner

    def request_number(self, peername: object, server: str) -> tuple[int, int]:
        return self._links[server].request_number(peername)

    async def restart_server(self, server: str) -> None:
        self._links[server].restart()
        self._served[server].break_off("the server restarted")
        for _ in range(TURNS_TO_NOTICE):
            await asyncio.sleep(0)

    def _link(self, server: str, classify: Classify) -> Link:
        """One link for each name, so that positions go on when a server of that name is served again."""
        if server not in self._links:
            self._links[server] = Link(server, classify, self.plan, self.history, self._numbers)
        return self._links[server]

    # --- the end of the example

    def abandon_owners(self) -> None:
        """Stops whatever of the targets still runs."""
        for owner in self._owners:
            owner.abandon()

    async def close_servers(self) -> None:
        """Ends the connections of the servers, and then the servers, with their clean-up hooks."""
        for served in self._served.values():
            served.stop_listening()
        for served in self._served.values():
            await served.clean_up()

    def bury_owners(self) -> None:
        for owner in self._owners:
            owner.bury()
