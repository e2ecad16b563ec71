"""What a run writes, as the data of frames. `OpenAiFrames` is the flavour of the executions routes; others are beside it.

A flavour is stored with the run, so that every reader gets the same bytes. Its methods return frames, each one line of JSON.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from .records import Call, Run

Frames = Sequence[str]


def approval_id(call: Call) -> str:
    """By which a user interface knows an approval."""
    return f"aitxt-{call.id}"


def call_input(call: Call) -> Any:
    """The arguments as JSON, or as they are when they are none."""
    try:
        return json.loads(call.arguments or "{}")
    except (ValueError, RecursionError):
        return call.arguments


class Flavour(ABC):
    """Writes for one run."""

    name: str

    def __init__(self, run: Run) -> None:
        self.run = run

    @abstractmethod
    def start(self) -> Frames:
        """The beginning of the stream."""

    @abstractmethod
    def text(self, turn: int, piece: str) -> Frames:
        """A piece of the model's answer."""

    @abstractmethod
    def call(self, call: Call) -> Frames:
        """The model asks for a tool."""

    @abstractmethod
    def envelope(self, envelope: Mapping[str, Any]) -> Frames:
        """What is no text: {"type", ..}, as the contract names them."""

    @abstractmethod
    def finish(self) -> Frames:
        """The end of a run that is over."""

    # --- what all flavours say alike

    def approval_request(self, call: Call) -> Frames:
        envelope = {"type": "tool-approval-request", "approvalId": approval_id(call), "toolCallId": call.id}
        return self.envelope({**envelope, "toolName": call.name, "input": call_input(call)})

    def output(self, call: Call, output: Any) -> Frames:
        return self.envelope({"type": "tool-output-available", "toolCallId": call.id, "output": output})

    def denied(self, call: Call) -> Frames:
        return self.envelope({"type": "tool-output-denied", "toolCallId": call.id})

    def output_error(self, call: Call, text: str) -> Frames:
        return self.envelope({"type": "tool-output-error", "toolCallId": call.id, "errorText": text, "output": None})

    def error(self, text: str) -> Frames:
        """The run fails."""
        return self.envelope({"type": "data-operation", "data": {"type": "error", "message": text}})

    def operation(self, type: str, **data: Any) -> Frames:
        """What the run does, for those that asked to be told."""
        return self.envelope({"type": "data-operation", "data": {"type": type, **data}}) if self.run.operations else ()


class OpenAiFrames(Flavour):
    """Chunks of a chat completion. Envelopes are JSON inside of their content."""

    name = "openai"

    def start(self) -> Frames:
        return [self.chunk({"role": "assistant"})]

    def text(self, turn: int, piece: str) -> Frames:
        return [self.chunk({"content": piece})]

    def call(self, call: Call) -> Frames:
        function = {"name": call.name, "arguments": call.arguments}
        return [self.chunk({"tool_calls": [{"index": call.position, "id": call.id, "type": "function", "function": function}]})]

    def envelope(self, envelope: Mapping[str, Any]) -> Frames:
        return [self.chunk({"content": line(envelope)})]

    def finish(self) -> Frames:
        return [self.chunk({}, "stop")]

    def chunk(self, delta: Mapping[str, Any], finish_reason: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        return line(
            {
                "id": f"chatcmpl-{self.run.id}",
                "object": "chat.completion.chunk",
                "created": self.run.created_ms // 1000,
                "choices": [choice],
            }
        )


def line(value: Mapping[str, Any]) -> str:
    """JSON without a line break, in ASCII: nothing in it can be taken for the end of a line."""
    return json.dumps(value, separators=(",", ":"))
