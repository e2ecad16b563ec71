"""The part of the simulated loop that libraries ask for names and connections. It answers from the network in memory.

aiohttp (by aiohappyeyeballs) makes a socket of the kernel, asks the loop to connect it and hands it back in
`create_connection`. The socket is then only a token for the connection that was made here, and is closed with it.
"""

from __future__ import annotations

import asyncio
import socket
import ssl as tls
from asyncio import sslproto
from asyncio.base_events import BaseEventLoop
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, TypeVarTuple

from ..base import Quota
from .network import Listener, Network
from .transport import SimTransport

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class SimStreams(BaseEventLoop):
    """Mixin of `SimLoop`."""

    quota: Quota
    network: Network
    _by_socket: dict[socket.socket, SimTransport]

    def _open_network(self) -> None:
        self.network = Network(self, self.quota.connections)  # type: ignore[arg-type]  # a SimLoop
        self._by_socket = {}

    def _close_network(self) -> None:
        self.network.close()

    async def getaddrinfo(self, host: Any, port: Any, *, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> Any:
        address = (self.network.resolve(host), int(port or 0))
        if family not in (socket.AF_UNSPEC, socket.AF_INET):
            raise socket.gaierror(socket.EAI_FAMILY, "the simulated network speaks IPv4 only")
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", address)]

    async def getnameinfo(self, sockaddr: Any, flags: int = 0) -> tuple[str, str]:
        return str(sockaddr[0]), str(sockaddr[1])

    def run_in_executor(self, executor: Any, func: Callable[[*Ts], T], *args: *Ts) -> asyncio.Future[T]:
        """Runs ``func`` here and now: another thread would neither see the virtual clock nor keep its order."""
        future: asyncio.Future[T] = self.create_future()
        try:
            result = func(*args)
        except Exception as error:
            self.call_soon(_settle, future, None, error)
        else:
            self.call_soon(_settle, future, result, None)
        return future

    async def sock_connect(self, sock: socket.socket, address: Any) -> None:
        await asyncio.sleep(0)
        self._drop_unclaimed()
        self._by_socket[sock] = self.network.connect((str(address[0]), int(address[1])))

    async def create_connection(  # type: ignore[override]  # one signature for the overloads of typeshed
        self,
        protocol_factory: Callable[[], asyncio.BaseProtocol],
        host: str | None = None,
        port: int | None = None,
        *,
        ssl: bool | tls.SSLContext | None = None,
        sock: socket.socket | None = None,
        server_hostname: str | None = None,
        **ignored: Any,
    ) -> tuple[asyncio.Transport, asyncio.BaseProtocol]:
        if sock is not None:
            transport = self._claim(sock)
        else:
            address = (self.network.resolve(host), int(port or 0))
            await asyncio.sleep(0)
            transport = self.network.connect(address)
        protocol = protocol_factory()
        if ssl:
            context = tls.create_default_context() if ssl is True else ssl
            return await self._start_client_tls(transport, protocol, context, server_hostname or host or ""), protocol
        transport.start(protocol)
        return transport, protocol

    async def create_server(  # type: ignore[override]  # one signature for the overloads of typeshed
        self,
        protocol_factory: Callable[[], asyncio.BaseProtocol],
        host: str | Iterable[str] | None = None,
        port: int | None = None,
        *,
        ssl: tls.SSLContext | None = None,
        sock: socket.socket | None = None,
        start_serving: bool = True,
        **ignored: Any,
    ) -> Listener:
        if sock is not None:
            raise NotImplementedError("the simulated network cannot listen on a socket of the kernel: give host and port")
        hosts: list[str | None] = [host] if host is None or isinstance(host, str) else list(host)
        listener = self.network.listen(protocol_factory, hosts, int(port or 0), tls=ssl)
        if start_serving:
            listener.open()
        return listener

    async def _start_client_tls(self, transport: SimTransport, protocol: Any, context: tls.SSLContext, name: str) -> asyncio.Transport:
        """The transport that ``protocol`` writes to, once the handshake is done."""
        shaken_hands = self.create_future()
        layer = sslproto.SSLProtocol(self, protocol, context, shaken_hands, server_side=False, server_hostname=name)
        transport.start(layer)
        try:
            await shaken_hands
        except BaseException:
            transport.close()
            raise
        outer: asyncio.Transport = layer._app_transport  # private; set by then
        return outer

    def _claim(self, sock: socket.socket) -> SimTransport:
        transport = self._by_socket.pop(sock, None)
        if transport is None:
            raise NotImplementedError(f"{sock!r} was not connected by this loop: the simulated network knows no sockets of the kernel")
        transport.real_socket = sock
        return transport

    def _drop_unclaimed(self) -> None:
        """Ends connections whose socket was closed by its maker before it was handed back (a lost race, a cancellation)."""
        for sock in [sock for sock in self._by_socket if sock.fileno() < 0]:
            self._by_socket.pop(sock).abort()


def _settle(future: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)
