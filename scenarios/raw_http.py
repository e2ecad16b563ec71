"""The connection of a hostile client: requests written to the byte, left open, cut with FIN or RST; answers read with h11 as they arrive.

Nothing waits for the peer to read: what is written is buffered here, so a server that stops reading cannot hold up the play.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import h11

Headers = Sequence[tuple[str, str]]
READ_BYTES = 65_536


@dataclass(frozen=True)
class Address:
    """Where a server listens; ``path`` is what its base URL has before the route."""

    host: str
    port: int
    path: str
    secure: bool

    @classmethod
    def of(cls, url: str) -> Address:
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        return cls(parts.hostname or "127.0.0.1", parts.port or (443 if secure else 80), parts.path.removesuffix("/"), secure)


class Connection:
    """One connection; one request at a time."""

    def __init__(self, address: Address, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._address = address
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.CLIENT)

    @classmethod
    async def open(cls, address: Address) -> Connection:
        """Raises OSError."""
        return cls(address, *await asyncio.open_connection(address.host, address.port, ssl=True if address.secure else None))

    # --- the request

    def begin(self, method: str, target: str, headers: Headers, raw_headers: Headers = ()) -> None:
        """Sends the head of a request. ``raw_headers`` go out as they are, whatever they are; none of them is of the framing."""
        host = f"{self._address.host}:{self._address.port}"
        head = self._http.send(h11.Request(method=method, target=self._address.path + target, headers=[("Host", host), *headers])) or b""
        lines = "".join(f"{name}: {value}\r\n" for name, value in raw_headers)
        self._writer.write(head[:-2] + lines.encode("utf-8", "surrogateescape") + head[-2:])

    def body_bytes(self, data: bytes) -> bytes:
        """``data`` as it goes over the wire, framed as the head said."""
        return self._http.send(h11.Data(data=data)) or b""

    def write(self, raw: bytes) -> None:
        self._writer.write(raw)

    def finish(self) -> None:
        """The body has ended in order."""
        self._writer.write(self._http.send(h11.EndOfMessage()) or b"")

    # --- the answer

    async def next_event(self) -> h11.Response | h11.Data | h11.EndOfMessage | None:
        """The head of the answer, a piece of its body, its end; None when the connection has ended before an answer.

        Raises OSError, h11.RemoteProtocolError (what came is no HTTP, or ended too early).
        """
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                self._http.receive_data(await self._reader.read(READ_BYTES))
            elif isinstance(event, (h11.Response, h11.Data, h11.EndOfMessage)):
                return event
            elif isinstance(event, h11.ConnectionClosed) or event is h11.PAUSED:
                return None

    def next_request(self) -> bool:
        """Whether the connection can take another request."""
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        self._http.start_next_cycle()
        return True

    def close(self, how: Literal["fin", "rst"] = "fin") -> None:
        """Ends the connection in order, or as the kernel ends that of a process that is killed."""
        if how == "rst":
            peer = self._writer.get_extra_info("socket")
            if peer is not None:
                with contextlib.suppress(OSError):  # the peer was first
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._writer.transport.abort()
        else:
            self._writer.close()
