"""The bodies of the chat routes: messages of a user interface as messages for the model. All functions raise Problem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .bodies import ROLES, optional_text
from .problem import bad_request
from .records import Message

DURABLE, CLASSIC = "durable", "classic"


def is_durable(body: Mapping[str, Any]) -> bool:
    """Whether it asks for a durable execution. A chat is classic unless it says otherwise."""
    mode = body.get("executionMode")
    if mode not in (None, DURABLE, CLASSIC):
        raise bad_request(f"executionMode must be {DURABLE} or {CLASSIC}")
    return mode == DURABLE


def raw_messages(body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages or not all(isinstance(message, dict) for message in messages):
        raise bad_request("messages must be a list with at least one message")
    return messages


def ui_messages(messages: Sequence[Mapping[str, Any]]) -> list[Message]:
    """Their texts. The other parts are for the eyes of the user."""
    return [_ui_message(message) for message in messages]


def last_message_id(messages: Sequence[Mapping[str, Any]]) -> str | None:
    return optional_text(messages[-1], "id")


def _ui_message(message: Mapping[str, Any]) -> Message:
    role, content, parts = message.get("role"), message.get("content"), message.get("parts")
    if role not in ROLES:
        raise bad_request(f"the role of a message must be one of {', '.join(ROLES)}")
    if content is None and parts is None:
        raise bad_request("a message must have content or parts")
    if parts is not None and not isinstance(parts, list):
        raise bad_request("the parts of a message must be a list")
    said = content if isinstance(content, str) else _texts("content", content)
    return {"role": role, "content": _texts("parts", parts) or said}


def _texts(where: str, items: Any) -> str:
    """The texts of a list of parts, put together."""
    if items is None:
        return ""
    if not isinstance(items, list) or not all(isinstance(item, dict) and isinstance(item.get("type"), str) for item in items):
        raise bad_request(f"the {where} of a message must be a text or a list of parts, each with a type")
    texts = [item.get("text") for item in items if item["type"] == "text"]
    if not all(isinstance(text, str) for text in texts):
        raise bad_request("a part of type text must have a text")
    return "".join(str(text) for text in texts)
