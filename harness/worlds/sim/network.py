"""The network in memory: names, listeners, and connections between them. Everything lives on the one host 127.0.0.1."""

from __future__ import annotations

import asyncio
import errno
import ssl
from asyncio import sslproto
from collections.abc import Callable
from contextvars import copy_context
from ipaddress import ip_address
from socket import EAI_NONAME, gaierror
from typing import TYPE_CHECKING, Any, Protocol

from ...values.errors import QuotaExceeded
from ..ownership import OWNER
from ..wire import Connection, Wire
from .fake_socket import Address, FakeSocket
from .transport import SimTransport
from .wire import SimWire, Straight

if TYPE_CHECKING:
    from .loop import SimLoop

HOST = "127.0.0.1"
LOCAL_NAMES = frozenset({"", "localhost", "ip6-localhost", "0.0.0.0", "::", "::1", HOST})  # noqa: S104 (nothing is bound)
FIRST_LISTENING_PORT = 20_000
FIRST_CLIENT_PORT = 40_000


class Accepts(Protocol):
    """What stands in front of a listener: a link."""

    def accept(self, wire: Wire) -> Connection | None:
        """The link's side of a new connection; None refuses it."""


class Listener(asyncio.AbstractServer):
    """What listens on one or more addresses. It can be closed, and opened again with `start_serving`."""

    def __init__(
        self, loop: SimLoop, addresses: list[Address], factory: Callable[[], Any], tls: ssl.SSLContext | None, link: Accepts | None
    ) -> None:
        self._loop = loop
        self._addresses = addresses
        self._factory = factory
        self._tls = tls
        self._link = link
        self._context = copy_context()
        self._owner = OWNER.get()
        if self._owner is not None:
            self._owner.adopt(self)

    @property
    def sockets(self) -> tuple[FakeSocket, ...]:
        return tuple(FakeSocket(address) for address in self._addresses) if self.is_serving() else ()

    @property
    def port(self) -> int:
        return self._addresses[0][1]

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return self._loop

    def is_serving(self) -> bool:
        return self._loop.network.listens(self)

    def close(self) -> None:
        self._loop.network.remove(self._addresses, self)

    def sever(self) -> None:
        """Its owner was abandoned."""
        self.close()

    async def start_serving(self) -> None:
        self.open()

    def open(self) -> None:
        self._loop.network.add(self._addresses, self)

    async def serve_forever(self) -> None:
        self.open()
        try:
            await self._loop.create_future()
        finally:
            self.close()

    async def wait_closed(self) -> None:
        await asyncio.sleep(0)

    def break_off(self, reason: str) -> None:
        """Loses every connection on the server's side, as the end of its process would. The peers hear nothing of it here."""
        self._loop.network.break_off(self, reason)

    def connect(self, client: SimTransport, address: Address) -> bool:
        """Joins ``client`` with a new end on the server's side; False when the link refuses."""
        server = SimTransport(self._loop, address, client.local_address, self._context.copy())
        wire = SimWire(self._loop, client, server)
        # In the harness's own context: links belong to nobody. A copy, since this may run inside a callback of a link.
        connection = self._loop.harness_context.copy().run(self._link.accept, wire) if self._link else Straight(wire)
        if connection is None:
            server.dispose()
            return False
        wire.connection = connection
        self._loop.network.remember(server, self)
        self._loop.call_soon(self._start, server, context=self._context.copy())
        return True

    def _start(self, server: SimTransport) -> None:
        protocol = self._factory()
        if self._tls is not None:
            nobody_waits: Any = None
            protocol = sslproto.SSLProtocol(self._loop, protocol, self._tls, nobody_waits, server_side=True)
        server.start(protocol)


class Network:
    """``hosts``: further names, each with the address that it resolves to."""

    def __init__(self, loop: SimLoop, connections_max: int) -> None:
        self.hosts: dict[str, str] = {}
        self.connections = 0
        self._connections_max = connections_max
        self._loop = loop
        self._listeners: dict[Address, Listener] = {}
        self._ends: dict[SimTransport, Listener | None] = {}
        self._listening_port = FIRST_LISTENING_PORT

    def resolve(self, host: str | bytes | None) -> str:
        """The address of a name. Raises `socket.gaierror` for one that nobody knows."""
        name = (host.decode("idna") if isinstance(host, bytes) else host or "").lower().rstrip(".")
        if name in LOCAL_NAMES or name.endswith(".localhost"):
            return HOST
        if name in self.hosts:
            return self.hosts[name]
        try:
            return str(ip_address(name))
        except ValueError:
            raise gaierror(EAI_NONAME, "Name or service not known") from None

    def listen(
        self,
        factory: Callable[[], Any],
        hosts: list[str | None],
        port: int = 0,
        *,
        tls: ssl.SSLContext | None = None,
        link: Accepts | None = None,
    ) -> Listener:
        """A listener that is not open yet. Port 0 takes the next free one."""
        port = port or self._free_port()
        addresses = list(dict.fromkeys((self.resolve(host), port) for host in hosts))
        return Listener(self._loop, addresses, factory, tls, link)

    def connect(self, address: Address) -> SimTransport:
        """The client's end of a new connection, not yet started. It belongs to whoever runs now.

        Raises ConnectionRefusedError when nobody listens there, or when the link refuses.
        """
        self._count()
        client = SimTransport(self._loop, (HOST, FIRST_CLIENT_PORT + self.connections), address, copy_context())
        listener = self._listeners.get(address)
        if listener is None or not listener.connect(client, address):
            client.dispose()
            raise ConnectionRefusedError(errno.ECONNREFUSED, f"Connect call failed {address}")
        self.remember(client, None)
        return client

    def add(self, addresses: list[Address], listener: Listener) -> None:
        for address in addresses:
            if self._listeners.get(address, listener) is not listener:
                raise OSError(errno.EADDRINUSE, f"error while attempting to bind on address {address}: address already in use")
        self._listeners.update(dict.fromkeys(addresses, listener))

    def remove(self, addresses: list[Address], listener: Listener) -> None:
        for address in addresses:
            if self._listeners.get(address) is listener:
                del self._listeners[address]

    def listens(self, listener: Listener) -> bool:
        return listener in self._listeners.values()

    def remember(self, end: SimTransport, listener: Listener | None) -> None:
        """``end`` is alive; ``listener`` is what accepted it."""
        self._ends[end] = listener

    def forget(self, end: SimTransport) -> None:
        self._ends.pop(end, None)

    def break_off(self, listener: Listener, reason: str) -> None:
        for end in [end for end, accepted_by in self._ends.items() if accepted_by is listener]:
            end.break_off(reason)

    def close(self) -> None:
        """The example is over."""
        for end in list(self._ends):
            end.dispose()
        self._listeners.clear()

    def _free_port(self) -> int:
        self._listening_port += 1
        return self._listening_port

    def _count(self) -> None:
        self.connections += 1
        if self.connections > self._connections_max:
            why = f"its budget of {self._connections_max} connections is used up"
            self._loop.fail(QuotaExceeded(f"The example was ended at {self._loop.elapsed_us()} us: {why}. {self._loop.describe()}"))
            raise OSError(errno.EMFILE, "Too many open files")
