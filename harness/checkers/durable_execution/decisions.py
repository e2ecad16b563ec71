"""Every decision on a tool call that a client sent, by whichever route and in whichever shape, with what its answer says of it.

An answer is *accepted* (success), *refused* (definitely not done), or *unknown* (no answer, half of one, or a failure of the
server): one that is unknown may have been recorded or not. A 200 may tell what is recorded: ``approved``, or that the call
was decided already.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .asks import Ask
from .linearizable import Answer, Operation
from .sse_text import json_object

Shape = Literal["path", "parts", "content", "text"]
RESPONDED = "approval-responded"


@dataclass(frozen=True)
class Decision:
    """One decision of one ask; a batch has several. ``conversation``: what the body of a chat names, None for none."""

    ask: Ask
    call: str
    approved: bool
    shape: Shape
    conversation: str | None
    answer: Answer
    told: bool | None = None
    already: bool = False
    named: bool = True

    @property
    def words(self) -> str:
        return f"{'approve' if self.approved else 'deny'} of {self.call!r} (entry {self.ask.entry})"

    @property
    def answered(self) -> int | None:
        """Where the client knew the answer: at its end, or at the head of a stream, which says it all."""
        if self.answer == "unknown":
            return None
        return self.ask.head_entry if self.ask.is_event_stream else self.ask.end_entry

    @property
    def operation(self) -> Operation:
        return Operation(self.ask.entry, self.answered, self.approved, self.answer, self.told, self.already)


def payload_of(ask: Ask) -> Mapping[str, Any] | None:
    """The JSON object that was sent, None for none."""
    if ask.body_text:
        return json_object(ask.body_text)
    return ask.body if isinstance(ask.body, Mapping) else None


def decisions_of(ask: Ask) -> list[Decision]:
    """What an ask decides; empty for one that decides nothing, a malformed one too."""
    payload = payload_of(ask)
    if payload is None or ask.method != "POST":
        return []
    if ask.route == "approval" and ask.call_asked is not None and isinstance(payload.get("approved"), bool):
        answer, told, already = _of_answer(ask, ask.json)
        return [Decision(ask, ask.call_asked, payload["approved"], "path", None, answer, told, already)]
    return list(_of_chat(ask, payload)) if ask.route == "chat" else []


def _of_chat(ask: Ask, payload: Mapping[str, Any]) -> Iterator[Decision]:
    conversation = payload.get("conversationId")
    seen: dict[str, int] = {}
    for shape, part in _parts(payload):
        call, approval = part.get("toolCallId"), part.get("approval")
        if not isinstance(call, str) or not isinstance(approval, Mapping) or not isinstance(approval.get("approved"), bool):
            continue
        nth = seen[call] = seen.get(call, -1) + 1
        answer, told, already, named = _of_item(ask, call, nth)
        name = conversation if isinstance(conversation, str) else None
        yield Decision(ask, call, approval["approved"], shape, name, answer, told, already, named)


def _parts(payload: Mapping[str, Any]) -> Iterator[tuple[Shape, Mapping[str, Any]]]:
    messages = payload.get("messages")
    for message in messages if isinstance(messages, list) else ():
        if not isinstance(message, Mapping):
            continue
        content = message.get("content")
        yield from (("parts", part) for part in _responded(message.get("parts")))
        yield from (("content", part) for part in _responded(content))
        if isinstance(content, str):
            yield from (("text", part) for part in _responded(_parsed(content)))


def _responded(parts: Any) -> Iterator[Mapping[str, Any]]:
    rows = [parts] if isinstance(parts, Mapping) else parts if isinstance(parts, list) else []
    return (part for part in rows if isinstance(part, Mapping) and part.get("state") == RESPONDED)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # an ordinary message
        return None


# --- what the answer says ---------------------------------------------------------------------------------------------


def _of_status(ask: Ask) -> Answer | None:
    """What the status alone says; None for a 200, of which the body matters."""
    if ask.status == 200:
        return None if ask.is_whole or ask.is_event_stream else "unknown"
    return "refused" if 400 <= ask.status < 500 else "unknown"


def _of_answer(ask: Ask, body: Mapping[str, Any] | None) -> tuple[Answer, bool | None, bool]:
    """(answer, decision told as recorded, told that it was decided before) by the answer to one decision, or by its item."""
    answer = _of_status(ask)
    if answer is not None:
        return answer, None, False
    if body is None:
        return "accepted", None, False
    if body.get("success") is False or body.get("error"):
        return "refused", None, False
    if body.get("alreadyProcessed") is True:
        return "accepted", None, True
    approved = body.get("approved")
    return "accepted", approved if isinstance(approved, bool) else None, False


def _of_item(ask: Ask, call: str, nth: int) -> tuple[Answer, bool | None, bool, bool]:
    """The same for the n-th item with that call of a chat, and whether the answer names it. A stream says that all is well."""
    answer = _of_status(ask)
    if answer is not None or ask.is_event_stream:
        return answer or "accepted", None, False, answer is None
    items = results_of(ask)
    if items is None:
        return (*_of_answer(ask, ask.json), False)
    rows = [item for item in items if item.get("toolCallId") == call]
    if nth >= len(rows):
        return "unknown", None, False, False
    return (*_of_answer(ask, rows[nth]), True)


def results_of(ask: Ask) -> Sequence[Mapping[str, Any]] | None:
    """The outcomes item by item that the answer to a chat tells, None if it tells none."""
    results = ask.json.get("results") if ask.json is not None else None
    return [item for item in results if isinstance(item, Mapping)] if isinstance(results, list) else None
