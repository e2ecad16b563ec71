"""What a simulated transport gives as its ``socket``: enough for libraries that set options or ask for the peer.

httpcore polls the socket's file number before it uses a pooled connection again: readable means dead. So a fake socket
has a real file number, made when it is first asked for, which becomes readable when something arrives.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable

Address = tuple[str, int]

_LINGER = struct.Struct("ii")


class Readiness:
    """A file number that is readable when it is set so: an eventfd, or elsewhere than on Linux a pipe."""

    __slots__ = ("_set", "_write_number", "number")

    def __init__(self) -> None:
        if hasattr(os, "eventfd"):
            self.number = self._write_number = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        else:
            self.number, self._write_number = os.pipe()
        self._set = False

    def set(self, readable: bool) -> None:
        if readable and not self._set:
            os.write(self._write_number, (1).to_bytes(8, "little"))
        elif self._set and not readable:
            os.read(self.number, 8)
        self._set = readable

    def close(self) -> None:
        os.close(self.number)
        if self._write_number != self.number:
            os.close(self._write_number)


class FakeSocket:
    """``linger_reset`` is set by SO_LINGER with a time of zero: then a close is a reset.

    ``has_unread`` tells whether something arrived that was not read yet. Once the socket is ``watched``, it is to be
    told by `update` whenever that changes.
    """

    __slots__ = ("_has_unread", "_local", "_peer", "_readiness", "closed", "linger_reset", "watched")

    family = socket.AF_INET
    type = socket.SOCK_STREAM
    proto = socket.IPPROTO_TCP

    def __init__(self, local: Address, peer: Address | None = None, has_unread: Callable[[], bool] = lambda: False) -> None:
        self._has_unread = has_unread
        self._local = local
        self._peer = peer
        self._readiness: Readiness | None = None
        self.linger_reset = False
        self.watched = False
        self.closed = False

    def setsockopt(self, level: int, option: int, value: int | bytes | None, length: int = 0) -> None:
        if level == socket.SOL_SOCKET and option == socket.SO_LINGER and isinstance(value, bytes):
            on, seconds = _LINGER.unpack(value)
            self.linger_reset = bool(on) and seconds == 0

    def getsockopt(self, level: int, option: int, length: int = 0) -> int | bytes:
        return bytes(length) if length else 0

    def getsockname(self) -> Address:
        return self._local

    def getpeername(self) -> Address:
        if self._peer is None:
            raise OSError(107, "Transport endpoint is not connected")
        return self._peer

    def setblocking(self, flag: bool) -> None:
        """It never blocks."""

    def gettimeout(self) -> float:
        return 0.0

    def fileno(self) -> int:
        if self.closed:
            return -1
        if self._readiness is None:
            self._readiness = Readiness()
            self.watched = True
        self.update()
        return self._readiness.number

    def update(self) -> None:
        if self._readiness is not None:
            self._readiness.set(self._has_unread())

    def release(self) -> None:
        self.closed = True
        if self._readiness is not None:
            self._readiness.close()
            self._readiness = None
