"""What the control plane does with a frame: written down, delayed or spoilt as the faults say, taken by the ledger, answered."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from ...harness.faults.base import Position
from ...harness.faults.decisions import RefuseFrame, StrayAck
from .envelope import Message, message_of, problems_of, read_text
from .frame_orders import FrameOrders, frame_orders_of
from .frames_to_say import NOBODY
from .ledger import ACKNOWLEDGED, Taken
from .welcome import Welcome
from .wording import GAP, Ack, Meant, Said, ack_payload, error_payload, gap_payload

if TYPE_CHECKING:
    from .socket import Socket

IGNORED, DROPPED, REFUSED = Taken("ignored"), Taken("dropped"), Taken("refused")
OUTPUT, FINAL = "task.output", "task.final"
POISONED = "rejected"
"""The code of the errors that refuse a poisoned message."""


class Inbound:
    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._plane = socket.plane
        self._ledger = socket.plane.ledger
        self._welcome = Welcome(socket)

    # --- as it arrives

    def arrived(self, text: str) -> None:
        envelope, problems = read_text(text)
        if envelope is not None:
            problems += problems_of(envelope, self._plane.agent_id)
        number = self._note_frame(envelope, problems)
        message = None if envelope is None else message_of(envelope)
        position = self._plane.count_frame("other" if message is None else message.type)
        if message is None:
            return
        if not self._socket.is_open or self._socket.is_deaf:
            self._note_taken(number, message, IGNORED)
            return
        self._obey(number, message, frame_orders_of(self._plane.host.plan.concerning(position)), position)

    def arrived_binary(self, size_bytes: int) -> None:
        self._note_frame(None, [f"it is a binary frame of {size_bytes} bytes, not a text"])
        self._plane.count_frame("other")

    def _obey(self, number: int, message: Message, orders: FrameOrders, position: Position) -> None:
        look = partial(self._look, number, message, orders, position)
        if orders.drop is not None:
            self._socket.injected(orders.drop[0], position, number)
            self._note_taken(number, message, DROPPED)
        elif orders.delay is not None:
            index, delay = orders.delay
            self._socket.injected(index, position, number)
            self._socket.later(delay.for_ms, look, lambda: self._note_taken(number, message, IGNORED))
        else:
            look()

    # --- what comes of it

    def _look(self, number: int, message: Message, orders: FrameOrders, position: Position) -> None:
        """Takes it and answers it, but for what the faults order."""

        def injected(index: int) -> None:
            self._socket.injected(index, position, number)

        if self._is_stopped(number, message, orders, position):
            return
        if orders.stray is not None and self._say_stray(number, message, orders.stray[1]):
            injected(orders.stray[0])
        taken = self._take(number, message)
        if orders.crash is not None and orders.crash[1].moment == "committed":
            injected(orders.crash[0])
            self._socket.crash()
        elif orders.refuse is not None:
            injected(orders.refuse[0])
            self._refuse(number, message, orders.refuse[1])
        elif orders.close is not None:
            injected(orders.close[0])
            self._socket.close(orders.close[1].code)
        else:
            self._answer(number, message, taken)
            if orders.repeat is not None:
                injected(orders.repeat[0])
                for _ in range(orders.repeat[1].count):
                    self._answer(number, message, self._take(number, message))
            if orders.crash is not None:
                injected(orders.crash[0])
                self._socket.crash()

    def _is_stopped(self, number: int, message: Message, orders: FrameOrders, position: Position) -> bool:
        """A fault, or poison, has it that the message takes no effect."""
        if orders.crash is not None and orders.crash[1].moment == "arrived":
            self._socket.injected(orders.crash[0], position, number)
            self._note_taken(number, message, IGNORED)
            self._socket.crash()
        elif orders.close is not None and orders.close[1].moment == "before":
            self._socket.injected(orders.close[0], position, number)
            self._note_taken(number, message, IGNORED)
            self._socket.close(orders.close[1].code)
        elif orders.refuse is not None and orders.refuse[1].commit == "none":
            self._socket.injected(orders.refuse[0], position, number)
            self._note_taken(number, message, REFUSED)
            self._refuse(number, message, orders.refuse[1])
        elif self._plane.is_poisoned(message):
            self._note_taken(number, message, REFUSED)
            payload = error_payload(POISONED, "this message is not accepted", retryable=False, related=message.id)
            self._say(number, "error", payload, "error")
        else:
            return False
        return True

    def _take(self, number: int, message: Message) -> Taken:
        """What it changes."""
        task, attempt = message.task, message.attempt
        if message.type == OUTPUT:
            stream, data = message.payload["stream"], message.payload["data"]
            self._ledger.arrived(task, attempt, stream, message.id)
            taken = self._ledger.take_output(task, attempt, stream, message.sequence, message.id, data)
            self._note_taken(number, message, taken)
            return taken
        if message.type == FINAL:
            taken = self._ledger.take_final(task, attempt, message.id, message.payload)
            self._note_taken(number, message, taken)
            return taken
        if message.type == "agent.hello":
            self._welcome.take(number, message)
        elif message.type == "task.received":
            self._ledger.facts(task, attempt).received = True
        else:
            self._ledger.facts(task, attempt).started = True
        self._plane.moved()
        return IGNORED

    # --- how it is answered

    def _answer(self, number: int, message: Message, taken: Taken) -> None:
        if message.type == "agent.hello":
            self._welcome.answer(number, message)
        elif taken.taken_as in ACKNOWLEDGED:
            self._ack(number, message, taken.highest)
        elif taken.taken_as == "gap":
            self._say(number, "error", gap_payload(message.id, taken.highest or 0), "gap")

    def _ack(self, number: int, message: Message, highest: int | None) -> None:
        payload = ack_payload(message, highest)
        ack = Ack(payload, (message.task, message.attempt, message.payload.get("stream", "")))

        def sent() -> None:
            self._plane.acknowledged(ack)
            if message.type == FINAL:
                self._ledger.facts(message.task, message.attempt).acked = True

        self._socket.say(Said("ack", self._plane.wording.envelope("ack", payload), "ack", number, sent=sent))

    def _refuse(self, number: int, message: Message, order: RefuseFrame) -> None:
        related = {"message": message.id, "nothing": None, "unknown": NOBODY}[order.related]
        is_gap = order.code == GAP and order.retryable and message.type == OUTPUT
        highest = self._ledger.highest(message.task, message.attempt, message.payload["stream"]) if is_gap else None
        payload = error_payload(order.code, "refused", retryable=order.retryable, related=related, highest=highest)
        self._say(number, "error", payload, "gap" if is_gap else "error")

    def _say_stray(self, number: int, message: Message, order: StrayAck) -> bool:
        """False when there is nothing that was acknowledged. It names the place of the message, so an agent that goes by that loses it."""
        highest = message.sequence if message.type == OUTPUT else None
        place = (message.task, message.attempt, message.payload.get("stream", ""))
        id = NOBODY if order.of == "unknown" else self._plane.acknowledged_id(place)
        if id is None:
            return False
        self._say(number, "ack", ack_payload(message, highest, id=id), "stray")
        return True

    def _say(self, number: int, kind: str, payload: Mapping[str, Any], meant: Meant) -> None:
        self._socket.say(Said(kind, self._plane.wording.envelope(kind, payload), meant, number))

    # --- the record

    def _note_frame(self, envelope: Mapping[str, Any] | None, problems: list[str]) -> int:
        socket = self._socket
        socket.frames += 1
        kind = None if envelope is None else envelope.get("type")
        socket.history.add(
            "frame",
            socket=socket.number,
            number=socket.frames,
            type=kind if isinstance(kind, str) else None,
            envelope=envelope,
            problems=problems,
        )
        self._plane.moved()
        return socket.frames

    def _note_taken(self, number: int, message: Message, taken: Taken) -> None:
        if message.type == OUTPUT:
            stream, sequence = message.payload["stream"], message.sequence
            self._socket.note_taken(number, taken, message.task, message.attempt, message.id, stream, sequence)
        elif message.type == FINAL:
            self._socket.note_taken(number, taken, message.task, message.attempt, message.id)
