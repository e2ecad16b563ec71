"""One request, from its head to its answer: admitted, its body applied while it arrives, faults performed on the way.

An answer that is decided before the body has ended goes out at once (*early*); what the client still sends is read and
written down, but no longer applied. A client that goes away ends the body as a cut: the lines applied so far stay.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from aiohttp import hdrs, web

from ...harness.faults.decisions import Answer, ChangeState
from ..answers import Wire
from ..exchange import Exchange
from .answers import contract_answer, faulty_answer
from .routes import Leg
from .store import Stream
from .upload import Reply, Upload

if TYPE_CHECKING:
    from .app import IngestServers


class ClientGone(Exception):
    """The body was cut: the client closed or reset its connection, or sent an encoding that is none. ``body-end`` is written."""


class IngestExchange(Exchange):
    """``legs``: the routes that this server knows."""

    def __init__(self, servers: IngestServers, http: web.Request, server: str, legs: tuple[Leg, ...]) -> None:
        route = servers.route(http.raw_path)
        endpoint = "other"
        if route is not None and http.method == "POST":
            endpoint = "sync" if http.headers.get(hdrs.CONTENT_LENGTH) == "0" else "upload"
        super().__init__(servers, http, server, endpoint)
        self.servers = servers
        self.route = route if route is not None and route.leg in legs else None
        self._body_bytes = 0
        self._body_over = False
        self._sent: web.Response | None = None

    # --- the course of an exchange

    async def run(self) -> web.StreamResponse:
        """Serves the request as the contract says, but for what the faults order."""
        self.note_request()
        refusal = self.servers.access.refuse(self.http.method, self.route, self.http.headers.get(hdrs.AUTHORIZATION, ""))
        stream = self.servers.store.stream(self.route.run_id) if self.route is not None and refusal is None else None
        try:
            if stream is not None:
                for index, change in self.orders.changes:
                    await self._change(index, change, stream)
            return await self._serve(stream, refusal)
        except asyncio.CancelledError:  # the world ends a handler whose client has gone
            self._end_body("cut")
            raise
        except ClientGone:
            return self._sent or contract_answer(Reply(408, "Client disconnected", stream.last if stream else None)).response()

    async def note_only(self) -> web.StreamResponse:
        """Another origin: writes down what it gets, and asks for nothing."""
        self.note_request()
        try:
            while await self._read():
                pass
            return await self._send(Wire(200, b"", None))
        except asyncio.CancelledError:
            self._end_body("cut")
            raise
        except ClientGone:
            return web.Response(status=408)

    async def _serve(self, stream: Stream | None, refusal: Reply | None) -> web.StreamResponse:
        fault = self.orders.answer[1] if self.orders.answer is not None else None
        upload = self._upload(stream if fault is None or fault.commit == "all" else None, fault)
        if refusal is None:
            await self._read_body(upload, fault)
        self._read_what_is_there(upload)
        if refusal is None:
            refusal = upload.refusal
        reply = refusal or (upload.end() if self._body_over else upload.reply())
        response = await self._send(self._true(reply) if fault is None else self._false(fault, reply, stream))
        while not self._body_over:
            upload.feed(await self._read())
        return response

    def _upload(self, stream: Stream | None, fault: Answer | None) -> Upload:
        rule = self.servers.header_rule
        header = rule(self.http.headers) if rule is not None else None
        upload = self.servers.upload_type(stream, self.history.add, self.number, header)
        if fault is not None:
            upload.stop_after = fault.after_lines
        return upload

    # --- the body

    async def _read_body(self, upload: Upload, fault: Answer | None) -> None:
        """Reads on until the body is over or its answer is decided."""
        if self.orders.buffer is not None:
            await self._read_held_back(upload, self.orders.buffer)
            return
        enough = fault.after_lines if fault is not None else None
        while not self._body_over and upload.refusal is None and (enough is None or upload.lines_read < enough):
            upload.feed(await self._read())

    async def _read_held_back(self, upload: Upload, index: int) -> None:
        """An ingress in front holds the body back until it has ended; of a body that is cut nothing comes through."""
        held: list[bytes] = []
        while data := await self._read():
            held.append(data)
        if held:
            self.injected(index, bytes=self._body_bytes)
            upload.feed(b"".join(held))

    async def _read(self) -> bytes:
        """The next piece of the body, empty at its end. Raises ClientGone."""
        try:
            data = await self.http.content.readany()
        except (ConnectionError, web.RequestPayloadError):
            self._end_body("cut")
            raise ClientGone from None
        if data:
            self._body_bytes += len(data)
        else:
            self._end_body("end")
        return data

    def _read_what_is_there(self, upload: Upload) -> None:
        """Takes what has arrived already, so that an answer counts as early only if the client is really still sending."""
        content = self.http.content
        if self._body_over or content.exception() is not None:
            return
        data = content.read_nowait()
        self._body_bytes += len(data)
        upload.feed(data)
        if content.at_eof():
            self._end_body("end")

    def _end_body(self, how: Literal["end", "cut"]) -> None:
        if not self._body_over:
            self._body_over = True
            self.history.add("body-end", request=self.number, how=how, bytes=self._body_bytes)

    # --- the answer

    def _true(self, reply: Reply) -> Wire:
        """The contract's answer, as stale or spoilt as the faults want it."""
        if self.orders.stale is not None and reply.status == 200 and reply.last:
            index, stale = self.orders.stale
            self.injected(index)
            reply = replace(reply, last=max(0, reply.last - stale.behind))
        return self.spoilt(contract_answer(reply))

    def _false(self, fault: Answer, reply: Reply, stream: Stream | None) -> Wire:
        assert self.orders.answer is not None
        self.injected(self.orders.answer[0], early=not self._body_over)
        return faulty_answer(fault, reply, stream.last if stream is not None else None, self.location(fault))

    async def _send(self, wire: Wire) -> web.StreamResponse:
        """Writes the answer down and hands it over; an early one goes out at once."""
        early = not self._body_over
        self.note_answer(wire.status, wire.header_list(), wire.text, early=early)
        response = self._sent = wire.response()
        if early:
            try:
                await response.prepare(self.http)
                await response.write_eof()
            except ConnectionError:
                self._end_body("cut")
                raise ClientGone from None
        return response

    # --- the state

    async def _change(self, index: int, order: ChangeState, stream: Stream) -> None:
        """Changes the stored state before anything of this request is looked at."""
        changes: dict[str, Callable[[], bool]] = {
            "forget": lambda: stream.forget(order.count),
            "complete": stream.complete_by_others,
            "second-writer": lambda: stream.second_writer(1 if order.count is None else order.count),
            "restart": lambda: True,
        }
        change = changes.get(order.change)
        if change is None or not change():  # None: a change of what only readers see
            return
        self.injected(index)
        self.history.add("state", run=stream.run_id, change=order.change, last=stream.last)
        if order.change == "restart":
            await self.host.restart_server(self.server)
            self._end_body("cut")
            raise ClientGone
