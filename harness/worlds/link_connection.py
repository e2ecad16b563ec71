"""One connection through a link: its two pipes, its requests in flight, and how it ends.

``closed`` is written once, for whoever ends the connection first: a FIN or RST seen from the target or the server, or
what the link does. ``delivered`` is written when the last byte of an answer has been handed to the client's side and
the faults have had their say about its end. It is certain unless the link resets the connection or crashes the target
in that same decision, or the client had ended the connection before. What is reset later than that was in the
client's socket for as long as anything ever is, and a client that goes on to another request has read it.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from ..faults.decisions import How
from .http_scan import Head
from .link_pipe import Exchange, Pipe
from .wire import OTHER, Side, Wire

if TYPE_CHECKING:
    from .link import Link


class LinkConnection:
    """See `wire.Connection` for what drives it."""

    def __init__(self, link: Link, wire: Wire, number: int, requests: deque[int]) -> None:
        self._link = link
        self.plan = link.plan
        self.wire = wire
        self.number = number
        self._requests = requests
        """Numbers of requests that the server has not asked for yet."""
        self._pending: deque[Exchange] = deque()
        self._over = False
        self._closed_by: str | None = None
        self._closed_how: How | None = None
        self._finished_towards: set[Side] = set()
        self._pipes: dict[Side, Pipe] = {"client": Pipe(self, "client"), "server": Pipe(self, "server")}

    # --- driven by the wire -----------------------------------------------------------------------------------------

    def received(self, side: Side, data: bytes) -> None:
        if not self._over:
            self._pipes[side].received(data)

    def finished(self, side: Side) -> None:
        if not self._over:
            self._note_closed("target" if side == "client" else "server", "fin")
            self._pipes[side].finished()

    def was_reset(self, side: Side) -> None:
        if not self._over:
            self._note_closed("target" if side == "client" else "server", "rst")
            self._stop()
            self.wire.reset(OTHER[side])

    # --- driven by the link -----------------------------------------------------------------------------------------

    def heal(self) -> None:
        """Lets go of what is held. A connection that lost bytes can come to no good any more and is reset."""
        if any(pipe.lossy for pipe in self._pipes.values()):
            self.cut("rst")
        for pipe in self._pipes.values():
            pipe.release()

    def end_by_server(self) -> None:
        """The server's process has ended: RST on both sides."""
        if not self._over:
            self._note_closed("server", "rst")
            self._reset_both()

    # --- driven by the pipes ----------------------------------------------------------------------------------------

    def begin_request(self, head: Head) -> Exchange:
        request, faults = self._link.begin_request(head)
        exchange = Exchange(request, faults)
        self._requests.append(request)
        self._pending.append(exchange)
        self._pipes["server"].scanner.expect(head.method)
        return exchange

    def begin_answer(self) -> Exchange | None:
        """The request that this answer belongs to; None for one that nobody asked for (a server's 408, say)."""
        exchange = self._pending.popleft() if self._pending else None
        state = self._pipes["server"].scanner.switched_to
        if state is not None:  # a WebSocket or a tunnel: no HTTP in either direction from here on
            self._pipes["client"].switch(state, exchange)
        return exchange

    def end_answer(self, exchange: Exchange | None, *, certain: bool) -> None:
        if exchange is not None:
            self._link.history.add("delivered", request=exchange.request, certain=certain and self._closed_by != "target")

    def break_answer(self, exchange: Exchange | None, payload_bytes: int) -> None:
        """An answer is over without its end. What a FIN followed has surely arrived, if the target still read."""
        if exchange is not None:
            certain = self._closed_by not in (None, "target") and self._closed_how == "fin"
            self._link.history.add("broken", request=exchange.request, bytes=payload_bytes, certain=certain)

    def note_unmasked(self, exchange: Exchange | None, frame: int) -> None:
        """The client sends frames that are no legal ones, though servers may take them."""
        if exchange is not None:
            self._link.history.add("unmasked", request=exchange.request, frame=frame)

    def drained(self, pipe: Pipe) -> None:
        """All that ``pipe`` had to pass on is passed on, and its source has ended."""
        self._finish(OTHER[pipe.source])
        if self._finished_towards == {"client", "server"} and all(each.is_drained for each in self._pipes.values()):
            self._stop()
            self.wire.close("client")
            self.wire.close("server")

    def injected(self, index: int, exchange: Exchange) -> None:
        """A fault really acted on this request; told once, however often it acts."""
        if index not in exchange.injected:
            exchange.injected.add(index)
            self.plan.injected(index, connection=self.number, request=exchange.request)

    def cut(self, how: How) -> None:
        if self._over:
            return
        self._note_closed("link", how)
        if how == "rst":
            self._reset_both()
        else:
            self._stop()
            self.wire.close("client")
            self.wire.close("server")

    def half_close(self) -> None:
        """FIN towards the client, which may go on sending; what the server answers gets lost."""
        self._note_closed("link", "fin")
        self._finish("client")
        self._pipes["server"].lossy = True

    def black_hole(self) -> None:
        """Not a byte more passes in either direction."""
        for pipe in self._pipes.values():
            pipe.lossy = True

    def crash(self) -> None:
        """Not a byte more passes in either direction, and the play is told to crash the target."""
        self.black_hole()
        self.plan.on_crash()

    # --- the end ----------------------------------------------------------------------------------------------------

    def _finish(self, side: Side) -> None:
        if side not in self._finished_towards:
            self._finished_towards.add(side)
            self.wire.finish(side)

    def _note_closed(self, by: str, how: How) -> None:
        if self._closed_by is None:
            self._closed_by, self._closed_how = by, how
            self._link.history.add("closed", connection=self.number, by=by, how=how)

    def _reset_both(self) -> None:
        self._stop()
        self.wire.reset("client")
        self.wire.reset("server")

    def _stop(self) -> None:
        self._over = True
        for pipe in self._pipes.values():
            pipe.close()
        self._link.forget(self)
