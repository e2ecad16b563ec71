"""What a session will do, known beforehand: steps at times since its prompt, and how late or early each of its sides tells of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

StepType = Literal["message", "assistant", "blank", "running", "rescheduled", "idle", "terminated", "error", "other"]
TERMINAL = ("idle", "terminated")
EVENT_TYPES: Mapping[str, str] = {
    "message": "agent.message",
    "assistant": "assistant.message",
    "blank": "agent.message",
    "running": "session.status_running",
    "rescheduled": "session.status_rescheduled",
    "idle": "session.status_idle",
    "terminated": "session.status_terminated",
    "error": "session.error",
    "other": "agent.thinking",
}
STATUS_BY_TYPE: Mapping[str, str] = {
    "running": "running",
    "rescheduled": "rescheduling",
    "idle": "idle",
    "terminated": "terminated",
}
"""What GET of the session tells behind an event of that type."""
MESSAGES = ("message", "assistant", "blank")
BLANKS = ("", " \n\t")
PROCESSED_AT = "2026-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Step:
    """One event to come. ``after_ms``: since the prompt was accepted.

    ``texts``: the text blocks of a message, or the words of an error. ``stop``: the stop reason of an idle; None: it tells none.
    ``lag_ms``: so much later the list shows it, though no later than the terminal event behind it, unless an open stream delivered
    it; events of running and rescheduling have none. ``status_lag_ms``: so much later (negative: earlier) GET tells the status that
    it brings. ``streamed`` False: it goes out on no stream. ``listed`` False, of a message: the list shows it only if no stream
    delivered it; for streams of which no fault loses anything. ``comment``: on streams a comment stands between two lines of its data.
    """

    type: StepType
    after_ms: int = 0
    texts: tuple[str, ...] = ()
    stop: str | None = "end_turn"
    lag_ms: int = 0
    status_lag_ms: int = 0
    streamed: bool = True
    listed: bool = True
    comment: bool = False

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Step:
        texts = tuple(data["texts"]) if "texts" in data else BLANKS if data["type"] == "blank" else (data.get("text", "thinking"),)
        if data.get("kilobytes"):
            texts = (_long(texts[0], data["kilobytes"] * 1_024), *texts[1:])
        numbers = {name: data[name] for name in ("after_ms", "lag_ms", "status_lag_ms") if name in data}
        switches = {name: data[name] for name in ("streamed", "listed", "comment") if name in data}
        return cls(data["type"], texts=texts, stop=data.get("stop", "end_turn"), **numbers, **switches)

    @property
    def is_terminal(self) -> bool:
        """An event that ends a turn, though perhaps only for a while."""
        return self.type in TERMINAL

    @property
    def may_hide(self) -> bool:
        """The list need not show it where a stream delivered it."""
        return not self.listed and self.type in MESSAGES

    @property
    def status(self) -> str | None:
        return STATUS_BY_TYPE.get(self.type)

    def event(self, id: str) -> dict[str, Any]:
        """As it is listed and streamed."""
        body: dict[str, Any] = {"id": id, "type": EVENT_TYPES[self.type], "processed_at": PROCESSED_AT}
        if self.type == "error":
            body["error"] = {"type": "model_overloaded_error", "message": self.texts[0]}
        elif self.type == "idle" and self.stop is not None:
            blocking = {"event_ids": [f"{id}-tool"]} if self.stop == "requires_action" else {}
            body["stop_reason"] = {"type": self.stop, **blocking}
        elif self.status is None:
            body["content"] = [{"type": "text", "text": text} for text in self.texts]
        return body


@dataclass(frozen=True, slots=True)
class Script:
    """``before``: recorded when the session is made. ``status_lag_ms``: of the running that the service records behind the prompt.

    ``between_pages``: recorded all at once, at no time of their own, when a further page of a listing is asked for and the session is
    idle.
    """

    before: tuple[Step, ...] = ()
    steps: tuple[Step, ...] = ()
    status_lag_ms: int = 0
    between_pages: tuple[Step, ...] = ()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Script:
        before, between_pages = (tuple(Step.from_json(row) for row in data.get(name, ())) for name in ("before", "between_pages"))
        steps = sorted((Step.from_json(row) for row in data["steps"]), key=lambda step: step.after_ms)
        return cls(before, tuple(steps), data.get("status_lag_ms", 0), between_pages)


def element(texts: Sequence[str]) -> str | None:
    """What a message of these blocks adds to the messages of a run; None: it has none but blank ones."""
    kept = [text for text in texts if text.strip()]
    return "\n".join(kept) if kept else None


def demanded(script: Script) -> tuple[str | None, list[str]]:
    """The terminal event that the script comes to at last ("idle", "terminated" or None), and the messages before it."""
    end, terminal = 0, None
    for number, step in enumerate(script.steps, 1):
        if step.type == "terminated":
            end, terminal = number, "terminated"
            break
        if step.type in ("idle", "running", "rescheduled", "message", "assistant", "blank"):
            ended = step.type == "idle" and step.stop != "requires_action"
            end, terminal = (number, "idle") if ended else (end, None)
    said = [element(step.texts) for step in script.steps[: end if terminal else len(script.steps)] if step.type in MESSAGES]
    return terminal, [text for text in said if text is not None]


def _long(text: str, size: int) -> str:
    seed = text or "x"
    return (seed * (size // len(seed) + 1))[:size]
