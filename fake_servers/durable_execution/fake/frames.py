"""The frames of a run as texts, made from short drafts: chunks of a chat completion, some of which hold an envelope.

A draft has one key: ``text`` (words of the model), ``operation`` (a data-operation of that type that is no error), ``output``,
``denied`` or ``output_error`` (what became of the tool call of that id), ``call`` (the model asks for a tool), ``summary``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

RoundEnd = Literal["suspended", "success", "agent_failure", "transport"]
CREATED_S = 1_700_000_000
TOOL = "pay"


def draft_delta(draft: Mapping[str, str]) -> dict[str, Any]:
    """The delta of a draft. Raises ValueError for a draft of no known kind."""
    ((kind, value),) = draft.items()
    match kind:
        case "text":
            return {"content": value}
        case "operation":
            return envelope({"type": "data-operation", "data": {"type": value, "label": "no error at all"}})
        case "output":
            return envelope({"type": "tool-output-available", "toolCallId": value, "output": "paid"})
        case "denied":
            return envelope({"type": "tool-output-denied", "toolCallId": value})
        case "output_error":
            return envelope({"type": "tool-output-error", "toolCallId": value, "errorText": "no such account", "output": None})
        case "summary":
            return envelope({"type": "data-summary", "data": {"type": "error-report", "label": value}})
        case "call":
            return {"tool_calls": [{"index": 0, "id": value, "type": "function", "function": {"name": TOOL, "arguments": "{}"}}]}
    raise ValueError(f"draft of a frame: unknown kind {kind!r}")


def ending_chunks(end: RoundEnd, call: str) -> list[tuple[dict[str, Any], str | None]]:
    """(delta, finish reason) of the frames that end a round. A failure of the transport has none: it is no part of the run."""
    if end == "suspended":
        approval = {"type": "tool-approval-request", "approvalId": f"aitxt-{call}", "toolCallId": call, "toolName": TOOL, "input": {}}
        return [(envelope(approval), None)]
    if end == "success":
        return [({}, "stop")]
    if end == "agent_failure":
        return [(envelope({"type": "data-operation", "data": {"type": "error", "message": "the model has failed"}}), None), ({}, "stop")]
    return []


def envelope(value: Mapping[str, Any]) -> dict[str, Any]:
    return {"content": json.dumps(value, separators=(",", ":"), ensure_ascii=False)}


def chunk(run_number: int, index: int, delta: Mapping[str, Any], finish_reason: str | None) -> str:
    """One frame of a run. ``created`` counts with the index, so that no two frames of a run are alike."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    value = {"id": f"req-{run_number}", "object": "chat.completion.chunk", "created": CREATED_S + index, "choices": [choice]}
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
