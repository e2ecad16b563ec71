"""The bodies of creations and decisions, in every shape that the routes take."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

EXECUTIONS, CHAT, COMPLETIONS = "/run/api/executions", "/run/api/chat", "/run/v1/chat/completions"
ROUTE_BY_VIA: Mapping[str, str] = {"executions": EXECUTIONS, "chat": CHAT, "completions": COMPLETIONS}

Message = dict[str, Any]


def encoded(id: str) -> str:
    """An id as a segment of a path."""
    return quote(id, safe="-_.!~*'()")


def run_path(run_id: str, rest: str = "") -> str:
    return f"{EXECUTIONS}/{encoded(run_id)}{rest}"


def conversation_path(conversation: str, rest: str) -> str:
    return f"/run/v1/conversations/{encoded(conversation)}/{rest}"


def creation(via: str, message: str, conversation: str | None, *, durable: bool, before: int) -> dict[str, Any]:
    """``before``: how many older messages there are; the last of them is the assistant's."""
    messages = [*_older(before), {"role": "user", "content": message}]
    body: dict[str, Any] = {"messages": messages}
    if conversation is not None:
        body["conversationId"] = conversation
    if via == "completions":
        body |= {"model": "scripted", "stream": True}
    if via != "executions" and durable:
        body["executionMode"] = "durable"
    return body


def _older(count: int) -> list[Message]:
    roles = ("assistant", "user")
    return [{"role": roles[number % 2], "content": f"Older message {number}."} for number in range(count - 1, -1, -1)]


def decision(approved: bool, reason: str | None) -> dict[str, Any]:
    return {"approved": approved} if reason is None else {"approved": approved, "reason": reason}


def chat_decisions(items: Sequence[tuple[str, dict[str, Any]]], conversation: str | None, shape: str) -> dict[str, Any]:
    """A chat message with decisions (call id, decision), by ``shape`` "parts", "content" (a list) or "text" (that list as JSON text)."""
    parts = [
        {"type": "dynamic-tool", "toolCallId": call, "state": "approval-responded", "approval": {"id": f"aitxt-{call}", **decided}}
        for call, decided in items
    ]
    message: Message = {"role": "user", "content": {"parts": "", "content": parts, "text": json.dumps(parts)}[shape]}
    if shape == "parts":
        message["parts"] = parts
    body: dict[str, Any] = {"messages": [message], "executionMode": "durable"}
    if conversation is not None:
        body["conversationId"] = conversation
    return body
