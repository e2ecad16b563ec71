"""How a hello is welcomed on one socket: the hello_ack of the shape that is due, what it changes in the ledger, the session behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .envelope import Message
from .hello import PLAIN, Shape, hello_ack_payload, listed_finals, listed_not_started
from .ledger import Key
from .wording import Said

if TYPE_CHECKING:
    from .socket import Socket


class Welcome:
    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._plane = socket.plane
        self._shape: Shape | None = None

    def take(self, number: int, hello: Message) -> None:
        """The hello was looked at. The shape goes with the connection, however many hellos come on it."""
        self._plane.hellos += 1
        self._socket.hello = hello
        if self._shape is None:
            self._shape = self._plane.shapes.next()

    def answer(self, number: int, hello: Message) -> None:
        """Says hello_ack, now or later, or never."""
        shape = self._shape or {}
        if shape.get("ack") == "never":
            return
        self._socket.ack_is_due = True
        after_ms = shape.get("after_ms", 0)
        if after_ms:
            self._socket.later(after_ms, lambda: self._say(number, hello, shape))
        else:
            self._say(number, hello, shape)

    def _say(self, number: int, hello: Message, shape: Shape) -> None:
        socket = self._socket
        socket.ack_is_due = False
        if self._plane.healed:
            shape = PLAIN
        payload = hello_ack_payload(shape, hello, self._plane.ledger)
        envelope = self._plane.wording.envelope("agent.hello_ack", payload)
        if shape.get("ack") == "wrong-id":
            socket.say(Said("agent.hello_ack", envelope, "hello-ack", number))
            return

        def sent() -> None:
            socket.hello_ack = envelope
            if not socket.active:
                self._begin(number, hello, payload)

        socket.say(Said("agent.hello_ack", envelope, "hello-ack", number, sent=sent))
        if shape.get("ack") == "twice":
            socket.say(Said("agent.hello_ack", envelope, "hello-ack", number))

    def _begin(self, number: int, hello: Message, payload: dict[str, Any]) -> None:
        """The session is active: what the hello_ack said holds in the ledger, and tasks are delivered."""
        ledger, socket = self._plane.ledger, self._socket
        acknowledged = payload.get("acknowledged_final_message_ids") or ()
        for row in listed_finals(hello):
            if row["message_id"] in acknowledged:
                key: Key = (row["task_id"], row["execution_attempt_id"])
                socket.note_taken(number, ledger.take_final(*key, row["message_id"], row), *key, row["message_id"])
                ledger.facts(*key).acked = True
        if payload.get("discarded_attempts"):
            for key in listed_not_started(hello):
                ledger.facts(*key).discarded = True
        socket.active = True
        self._plane.session_began(socket)
