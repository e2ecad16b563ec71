"""One request at a fake server: placed, numbered, written down, and answered with what the faults leave of the truth."""

from __future__ import annotations

from typing import Any

from aiohttp import hdrs, web

from ..harness.faults.decisions import Answer
from ..harness.values.errors import HarnessFault
from .answers import Wire, rewrite
from .servers import Servers


class Exchange:
    """Made when the head of a request has arrived. The exchanges of a contract add what it answers."""

    def __init__(self, servers: Servers, http: web.Request, server: str, endpoint: str) -> None:
        self.http = http
        self.server = server
        self.host = servers.host
        self.history = servers.host.history
        self.plan = servers.host.plan
        self.position = servers.count(server, endpoint)
        self.number, self.connection = servers.host.request_number(http.get_extra_info("peername"), server)
        self.orders = servers.orders(self.position)
        self._elsewhere_url = servers.elsewhere_url

    def note_request(self) -> None:
        self.history.add(
            "request",
            request=self.number,
            connection=self.connection,
            server=self.server,
            endpoint=self.position.endpoint,
            nth=self.position.nth,
            method=self.http.method,
            target=self.http.raw_path,
            headers=self.noted_headers(),
        )

    def noted_headers(self) -> list[list[str]]:
        """The headers of the request as they are written down."""
        return [
            [name.decode("utf-8", "backslashreplace"), value.decode("utf-8", "backslashreplace")] for name, value in self.http.raw_headers
        ]

    def note_answer(self, status: int, headers: list[list[str]], body: str, *, early: bool = False) -> None:
        self.history.add("answer", request=self.number, status=status, headers=headers, body=body, early=early)

    def injected(self, index: int, **where: Any) -> None:
        """A fault of the plan really acted on this request."""
        self.plan.injected(index, request=self.number, **where)

    def spoilt(self, wire: Wire) -> Wire:
        """The true answer, as spoilt as the faults want it."""
        for index, order in self.orders.rewrites:
            spoilt = rewrite(wire, order, gzip_asked="gzip" in self.http.headers.get(hdrs.ACCEPT_ENCODING, ""))
            if spoilt is not wire:
                self.injected(index)
            wire = spoilt
        return wire

    def location(self, fault: Answer) -> str | None:
        """Where a redirect leads. Raises HarnessFault if it is another origin and there is none."""
        if fault.location is None:
            return None
        if fault.location == "same":
            return f"http://{self.http.headers.get(hdrs.HOST, '')}{self.redirect_target('same')}"
        if not self._elsewhere_url:
            raise HarnessFault("a redirect to another origin was ordered, but no other origin is there: set elsewhere_url of the servers")
        return self._elsewhere_url + self.redirect_target("other")

    def redirect_target(self, origin: str) -> str:
        """The target that a redirect names: the one that was asked for, unless a contract says otherwise."""
        return self.http.raw_path
