"""One WebSocket of an agent: what arrives on it, what is said on it, its pings, and how it ends.

Nothing here waits but for the next frame: writes never do, since this end knows no back-pressure. So a frame is taken, answered and written
down in one go, and what a play says of its own accord cannot come between.

Pings: behind whatever is said goes a ping, unless one is unanswered; then the next goes behind its pong. Its data is its number. A pong
with that data proves that the agent has read all that was said before the ping.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Literal

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web
from aiohttp.http_websocket import WebSocketError

from ...harness.faults.base import Position
from ...harness.values.errors import HarnessFault
from ...harness.worlds.loopback.loop import LINGER_RESET
from .frame_orders import frame_orders_of
from .inbound import Inbound
from .ledger import Taken
from .wording import Meant, Said

if TYPE_CHECKING:
    from .app import ControlPlane
    from .envelope import Message

MESSAGE_BYTES_MAX = 2**27
"""A final holds all of stdout."""
NO_BACK_PRESSURE = 2**62
CLOSE_MS = 5_000
"""How long an agent may take to answer a close."""
Drop = Literal["fin", "rst", "close"]
Ending = tuple[Literal["agent", "server", "broken"], int | None, str | None]
"""(by whom, code, problem)"""


def new_web_socket() -> web.WebSocketResponse:
    """Control frames come to us, and nothing is compressed, so that a frame is on the wire what it is in the record."""
    return web.WebSocketResponse(
        autoping=False, autoclose=False, compress=False, max_msg_size=MESSAGE_BYTES_MAX, writer_limit=NO_BACK_PRESSURE
    )


class Socket:
    """``number``: of the request that opened it."""

    def __init__(self, plane: ControlPlane, number: int, ws: web.WebSocketResponse, transport: asyncio.Transport) -> None:
        self.plane = plane
        self.number = number
        self.history = plane.host.history
        self.active = False
        """A hello_ack that names its hello was sent."""
        self.hello: Message | None = None
        self.hello_ack: dict[str, Any] | None = None
        self.ack_is_due = False
        """A hello_ack is on its way."""
        self.is_deaf = False
        """The agent dies: nothing that arrives is looked at."""
        self.frames = 0
        self._ws = ws
        self._transport = transport
        self._inbound = Inbound(self)
        self._said = 0
        self._ended: Ending | None = None
        self._pings = 0
        self._ping_is_out = False
        self._ping_is_due = False

    @property
    def is_open(self) -> bool:
        return self._ended is None

    # --- what arrives

    async def run(self) -> None:
        """Reads to the end of the connection. Cancelled when that is lost."""
        try:
            while self._take(await self._ws.receive()):
                pass
        finally:
            by, code, problem = self._ended or ("broken", None, None)
            self._ended = (by, code, problem)
            self.history.add("socket-over", socket=self.number, by=by, code=code, problem=problem)
            self.plane.left(self)

    def _take(self, message: WSMessage) -> bool:
        """False when it was the last."""
        if message.type is WSMsgType.TEXT:
            self._inbound.arrived(message.data)
        elif message.type is WSMsgType.BINARY:
            self._inbound.arrived_binary(len(message.data))
        elif message.type is WSMsgType.PING:
            self._pong(message.data)
        elif message.type is WSMsgType.PONG:
            self._take_pong(message.data)
        else:
            self._end(message)
            return False
        return True

    def _end(self, message: WSMessage) -> None:
        if message.type is WSMsgType.CLOSE:
            self._note_control("agent", "close", message.extra or "", code=message.data or None)
            if self._ended is None:
                self._ended = ("agent", message.data or None, None)
                self._write(struct.pack("!H", message.data or WSCloseCode.OK), WSMsgType.CLOSE)
            self._transport.close()
        elif isinstance(message.data, WebSocketError):  # aiohttp has said so to the agent, and closed
            by, code, _ = self._ended or ("server", int(message.data.code), None)
            self._ended = (by, code, str(message.data))

    def _pong(self, data: bytes) -> None:
        self._note_control("agent", "ping", _text(data))
        if self.is_open and self._write(data, WSMsgType.PONG):
            self._note_control("server", "pong", _text(data))

    def _take_pong(self, data: bytes) -> None:
        self._note_control("agent", "pong", _text(data))
        if data == str(self._pings).encode():
            self._ping_is_out = False
            if self._ping_is_due:
                self._ping()

    # --- what is said

    def say(self, said: Said) -> None:
        """Says it, as far as the faults of the plan let it pass."""
        if not self.is_open or self.is_deaf:
            return
        position = self.plane.count_frame(said.kind or "other")
        orders = frame_orders_of(self.plane.host.plan.concerning(position))
        if orders.drop is not None:
            self.injected(orders.drop[0], position)
        elif orders.delay is not None:
            index, delay = orders.delay
            self.injected(index, position)
            self.later(delay.for_ms, lambda: self.say_now(said))
        elif orders.crash is not None and orders.crash[1].moment != "answered":
            self.injected(orders.crash[0], position)
            self.crash()
        elif orders.close is not None and orders.close[1].moment == "before":
            self.injected(orders.close[0], position)
            self.close(orders.close[1].code)
        else:
            self.say_now(said)
            if orders.repeat is not None:
                self.injected(orders.repeat[0], position)
                self._repeat(said, orders.repeat[1].count)
            if orders.close is not None:
                self.injected(orders.close[0], position)
                self.close(orders.close[1].code)
            if orders.crash is not None:
                self.injected(orders.crash[0], position)
                self.crash()

    def _repeat(self, said: Said, count: int) -> None:
        meant: Meant = "ack-again" if said.meant == "ack" else said.meant
        for _ in range(count):
            self.say_now(Said(said.kind, said.envelope, meant, said.answers, said.raw))

    def say_now(self, said: Said) -> bool:
        """Says it, whatever the faults; False when the connection has ended."""
        if not self.is_open or self.is_deaf or self._transport.is_closing():
            return False
        meant = "harmless" if said.meant == "hello-ack" and self.active else said.meant
        self._note_said(said, meant)
        if isinstance(said.raw, bytes):
            self._write(said.raw, WSMsgType.BINARY)
        else:
            text = said.raw if said.raw is not None else json.dumps(said.envelope, separators=(",", ":"), ensure_ascii=False)
            self._write(text.encode(), WSMsgType.TEXT)
        if meant != "illegal":
            self._ping_is_due = True
            if not self._ping_is_out:
                self._ping()
        if said.sent is not None:
            said.sent()
        return True

    def _note_said(self, said: Said, meant: Meant) -> None:
        self._said += 1
        text = said.raw.decode() if isinstance(said.raw, bytes) else said.raw
        self.history.add(
            "said",
            socket=self.number,
            number=self._said,
            type=said.kind,
            envelope=said.envelope,
            text=text,
            meant=meant,
            answers=said.answers,
            illegal=meant == "illegal",
        )
        self.plane.moved()

    def _ping(self) -> None:
        self._pings += 1
        self._ping_is_due = False
        data = str(self._pings)
        if self.is_open and self._write(data.encode(), WSMsgType.PING):
            self._ping_is_out = True
            self._note_control("server", "ping", data)

    def _write(self, data: bytes, opcode: WSMsgType) -> bool:
        """False when the connection is gone."""
        try:
            _at_once(self._ws.send_frame(data, opcode))
        except ConnectionError:  # it broke a moment ago; the reading end is about to be told
            return False
        return True

    # --- its end

    def crash(self) -> None:
        """The agent dies now; what it has sent already is not looked at any more."""
        self.is_deaf = True
        self.plane.host.plan.crash_target()

    def close(self, code: int) -> None:
        """Says close. The connection ends when the agent has answered, or has had its time."""
        if not self.is_open:
            return
        self._ended = ("server", code, None)
        self._note_control("server", "close", "", code=code)
        self._write(struct.pack("!H", code), WSMsgType.CLOSE)
        asyncio.get_running_loop().call_later(CLOSE_MS / 1_000, self._transport.close)
        self.plane.moved()

    def drop(self, how: Drop, code: int) -> None:
        """Ends it without a word ("fin", "rst"), or with a close."""
        if how == "close":
            self.close(code)
            return
        self.gone()
        if how == "rst":
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
            self._transport.abort()
        else:
            self._transport.close()

    def gone(self) -> None:
        """This end has ended it; nothing more is said."""
        self._ended = self._ended or ("server", None, None)

    # --- what the record and the faults need

    def injected(self, index: int, position: Position, number: int | None = None) -> None:
        """``number``: of the frame that arrived, None for one that was to be said."""
        self.plane.host.plan.injected(index, socket=self.number, number=number, type=position.endpoint, nth=position.nth)

    def later(self, ms: float, action: Callable[[], object], otherwise: Callable[[], object] = lambda: None) -> None:
        """Calls ``action`` after so long, or ``otherwise`` if the connection has ended by then."""

        def now() -> None:
            if self.is_open and not self.is_deaf:
                action()
            else:
                otherwise()

        asyncio.get_running_loop().call_later(ms / 1_000, now)

    def note_taken(
        self, number: int, taken: Taken, task: str, attempt: str, message: str, stream: str | None = None, sequence: int | None = None
    ) -> None:
        self.history.add(
            "taken",
            socket=self.number,
            number=number,
            **{"as": taken.taken_as},
            task=task,
            attempt=attempt,
            stream=stream,
            sequence=sequence,
            highest=taken.highest,
            message=message,
        )
        self.plane.moved()

    def _note_control(self, by: str, what: str, data: str, *, code: int | None = None) -> None:
        self.history.add("control", socket=self.number, by=by, what=what, data=data, code=code)


def _text(data: bytes) -> str:
    return bytes(data).decode("utf-8", "backslashreplace")


def _at_once(write: Coroutine[Any, Any, None]) -> None:
    """Runs a write of aiohttp to its end. Without back-pressure and compression it has nothing to wait for."""
    try:
        write.send(None)
    except StopIteration:
        return
    write.close()
    raise HarnessFault("a write to a WebSocket waited, though it is not to")
