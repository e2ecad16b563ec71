"""The rules of the driver protocol, as a state machine over messages: which request a reply answers, which note comes next.

Pure: it neither waits nor writes. What a driver does wrong comes out as `Trouble`, apart from what it says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from ...values.history import to_json_line
from ..base import Reply
from ..verbs import NOTE_BYTES_MAX, Outcome
from .lines import Message, Trouble

VERSION = 1
UNASKED_BYTES_MAX = 16 * 1024 * 1024
"""Of all messages of a process that belong to nothing."""
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


@dataclass(frozen=True)
class Request:
    """``what``: the verb of a call, else the op. ``handle`` is the name on the wire."""

    id: int
    what: str
    handle: str | None


@dataclass(frozen=True)
class Answer:
    """``late``: it came after its deadline and is matched to nothing."""

    request: Request
    reply: Reply
    late: bool = False


@dataclass(frozen=True)
class Note:
    handle: str
    number: int
    name: str
    data: Mapping[str, Any]


Event = Answer | Note | Trouble


class Conversation:
    """One life of a driver process."""

    def __init__(self, *, note_bytes_max: int = NOTE_BYTES_MAX, unasked_bytes_max: int = UNASKED_BYTES_MAX) -> None:
        self._note_bytes_max = note_bytes_max
        self._unasked_bytes_max = unasked_bytes_max
        self._last_id = 0
        self._waiting: dict[int, Request] = {}
        self._given_up: dict[int, Request] = {}
        self._last_note: dict[str, int] = {}
        self._note_bytes: Counter[str] = Counter()
        self._released: set[str] = set()
        self._unasked_bytes = 0

    def ask(self, op: str, fields: Mapping[str, Any]) -> tuple[Request, bytes]:
        """A new request, and the line that puts it."""
        self._last_id += 1
        handle = fields.get("handle")
        request = Request(self._last_id, str(fields.get("verb", op)), handle)
        self._waiting[request.id] = request
        if op == "open" and handle is not None:
            self._last_note.setdefault(handle, 0)
        return request, to_json_line({"id": request.id, "op": op, **fields}).encode("ascii")

    def give_up(self, request: Request) -> None:
        """Its deadline has passed."""
        if self._waiting.pop(request.id, None) is not None:
            self._given_up[request.id] = request

    def release(self, handle: str) -> list[Request]:
        """The handle is closed: returns its requests that were never answered. What it still says is not listened to."""
        self._released.add(handle)
        self._last_note.pop(handle, None)
        return self._drop([request for request in self._waiting.values() if request.handle == handle])

    def end(self) -> list[Request]:
        """The process is over: returns all requests without an answer."""
        return self._drop(list(self._waiting.values()))

    def receive(self, message: Message) -> list[Event]:
        data = message.data
        if "note" in data:
            return self._note(message)
        if "outcome" in data or "id" in data:
            return self._reply(message)
        return self._unasked(message, "bad-message", f"a message is neither a reply nor a note; its keys are {sorted(data)}")

    def _drop(self, requests: list[Request]) -> list[Request]:
        for request in requests:
            del self._waiting[request.id]
        return requests

    def _reply(self, message: Message) -> list[Event]:
        number = message.data.get("id")
        if not isinstance(number, int) or isinstance(number, bool):
            return self._unasked(message, "bad-reply", f"the id of a reply must be the integer of its request, got {number!r}")
        late = self._given_up.pop(number, None)
        request = late or self._waiting.pop(number, None)
        if request is None:
            return self._unasked(message, *self._not_waited_for(number))
        reply, wrong = read_reply(message.data)
        answer = Answer(request, reply, late=late is not None)
        return [Trouble("bad-reply", f"the reply to {request.what!r} (id {number}): {wrong}"), answer] if wrong else [answer]

    def _not_waited_for(self, number: int) -> tuple[str, str]:
        if 0 < number <= self._last_id:
            return "second-reply", f"request {number} was already answered; a second reply to it came"
        return "unknown-id", f"a reply to request {number} came, which was never sent (the last one was {self._last_id})"

    def _note(self, message: Message) -> list[Event]:
        data = message.data
        handle, number, name, content = data.get("handle"), data.get("n"), data["note"], data.get("data", {})
        if not (isinstance(handle, str) and isinstance(name, str) and isinstance(number, int) and isinstance(content, dict)):
            expected = '"handle" and "note" (strings), "n" (an integer) and "data" (an object)'
            return self._unasked(message, "bad-note", f"a note must have {expected}; got the keys {sorted(data)}")
        if handle in self._released:
            # The object was let go of; a note that was under way says nothing about it any more.
            return self._unasked(message, None, "")
        if handle not in self._last_note:
            return self._unasked(message, "unknown-handle", f"a note names the handle {handle!r}, which was never opened")
        events: list[Event] = []
        expected_number = self._last_note[handle] + 1
        if number != expected_number:
            events.append(
                Trouble("note-number", f"note {name!r} of {handle!r} has n = {number}, expected {expected_number}: notes were lost")
            )
        self._last_note[handle] = number
        self._note_bytes[handle] += message.line_bytes
        if self._note_bytes[handle] > self._note_bytes_max:
            return [Trouble("flood", f"the notes of {handle!r} are more than {self._note_bytes_max} bytes", fatal=True)]
        return [*events, Note(handle, number, name, content)]

    def _unasked(self, message: Message, problem: str | None, text: str) -> list[Event]:
        self._unasked_bytes += message.line_bytes
        if self._unasked_bytes > self._unasked_bytes_max:
            return [
                Trouble("flood", f"more than {self._unasked_bytes_max} bytes of messages belong to no request and no handle", fatal=True)
            ]
        return [] if problem is None else [Trouble(problem, text)]


def read_reply(data: Mapping[str, Any]) -> tuple[Reply, str | None]:
    """The reply, and what is wrong with its form: then the driver could not say what happened."""
    value, error = data.get("value"), data.get("error")
    outcome = next((known for known in OUTCOMES if known == data.get("outcome")), None)
    if outcome is None:
        wrong = f"outcome must be one of {', '.join(OUTCOMES)}, got {data.get('outcome')!r}"
        return Reply("driver_error", error={"kind": "bad-reply", "message": wrong}), wrong
    if outcome == "ok":
        if value is not None and not isinstance(value, dict):
            return Reply("ok"), f"value must be an object, got {type(value).__name__}"
        return Reply("ok", value or {}), None
    if not isinstance(error, dict):
        return Reply(outcome, error={"kind": "", "message": ""}), f'outcome {outcome!r} must carry "error" {{"kind", "message"}}'
    return Reply(outcome, error={key: str(error.get(key, "")) for key in ("kind", "message")}), None
