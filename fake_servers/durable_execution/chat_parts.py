"""Decisions on approvals inside of the messages of a chat, in each shape in which user interfaces send them.

    {"parts": [PART, ..]}, {"content": [PART, ..]}, {"content": "[PART, ..]"}

where PART is {"toolCallId", "state": "approval-responded", "approval": {"approved", "reason"?}}. Whoever does not look in all of
them takes a decision for something the user said, and starts a run with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .approvals import Decision
from .bodies import decision_of
from .problem import bad_request

RESPONDED = "approval-responded"


@dataclass(frozen=True)
class CallDecision:
    """A decision, and the call that it is meant for."""

    call_id: str
    decision: Decision


def decisions_in(messages: Sequence[Mapping[str, Any]]) -> list[CallDecision]:
    """All decisions, in order. Raises Problem for what is meant as one and cannot be read."""
    return [
        _decision(part) for message in messages for part in _parts(message) if isinstance(part, Mapping) and part.get("state") == RESPONDED
    ]


def _parts(message: Mapping[str, Any]) -> Iterator[Any]:
    for where in ("parts", "content"):
        value = message.get(where)
        if isinstance(value, str):
            value = _json_of(value)
        yield from value if isinstance(value, list) else [value]


def _json_of(text: str) -> Any:
    """A text that is JSON and speaks of a decision; None for all that is only talk."""
    if RESPONDED not in text:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _decision(part: Mapping[str, Any]) -> CallDecision:
    call_id, approval = part.get("toolCallId"), part.get("approval")
    if not isinstance(call_id, str) or not call_id:
        raise bad_request("a part that responds to an approval must have a toolCallId")
    if not isinstance(approval, Mapping):
        raise bad_request("a part that responds to an approval must have an approval: {approved}")
    return CallDecision(call_id, decision_of(approval))
