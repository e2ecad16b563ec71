"""What the frames of a run say of how it stands: the four outcomes, told apart from the stream alone. Nothing here knows HTTP."""

from __future__ import annotations

import json
from typing import Any

SUCCESS, SUSPENDED, AGENT_FAILURE, TRANSPORT_FAILURE = "success", "suspended", "agent_failure", "transport_failure"


class Standing:
    """A run as far as it was read: the index that comes next, and what its present round has said.

    A round ends with a finish or with an approval request; a frame behind the latter shows that it was decided.
    """

    def __init__(self, index: int) -> None:
        self.next_index = index
        self.failed = False
        self.finished = False
        self.asks_approval = False

    def take(self, data: str) -> None:
        """The next frame of the run. What is no chunk of a completion says nothing, and is a frame all the same."""
        self.next_index += 1
        if self.asks_approval:
            self.asks_approval = self.failed = False
        for choice in choices_of(data):
            envelope = envelope_of(choice)
            if envelope.get("type") == "tool-approval-request":
                self.asks_approval = True
            elif envelope.get("type") == "data-operation" and is_error(envelope.get("data")):
                self.failed = True
            self.finished = self.finished or choice.get("finish_reason") is not None

    def outcome(self, *, whole: bool) -> str:
        """``whole``: the body has ended as a body should. A finish is an end also where the connection broke behind it."""
        if self.finished:
            return AGENT_FAILURE if self.failed else SUCCESS
        return SUSPENDED if self.asks_approval and whole else TRANSPORT_FAILURE


def choices_of(data: str) -> list[dict[str, Any]]:
    value = parsed(data)
    choices = value.get("choices")
    return [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []


def envelope_of(choice: dict[str, Any]) -> dict[str, Any]:
    """The envelope in the content of a delta; empty where the content is words."""
    delta = choice.get("delta")
    content = delta.get("content") if isinstance(delta, dict) else None
    return parsed(content) if isinstance(content, str) and content.startswith("{") else {}


def is_error(data: object) -> bool:
    return isinstance(data, dict) and data.get("type") == "error"


def parsed(text: str) -> dict[str, Any]:
    """The object that a text is; empty for any other text."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
