"""The script of a run: what the model says, turn by turn, carried by the conversation itself.

The user's message is ``script:`` and base64 of JSON. So a model server needs no memory: which turn is asked for is the number
of assistant messages behind the last user message, and the same turn always gets the same answer.

    {"v": 1, "id": "a-5f", "turns": [
        {"text": ["Let me ", "see. "], "calls": [{"id": "c1", "name": "pay", "arguments": {"amount": 7}}]},
        {"text": ["Done."]}]}
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PREFIX = "script:"
TURNS_MAX = 8


@dataclass(frozen=True)
class ToolCall:
    """One call of a tool: the id that the model gives it, the tool, its arguments (an object)."""

    id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Turn:
    """One answer of the model. ``text``: pieces, a chunk each. ``calls``: in order, behind the text.

    ``status``: answered with that status and an error instead, every time. ``gate``: the name of a gate that the harness opens;
    nothing is answered before. ``cut_after``: the connection is lost behind so many pieces of text, every time. ``pause_ms``:
    between two pieces.
    """

    text: tuple[str, ...] = ()
    calls: tuple[ToolCall, ...] = ()
    status: int | None = None
    gate: str | None = None
    cut_after: int | None = None
    pause_ms: int = 0


@dataclass(frozen=True)
class Script:
    """``id``: tells whose script it is, in the record of the model."""

    id: str
    turns: tuple[Turn, ...]

    @property
    def text(self) -> str:
        """All that the model says in the course of the run."""
        return "".join(piece for turn in self.turns for piece in turn.text)

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        return tuple(call for turn in self.turns for call in turn.calls)

    def message(self) -> str:
        """The text of the user message that carries it."""
        data = {"v": 1, "id": self.id, "turns": [_turn_to_json(turn) for turn in self.turns]}
        return PREFIX + base64.b64encode(json.dumps(data, separators=(",", ":")).encode()).decode()


def script_of(message: str) -> Script | None:
    """The script that a message carries; None if it carries none. Raises ValueError for one that cannot be read."""
    if not message.startswith(PREFIX):
        return None
    try:
        data = json.loads(base64.b64decode(message.removeprefix(PREFIX), validate=True))
        return Script(data["id"], turns_from_json(data["turns"]))
    except (binascii.Error, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"the script of the message cannot be read: {error!r}") from None


def turns_from_json(rows: Sequence[Mapping[str, Any]]) -> tuple[Turn, ...]:
    """Turns as a workload or a script writes them. Raises KeyError, TypeError for what is none."""
    return tuple(
        Turn(
            text=tuple(row.get("text", ())),
            calls=tuple(ToolCall(call["id"], call["name"], call.get("arguments", {})) for call in row.get("calls", ())),
            status=row.get("status"),
            gate=row.get("gate"),
            cut_after=row.get("cut_after"),
            pause_ms=row.get("pause_ms", 0),
        )
        for row in rows
    )


def _turn_to_json(turn: Turn) -> dict[str, Any]:
    row: dict[str, Any] = {"text": list(turn.text)}
    if turn.calls:
        row["calls"] = [{"id": call.id, "name": call.name, "arguments": dict(call.arguments)} for call in turn.calls]
    for key in ("status", "gate", "cut_after"):
        if getattr(turn, key) is not None:
            row[key] = getattr(turn, key)
    if turn.pause_ms:
        row["pause_ms"] = turn.pause_ms
    return row
