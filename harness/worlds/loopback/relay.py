"""The wire of the loopback world: a TCP relay in front of a server's own socket, one pair of connections for each client.

Bytes that a side sends go to the link, and what the link decides goes to the other side. Reading from a side stops while
the other side cannot take more (back-pressure), while the link holds it, and until the connection to the server stands.

Three things a kernel does not give by itself. An RST overtakes bytes that were sent before it and not yet read, so it
is sent a moment later than decided (to a foreign process that is still no promise). A close with unread bytes is an
RST, not a FIN, so a side that is closed is read and ignored for a moment. And a side that is not being read cannot be
seen to end, so while the link holds a side its state is asked from time to time.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Literal, cast

from ..link import Link
from ..wire import OTHER, Cancellable, Connection, Side, Wire
from .loop import LINGER_RESET

RECEIVE_BUFFER_BYTES = 64 * 1024
"""Small, so that a client whose request is not read notices it before it has handed megabytes to the kernel."""
RESET_AFTER_S = 0.005
DRAIN_S = 0.2
LOOK_EVERY_S = 0.01
TCP_CLOSE, TCP_CLOSE_WAIT = 7, 8
"""States of a Linux socket whose peer has sent RST or FIN (linux/tcp_states.h)."""

Reason = Literal["link", "slow peer", "opening"]
Leg = Literal["open", "closed", "reset"]


class Half(asyncio.Protocol):
    """The relay's end of the connection to one side."""

    transport: asyncio.Transport | None = None

    def __init__(self, wire: RelayWire, side: Side) -> None:
        self.wire = wire
        self.side: Side = side
        self.leg: Leg = "open"
        """What the relay has done to this side."""
        self.has_ended = False
        """The peer has sent its FIN."""
        self.silenced: set[Reason] = set()
        """Why this side is not being read."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.wire.opened(self)

    def data_received(self, data: bytes) -> None:
        if self.leg == "open":
            self.wire.connection.received(self.side, data)

    def eof_received(self) -> bool:
        self.has_ended = True
        if self.leg == "open":
            self.wire.connection.finished(self.side)
        elif self.transport is not None:
            self.transport.close()
        return True  # our direction stays open

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        if self.leg == "open":
            self.leg = "reset"
            self.wire.connection.was_reset(self.side)
        self.wire.lost()

    def pause_writing(self) -> None:
        self.wire.other(self).silence("slow peer")

    def resume_writing(self) -> None:
        self.wire.other(self).listen("slow peer")

    # --- what the wire does to it

    def silence(self, reason: Reason) -> None:
        if not self.silenced and self.transport is not None and not self.transport.is_closing():
            self.transport.pause_reading()
        self.silenced.add(reason)

    def listen(self, reason: Reason) -> None:
        self.silenced.discard(reason)
        if not self.silenced and not self.has_ended and self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()

    def write(self, data: bytes) -> None:
        if self.leg == "open" and self.transport is not None:
            self.transport.write(data)

    def finish(self) -> None:
        if self.leg == "open" and self.transport is not None:
            self._send_fin(self.transport)

    def close(self) -> None:
        """FIN; what still comes is read and ignored for a moment, since the kernel would answer it with RST."""
        if self.leg != "open":
            return
        self.leg = "closed"
        if self.transport is None:
            return
        self._send_fin(self.transport)
        if self.has_ended:
            self.transport.close()
        else:
            for reason in list(self.silenced):
                self.listen(reason)
            self.wire.loop.call_later(DRAIN_S, self._close_now)

    def reset(self) -> None:
        if self.leg != "reset":
            self.leg = "reset"
            self.wire.loop.call_later(RESET_AFTER_S, self.abort)

    def abort(self) -> None:
        """RST at once."""
        self.leg = "reset"
        if self.transport is not None:
            reset_socket(self.transport)

    def peer_has_gone(self) -> bool:
        """Whether the peer has closed or reset a side that is not being read. Where the system does not tell: False."""
        if sys.platform != "linux" or self.transport is None:
            return False
        sock: socket.socket = self.transport.get_extra_info("socket")
        return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO) in (TCP_CLOSE, TCP_CLOSE_WAIT)

    def _close_now(self) -> None:
        if self.transport is not None:
            self.transport.close()

    @staticmethod
    def _send_fin(transport: asyncio.Transport) -> None:
        if transport.can_write_eof() and not transport.is_closing():
            with suppress(OSError):  # the peer may have reset it meanwhile; that is told by connection_lost
                transport.write_eof()


def reset_socket(transport: asyncio.Transport) -> None:
    """Ends a connection with RST; what waits to be written is lost."""
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
    transport.abort()


class RelayWire(Wire):
    """One client's connection and the one that is made to the server for it."""

    connection: Connection

    def __init__(self, relay: Relay) -> None:
        self.loop = relay.loop
        self._relay = relay
        self._halves: dict[Side, Half] = {"client": Half(self, "client"), "server": Half(self, "server")}
        self._upstream = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._upstream.setblocking(False)
        self._upstream.bind(("127.0.0.1", 0))
        self._address = self._upstream.getsockname()  # known before the connection stands: see `Link.request_number`
        self._connecting: asyncio.Task[None] | None = None
        self._look: asyncio.TimerHandle | None = None

    @property
    def client(self) -> Half:
        return self._halves["client"]

    def other(self, half: Half) -> Half:
        return self._halves[OTHER[half.side]]

    # --- for the link

    def send(self, side: Side, data: bytes) -> None:
        self._halves[side].write(data)

    def finish(self, side: Side) -> None:
        self._halves[side].finish()

    def close(self, side: Side) -> None:
        self._halves[side].close()

    def reset(self, side: Side) -> None:
        self._halves[side].reset()

    def pause(self, side: Side) -> None:
        self._halves[side].silence("link")
        self._look_soon(side)

    def resume(self, side: Side) -> None:
        self._halves[side].listen("link")

    def call_later(self, milliseconds: float, callback: Callable[[], None]) -> Cancellable:
        return self.loop.call_later(milliseconds / 1_000, callback)

    def server_address(self) -> object:
        return self._address

    # --- the life of the pair

    def opened(self, half: Half) -> None:
        """A side stands: first the client, then, once the link has accepted it, the server."""
        if half.side == "server":
            self.client.listen("opening")
            return
        half.silence("opening")
        if self._relay.accepts(self):
            self._connecting = self.loop.create_task(self._connect())
        else:
            half.abort()

    async def _connect(self) -> None:
        server = self._halves["server"]
        try:
            await self.loop.sock_connect(self._upstream, self._relay.server)
            await self.loop.create_connection(lambda: server, sock=self._upstream)
        except OSError:  # the server has stopped listening: the client is told as by its kernel
            self.connection.was_reset("server")
        finally:
            if server.transport is None:
                self._upstream.close()
        if server.leg != "open":
            server.abort()

    def lost(self) -> None:
        """A side is gone; with both of them the pair."""
        if all(half.transport is None for half in self._halves.values()):
            self.dispose()

    def dispose(self) -> None:
        """Ends both sides at once, whatever waits in them."""
        if self._connecting is None:
            self._upstream.close()
        else:
            self._connecting.cancel()
        if self._look is not None:
            self._look.cancel()
        for half in self._halves.values():
            half.abort()
        self._relay.forget(self)

    def _look_soon(self, side: Side) -> None:
        if self._look is not None:
            self._look.cancel()
        self._look = self.loop.call_later(LOOK_EVERY_S, self._look_after, side)

    def _look_after(self, side: Side) -> None:
        """Reads on, past the link's pause, from a side that has ended: there is nobody left to be held up."""
        half = self._halves[side]
        if "link" not in half.silenced or half.leg != "open":
            return
        if half.peer_has_gone():
            half.listen("link")
        else:
            self._look_soon(side)


class Relay:
    """Listens for the clients of one server. ``server``: the address of the server's own socket."""

    def __init__(self, link: Link, server: tuple[str, int], may_connect: Callable[[], bool]) -> None:
        self.loop = asyncio.get_running_loop()
        self.link = link
        self.server = server
        self._may_connect = may_connect
        self._wires: dict[RelayWire, None] = {}
        self._listener: asyncio.Server | None = None

    async def listen(self, sock: socket.socket) -> None:
        self._listener = await self.loop.create_server(lambda: RelayWire(self).client, sock=sock)

    def accepts(self, wire: RelayWire) -> bool:
        self._wires[wire] = None
        connection = self.link.accept(wire) if self._may_connect() else None
        if connection is None:
            return False
        wire.connection = connection
        return True

    def forget(self, wire: RelayWire) -> None:
        self._wires.pop(wire, None)

    def close(self) -> None:
        """Stops listening and resets every connection."""
        if self._listener is not None:
            self._listener.close()
        self.break_off()

    def break_off(self) -> None:
        """Resets every connection at once, whatever waits in it."""
        for wire in list(self._wires):
            wire.dispose()
