"""What the control plane says: envelopes, and the payloads of acks, errors and deliveries."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .envelope import VERSION, Message

GAP = "output_sequence_gap"
Meant = Literal["hello-ack", "ack", "ack-again", "stray", "gap", "error", "deliver", "illegal", "harmless"]


@dataclass(frozen=True)
class Said:
    """Something to say. ``answers``: the number of a frame. ``raw``: text or bytes in place of the envelope. ``sent``: called when it is
    really written."""

    kind: str | None
    envelope: dict[str, Any] | None
    meant: Meant
    answers: int | None = None
    raw: str | bytes | None = None
    sent: Callable[[], None] | None = None


@dataclass(frozen=True)
class Ack:
    """An ack that was sent. ``place``: (task, attempt, stream or "") of the message."""

    payload: Mapping[str, Any]
    place: tuple[str, str, str]


class Wording:
    """Numbers the messages of the control plane."""

    def __init__(self, agent_id: str) -> None:
        self._agent_id = agent_id
        self._count = 0

    def envelope(self, kind: str, payload: Mapping[str, Any], task: str = "", attempt: str = "") -> dict[str, Any]:
        self._count += 1
        named = {"task_id": task, "execution_attempt_id": attempt} if task else {}
        return {
            "protocol_version": VERSION,
            "message_id": f"control-plane-{self._count}",
            "type": kind,
            "agent_id": self._agent_id,
            **named,
            "sent_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "payload": dict(payload),
        }

    def deliver(self, task: str, attempt: str, command: str, priority: int) -> dict[str, Any]:
        return self.envelope("task.deliver", {"command": command, "priority": priority}, task, attempt)


def ack_payload(message: Message, highest: int | None, *, id: str | None = None) -> dict[str, Any]:
    """``id``: another one in place of that of the message. ``highest``: of its stream, None for a final."""
    payload: dict[str, Any] = {"acked_message_id": message.id if id is None else id, "acked_type": message.type}
    if message.task:
        payload |= {"task_id": message.task, "execution_attempt_id": message.attempt}
    if highest is not None:
        payload["highest_output_sequence"] = highest
    return payload


def error_payload(code: str, text: str, *, retryable: bool, related: str | None = None, highest: int | None = None) -> dict[str, Any]:
    payload: dict[str, Any] = {"code": code, "message": text, "retryable": retryable}
    if related is not None:
        payload["related_message_id"] = related
    if highest is not None:
        payload["highest_accepted_sequence"] = highest
    return payload


def gap_payload(related: str, highest: int) -> dict[str, Any]:
    return error_payload(GAP, f"expected sequence {highest + 1}", retryable=True, related=related, highest=highest)
