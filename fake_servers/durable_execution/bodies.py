"""Bodies of requests: read whole and checked whole, before anything is done. All functions raise Problem for what is malformed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from .approvals import Decision
from .problem import bad_request
from .records import Message

ROLES = ("system", "user", "assistant", "function", "tool")
_IMAGE_TYPES = ("image", "image_url")


def json_object(raw: bytes) -> Mapping[str, Any]:
    """JSON as the standard has it: no NaN, no lone surrogate."""
    try:
        body = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
        json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise bad_request("The body is no JSON") from None
    if not isinstance(body, dict):
        raise bad_request("The body is no JSON object")
    return body


def messages_of(body: Mapping[str, Any]) -> list[Message]:
    """The messages as the model takes them."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise bad_request("messages must be a list with at least one message")
    return [_message(message) for message in messages]


def optional_text(body: Mapping[str, Any], key: str) -> str | None:
    """None: absent or null."""
    value = body.get(key)
    if value is not None and (not isinstance(value, str) or not value):
        raise bad_request(f"{key} must be a string that is not empty")
    return value


def check_forwarded_headers(body: Mapping[str, Any]) -> None:
    headers = body.get("forwardedHeaders")
    if headers is not None and not (isinstance(headers, dict) and all(isinstance(value, str) for value in headers.values())):
        raise bad_request("forwardedHeaders must be an object of strings")


def decision_of(body: Mapping[str, Any]) -> Decision:
    """{approved, reason?}"""
    approved, reason = body.get("approved"), body.get("reason")
    if not isinstance(approved, bool):
        raise bad_request("approved must be true or false")
    if reason is not None and not isinstance(reason, str):
        raise bad_request("reason must be a string")
    return Decision(approved, reason)


def _message(message: Any) -> Message:
    if not isinstance(message, dict) or message.get("role") not in ROLES:
        raise bad_request(f"the role of a message must be one of {', '.join(ROLES)}")
    content = message.get("content")
    if not isinstance(content, str) and not (content is None and message["role"] == "assistant"):
        content = _items(content)
    said = {"role": message["role"], "content": content}
    call_id = optional_text(message, "tool_call_id")
    return said if call_id is None else {**said, "tool_call_id": call_id}


def _items(content: Any) -> str | list[Any]:
    """Text alone is text, however it was cut into items."""
    if not isinstance(content, list):
        raise bad_request("the content of a message must be a string or a list of items")
    for item in content:
        kind = item.get("type") if isinstance(item, dict) else None
        if kind == "text" and not isinstance(item.get("text"), str):
            raise bad_request("an item of type text must have a text")
        if kind != "text" and kind not in _IMAGE_TYPES:
            raise bad_request("the items of a content must be texts or images")
    if all(item["type"] == "text" for item in content):
        return "".join(item["text"] for item in content)
    return content


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
