"""What a turn of a script looks like as an answer of the OpenAI chat completions API, in one piece or as chunks of a stream.

The same turn has the same bytes whenever it is asked for: ids and times are made of the script, not of a clock.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ...harness.contracts.durable_script import ToolCall, Turn
from ..answers import Wire, json_answer

CREATED_S = 1_700_000_000
MODEL = "scripted"


def chunks(turn: Turn, id: str, *, usage: bool) -> Iterator[dict[str, Any]]:
    """The chunks of a streamed answer: the role, each piece of text, each call, the finish, the usage when it is asked for."""
    yield _chunk(id, {"role": "assistant", "content": ""})
    for piece in turn.text:
        yield _chunk(id, {"content": piece})
    for index, call in enumerate(turn.calls):
        for delta in _call_deltas(index, call):
            yield _chunk(id, {"tool_calls": [delta]})
    yield _chunk(id, {}, finish_reason(turn))
    if usage:
        yield {**_envelope(id, "chat.completion.chunk"), "choices": [], "usage": _usage(turn)}


def completion(turn: Turn, id: str) -> dict[str, Any]:
    """The answer in one piece."""
    message: dict[str, Any] = {"role": "assistant", "content": "".join(turn.text) or None}
    if turn.calls:
        message["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments_text(call)}} for call in turn.calls
        ]
    choice = {"index": 0, "message": message, "finish_reason": finish_reason(turn)}
    return {**_envelope(id, "chat.completion"), "choices": [choice], "usage": _usage(turn)}


def finish_reason(turn: Turn) -> str:
    return "tool_calls" if turn.calls else "stop"


def arguments_text(call: ToolCall) -> str:
    return json.dumps(call.arguments, separators=(",", ":"))


def model_error(status: int, message: str) -> Wire:
    """The error object of that API."""
    kind = "invalid_request_error" if 400 <= status < 500 else "server_error"
    return json_answer(status, {"error": {"message": message, "type": kind, "param": None, "code": None}})


def _call_deltas(index: int, call: ToolCall) -> Iterator[Mapping[str, Any]]:
    """The id and the name come once, the arguments in two pieces: a reader has to put them together."""
    yield {"index": index, "id": call.id, "type": "function", "function": {"name": call.name, "arguments": ""}}
    text = arguments_text(call)
    half = len(text) // 2
    for part in (text[:half], text[half:]):
        yield {"index": index, "function": {"arguments": part}}


def _chunk(id: str, delta: Mapping[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": dict(delta), "finish_reason": finish_reason}
    return {**_envelope(id, "chat.completion.chunk"), "choices": [choice]}


def _envelope(id: str, kind: str) -> dict[str, Any]:
    return {"id": id, "object": kind, "created": CREATED_S, "model": MODEL}


def _usage(turn: Turn) -> dict[str, int]:
    """One token a piece of text or a call: figures that add up are all that a reader can want of a script."""
    completion = len(turn.text) + len(turn.calls)
    return {"prompt_tokens": 1, "completion_tokens": completion, "total_tokens": 1 + completion}
