"""One example on real sockets: its servers behind their relays, its owners, and the moment when all of it is let go."""

from __future__ import annotations

import asyncio
import errno
import gc
import random
import socket
import warnings
from collections.abc import Mapping

from aiohttp import web

from ...values.case import Case
from ...values.errors import QuotaExceeded, TargetProblem, UsageError
from ...values.history import Header, History, SecretTags
from ..base import Classify, Owner, Quota, Scene, Site
from ..link import Link, Numbers
from ..ownership import LifeOwner, end_pending_tasks
from ..plan import ActivePlan
from ..serving import make_runner
from .loop import LoopbackLoop
from .relay import RECEIVE_BUFFER_BYTES, Relay

HOST = "127.0.0.1"
HANDLERS_END_S = 0.1
"""What a handler of a fake server may take to end once its connection is gone; then it is cancelled."""

TURNS_TO_NOTICE = 10
"""Turns of the loop after which a handler has been told that its connection is lost, and has been cancelled."""


class Served:
    """A server that runs: its application on a socket of its own, and the relay in front of it."""

    def __init__(self, runner: web.AppRunner, relay: Relay, owner: Owner | None) -> None:
        self._runner = runner
        self._relay = relay
        self._owner = owner

    def break_off(self) -> None:
        """Ends every connection at once."""
        self._relay.break_off()

    async def close(self) -> None:
        """With the clean-up hooks of the application, unless it died."""
        self._relay.close()
        if self._owner is None or not self._owner.abandoned.is_set():
            await self._runner.cleanup()


class LoopbackScene(Scene):
    """``failed`` is set to the error that ends the example from outside its play."""

    def __init__(self, loop: LoopbackLoop, case: Case, header: Header, quota: Quota, allowance_ms: int) -> None:
        self.world = "loopback"
        self.case = case
        self.secrets = SecretTags()
        self.history = History(header, self.now_us, self.secrets)
        self.plan = ActivePlan(case.faults, self.history)
        self.random = random.Random(case.seed)
        self.allowance_ms = allowance_ms
        self.failed: asyncio.Future[BaseException] = loop.create_future()
        self._loop = loop
        self._began_s = loop.time()
        self._quota = quota
        self._numbers = Numbers()
        self._links: dict[str, Link] = {}
        self._served: dict[str, Served] = {}
        self._owners: list[LifeOwner] = []
        self._crashed = False
        """Some of the target was abandoned before the end."""

    def now_us(self) -> int:
        return round((self._loop.time() - self._began_s) * 1e6)

    async def sleep(self, milliseconds: float) -> None:
        await asyncio.sleep(milliseconds / 1_000)

    async def serve(self, app: web.Application, *, server: str, classify: Classify, port: int = 0, owner: Owner | None = None) -> Site:
        sock = listening_socket(port)
        try:
            before = self._served.pop(server, None)
            if before is not None:
                await before.close()
            runner = make_runner(app, server, self.fail, shutdown_timeout_s=HANDLERS_END_S)

            async def start() -> None:
                await runner.setup()
                await web.TCPSite(runner, HOST, 0).start()

            await (start() if owner is None else owner.perform(start()))
            if not runner.addresses:
                raise TargetProblem(f"the server {server!r} was ended before it listened")
            relay = Relay(self._link(server, classify), runner.addresses[0], self._may_connect)
            self._served[server] = Served(runner, relay, owner)
            await relay.listen(sock)
        except BaseException:
            sock.close()
            raise
        return Site(server, f"http://{HOST}:{sock.getsockname()[1]}")

    def new_owner(self, name: str) -> LifeOwner:
        owner = LifeOwner(name, self._loop)
        self._owners.append(owner)
        return owner

    def request_number(self, peername: object, server: str) -> tuple[int, int]:
        return self._links[server].request_number(peername)

    async def restart_server(self, server: str) -> None:
        self._links[server].restart()
        self._served[server].break_off()
        for _ in range(TURNS_TO_NOTICE):
            await asyncio.sleep(0)

    def fail(self, error: BaseException) -> None:
        """Ends the example. The first error counts."""
        if not self.failed.done():
            self.failed.set_result(error)

    def _link(self, server: str, classify: Classify) -> Link:
        """One link for each name, so that positions go on when a server of that name is served again."""
        if server not in self._links:
            self._links[server] = Link(server, classify, self.plan, self.history, self._numbers)
        return self._links[server]

    def _may_connect(self) -> bool:
        if self._numbers.connections < self._quota.connections:
            return True
        self.fail(QuotaExceeded(f"the example used up its budget of {self._quota.connections} connections"))
        return False

    # --- the end of the example -------------------------------------------------------------------------------------

    async def close(self) -> None:
        """Ends the targets and closes every server and socket. The history is sealed before, so none of it shows."""
        self._crashed = any(owner.abandoned.is_set() for owner in self._owners)
        for owner in self._owners:
            owner.abandon()
        for served in self._served.values():
            await served.close()
        self.failed.cancel()
        await cancel_own_tasks()

    async def bury(self) -> None:
        """Lets go of what the targets have left behind: their clean-up code runs here, and not in a later example."""
        if not self._owners:
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # an abandoned target closes nothing: that is what a crash means
            warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)  # what it began last never ran
            for owner in self._owners:
                owner.bury()
            end_pending_tasks(self._loop)
            self._owners.clear()
            gc.collect(2 if self._crashed else 1)  # what died early in a long example is old by now
            await asyncio.sleep(0)  # finalisers may have left something to do
            await cancel_own_tasks()


async def cancel_own_tasks() -> None:
    """Ends what is left of our own tasks; whatever they raise comes too late to matter. Those of a target may never end."""
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task() and getattr(task, "owner", None) is None]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def listening_socket(port: int) -> socket.socket:
    """Bound to 127.0.0.1 only. Raises UsageError when the port cannot be had."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        sock.bind((HOST, port))
    except (OSError, OverflowError) as error:
        sock.close()
        raise UsageError(_why_no_port(port, error)) from None
    return sock


def _why_no_port(port: int, error: Exception) -> str:
    advice: Mapping[int | None, str] = {
        errno.EADDRINUSE: "is in use: stop what listens there, or choose another (0 takes a free one)",
        errno.EACCES: "may not be opened by this user: choose one from 1024 upward (0 takes a free one)",
        None: "is no port; expected a number from 0 to 65535 (0 takes a free one)",
    }
    number = error.errno if isinstance(error, OSError) else None
    return f"port {port} on {HOST} {advice.get(number, f'cannot be opened: {error}')}"
