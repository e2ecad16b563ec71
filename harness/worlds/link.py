"""The link in front of a server: it numbers connections and requests, and performs the wire faults of the plan.

A world gives each new connection to `Link.accept` as a `Wire` and drives the `LinkConnection` that it gets back. The
link knows HTTP only as far as positions need it (see ``http_scan.py``) and never changes a byte unless a fault says so.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from ..faults.base import Fault, Position
from ..values.history import History
from .base import Classify
from .http_scan import Head
from .link_connection import LinkConnection
from .plan import ActivePlan
from .wire import Wire


@dataclass
class Numbers:
    """Counts connections and requests from 1 over a whole example; the links of a scene share one."""

    connections: int = 0
    requests: int = 0

    def next_connection(self) -> int:
        self.connections += 1
        return self.connections

    def next_request(self) -> int:
        self.requests += 1
        return self.requests


class Link:
    """Stands in front of one server for one example."""

    def __init__(self, server: str, classify: Classify, plan: ActivePlan, history: History, numbers: Numbers) -> None:
        self.server = server
        self.plan = plan
        self.history = history
        self.numbers = numbers
        self._classify = classify
        self._requests = 0
        self._requests_by_endpoint: dict[str, int] = {}
        self._live: dict[LinkConnection, None] = {}  # a set would not keep its order
        self._by_address: dict[object, tuple[int, deque[int]]] = {}
        plan.when_healed(self._heal)

    def accept(self, wire: Wire) -> LinkConnection | None:
        """The link's side of a new connection, or None when it is refused: then the wire must reset the client."""
        number = self.numbers.next_connection()
        refusal = self.plan.connecting(number)
        if refusal is not None:
            self.history.add("refuse", connection=number, server=self.server)
            self.plan.injected(refusal[0], connection=number)
            return None
        self.history.add("connect", connection=number, server=self.server)
        requests: deque[int] = deque()
        self._by_address[wire.server_address()] = (number, requests)
        connection = LinkConnection(self, wire, number, requests)
        self._live[connection] = None
        return connection

    def request_number(self, peername: object) -> tuple[int, int]:
        """(request, connection) of the next request that reaches the server from ``peername`` (`Wire.server_address`).

        A request that the link could not read as HTTP gets a number here; connection 0 is one that went past the link.
        """
        connection, requests = self._by_address.get(peername, (0, None))
        return (requests.popleft() if requests else self.numbers.next_request()), connection

    def restart(self) -> None:
        """Resets every connection, as the end of the server's process would."""
        for connection in list(self._live):
            connection.end_by_server()

    def begin_request(self, head: Head) -> tuple[int, list[tuple[int, Fault]]]:
        """For a connection: numbers a request and names the faults that sit at it."""
        endpoint = self._classify(head.method, head.target, head.headers)
        self._requests += 1
        nth = self._requests_by_endpoint[endpoint] = self._requests_by_endpoint.get(endpoint, 0) + 1
        position = Position(self.server, endpoint, nth, self._requests)
        return self.numbers.next_request(), self.plan.concerning(position)

    def forget(self, connection: LinkConnection) -> None:
        """For a connection that is over."""
        self._live.pop(connection, None)

    def _heal(self) -> None:
        for connection in list(self._live):
            connection.heal()
