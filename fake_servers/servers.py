"""What the fake servers of every contract share: applications that take whatever comes, and the counting of requests."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter

from aiohttp import web

from ..harness.faults.base import Position
from .host import Host
from .orders import Orders, orders_of

ELSEWHERE = "elsewhere"
"""Name of the server that is another origin."""


class Servers(ABC):
    """The servers of one contract in one example: each server is an application, all of them count on this object.

    What breaks in them is written down as ``harness-fault`` {where, error}, which says nothing about the target.
    """

    def __init__(self, host: Host) -> None:
        self.host = host
        self.elsewhere_url = ""
        """Origin of the other server, for redirects: set by whoever starts it."""
        self._requests: Counter[str] = Counter()
        self._requests_of_endpoint: Counter[tuple[str, str]] = Counter()

    @abstractmethod
    async def serve(self, http: web.Request, server: str) -> web.StreamResponse:
        """One request that has arrived at ``server``, from its head to its answer."""

    def app(self, server: str) -> web.Application:
        """The application of one server. It takes every method and target there is, so that nothing escapes the record."""

        async def everything(http: web.Request) -> web.StreamResponse:
            try:
                return await self.serve(http, server)
            except Exception as error:  # whatever it is, it is ours: the example must not count as a verdict
                self.host.history.add("harness-fault", where=f"fake server {server}", error=repr(error))
                raise

        app = web.Application()
        app.router.add_route("*", "/{rest:(?s:.*)}", everything)  # the target is read raw, so no route of aiohttp's would do
        return app

    def count_with(self, other: Servers) -> None:
        """Servers that answer on the same applications count their requests together."""
        self._requests, self._requests_of_endpoint = other._requests, other._requests_of_endpoint

    def count(self, server: str, endpoint: str) -> Position:
        """The logical position of the request that has just arrived."""
        self._requests[server] += 1
        self._requests_of_endpoint[server, endpoint] += 1
        return Position(server, endpoint, self._requests_of_endpoint[server, endpoint], self._requests[server])

    def orders(self, position: Position) -> Orders:
        return orders_of(self.host.plan.concerning(position))
