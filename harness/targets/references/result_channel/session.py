"""One connection: hello, its answer, and then whatever the control plane says, until either side has enough.

The session is *active* once a hello_ack names its hello. Before that it may answer a delivery, but tells no output and no final.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import aiohttp
from aiohttp import WSMsgType

from .attempts import Key, State
from .backoff import Refusals
from .core import Core
from .envelope import (
    ACK,
    DELIVER,
    ERROR,
    HELLO,
    HELLO_ACK,
    RECEIVED,
    STARTED,
    Envelope,
    InvalidFrame,
    envelope,
    new_message_id,
    read_inbound,
)
from .hello import Hello
from .outbox import Row
from .poller import Poller
from .pump import Pump
from .repairs import Repairs
from .replay import Replay
from .reporter import Reporter
from .runner import Runner

CLOSE_S_MAX = 1.0
PROTOCOL_ERROR = 1002
SILENT_PINGS_MAX = 2
"""So many intervals without a word, and the peer is given up at the next."""


class SessionOver(Exception):
    """The connection is to be closed. ``code`` is what the close frame says."""

    def __init__(self, why: str, code: int = 1000) -> None:
        super().__init__(why)
        self.code = code


class Session:
    pump_type: ClassVar[type[Pump]] = Pump
    hello_type: ClassVar[type[Hello]] = Hello
    replay_type: ClassVar[type[Replay]] = Replay
    repairs_type: ClassVar[type[Repairs]] = Repairs

    def __init__(
        self,
        core: Core,
        runner: Runner,
        reporter: Reporter,
        poller: Poller,
        refusals: Refusals,
        socket: aiohttp.ClientWebSocketResponse,
    ) -> None:
        self.core = core
        self.runner = runner
        self.reporter = reporter
        self.poller = poller
        self.refusals = refusals
        self.socket = socket
        self.pump = self.pump_type(core, socket, self.may_send)
        self.repairs = self.repairs_type(core, self.pump, refusals.is_parked)
        self.hello_id = new_message_id("hello")
        self.newest_listed = 0
        """The newest row that the hello could list."""
        self.active = False
        self.active_since: float | None = None
        self.over_at = 0.0
        self.heard_at = core.clock()
        self.handlers: Mapping[str, Callable[[Envelope], None]] = {
            HELLO_ACK: self.hear_hello_ack,
            ACK: self.hear_ack,
            ERROR: self.hear_error,
            DELIVER: self.hear_delivery,
        }

    # --- its life ---------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Returns when the connection is over and closed."""
        code = 1000
        self.core.channel = self
        try:
            await self.greet()
            await self.first_of(self.listen(), self.pump.work(), self.keep_alive())
        except SessionOver as over:
            code = over.code
            self.core.log("info", f"closed the connection: {over}")
        except (aiohttp.ClientError, OSError) as error:
            self.core.log("info", f"lost the connection: {error}")
        finally:
            self.end()
            await self.close(code)

    async def first_of(self, *parts: Any) -> None:
        """Until one of them ends, which is the end of all; raises what that one raised."""
        tasks = [asyncio.ensure_future(part) for part in parts]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    def end(self) -> None:
        """From here on nobody takes it for a way to tell anything."""
        self.over_at = self.core.clock()
        self.repairs.stop()
        self.core.channel = None
        if self.active:
            self.active = False
            self.poller.session_over()
            self.reporter.expect_all(self.core.settings.patience_s)

    async def close(self, code: int) -> None:
        """A peer that does not answer is not waited for."""
        try:
            async with asyncio.timeout(CLOSE_S_MAX):
                await self.socket.close(code=code)
        except TimeoutError:  # aiohttp has let go of the connection then
            return

    @property
    def active_s(self) -> float:
        """How long it was active."""
        return 0.0 if self.active_since is None else self.over_at - self.active_since

    # --- hello ------------------------------------------------------------------------------------------------------

    async def greet(self) -> None:
        hello = self.hello_type(self.core, self.runner.running)
        self.newest_listed = self.core.outbox.newest
        self.runner.hold(attempt.key for attempt in hello.waiting)
        await self.pump.send(envelope(self.core.settings.agent_id, self.hello_id, HELLO, hello.payload()))

    def hear_hello_ack(self, message: Envelope) -> None:
        payload = message["payload"]
        if self.is_answer_to_hello(payload):
            self.discard(payload.get("discarded_attempts"))
            self.activate(payload)

    def is_answer_to_hello(self, payload: Mapping[str, Any]) -> bool:
        """Only the first that names this very hello."""
        return not self.active and payload["acked_message_id"] == self.hello_id

    def discard(self, attempts: Any) -> None:
        for row in attempts if isinstance(attempts, list) else []:
            if isinstance(row, dict):
                self.runner.discard((str(row.get("task_id")), str(row.get("execution_attempt_id"))))

    def activate(self, payload: Mapping[str, Any]) -> None:
        self.active = True
        self.active_since = self.core.clock()
        rows = self.replay_type(self.core.outbox, self.newest_listed).rows(payload)
        self.reporter.hand_over(rows)
        self.pump.offer(rows)
        self.runner.release()
        self.poller.session_active(self.core.settings.delivery and payload.get("delivery_enabled") is True)

    # --- telling ----------------------------------------------------------------------------------------------------

    def stored(self, number: int) -> None:
        self.pump.offer([number])

    def notice(self, type: str, key: Key) -> None:
        self.pump.notice(envelope(self.core.settings.agent_id, new_message_id("notice"), type, {}, key))

    def may_send(self, row: Row) -> bool:
        return self.active and not self.refusals.is_parked(row.message_id)

    # --- hearing ----------------------------------------------------------------------------------------------------

    async def listen(self) -> None:
        while True:
            message = await self.socket.receive()
            self.heard_at = self.core.clock()
            if message.type is WSMsgType.TEXT:
                self.hear(message.data)
            elif message.type is WSMsgType.PING:
                self.pump.pong(bytes(message.data))
            elif message.type is not WSMsgType.PONG:
                raise self.ended_by(message.type)

    def ended_by(self, type: WSMsgType) -> SessionOver:
        if type is WSMsgType.BINARY:
            return SessionOver("a binary frame", PROTOCOL_ERROR)
        return SessionOver(f"the peer ended it ({type.name})")

    def hear(self, text: str) -> None:
        """Raises SessionOver."""
        try:
            message = read_inbound(text, self.core.settings.agent_id)
        except InvalidFrame as problem:
            raise SessionOver(f"an invalid frame: {problem}", PROTOCOL_ERROR) from None
        self.handlers[message["type"]](message)

    def hear_ack(self, message: Envelope) -> None:
        self.core.outbox.acknowledge(message["payload"]["acked_message_id"])

    def hear_error(self, message: Envelope) -> None:
        payload = message["payload"]
        if payload["retryable"]:
            self.hear_retryable(payload)
        else:
            self.hear_fatal(payload)

    def hear_retryable(self, payload: Mapping[str, Any]) -> None:
        self.repairs.refused(payload)

    def hear_fatal(self, payload: Mapping[str, Any]) -> None:
        """What is refused for good over the socket can still be reported, if it is a final."""
        related = payload.get("related_message_id")
        self.refusals.fatal(related if isinstance(related, str) else None, self.core.clock())
        raise SessionOver(f"a fatal error: {payload.get('code')}")

    # --- deliveries -------------------------------------------------------------------------------------------------

    def hear_delivery(self, message: Envelope) -> None:
        if not self.core.settings.delivery:
            raise SessionOver("a delivery, though delivery is switched off", PROTOCOL_ERROR)
        key = (message["task_id"], message["execution_attempt_id"])
        self.answer_delivery(key, self.runner.admit(key, message["payload"]["command"]))

    def answer_delivery(self, key: Key, state: State | None) -> None:
        """``state``: that of the attempt before, None for a new one."""
        final = self.core.outbox.final_of(key) if state in (State.FINAL, State.INTERRUPTED) else None
        if state is State.RUNNING:
            self.notice(STARTED, key)
        elif final is not None and self.active:
            self.resend_final(final.number)
        else:
            self.notice(RECEIVED, key)

    def resend_final(self, number: int) -> None:
        self.reporter.hand_over([number])
        self.pump.offer([number])

    # --- keeping alive ----------------------------------------------------------------------------------------------

    async def keep_alive(self) -> None:
        """Raises SessionOver when the peer is gone without a word."""
        interval_s = self.core.settings.ping_interval_s
        while True:
            self.pump.ping()
            await asyncio.sleep(interval_s)
            if self.is_dead():
                raise SessionOver("the peer is silent")

    def is_dead(self) -> bool:
        return self.core.clock() - self.heard_at >= SILENT_PINGS_MAX * self.core.settings.ping_interval_s
