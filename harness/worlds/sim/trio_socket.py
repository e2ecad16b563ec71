"""Sockets as trio knows them, over transports of the simulated network. Only TCP clients: nobody listens on trio here."""

from __future__ import annotations

import errno
import os
import socket
from typing import TYPE_CHECKING, Any

import trio
from trio.socket import SocketType

from .segments import RECEIVE_BUFFER_BYTES
from .transport import SimTransport

if TYPE_CHECKING:
    from .loop import SimLoop

SEND_BYTES_MAX = 64 * 1024
"""What one `send` takes; the kernel too takes no more than it has room for."""


class _Waiters:
    """Trio tasks that wait for one thing, woken from outside of trio."""

    def __init__(self, runner: Any) -> None:
        self._runner = runner
        self._tasks: dict[Any, None] = {}

    async def wait(self) -> None:
        task = trio.lowlevel.current_task()
        self._tasks[task] = None

        def abort(raise_cancel: object) -> trio.lowlevel.Abort:
            self._tasks.pop(task, None)
            return trio.lowlevel.Abort.SUCCEEDED

        await trio.lowlevel.wait_task_rescheduled(abort)

    def wake(self) -> None:
        tasks, self._tasks = self._tasks, {}
        for task in tasks:
            self._runner.reschedule(task)


class SimSocket(SocketType):
    """A socket for trio, and the asyncio protocol of its transport."""

    family = socket.AF_INET
    type = socket.SOCK_STREAM
    proto = socket.IPPROTO_TCP
    did_shutdown_SHUT_WR = False

    def __init__(self, loop: SimLoop, runner: Any) -> None:
        self._loop = loop
        self._readers = _Waiters(runner)
        self._writers = _Waiters(runner)
        self._transport: SimTransport | None = None
        self._received = bytearray()
        self._at_end = False
        self._error: BaseException | None = None
        self._closed = False
        self._writing_paused = False

    def __repr__(self) -> str:
        return f"<simulated trio socket {self._transport!r}>"

    # --- as an asyncio protocol

    def connection_made(self, transport: SimTransport) -> None:
        transport.set_write_buffer_limits(high=0)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        if len(self._received) >= RECEIVE_BUFFER_BYTES:
            self._connected().pause_reading()
        self._readers.wake()

    def eof_received(self) -> bool:
        self._at_end = True
        self._readers.wake()
        return True  # this end may still send

    def connection_lost(self, error: BaseException | None) -> None:
        self._error = error
        self._at_end = True
        self._readers.wake()
        self._writers.wake()

    def pause_writing(self) -> None:
        self._writing_paused = True

    def resume_writing(self) -> None:
        self._writing_paused = False
        self._writers.wake()

    # --- as a socket of trio

    async def connect(self, address: Any) -> None:
        await trio.lowlevel.checkpoint()
        host, port = address[:2]
        self._loop.network.connect((str(host), int(port))).start(self)  # type: ignore[arg-type]  # a protocol by its methods

    async def recv(self, buflen: int, flags: int = 0, /) -> bytes:
        await trio.lowlevel.checkpoint()
        while not self._received and not self._at_end:
            self._must_be_open()
            await self._readers.wait()
        self._must_be_open()
        if self._received:
            data = bytes(self._received[:buflen])
            del self._received[:buflen]
            if len(self._received) < RECEIVE_BUFFER_BYTES:
                self._connected().resume_reading()
            return data
        if self._error is not None:
            raise self._error
        return b""

    async def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        view = memoryview(buffer).cast("B")
        data = await self.recv(nbytes or len(view), flags)
        view[: len(data)] = data
        return len(data)

    async def send(self, data: Any, flags: int = 0, /) -> int:
        await trio.lowlevel.checkpoint()
        await self._until_writable()
        piece = bytes(memoryview(data).cast("B")[:SEND_BYTES_MAX])
        self._connected().write(piece)
        return len(piece)

    async def wait_writable(self) -> None:
        await trio.lowlevel.checkpoint()
        await self._until_writable()

    def shutdown(self, flag: int) -> None:
        if flag in (socket.SHUT_WR, socket.SHUT_RDWR):
            self.did_shutdown_SHUT_WR = True
            self._connected().write_eof()

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._transport is not None:
            if self._received:  # what arrived and nobody read makes the close a reset, as in the kernel
                self._transport.get_extra_info("socket").linger_reset = True
            self._transport.close()
        self._readers.wake()
        self._writers.wake()

    def is_readable(self) -> bool:
        return bool(self._received) or self._at_end

    def fileno(self) -> int:
        return -1 if self._closed or self._transport is None else int(self._transport.get_extra_info("socket").fileno())

    def getpeername(self) -> Any:
        return self._connected().get_extra_info("peername")

    def getsockname(self) -> Any:
        return self._connected().get_extra_info("sockname")

    def setsockopt(self, level: int, optname: int, value: Any, optlen: int | None = None) -> None:
        if self._transport is not None:
            self._transport.get_extra_info("socket").setsockopt(level, optname, value)

    def getsockopt(self, level: int, optname: int, buflen: int | None = None) -> Any:
        return bytes(buflen) if buflen else 0

    def __enter__(self) -> SimSocket:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # --- within

    async def _until_writable(self) -> None:
        self._must_be_open()
        while self._writing_paused and self._error is None:
            await self._writers.wait()
            self._must_be_open()
        if self._error is not None or self._connected().is_closing():
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    def _must_be_open(self) -> None:
        if self._closed:
            raise trio.ClosedResourceError("this socket was closed")

    def _connected(self) -> SimTransport:
        if self._transport is None:
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
        return self._transport


class SimSocketFactory(trio.abc.SocketFactory):
    def __init__(self, loop: SimLoop, runner: Any) -> None:
        self._loop = loop
        self._runner = runner

    def socket(self, family: int = 0, type: int = 0, proto: int = 0) -> SocketType:
        return SimSocket(self._loop, self._runner)


class SimResolver(trio.abc.HostnameResolver):
    def __init__(self, loop: SimLoop) -> None:
        self._loop = loop

    async def getaddrinfo(self, host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> Any:
        return await self._loop.getaddrinfo(host, port, family=family)

    async def getnameinfo(self, sockaddr: Any, flags: int) -> tuple[str, str]:
        return await self._loop.getnameinfo(sockaddr, flags)
