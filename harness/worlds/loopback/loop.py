"""The real loop of the loopback world: asyncio's own selector loop, which knows what belongs to which life of a target.

Connections and listeners that a target makes are adopted by its owner, so that a crash can reset them without a word to
their protocols. An exception that nobody takes is a target's affair when it comes from a target, and ours otherwise.
"""

from __future__ import annotations

import asyncio
import selectors
import socket
import struct
import weakref
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any

from ..ownership import OWNER, LifeOwner, OwnedLoop, owner_of_handle

LINGER_RESET = struct.pack("ii", 1, 0)
"""Value of SO_LINGER with which a close sends RST."""


class LoopbackTask(asyncio.Task[Any]):
    """A task that knows its context and its owner (Python 3.11 does not tell the one of a task)."""

    def __init__(self, coroutine: Any, context: Context | None, **options: Any) -> None:
        self.context = copy_context() if context is None else context
        self.owner: LifeOwner | None = self.context.get(OWNER)
        super().__init__(coroutine, context=self.context, **options)


class SeverableTransport:
    """A connection that an owner made."""

    def __init__(self, loop: LoopbackLoop, transport: Any) -> None:
        self._loop = loop
        self._transport = weakref.ref(transport)

    def sever(self) -> None:
        """RST towards the peer. The protocol hears nothing: ``abort`` would call it, and its code must not run."""
        transport = self._transport()
        sock: socket.socket | None = getattr(transport, "_sock", None)
        if transport is None or sock is None or sock.fileno() < 0:
            return
        self._loop._remove_reader(sock.fileno())
        self._loop._remove_writer(sock.fileno())
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
        sock.close()
        transport._sock = None  # else its finaliser complains about a transport that was not closed
        transport._closing = True
        transport._conn_lost += 1  # whatever still writes to it is ignored


class SeverableServer:
    """A listener that an owner made."""

    def __init__(self, server: asyncio.AbstractServer) -> None:
        self._server = server

    def sever(self) -> None:
        self._server.close()


class LoopbackLoop(OwnedLoop, asyncio.SelectorEventLoop):
    """``on_fault`` is told of exceptions in our own code that nobody took."""

    def __init__(self) -> None:
        super().__init__()
        self.on_fault: Callable[[str, BaseException], None] = lambda message, error: None

    _selector: selectors.BaseSelector
    _remove_reader: Callable[[int], bool]
    _remove_writer: Callable[[int], bool]

    def silence(self, owner: LifeOwner) -> None:
        """Its sockets are not watched any more either: a number that a dead socket leaves in the selector would pass for that of the
        next socket of this number, for which nothing would ever happen."""
        super().silence(owner)
        for key in list(self._selector.get_map().values()):
            reader, writer = key.data
            if reader is not None and owner_of_handle(reader) is owner:
                self._remove_reader(key.fd)
            if writer is not None and owner_of_handle(writer) is owner:
                self._remove_writer(key.fd)

    def create_task(self, coro: Any, *, name: object = None, context: Context | None = None, **options: Any) -> asyncio.Task[Any]:
        if self._task_factory is not None:  # type: ignore[attr-defined]  # private: a target may have set its own
            return super().create_task(coro, name=name, context=context, **options)
        return LoopbackTask(coro, context, loop=self, name=None if name is None else str(name), **options)

    def _make_socket_transport(self, *args: Any, **options: Any) -> Any:
        transport = super()._make_socket_transport(*args, **options)  # type: ignore[misc]  # private, so typeshed does not know it
        owner = OWNER.get()
        if owner is not None:
            owner.adopt(SeverableTransport(self, transport))
        return transport

    async def create_server(self, *args: Any, **options: Any) -> Any:
        server = await super().create_server(*args, **options)
        owner = OWNER.get()
        if owner is not None:
            owner.adopt(SeverableServer(server))
        return server

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, Exception) and self._is_ours(context):
            self.on_fault(str(context.get("message")), error)

    def _is_ours(self, context: dict[str, Any]) -> bool:
        handle = context.get("handle")
        if handle is not None:
            return owner_of_handle(handle) is None
        task = context.get("task") or context.get("future")
        if isinstance(task, LoopbackTask):
            return task.owner is None
        return "transport" in context and OWNER.get() is None
