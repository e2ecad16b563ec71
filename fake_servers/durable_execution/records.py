"""What the store of the reference knows, as frozen values. Times are milliseconds of the epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

Status = Literal["running", "suspended", "completed", "failed"]
CallState = Literal["waiting", "pending", "decided", "settled"]
"""``waiting``: not begun. ``pending``: its approval is asked for, the run is suspended. ``decided``: approved or denied, not yet
acted upon. ``settled``: its outcome is a frame and the content of a tool message."""
Message = Mapping[str, Any]
"""A message as the model takes it: {"role", "content", ..}."""

TERMINAL: frozenset[Status] = frozenset({"completed", "failed"})


class Scope(NamedTuple):
    """Whose data it is. The agent is no part of it."""

    tenant_id: str
    project_id: str


@dataclass(frozen=True, slots=True)
class Tenant:
    """What a key opens."""

    scope: Scope
    agent_id: str


@dataclass(frozen=True, slots=True)
class Run:
    """``flavour``: in which its frames are written. ``operations``: whether it tells what it does. ``prompt_end``: the last message of
    its conversation that its model is shown."""

    id: str
    scope: Scope
    agent_id: str
    conversation_id: str
    status: Status
    flavour: str
    operations: bool
    created_ms: int
    updated_ms: int
    frame_count: int
    prompt_end: int

    @property
    def over(self) -> bool:
        return self.status in TERMINAL

    @property
    def at_rest(self) -> bool:
        return self.status != "running"


@dataclass(frozen=True, slots=True)
class Turn:
    """One answer of the model. ``text``: as much of it as is in frames. ``answered``: all of it is known, with its calls."""

    number: int
    text: str
    answered: bool


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a tool. ``arguments``: the JSON text of the model. ``key``: by which the tool knows a repeated call.
    ``approved`` None: not decided. ``output``: the content of its tool message."""

    run_id: str
    turn: int
    position: int
    id: str
    name: str
    arguments: str
    key: str
    state: CallState
    deadline_ms: int | None
    approved: bool | None
    reason: str | None
    output: str | None


@dataclass(frozen=True, slots=True)
class NewCall:
    """A call as the model asked for it; ``id`` as the model gave it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Creation:
    """What a client asks for. ``conversation_id`` None: a new one. ``message_id``: unique in its conversation, if given."""

    tenant: Tenant
    conversation_id: str | None
    messages: Sequence[Message]
    flavour: str = "openai"
    operations: bool = False
    message_id: str | None = None


class DuplicateMessage(Exception):
    """The conversation has a message with that id. Nothing was changed."""
