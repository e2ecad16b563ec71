"""One end of a simulated connection, as asyncio protocols know it.

Outward, what is written waits in ``_outbox`` until the next turn and then leaves as one segment, as long as the wire
takes it: a held side and a reader that does not read leave it where it is, and past what a kernel would buffer the
protocol is told to pause. Inward, each segment waits in ``_inbox`` and is handed over in a turn of its own, in the
context of this end (so to code of an owner that was abandoned nothing is handed over). A reset arrives in order, behind
the bytes that were sent before it.

Nothing here calls the link or the peer from inside a call of the protocol: both run in turns of their own.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections import deque
from collections.abc import Iterable
from contextvars import Context
from typing import TYPE_CHECKING, Any

from ..ownership import OWNER
from ..wire import Side
from .fake_socket import Address, FakeSocket
from .segments import FIN, RECEIVE_BUFFER_BYTES, RST, SEND_BUFFER_BYTES, ByteQueue, Mark

if TYPE_CHECKING:
    from .loop import SimLoop
    from .wire import SimWire

HIGH_WATER_BYTES = 64 * 1024


class SimTransport(asyncio.Transport):
    """``real_socket``: a socket of the kernel that a library made for this connection; it is closed with it."""

    _start_tls_compatible = True  # what the base loop asks before it wraps a transport in TLS

    _protocol: Any
    _wire: SimWire
    _side: Side
    _peer: SimTransport

    def __init__(self, loop: SimLoop, local: Address, remote: Address, context: Context) -> None:
        self._loop = loop
        self._sock = FakeSocket(local, remote, self._has_unread)
        self._extra = {"socket": self._sock, "sockname": local, "peername": remote}
        self._context = context
        self.owner = context.get(OWNER)
        if self.owner is not None:
            self.owner.adopt(self)
        self._protocol = None
        self._buffered = False
        self.local_address = local
        self.real_socket: socket.socket | None = None
        self._inbox: deque[bytes | Mark] = deque()
        self._inbox_bytes = 0
        self._at_eof = False
        self._pumping = False
        self._reading_paused = False
        self._outbox = ByteQueue()
        self._flushing = False
        self._held = False  # by the link
        self._starved = False  # the peer has no room
        self._writing_paused = False
        self._high = HIGH_WATER_BYTES
        self._low = HIGH_WATER_BYTES // 4
        self._ending: Mark | None = None  # goes out behind the outbox
        self._ended: Mark | None = None  # has gone out
        self._closing = False
        self._losing = False  # connection_lost is on its way
        self._lost = False
        self._reason: BaseException | None = None  # what connection_lost will be told

    def __repr__(self) -> str:
        state = "lost" if self._lost else "closing" if self._closing else "open"
        return f"<{self._side} end at {self.local_address}, {state}, {self._inbox_bytes} B in, {self._outbox.size} B out>"

    # --- what protocols use

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = protocol
        self._buffered = isinstance(protocol, asyncio.BufferedProtocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        protocol: asyncio.BaseProtocol = self._protocol
        return protocol

    def is_closing(self) -> bool:
        return self._closing

    def is_reading(self) -> bool:
        return not self._reading_paused and not self._closing

    def pause_reading(self) -> None:
        self._reading_paused = True

    def resume_reading(self) -> None:
        if self._reading_paused:
            self._reading_paused = False
            self._pump_soon()

    def get_write_buffer_size(self) -> int:
        return max(0, self._outbox.size - SEND_BUFFER_BYTES)

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._low, self._high

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        if high is None:
            high = HIGH_WATER_BYTES if low is None else 4 * low
        if low is None:
            low = high // 4
        if not high >= low >= 0:
            raise ValueError(f"high ({high!r}) must be >= low ({low!r}) must be >= 0")
        self._high, self._low = high, low
        self._pace_writer()

    def can_write_eof(self) -> bool:
        return True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._ending is FIN and not self._closing:
            raise RuntimeError("Cannot call write() after write_eof()")
        if self._closing or not data:
            return
        if self._inbox and self._inbox[-1] is RST:
            self._lose_to_reset()  # the kernel refuses what is written to a connection that was reset
            return
        self._outbox.append(data if type(data) is bytes else bytes(data))
        self._flush_soon()
        if self._outbox.size > SEND_BUFFER_BYTES:
            self._pace_writer()

    def writelines(self, list_of_data: Iterable[Any]) -> None:
        self.write(b"".join(list_of_data))

    def write_eof(self) -> None:
        if self._ending is None:
            self._ending = FIN
            self._flush_soon()

    def close(self) -> None:
        if not self._closing:
            self._shut(RST if self._sock.linger_reset or self._inbox_bytes else FIN)

    def abort(self) -> None:
        self._force_close(None)

    def _force_close(self, error: BaseException | None) -> None:
        """An abort, with what the protocol is told of it. The TLS layer of asyncio calls it by this name."""
        self._outbox.keep(SEND_BUFFER_BYTES)
        self._reason = error
        if self._closing:
            self._lose_when_buffered()
        else:
            self._shut(RST if self._sock.linger_reset or self._inbox_bytes else FIN)

    # --- what the network, the wire and the owner use

    def attach(self, wire: SimWire, side: Side, peer: SimTransport) -> None:
        self._wire = wire
        self._side = side
        self._peer = peer

    def start(self, protocol: asyncio.BaseProtocol) -> None:
        """Hands the connection to ``protocol``."""
        self.set_protocol(protocol)
        self._protocol.connection_made(self)
        self._pump_soon()

    def deliver(self, segment: bytes | Mark) -> None:
        """Something arrives from the wire."""
        if self._closing:
            if not isinstance(segment, Mark):
                self._ending = RST  # bytes for a closed socket
                self._flush_soon()
            return
        if segment is RST and self._outbox.size and self._reading_paused:
            self._lose_to_reset()  # a blocked writer hears of it, though it does not read
            return
        self._inbox.append(segment)
        if not isinstance(segment, Mark):
            self._inbox_bytes += len(segment)
        if self._sock.watched:
            self._sock.update()
        self._pump_soon()

    def hold(self) -> None:
        """The link does not read what this end sends."""
        self._held = True

    def release(self) -> None:
        if self._held:
            self._held = False
            self._flush_soon()

    def sever(self) -> None:
        """The end of a process that was killed: reset towards the peer, and not a word to the protocol."""
        if self._lost:
            return
        self._closing = self._losing = self._lost = True
        self._drop_buffers()
        self._ending = RST
        self._held = self._starved = False
        self._flush_soon()
        self._let_go()

    def break_off(self, reason: str) -> None:
        """The connection is lost at once, whatever waits in it; the protocol is told."""
        if not self._losing:
            self._lose(ConnectionResetError(errno.ECONNRESET, reason))

    def dispose(self) -> None:
        """The example is over: lets go of what the operating system gave."""
        self._lost = self._closing = True
        self._let_go()

    # --- inward

    def _pump_soon(self) -> None:
        if self._inbox and not self._pumping and not self._reading_paused and self._protocol is not None:
            self._pumping = True
            self._loop.call_soon(self._pump, context=self._context)

    def _pump(self) -> None:
        self._pumping = False
        if self._reading_paused or self._closing or not self._inbox:
            return
        segment = self._inbox.popleft()
        if segment is FIN:
            self._at_eof = True
        if self._sock.watched:
            self._sock.update()
        try:
            if segment is RST:
                self._lose_to_reset()
            elif segment is FIN:
                if not self._protocol.eof_received():
                    self.close()
            else:
                self._hand_over(segment)
        except Exception as error:
            self._fail(error)
        self._pump_soon()

    def _has_unread(self) -> bool:
        return bool(self._inbox) or self._at_eof

    def _fail(self, error: Exception) -> None:
        """A protocol raised: as in asyncio, that ends its connection."""
        message = f"{type(self._protocol).__qualname__} raised on what it received"
        self._loop.call_exception_handler({"message": message, "exception": error, "transport": self, "protocol": self._protocol})
        self._force_close(error)

    def _hand_over(self, data: Any) -> None:
        self._inbox_bytes -= len(data)
        if self._peer._starved and self._inbox_bytes < RECEIVE_BUFFER_BYTES:
            self._peer.feed()
        if not self._buffered:
            self._protocol.data_received(data)
            return
        rest = memoryview(data)
        while rest:
            buffer = self._protocol.get_buffer(len(rest))
            count = min(len(buffer), len(rest))
            buffer[:count] = rest[:count]
            self._protocol.buffer_updated(count)
            rest = rest[count:]

    # --- outward

    def feed(self) -> None:
        """The peer has room again."""
        self._starved = False
        self._flush_soon()

    def _flush_soon(self) -> None:
        if not self._flushing and not self._held and not self._starved:
            self._flushing = True
            self._loop.call_in_harness(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        if self._held:
            return
        if self._outbox.size:
            room = RECEIVE_BUFFER_BYTES - self._peer._inbox_bytes
            if room <= 0 and not self._peer._closing:
                self._starved = True
                return
            data = self._outbox.take(max(room, 1))
            self._wire.from_end(self._side, data)
            self._pace_writer()
        if self._outbox.size:
            self._flush_soon()
        elif self._ending is not self._ended:
            self._ended = self._ending
            if self._ending is RST:
                self._wire.end_was_reset(self._side)
            else:
                self._wire.end_finished(self._side)

    def _pace_writer(self) -> None:
        """Tells the protocol to pause or to go on, and ends a close that waited for its bytes to be taken."""
        size = self.get_write_buffer_size()
        if self._closing:
            self._lose_when_buffered()
        elif not self._writing_paused:
            if size > self._high:
                self._writing_paused = True
                self._protocol.pause_writing()
        elif size <= self._low:
            self._writing_paused = False
            self._loop.call_soon(self._resume_writing, context=self._context)

    def _resume_writing(self) -> None:
        if not self._lost and not self._writing_paused:
            self._protocol.resume_writing()

    # --- the end

    def _shut(self, ending: Mark) -> None:
        """No more is read; what was written still goes out, and ``ending`` behind it."""
        self._closing = True
        self._inbox.clear()
        self._inbox_bytes = 0
        if ending is RST or self._ending is None:
            self._ending = ending
            if ending is RST and (self._held or self._starved):
                self._outbox.clear()  # an abortive close throws away what the peer had no room for
                self._held = self._starved = False
            self._flush_soon()
        if self._peer._starved:
            self._peer.feed()
        self._lose_when_buffered()

    def _lose_when_buffered(self) -> None:
        """The protocol is told of the end once the kernel would have taken the last byte."""
        if self._outbox.size <= SEND_BUFFER_BYTES and not self._losing:
            self._losing = True
            self._loop.call_soon(self._tell_lost, context=self._context)

    def _lose_to_reset(self) -> None:
        self._lose(ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET)))

    def _lose(self, error: OSError) -> None:
        if self._losing:
            return
        self._closing = self._losing = True
        self._reason = error
        self._drop_buffers()
        self._loop.call_soon(self._tell_lost, context=self._context)

    def _tell_lost(self) -> None:
        if not self._lost:
            self._lost = True
            self._let_go()
            if self._protocol is not None:  # none has taken it, if its maker let go of it first
                self._protocol.connection_lost(self._reason)

    def _drop_buffers(self) -> None:
        self._inbox.clear()
        self._inbox_bytes = 0
        self._outbox.clear()
        self._ending = None
        if self._peer._starved:
            self._peer.feed()

    def _let_go(self) -> None:
        self._sock.release()
        if self.real_socket is not None:
            self.real_socket.close()
            self.real_socket = None
        if self.owner is not None:
            self.owner.release(self)
        self._loop.network.forget(self)
