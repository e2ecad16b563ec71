"""What the frames of a run stream say. The name of a frame decides: frames without one are events, all others are control.

An event is a JSON object. Data that is none is skipped together with its id: a cursor on it would pass over an event that
nobody has seen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple, NoReturn

from .sse_parser import Frame, SseParser

UNNAMED = ("", "message")
STATE_TYPE = "task_run_state"
REQUEST_TYPES = ("permission_request", "mcp_request", "credential_request")


class Says(Enum):
    EVENT = "an event of the run"
    KEEPALIVE = "the connection is alive"
    STREAM_END = "the run is over"
    ERROR = "the server gives up this connection"
    COME_AGAIN = "rotation, or the like: the stream goes on elsewhere"
    NOTHING = "nothing that a reader knows"


CONTROL = {"keepalive": Says.KEEPALIVE, "stream-end": Says.STREAM_END, "error": Says.ERROR, "end": Says.COME_AGAIN}


class Message(NamedTuple):
    """``id`` and ``event`` are those of an event; an event may come without an id."""

    says: Says
    id: str | None = None
    event: Mapping[str, Any] = {}


class FrameReader:
    """The messages of one connection."""

    def __init__(self) -> None:
        self.parser = SseParser()

    def feed(self, data: bytes) -> list[Message]:
        """The messages that ``data`` completes."""
        return [self.message_of(frame) for frame in self.parser.feed(data)]

    def message_of(self, frame: Frame) -> Message:
        if frame.event not in UNNAMED:
            return self.control_message(frame)
        event = self.event_of(frame)
        return Message(Says.NOTHING) if event is None else Message(Says.EVENT, frame.id or None, event)

    def control_message(self, frame: Frame) -> Message:
        return Message(CONTROL.get(frame.event, Says.NOTHING))

    def event_of(self, frame: Frame) -> Mapping[str, Any] | None:
        """None for a frame without data, and for data that is no JSON object."""
        event = None if frame.data is None else json_or_none(frame.data)
        return event if isinstance(event, dict) else None


def json_or_none(text: str | bytes) -> Any:
    """None for what is no JSON, NaN and its like included."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
