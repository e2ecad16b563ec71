"""What the model is shown: the conversation as it was when the run began, then what the run itself has said and done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .records import Call, Message, Run, Turn
from .settings import Tool
from .store import Store


def prompt(store: Store, run: Run) -> list[Message]:
    """The same for each try of a turn, whatever else happens in the conversation."""
    messages = store.messages(run.scope, run.conversation_id, run.prompt_end)
    calls = store.calls(run.id)
    for turn in store.turns(run.id):
        if turn.answered:
            messages += _said(turn, [call for call in calls if call.turn == turn.number])
    return messages


def tools_of_prompt(tools: Mapping[str, Tool]) -> list[dict[str, Any]]:
    """The tools as the model takes them."""
    return [{"type": "function", "function": {"name": tool.name, "parameters": dict(tool.parameters)}} for tool in tools.values()]


def _said(turn: Turn, calls: list[Call]) -> list[Message]:
    said: dict[str, Any] = {"role": "assistant", "content": turn.text or None}
    if calls:
        said["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}} for call in calls
        ]
    return [said, *({"role": "tool", "tool_call_id": call.id, "content": call.output or ""} for call in calls)]
