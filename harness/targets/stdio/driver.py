"""One driver process in conversation: requests out, replies and notes in, in the order in which they were written.

It can be talked to with or without an event loop (`ask` blocks, `request` awaits), but never both at a time. A reply is let
through to whoever awaits it before the next message is looked at: so a note that was written behind the reply of a call
stands behind it in the history, too.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...values.errors import TargetProblem
from ..base import Reply, Serves
from ..declared import serves_from_json
from .lines import STRAY_LINE, LineReader, Message, Trouble
from .mailbox import Exited, Listener, Mailbox
from .process import DriverProcess, Patience, exit_text
from .protocol import VERSION, Answer, Conversation, Event, Request

MESSAGES_PER_TURN = 64
"""After so many messages the loop gets its turn, whatever the driver prints."""
SHOWN_STDERR_LINES = 20
KILLED = "killed"


@dataclass(frozen=True)
class Hello:
    name: str
    version: str
    language: str
    serves: tuple[Serves, ...]


class Driver:
    """Starts the process. ``heard`` is told of notes, late answers and troubles. Raises TargetProblem when it cannot be started."""

    def __init__(self, command: Sequence[str], patience: Patience, heard: Callable[[Event], None]) -> None:
        self._patience = patience
        self._heard = heard
        self._conversation = Conversation()
        self._mailbox = Mailbox()
        self.process = DriverProcess(command, self._mailbox, LineReader())
        self._answers: dict[int, Reply] = {}
        self._waiters: dict[int, asyncio.Future[None]] = {}
        self._held_for: int | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.status: int | None = None
        self.broken = False
        """It has broken the protocol: what it says later may belong to anything."""
        self._ended_by_us: str | None = None
        self._stray = ""

    @property
    def over(self) -> bool:
        """It is of no use any more."""
        return self.status is not None or self._ended_by_us is not None

    # --- with an event loop ---------------------------------------------------------------------------------------

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._held_for = None
        self._waiters.clear()
        self._mailbox.listen(Listener(loop, self._drain))

    async def request(self, op: str, deadline_ms: float, **fields: Any) -> Reply:
        """Never raises for what the driver does. ``late`` when no reply came in time."""
        request = self._put(op, fields)
        waiter = asyncio.get_running_loop().create_future()
        try:
            if request.id not in self._answers:
                self._waiters[request.id] = waiter
                await asyncio.wait((waiter,), timeout=deadline_ms / 1000)
            return self._answer_or_late(request, deadline_ms)
        finally:
            self._waiters.pop(request.id, None)
            self._conversation.give_up(request)  # where this task was cancelled; else it is answered by now
            self._let_on(request.id)

    def _drain(self) -> None:
        for _ in range(MESSAGES_PER_TURN):
            if self._held_for is not None:
                return
            item = self._mailbox.take()
            if item is None:
                return
            self._receive(item)
        assert self._loop is not None
        self._loop.call_soon(self._drain)

    def _let_on(self, request_id: int) -> None:
        if self._held_for == request_id and self._loop is not None:
            self._held_for = None
            self._loop.call_soon(self._drain)

    # --- without --------------------------------------------------------------------------------------------------

    def ask(self, op: str, deadline_ms: float, **fields: Any) -> Reply:
        """As `request`, blocking."""
        request = self._put(op, fields)
        deadline = time.monotonic() + deadline_ms / 1000
        while request.id not in self._answers:
            item = self._mailbox.take(max(0.0, deadline - time.monotonic()))
            if item is None:
                break
            self._receive(item)
        return self._answer_or_late(request, deadline_ms)

    def listen_for(self, milliseconds: float) -> None:
        """Hears what the driver says by itself, blocking; not beyond its end."""
        deadline = time.monotonic() + milliseconds / 1000
        while self.status is None and (item := self._mailbox.take(max(0.0, deadline - time.monotonic()))) is not None:
            self._receive(item)

    def hello(self) -> Hello:
        """Raises TargetProblem when it does not answer, or answers what is no hello."""
        return self.read_hello(self.ask("hello", self._patience.hello_ms, protocol=[VERSION, VERSION]))

    async def hello_in_loop(self) -> Hello:
        return self.read_hello(await self.request("hello", self._patience.hello_ms, protocol=[VERSION, VERSION]))

    def read_hello(self, reply: Reply) -> Hello:
        try:
            return _hello(reply)
        except ValueError as error:
            exited = (reply.error or {}).get("kind") == "exit"
            why = (self._end_text() if exited else f"{error}{self.last_words()}") + self._on_stdout()
            self.kill()
            raise TargetProblem(f"the driver did not say hello: {why}") from error

    # --- its end --------------------------------------------------------------------------------------------------

    def kill(self, how: str = KILLED) -> None:
        """SIGKILL on the spot. What was asked and not answered may or may not have had an effect."""
        self._ended_by_us = self._ended_by_us or how
        self.process.kill()
        self._mailbox.discard()
        self._fail_all(self._conversation.end(), "unknown", how, f"the driver was {how}")

    def stop(self) -> int | None:
        """Ends it in order, else by force; blocks until nothing of it is left. Returns the exit status."""
        if not self.over:
            self._ended_by_us = "stopped"
            self._put("shutdown", {})
        self._mailbox.discard()
        return self.process.stop(self._patience)

    def release(self, handle: str) -> None:
        """The handle is closed: its calls without an answer are answered ``unknown``."""
        self._fail_all(self._conversation.release(handle), "unknown", "closed", "the handle was closed")

    def last_words(self) -> str:
        lines = self.process.stderr_tail()[-SHOWN_STDERR_LINES:]
        return "; standard error ends: " + " | ".join(lines) if lines else "; standard error is empty"

    def _on_stdout(self) -> str:
        """What it wrote there instead of the protocol."""
        rest = self.process.unfinished_line
        return self._stray + (f"; standard output holds a line without its LF: {rest}" if rest else "")

    # --- what comes in --------------------------------------------------------------------------------------------

    def _put(self, op: str, fields: Mapping[str, Any]) -> Request:
        request, line = self._conversation.ask(op, fields)
        if self.over and op != "shutdown":
            self._fail_all(self._conversation.end(), "driver_error", "exit", self._end_text())
        else:
            self.process.write(line)
        return request

    def _receive(self, item: Message | Trouble | Exited) -> None:
        if isinstance(item, Message):
            for event in self._conversation.receive(item):
                self._take_in(event)
        elif isinstance(item, Trouble):
            self._take_in(item)
        else:
            self._exited(item.status)

    def _take_in(self, event: Event) -> None:
        if isinstance(event, Answer) and not event.late:
            self._answer(event.request, event.reply)
            return
        if isinstance(event, Trouble) and event.problem == STRAY_LINE:
            self._stray = f"; {event.message}"
        elif isinstance(event, Trouble):
            self.broken = True
            if event.fatal:
                self._heard(event)
                self._fail_all(self._conversation.end(), "driver_error", event.problem, event.message)
                self.kill(f"killed ({event.problem})")
                return
        self._heard(event)

    def _exited(self, status: int) -> None:
        self.status = status
        if self._ended_by_us is None:
            self._heard(Trouble("exit", self._end_text(), fatal=True))
        self._fail_all(self._conversation.end(), "driver_error", "exit", self._end_text())

    def _end_text(self) -> str:
        if self._ended_by_us is not None:
            return f"the driver was {self._ended_by_us}"
        return f"the driver {exit_text(self.status or 0)}{self.last_words()}"

    def _fail_all(self, requests: Sequence[Request], outcome: Any, kind: str, message: str) -> None:
        for request in requests:
            self._answer(request, Reply(outcome, error={"kind": kind, "message": f"no answer to {request.what!r}: {message}"}))

    def _answer(self, request: Request, reply: Reply) -> None:
        self._answers[request.id] = reply
        waiter = self._waiters.get(request.id)
        if waiter is not None and not waiter.done():
            self._held_for = request.id
            waiter.set_result(None)

    def _answer_or_late(self, request: Request, deadline_ms: float) -> Reply:
        if request.id in self._answers:
            return self._answers.pop(request.id)
        self._conversation.give_up(request)
        message = f"no reply to {request.what!r} within {deadline_ms:g} ms"
        return Reply("unknown", error={"kind": "deadline", "message": message}, late=True)


def _hello(reply: Reply) -> Hello:
    """Raises ValueError for what is no hello of this version."""
    if reply.outcome != "ok":
        error = reply.error or {}
        raise ValueError(f"{reply.outcome}: {error.get('message', '')}")
    value = reply.value
    if value.get("protocol") != VERSION:
        raise ValueError(f'"protocol" must be {VERSION}, got {value.get("protocol")!r}')
    serves = serves_from_json(value.get("serves"))
    return Hello(str(value.get("name", "")), str(value.get("version", "")), str(value.get("language", "")), serves)
