"""One request of an agent: its signature looked at, then the upgrade, the list of tasks, or a report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from ..answers import Wire, false_answer, json_answer, phrase
from ..exchange import Exchange
from .payloads import problems_of_final
from .routes import parse_request
from .signature import SIGNATURE
from .socket import Socket, new_web_socket

if TYPE_CHECKING:
    from .app import ControlPlane


class ControlExchange(Exchange):
    def __init__(self, plane: ControlPlane, http: web.Request, server: str) -> None:
        self._route = parse_request(http.method, http.raw_path, plane.base)
        super().__init__(plane, http, server, "other" if self._route is None else self._route.kind)
        self._plane = plane
        self._signed = plane.verifier.look_at(http.headers, dial=self.position.endpoint == "socket")

    async def run(self) -> web.StreamResponse:
        self.note_request()
        self._note_signed()
        for index, change in self.orders.changes:
            if change.change == "restart":
                self.injected(index)
                await self._plane.restart(self.server)
                return web.Response(status=503)  # to nobody: the connection was reset
        body = await self._body()
        if body is None:
            return web.Response(status=408)  # likewise
        if self.orders.answer is not None:
            return self._false(body)
        if self._route is not None and self._route.kind == "socket":
            return await self._upgrade()
        return self._send(self.spoilt(self._true(body)))

    # --- the record

    def noted_headers(self) -> list[list[str]]:
        """A signature has salt that no seed repeats, so only what it is worth is written down."""
        worth = "valid" if self._signed.valid else "invalid"
        return [[name, worth if name.lower() == SIGNATURE.lower() else value] for name, value in super().noted_headers()]

    def _note_signed(self) -> None:
        signed = self._signed
        self.history.add(
            "signed",
            request=self.number,
            endpoint=self.position.endpoint,
            agent=signed.agent,
            timestamp=signed.timestamp,
            nonce=signed.nonce,
            skew_ms=signed.skew_ms,
            problems=list(signed.problems),
        )

    # --- plain answers

    async def _body(self) -> bytes | None:
        """None when the client has gone before the end of it."""
        if not self.http.can_read_body:
            return b""
        parts: list[bytes] = []
        how = "cut"
        try:
            while data := await self.http.content.readany():
                parts.append(data)
            how = "end"
        except (ConnectionError, web.RequestPayloadError):
            return None
        finally:
            self.history.add("body-end", request=self.number, how=how, bytes=sum(map(len, parts)))
        return b"".join(parts)

    def _false(self, body: bytes) -> web.Response:
        """The answer of a fault; what was asked for takes effect first if it is to."""
        assert self.orders.answer is not None
        index, order = self.orders.answer
        if order.commit == "all" and self._route is not None and self._route.kind != "socket":
            self._true(body)
        self.injected(index)
        return self._send(false_answer(order, self.location(order), lambda: _error(order.status)))

    def _send(self, wire: Wire) -> web.Response:
        self.note_answer(wire.status, wire.header_list(), wire.text)
        return wire.response()

    def _true(self, body: bytes) -> Wire:
        if self._route is None:
            return _error(404)
        return self._list() if self._route.kind == "tasks" else self._report(self._route.task, body)

    def _list(self) -> Wire:
        tasks = self._plane.board.list()
        self.history.add("listed", request=self.number, tasks=[[task.id, task.attempt] for task in tasks])
        return json_answer(200, [task.listing() for task in tasks])

    def _report(self, task: str, body: bytes) -> Wire:
        report, problems = _read_report(body)
        key = self._plane.board.reported_attempt(task)
        status = 404 if key is None else 400 if problems else 200
        again = False
        if key is not None and status == 200:
            again = task in self._plane.reported
            self._plane.reported.add(task)
            self._plane.ledger.facts(*key).reported = True
        self.history.add("reported", request=self.number, task=task, body=report, problems=problems, status=status, again=again)
        self._plane.moved()
        return json_answer(200, {"ok": True}) if status == 200 else _error(status)

    # --- the upgrade

    async def _upgrade(self) -> web.StreamResponse:
        if self._plane.is_held:
            return self._send(_error(503))
        ws = new_web_socket()
        transport = self.http.transport
        if transport is None or not ws.can_prepare(self.http):
            return self._send(_error(400))
        self.note_answer(101, [], "")
        try:
            await ws.prepare(self.http)
        except ConnectionError:  # gone before it could be answered
            return web.Response(status=408)
        self.history.add("socket", socket=self.number, connection=self.connection)
        socket = Socket(self._plane, self.number, ws, transport)
        self._plane.joined(socket)
        await socket.run()
        return ws


def _error(status: int) -> Wire:
    return json_answer(status, {"error": phrase(status)})


def _read_report(body: bytes) -> tuple[dict[str, Any] | None, list[str]]:
    """(the body of a PUT, what is wrong with it)."""
    try:
        report = json.loads(body)
    except (ValueError, RecursionError) as error:
        return None, [f"it is no JSON: {error}"]
    if not isinstance(report, dict):
        return None, ["it is no object"]
    missing = [f"{name} is missing" for name in ("output", "error") if name not in report]
    return report, problems_of_final(report) + missing
