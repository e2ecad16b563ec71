"""A server of server-sent events at ``/events``, and another origin, as aiohttp applications.

    servers = SseServers(scene)
    origin = await scene.serve(servers.app("origin"), server="origin", classify=servers.classify)

``app("origin")`` streams what the play sends; faults act here. ``app("elsewhere")`` is another origin, where redirects may
lead: it streams the same, and none of the faults of a server act. After `finish` every request for the stream is answered 204.

Entries written to the history beside ``request`` and ``answer`` (which a stream writes with its head, the body empty):

============== =======================================================================================================
``source``      events: what the play has added to the log
``sent``        request, text: exactly the bytes that were written to the body of that answer, in order, as UTF-8 with
                surrogates for bytes that are none; repeat, where there is one: the text so many times
``stream-over`` request, how ("clean" | "gone" | "aborted")
``finished``    nothing: from here on 204
============== =======================================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from aiohttp import web

from ..answers import Wire
from ..event_stream import Pace, Watcher
from ..frames import Frame
from ..host import Host
from ..orders import NO_ORDERS
from ..servers import ELSEWHERE
from ..streaming import Streamed, StreamingExchange, StreamingServers, error_answer
from .source import QueueSource, as_repeated_line, behind, frame_of

ORIGIN = "origin"
PATH = "/events"
MEDIA_TYPE = "text/event-stream"

Replay = Literal["id", "new"]


def classify(method: str, target: str, headers: Mapping[str, str]) -> str:
    """The endpoint of a request, for the positions of faults: "stream" or "other"."""
    return "stream" if method == "GET" and target.partition("?")[0] == PATH else "other"


class SseServers(StreamingServers):
    """One log, its applications and their record. One object per example."""

    classify = staticmethod(classify)

    def __init__(self, host: Host, *, replay: Replay = "id") -> None:
        """``replay``: a client gets what is behind the id that it names, and without one all ("id"), or what comes from now on ("new")."""
        super().__init__(host)
        self.replay = replay
        self.finished = False
        self.log: list[Frame] = []
        self._sources: dict[QueueSource, None] = {}

    async def serve(self, http: web.Request, server: str) -> web.StreamResponse:
        return await SseExchange(self, http, server).run()

    # --- what a play does

    def send(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Adds frames to the log; open streams get them. Each event is ``{id?, event?, data?, retry?, comment?}``."""
        self.host.history.add("source", events=[dict(event) for event in events])
        for event in events:
            frame = frame_of(event)
            self.log.append(frame)
            self._push(frame)
        self.wake_streams()

    def raw(self, data: bytes) -> None:
        """Writes exactly these bytes to the open streams. They are not part of the log."""
        self._push(Frame("raw", exact=data))
        self.wake_streams()

    def end(self) -> None:
        """The open streams end cleanly behind what they still have to write; the log goes on."""
        for source in self._sources:
            source.end()
        self.wake_streams()

    def finish(self) -> None:
        """There is nothing more to come: open streams end, and whoever asks again is told so by 204."""
        self.finished = True
        self.host.history.add("finished")
        self.end()

    async def reset(self) -> None:
        """The server restarts: every connection is reset."""
        await self.restart(ORIGIN)

    def _push(self, frame: Frame) -> None:
        for source in self._sources:
            source.push(frame)

    # --- what its exchanges ask

    def open_source(self, last_event_id: str | None) -> QueueSource:
        source = QueueSource(() if self.replay == "new" else behind(self.log, last_event_id))
        self._sources[source] = None
        return source

    def close_source(self, source: QueueSource) -> None:
        self._sources.pop(source, None)

    def summary(self) -> list[str]:
        """One line: what there was to read."""
        return [f"{len(self.log)} frames sent{', finished' if self.finished else ''}"]


class SseExchange(StreamingExchange):
    """One request of a client."""

    def __init__(self, servers: SseServers, http: web.Request, server: str) -> None:
        super().__init__(servers, http, server, classify(http.method, http.raw_path, {}))
        self._servers = servers
        self._source: QueueSource | None = None
        if server == ELSEWHERE:
            self.orders = NO_ORDERS

    async def run(self) -> web.StreamResponse:
        self.note_request()
        for index, order in self.orders.changes:
            if order.change == "restart":
                self.injected(index)
                await self._servers.restart(self.server)
        try:
            return await self.answer(self._true)
        finally:
            if self._source is not None:
                self._servers.close_source(self._source)

    def _true(self) -> Wire | Streamed:
        if self.http.raw_path.partition("?")[0] != PATH:
            return error_answer(404)
        if self.http.method != "GET":
            return error_answer(405, headers={"Allow": "GET"})
        if self._servers.finished:
            return Wire(204, b"", None)
        self._source = self._servers.open_source(self.last_event_id)
        return Streamed(self._source, Pace(), Watcher(on_bytes=self._note_sent))

    def _note_sent(self, data: bytes) -> None:
        line, repeat = as_repeated_line(data)
        again = {"repeat": repeat} if repeat > 1 else {}
        self.history.add("sent", request=self.number, text=line.decode("utf-8", "surrogateescape"), **again)

    def error(self, status: int) -> Wire:
        """An event stream to the letter, but for its status: a client that does not look at that takes it for one."""
        text = f"id: false-{status}\ndata: status {status}\n\n"
        return Wire(status, text.encode(), MEDIA_TYPE, text=text)

    def redirect_target(self, origin: str) -> str:
        return f"{PATH}?redirected=1" if origin == "same" else PATH
