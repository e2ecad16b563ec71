"""The hostile client's connection: bodies written piece by piece, left open, cut with FIN or RST; answers read with h11.

Nothing waits for the peer to read: what is written is buffered here, so a server that stops reading cannot hold up the play.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import h11

Why = Literal["closed", "timeout"]
TEXT_MAX = 300


@dataclass(frozen=True)
class Got:
    """One answer. ``status`` None: there was none, and ``why`` not. ``body``: its JSON, None when it is none."""

    status: int | None
    why: Why | None = None
    body: Any = None
    text: str = ""


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

    def begin(self, method: str, target: str, headers: Sequence[tuple[str, str]]) -> None:
        """Sends the head of a request."""
        host = f"{self._address.host}:{self._address.port}"
        self._write(h11.Request(method=method, target=self._address.path + target, headers=[("Host", host), *headers]))

    def body_bytes(self, data: bytes) -> bytes:
        """``data`` as it goes over the wire, framed as the head said."""
        return self._http.send(h11.Data(data=data)) or b""

    def write(self, raw: bytes) -> None:
        self._writer.write(raw)

    def finish(self) -> None:
        """The body has ended in order."""
        self._write(h11.EndOfMessage())

    def _write(self, event: h11.Event) -> None:
        self._writer.write(self._http.send(event) or b"")

    async def answer(self, timeout_ms: int) -> Got:
        """Waits for the answer; whatever goes wrong is told in it."""
        try:
            async with asyncio.timeout(timeout_ms / 1_000):
                return await self._answer()
        except TimeoutError:
            return Got(None, "timeout")
        except (OSError, h11.RemoteProtocolError):
            return Got(None, "closed")

    async def _answer(self) -> Got:
        status, body = 0, b""
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                self._http.receive_data(await self._reader.read(65_536))
            elif isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                return _got(status, body)
            elif isinstance(event, h11.ConnectionClosed):
                return Got(None, "closed")

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


def _got(status: int, body: bytes) -> Got:
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    return Got(status, None, value, body[:TEXT_MAX].decode("utf-8", "replace"))
