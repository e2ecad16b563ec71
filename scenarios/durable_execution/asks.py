"""One exchange of the hostile client with the server: asked, and its answer written down as it arrives.

Entries (``ask`` is their number): ``ask`` when it is begun, ``head``, ``piece`` for each piece of the body, ``over`` at its end.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import h11

from ...harness.worlds.base import Scene
from ..raw_http import Address, Connection, Headers
from .frames import Event, FrameReader
from .tenants import Tenant, Tenants

BODY_BYTES_MAX, FRAMES_MAX = 1_000_000, 600
"""Of an answer that never ends: then it counts as given up. No run of ours has so many frames."""

OnEvents = Callable[[Sequence[Event]], None]


@dataclass(frozen=True, kw_only=True)
class Request:
    """``body``: a JSON value, None for none; ``text``: a body as it is, in its place (surrogates stand for bytes that are no UTF-8).

    ``leave``: {"frames": n} or {"bytes": n} of the body behind which the client goes away. ``streams``: a stream is expected.
    """

    op: str
    method: str
    path: str
    tenant: Tenant
    run: str | None = None
    call: str | None = None
    conversation: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: Any = None
    text: str | None = None
    meant: str | None = None
    last: bool = False
    index: Any = None
    leave: Mapping[str, int] | None = None
    streams: bool = False

    @property
    def body_bytes(self) -> bytes | None:
        if self.text is not None:
            return self.text.encode("utf-8", "surrogateescape")
        return None if self.body is None else json.dumps(self.body, ensure_ascii=True).encode()


class Ask:
    """An exchange that is going on, or over."""

    def __init__(self, number: int, request: Request, scene: Scene) -> None:
        self.number = number
        self.request = request
        self.status: int | None = None
        self.headers: Mapping[str, str] = {}
        self.how: str | None = None
        self.moved_us = scene.now_us()
        """When it was begun, or last brought a head or a frame."""
        self.answered = asyncio.Event()
        """Its head has arrived, or it is over."""
        self.ended = asyncio.Event()
        self.on_head: Callable[[Ask], None] = lambda ask: None
        self.on_events: OnEvents = lambda events: None
        self.on_over: Callable[[Ask], None] = lambda ask: None
        self._scene = scene
        self._body = bytearray()
        self._frames = FrameReader()
        self._task: asyncio.Task[None] | None = None
        self._connection: Connection | None = None

    @property
    def is_over(self) -> bool:
        return self.how is not None

    @property
    def json(self) -> Any:
        """The body as JSON, None when it is none."""
        try:
            return json.loads(self._body)
        except ValueError:  # told by the text of its pieces
            return None

    def begin(self, address: Address, headers: Headers) -> None:
        """Writes it down, and sends it in a task of its own."""
        request = self.request
        self._scene.history.add(
            "ask",
            ask=self.number,
            op=request.op,
            method=request.method,
            path=request.path,
            tenant=request.tenant,
            run=request.run,
            call=request.call,
            conversation=request.conversation,
            headers=[list(row) for row in request.headers],
            body=request.body if request.text is None else {"text": request.text},
            meant=request.meant,
            last=request.last,
            index=request.index,
            leave=request.leave,
        )
        self._task = asyncio.get_running_loop().create_task(self._run(address, headers), name=f"play: ask {self.number}")

    async def wait_ended(self, timeout_ms: float) -> bool:
        """Whether it is over, after so long at most."""
        try:
            async with asyncio.timeout(timeout_ms / 1_000):
                await self.ended.wait()
        except TimeoutError:
            return False
        return True

    def give_up(self, rest_ms: int | None = None) -> None:
        """The client has waited long enough. ``rest_ms``: how long the run of a stream was known to be at rest."""
        self._over("timeout", rest_ms)
        self.drop()

    def drop(self) -> None:
        """Lets go of the connection, whatever comes."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self, address: Address, headers: Headers) -> None:
        try:
            self._connection = await Connection.open(address)
        except OSError:
            self._over("refused")
            return
        try:
            self._send(self._connection, headers)
            self._over(await self._read(self._connection))
        except (OSError, h11.RemoteProtocolError):
            self._over("cut")
        finally:
            self._connection.close()

    def _send(self, connection: Connection, headers: Headers) -> None:
        body, extra = self.request.body_bytes, self.request.headers
        framing = [] if body is None else [("Content-Length", str(len(body)))]
        if body is not None and not any(name.lower() == "content-type" for name, _ in extra):
            framing.append(("Content-Type", "application/json"))
        connection.begin(self.request.method, self.request.path, [*headers, *framing], extra)
        if body:
            connection.write(connection.body_bytes(body))
        connection.finish()

    async def _read(self, connection: Connection) -> str:
        while True:
            event = await connection.next_event()
            if event is None:
                return "cut"
            if isinstance(event, h11.Response):
                self._take_head(event)
                if self.request.leave is not None and 0 in self.request.leave.values():
                    return "left"
            elif isinstance(event, h11.Data):
                if not self._take_piece(bytes(event.data)):
                    return "left"
                if len(self._body) >= BODY_BYTES_MAX or self._frames.frames >= FRAMES_MAX:
                    return "timeout"
            else:
                return "end"

    def _take_head(self, head: h11.Response) -> None:
        self.moved_us = self._scene.now_us()
        self.status = head.status_code
        rows = [[name.decode("latin-1").lower(), value.decode("latin-1")] for name, value in head.headers]
        self.headers = {row[0]: row[1] for row in reversed(rows)}
        self._scene.history.add("head", ask=self.number, status=self.status, headers=rows)
        self.on_head(self)
        self.answered.set()

    def _take_piece(self, piece: bytes) -> bool:
        """False when the client goes away behind it."""
        events = self._frames.feed(piece)
        cut = self._cut_at(piece, events)
        kept = piece if cut is None else piece[:cut]
        self._body += kept
        if kept:
            self._scene.history.add("piece", ask=self.number, text=kept.decode("utf-8", "surrogateescape"))
        events = [event for event in events if event.end <= len(kept)]
        if any(event.is_frame for event in events):
            self.moved_us = self._scene.now_us()
            self.on_events(events)
        return cut is None

    def _cut_at(self, piece: bytes, events: Sequence[Event]) -> int | None:
        """How much of the piece is taken before the client goes away, None if it stays."""
        leave = self.request.leave or {}
        if "frames" in leave:
            ends = [event.end for event in events if event.is_frame]
            behind = leave["frames"] - (self._frames.frames - len(ends))
            return ends[behind - 1] if 0 < behind <= len(ends) else None
        left = leave.get("bytes", len(self._body) + len(piece) + 1) - len(self._body)
        return left if left <= len(piece) else None

    def _over(self, how: str, rest_ms: int | None = None) -> None:
        """The first end counts."""
        if self.how is not None:
            return
        self.how = how
        self._scene.history.add("over", ask=self.number, how=how, rest_ms=rest_ms)
        self.on_over(self)
        self.answered.set()
        self.ended.set()


class Asks:
    """Makes them, numbered. ``address``: where the server listens now."""

    def __init__(self, scene: Scene, tenants: Tenants, address: Address) -> None:
        self.address = address
        self.open: dict[int, Ask] = {}
        self._scene = scene
        self._tenants = tenants
        self._count = 0

    def make(self, request: Request) -> Ask:
        """One that is not begun yet."""
        self._count += 1
        return Ask(self._count, request, self._scene)

    def begin(self, ask: Ask) -> Ask:
        self.open[ask.number] = ask
        told = ask.on_over

        def on_over(ask: Ask) -> None:
            self.open.pop(ask.number, None)
            told(ask)

        ask.on_over = on_over
        ask.begin(self.address, [*self._tenants.headers(ask.request.tenant), ("Accept-Encoding", "identity")])
        return ask

    async def close(self) -> None:
        """Lets go of what is still open, and returns when it is gone."""
        pending = list(self.open.values())
        for ask in pending:
            ask.drop()
        await asyncio.gather(*(ask._task for ask in pending if ask._task is not None), return_exceptions=True)
