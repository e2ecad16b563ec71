"""Bugs of an agent's connections: signing, hello, what it hears and how it answers, and when it dials again."""

from __future__ import annotations

import asyncio
import base64
import json
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from aiohttp import WSMsgType

from ..references.result_channel.backoff import Backoff, Refusals
from ..references.result_channel.envelope import HELLO, STARTED, Envelope, InvalidFrame, envelope, read_inbound
from ..references.result_channel.hello import Hello
from ..references.result_channel.outbox import Row
from ..references.result_channel.pump import Pump
from ..references.result_channel.repairs import Gap, Repairs
from ..references.result_channel.session import PROTOCOL_ERROR, Session, SessionOver
from ..references.result_channel.signing import Signer

# --- signing --------------------------------------------------------------------------------------------------------


class SignsOnce(Signer):
    """The headers of the first request serve for all."""

    made: dict[str, str] | None = None

    def headers(self) -> dict[str, str]:
        if self.made is None:
            self.made = super().headers()
        return self.made


class CountsNonces(Signer):
    """The nonce is a number that begins at 1 in each life."""

    count = 0

    def nonce(self) -> str:
        self.count += 1
        return base64.b64encode(self.count.to_bytes(16, "big")).decode()


class SignsWithoutNonce(Signer):
    def signed_text(self, timestamp: str, nonce: str) -> str:
        return f"{self.agent_id}|{timestamp}"


class TellsMilliseconds(Signer):
    def timestamp(self) -> str:
        return super().timestamp() + "000"


# --- hello ----------------------------------------------------------------------------------------------------------


class ReplaysBeforeTheAnswer(Session):
    async def greet(self) -> None:
        await super().greet()
        self.pump.offer([row.number for row in self.core.outbox.rows()])

    def may_send(self, row: Row) -> bool:
        return True


class TakesAnyHelloAck(Session):
    def is_answer_to_hello(self, payload: Mapping[str, Any]) -> bool:
        return not self.active


class ReplaysAtEachHelloAck(Session):
    """A second answer to the hello is obeyed like the first."""

    def is_answer_to_hello(self, payload: Mapping[str, Any]) -> bool:
        return bool(payload["acked_message_id"] == self.hello_id)


class GreetsTwice(Session):
    """When the hello is answered, one more follows, which tells how things stand now."""

    def activate(self, payload: Mapping[str, Any]) -> None:
        super().activate(payload)
        hello = self.hello_type(self.core, self.runner.running)
        self.pump.notice(envelope(self.core.settings.agent_id, self.hello_id, HELLO, hello.payload()))


class TellsWhatRunsFirst(Session):
    """A task that runs is told again before the hello."""

    async def greet(self) -> None:
        if self.runner.running is not None and self.runner.running.key[1]:
            message = envelope(self.core.settings.agent_id, f"{self.hello_id}-0", STARTED, {}, self.runner.running.key)
            await self.pump.send(message)
        await super().greet()


class ListsNoFinals(Hello):
    def unacked_finals(self) -> list[dict[str, Any]]:
        return []


class ListsOneRange(Hello):
    """From the first to the last of a stream, whatever is missing in between; and one too few."""

    def range(self, key: tuple[str, str], stream: str, run: tuple[int, int]) -> dict[str, Any]:
        return {**super().range(key, stream, run), "last_sequence": max(run[0], run[1] - 1)}


class ListsNothingTruncated(Hello):
    def range(self, key: tuple[str, str], stream: str, run: tuple[int, int]) -> dict[str, Any]:
        return {**super().range(key, stream, run), "truncated_locally": False}


# --- what is heard --------------------------------------------------------------------------------------------------


class IgnoresInvalidFrames(Session):
    def hear(self, text: str) -> None:
        try:
            read_inbound(text, self.core.settings.agent_id)
        except InvalidFrame:
            return
        super().hear(text)


class ReadsFramesOfOthers(Session):
    """It never looks whose agent a frame names, nor in which version."""

    def hear(self, text: str) -> None:
        try:
            frame = json.loads(text)
        except ValueError:
            raise SessionOver("no JSON", PROTOCOL_ERROR) from None
        if isinstance(frame, dict):
            text = json.dumps({**frame, "agent_id": self.core.settings.agent_id, "protocol_version": 1})
        super().hear(text)


class ClosesOnRetryable(Session):
    def hear_retryable(self, payload: Mapping[str, Any]) -> None:
        raise SessionOver("an error")


class DeletesOnRetryable(Session):
    def hear_retryable(self, payload: Mapping[str, Any]) -> None:
        self.core.outbox.acknowledge(str(payload.get("related_message_id")))


class PurgesOnFatal(Session):
    def hear_fatal(self, payload: Mapping[str, Any]) -> None:
        for row in self.core.outbox.rows():
            self.core.outbox.remove(row)
        super().hear_fatal(payload)


class StaysOnFatal(Session):
    def hear_fatal(self, payload: Mapping[str, Any]) -> None:
        """A fatal error is taken for one more that says nothing."""


class AnswersWithinTheReader(Session):
    """A ping is answered where it is read, and so is what was read behind an ack: reading waits for writing."""

    async def listen(self) -> None:
        while True:
            message = await self.socket.receive()
            self.heard_at = self.core.clock()
            if message.type is WSMsgType.TEXT:
                while self.pump.rows:  # noqa: ASYNC110 - a mutant: that it waits for somebody else's work is its bug
                    await asyncio.sleep(0.01)
                self.hear(message.data)
            elif message.type is WSMsgType.PING:
                self.pump.pong(bytes(message.data))
            elif message.type is not WSMsgType.PONG:
                raise self.ended_by(message.type)


class NeverLooksForLife(Session):
    def is_dead(self) -> bool:
        return False


# --- gaps and retries -----------------------------------------------------------------------------------------------


class FillsFromTheAccepted(Repairs):
    """A gap is filled from the highest accepted row on, and where that is gone, not at all."""

    def first_missed(self, gap: Gap) -> int:
        return gap[2]


class FillsFromTheSecond(Repairs):
    def fill(self, gap: Gap) -> None:
        self.pump.resend(row.number for row in self.missed(gap)[1:])


class FillsWithTheNewest(Repairs):
    """Only what was refused is sent again."""

    def fill(self, gap: Gap) -> None:
        self.pump.resend(row.number for row in self.missed(gap)[-1:])


class FillsBothStreams(Repairs):
    def missed(self, gap: Gap) -> list[Row]:
        rows = [row for row in self.core.outbox.rows() if row.key == gap[0] and row.sequence > gap[2]]
        return sorted(rows, key=lambda row: row.sequence)


class FillsBackwards(Repairs):
    def fill(self, gap: Gap) -> None:
        self.pump.resend(row.number for row in reversed(self.missed(gap)))


class TakesZeroForAbsent(Repairs):
    def highest_accepted(self, payload: Mapping[str, Any]) -> int | None:
        return super().highest_accepted(payload) or None

    def retry(self, message_id: str) -> None:
        """Nor is anything else tried again."""


class FillsWhateverIsLeft(Repairs):
    """A gap that cannot be filled is answered by what is left, again and again."""

    def gap(self, gap: Gap) -> None:
        self.later(gap, 0.02, lambda: self.fill(gap))

    def fill(self, gap: Gap) -> None:
        self.pump.resend(row.number for row in self.missed(gap))


class NeverTriesAgain(Repairs):
    def retry(self, message_id: str) -> None:
        """What was refused waits for the next session."""


class TriesForEver(Repairs):
    def retry(self, message_id: str) -> None:
        if message_id not in self.due:
            self.later(message_id, 0.02, lambda: self.send_again(message_id))


# --- writing --------------------------------------------------------------------------------------------------------


class SendsNewestFirst(Pump):
    def offer(self, numbers: Iterable[int]) -> None:
        self.rows = deque([*reversed(list(numbers)), *self.rows])
        self.news.set()


class SplicesFrames(Pump):
    """Each frame is written in two halves, and nobody keeps a second writer out between them."""

    async def send(self, message: Envelope) -> None:
        transport = self.socket._writer.transport
        loop = asyncio.get_running_loop()

        class Halving:
            def write(self, data: bytes) -> None:
                middle = len(data) // 2
                transport.write(data[:middle])
                loop.call_soon(transport.write, data[middle:])

            def __getattr__(self, name: str) -> Any:
                return getattr(transport, name)

        self.socket._writer.transport = Halving()  # type: ignore[assignment]  # stands for it while this frame is written
        try:
            await super().send(message)
        finally:
            self.socket._writer.transport = transport


class LeavesOutSentAt(Pump):
    def message(self, row: Row) -> Envelope:
        message = super().message(row)
        return message if row.kind == "task.output" else {name: value for name, value in message.items() if name != "sent_at"}


# --- dialling -------------------------------------------------------------------------------------------------------


class NeverRecovers(Backoff):
    def is_healthy(self, active_s: float) -> bool:
        return False


class ParksNothing(Refusals):
    def is_parked(self, message_id: str) -> bool:
        return False

    def pause_s(self, since: float) -> float:
        return 0.0
