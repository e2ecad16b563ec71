"""What servers that stream share: their open streams, and the answers that stand in place of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from .answers import Wire, false_answer, json_answer, phrase, rewrite
from .event_stream import EventStream, Pace, Source, Watcher
from .exchange import Exchange
from .host import Host
from .servers import Servers

EVENT_STREAM = "text/event-stream; charset=utf-8"


class StreamingServers(Servers):
    """Knows its open streams: wakes them, and mends them once the faults stop."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._open: dict[EventStream, str] = {}  # a set would not keep its order
        host.plan.when_healed(self._heal)

    def wake_streams(self) -> None:
        for stream in self._open:
            stream.wake()

    async def restart(self, server: str) -> None:
        """Resets every connection of that server, as the end of its process would."""
        for stream, name in self._open.items():
            stream.aborted = stream.aborted or name == server
        await self.host.restart_server(server)

    def _heal(self) -> None:
        for stream in self._open:
            stream.heal()

    def joined(self, stream: EventStream, server: str) -> None:
        self._open[stream] = server

    def left(self, stream: EventStream) -> None:
        self._open.pop(stream, None)


@dataclass(frozen=True)
class Streamed:
    """What a true answer streams. ``headers``: those it has beside the usual ones."""

    source: Source
    pace: Pace
    watcher: Watcher
    headers: tuple[tuple[str, str], ...] = ()


class StreamingExchange(Exchange):
    """Answers with a `Wire`, or with a stream."""

    def __init__(self, servers: StreamingServers, http: web.Request, server: str, endpoint: str) -> None:
        super().__init__(servers, http, server, endpoint)
        self._streaming = servers

    @property
    def last_event_id(self) -> str | None:
        """The id behind which the client wants to go on; an empty one is none."""
        for name, value in self.http.raw_headers:
            if name.lower() == b"last-event-id":
                return value.decode("utf-8", "surrogateescape") or None
        return None

    async def answer(self, make: Callable[[], Wire | Streamed]) -> web.StreamResponse:
        """The answer of a fault, if one is ordered; else the true one, which ``make`` makes, as the faults leave it."""
        if self.orders.answer is not None:
            index, order = self.orders.answer
            self.injected(index)
            return self._send(false_answer(order, self.location(order), lambda: self.error(order.status)))
        true = make()
        if isinstance(true, Wire):
            return self._send(self.spoilt(true))
        return await self._stream(true)

    def error(self, status: int) -> Wire:
        """The contract's own body for a status that a fault orders."""
        return error_answer(status)

    def _send(self, wire: Wire) -> web.Response:
        self.note_answer(wire.status, wire.header_list(), wire.text)
        return wire.response()

    async def _stream(self, streamed: Streamed) -> web.StreamResponse:
        content_type = EVENT_STREAM
        for index, order in self.orders.rewrites:
            if order.body in ("empty", "html"):
                self.injected(index)
                return self._send(rewrite(Wire(200, b"", EVENT_STREAM), order, gzip_asked=False))
            if order.content_type is not None:
                self.injected(index)
                content_type = order.content_type
        stream = EventStream(self, streamed.source, streamed.pace, streamed.watcher)
        self._streaming.joined(stream, self.server)
        try:
            return await stream.run([("Content-Type", content_type), ("Cache-Control", "no-cache"), *streamed.headers])
        finally:
            self._streaming.left(stream)


def error_answer(status: int, error: str = "", headers: dict[str, str] | None = None) -> Wire:
    """The error object that the reading contracts answer with."""
    return json_answer(status, {"error": error or phrase(status)}, headers)
