"""What a frame says, in either flavour of the stream, and how the frames of a body end.

OpenAI chunks carry envelopes (the announcements of approvals, outputs of tools, operations) as JSON text in ``delta.content``;
the frames of the Vercel flavour are envelopes themselves. A text that is itself such an envelope cannot be told from one: that
is a weakness of the contract, and scripts avoid it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from .sse_text import Event, json_object

Ending = Literal["success", "failure", "suspended", "transport", "done", "nothing"]
"""How a body ends: a finish; a finish behind an error operation; an approval request; ``event: error``; ``[DONE]`` alone; none."""

APPROVAL_REQUEST = "tool-approval-request"
OUTPUTS = ("tool-output-available", "tool-output-denied", "tool-output-error")


@dataclass(frozen=True)
class Said:
    """What one frame says. ``calls``: ids of the tool calls it names. ``envelope``: an object with a type."""

    text: str = ""
    calls: tuple[str, ...] = ()
    envelope: Mapping[str, Any] | None = None
    finish: bool = False
    is_object: bool = True
    """False for data that are no JSON object, which nothing can be said by."""

    @property
    def type(self) -> str:
        return str(self.envelope.get("type")) if self.envelope is not None else ""

    @property
    def approval(self) -> str | None:
        """The id of the call that waits for an approval, if the frame asks for one."""
        if self.envelope is None or self.type != APPROVAL_REQUEST:
            return None
        call = self.envelope.get("toolCallId")
        return call if isinstance(call, str) else None

    @property
    def output(self) -> str | None:
        """The id of the call whose end the frame tells: its output, its denial, its error."""
        call = self.envelope.get("toolCallId") if self.envelope is not None and self.type in OUTPUTS else None
        return call if isinstance(call, str) else None

    @property
    def is_error(self) -> bool:
        """The agent has failed: an error operation, or the error frame of the Vercel flavour."""
        if self.envelope is None:
            return False
        data = self.envelope.get("data")
        return self.type == "error" or (self.type == "data-operation" and isinstance(data, Mapping) and data.get("type") == "error")

    @property
    def goes_on(self) -> bool:
        """Whether a run that says so does not wait for an approval any more."""
        return bool(self.text or self.calls or self.output is not None or self.finish)


SILENT = Said()
NO_OBJECT = Said(is_object=False)
CACHED_MAX = 1 << 15
"""Every reader of a run reads the same frames: each is understood once, as long as a run has no more than so many."""


@lru_cache(maxsize=CACHED_MAX)
def said(data: str) -> Said:
    """What the data of a frame say; `SILENT` for what is nothing that the contract knows."""
    value = json_object(data)
    if value is None:
        return NO_OBJECT
    if isinstance(value.get("choices"), list):
        return _of_choices([choice for choice in value["choices"] if isinstance(choice, Mapping)])
    return _of_part(value) if isinstance(value.get("type"), str) else SILENT


def _of_choices(choices: Sequence[Mapping[str, Any]]) -> Said:
    text, envelope, calls = "", None, []
    for choice in choices:
        delta = choice.get("delta")
        delta = delta if isinstance(delta, Mapping) else {}
        content = delta.get("content")
        if isinstance(content, str):
            inner = json_object(content) if content.startswith("{") else None
            if inner is not None and isinstance(inner.get("type"), str):
                envelope = inner
            else:
                text += content
        rows = delta.get("tool_calls")
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, Mapping) and isinstance(row.get("id"), str):
                calls.append(row["id"])
    finish = any(choice.get("finish_reason") is not None for choice in choices)
    return Said(text, tuple(calls), envelope, finish)


def _of_part(part: Mapping[str, Any]) -> Said:
    if part["type"] in ("text-delta", "text"):
        texts = (part.get(key) for key in ("delta", "textDelta", "text"))
        return Said(text=next((text for text in texts if isinstance(text, str)), ""))
    call = part.get("toolCallId")
    calls = (call,) if part["type"].startswith("tool-input-") and isinstance(call, str) else ()
    return Said(calls=calls, envelope=part, finish=part["type"] == "finish")


def ending(events: Sequence[Event], said_of: Sequence[Said]) -> Ending:
    """How a body with these events ends. ``said_of``: what each of them says. Only the last round counts."""
    if any(event.is_error for event in events):
        return "transport"
    found = round_ending(reversed(said_of))
    if found == "nothing" and any(event.is_done for event in events):
        return "failure" if round_ending(reversed(said_of), finished=True) == "failure" else "done"
    return found


def round_ending(backwards: Iterable[Said], *, finished: bool = False) -> Ending:
    """How a round ends whose frames these are, the last one first. ``finished``: its end was told otherwise."""
    error = False
    for frame in backwards:
        if frame.approval is not None and not finished:
            return "suspended"
        if frame.approval is not None:
            break
        error = error or frame.is_error
        finished = finished or frame.finish
        if frame.goes_on and not finished:
            break
    if not finished:
        return "nothing"
    return "failure" if error else "success"
