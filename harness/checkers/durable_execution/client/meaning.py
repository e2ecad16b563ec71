"""What a row of frames says of how a run stands, read from the texts that the server sent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

Sign = Literal["finish", "approval", "error", ""]


@lru_cache(maxsize=4096)
def sign_of(text: str) -> Sign:
    """The sign that one frame holds. A frame has one choice, and its envelope is the whole content of the delta."""
    try:
        choice = json.loads(text)["choices"][0]
        if choice["finish_reason"] is not None:
            return "finish"
        envelope = json.loads(choice["delta"]["content"])
    except (ValueError, KeyError, TypeError, IndexError):
        return ""
    if not isinstance(envelope, dict):
        return ""
    if envelope.get("type") == "tool-approval-request":
        return "approval"
    data: Any = envelope.get("data")
    failed = envelope.get("type") == "data-operation" and isinstance(data, dict) and data.get("type") == "error"
    return "error" if failed else ""


def standing(texts: Sequence[str]) -> str:
    """The outcome of a body that ends whole behind these frames. The last frame says how it ends, and its round whether it failed."""
    last = sign_of(texts[-1]) if texts else ""
    if last == "approval":
        return "suspended"
    if last != "finish":
        return "transport_failure"
    for text in reversed(texts[:-1]):
        sign = sign_of(text)
        if sign == "error":
            return "agent_failure"
        if sign == "approval":
            break
    return "success"
