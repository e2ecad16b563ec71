"""What a world offers to an example. Both worlds offer the same, so plays, servers and targets do not know which it is."""

from __future__ import annotations

import asyncio
import random
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from ..values.case import Case
from ..values.history import Header, History, SecretTags
from .plan import ActivePlan

Classify = Callable[[str, str, Mapping[str, str]], str]
"""(method, raw target, headers with lower-case names) -> the name of the endpoint, for positions of faults."""


@dataclass(frozen=True)
class Quota:
    """Budgets that end an example: seconds of its clock (on real sockets ``real_seconds`` at most), steps of the loop (``sim`` only),
    connections."""

    seconds: float = 3_600.0
    real_seconds: float = 300.0
    steps: int = 400_000
    connections: int = 2_000


@dataclass(frozen=True)
class Site:
    """A server that listens behind a link. ``url`` has no trailing slash, ``origin`` is scheme, host and port."""

    name: str
    url: str

    @property
    def origin(self) -> str:
        return self.url


class Owner(ABC):
    """Everything in this process that belongs to one life of a target: its tasks, callbacks, connections.

    Whatever is started from `run` (or by what was started there) belongs to it, by way of a context variable.
    """

    name: str

    @abstractmethod
    def run(self, function: Callable[..., Any], *args: Any) -> Any:
        """Calls a function inside the owner's context and returns what it returns."""

    @abstractmethod
    def create_task(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """A task that belongs to the owner. Awaiting it from outside after `abandon` waits for ever: race it with `abandoned`."""

    @abstractmethod
    async def perform(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Waits until ``coroutine`` has run inside the owner, or the owner is abandoned, whatever is first."""

    @abstractmethod
    def abandon(self) -> None:
        """A crash: no line of the owner's code runs any more, its connections are reset, its timers never fire."""

    abandoned: asyncio.Event


class Scene(ABC):
    """One example in the making: its clock, its network, its history and its plan of faults."""

    world: str
    case: Case
    history: History
    secrets: SecretTags
    plan: ActivePlan
    random: random.Random
    allowance_ms: int

    @abstractmethod
    def now_us(self) -> int:
        """Microseconds since the example began."""

    @abstractmethod
    async def sleep(self, milliseconds: float) -> None:
        """Waits in the time of this world."""

    @abstractmethod
    async def serve(self, app: web.Application, *, server: str, classify: Classify, port: int = 0, owner: Owner | None = None) -> Site:
        """Starts ``app`` behind a link that performs the wire faults of the plan. It ends with the example.

        With an ``owner`` it is part of the target: its handlers belong to the owner, and when that is abandoned it listens no more.
        """

    @abstractmethod
    def new_owner(self, name: str) -> Owner:
        """A fresh owner for one life of an in-process target."""

    @abstractmethod
    def request_number(self, peername: object, server: str) -> tuple[int, int]:
        """(request, connection) of the next request that arrives from ``peername``, numbered by the link.

        A server calls it once per request, in the order in which the requests of that connection arrive."""

    @abstractmethod
    async def restart_server(self, server: str) -> None:
        """Resets every connection of that server, as the end of its process would; it listens again at once."""


Main = Callable[[Scene], Awaitable[None]]


class World(ABC):
    """Runs examples one at a time, each with a network and servers of its own."""

    name: str

    @abstractmethod
    def run(self, main: Main, *, case: Case, header: Header, quota: Quota) -> History:
        """Runs ``main`` to its end and returns the sealed history.

        Raises HarnessFault (with its subclasses QuotaExceeded and Deadlock; the history so far is its attribute
        ``history``) when the example could not be played to its end through our own fault.
        """

    def close(self) -> None:  # noqa: B027 - a world that holds nothing beyond an example has nothing to release
        """Releases what outlives an example (a real loop, driver processes)."""
