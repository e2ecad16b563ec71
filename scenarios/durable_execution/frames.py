"""What a client makes of an event stream as it arrives: how many frames there were, and which calls they name. Nothing is judged."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NamedTuple

DONE = "[DONE]"
APPROVAL_REQUEST = "tool-approval-request"


class Event(NamedTuple):
    """``end``: how many bytes of the piece that was fed belong to it or to what came before it. ``is_frame``: it has an index."""

    data: str
    is_frame: bool
    end: int


class FrameReader:
    """Divides bytes into events, whatever the pieces in which they come. Lines end with LF or CRLF."""

    def __init__(self) -> None:
        self.frames = 0
        self._pending = b""

    def feed(self, piece: bytes) -> list[Event]:
        before = len(self._pending)
        buffer = self._pending + piece
        events, start = [], 0
        while (end := _blank_line_end(buffer, max(start, before - 3))) > 0:
            event = _event(buffer[start:end], end - before)
            start = end
            if event is not None:
                events.append(event)
                self.frames += event.is_frame
        self._pending = buffer[start:]
        return events


def _blank_line_end(buffer: bytes, look_from: int) -> int:
    """Where the first event whose end lies behind ``look_from`` ends; 0 if it does not end yet."""
    ends = [found + len(mark) for mark in (b"\n\n", b"\n\r\n") if (found := buffer.find(mark, look_from)) >= 0]
    return min(ends, default=0)


def _event(block: bytes, end: int) -> Event | None:
    """None for comments, and whatever else has no data."""
    data, name = [], ""
    for raw in block.decode("utf-8", "replace").split("\n"):
        field, _, value = raw.removesuffix("\r").partition(":")
        if field == "data":
            data.append(value.removeprefix(" "))
        elif field == "event":
            name = value.strip()
    if not data:
        return None
    text = "\n".join(data)
    return Event(text, text != DONE and name != "error", end)


@dataclass(frozen=True)
class Named:
    """``calls``: ids of calls that a frame names. ``asks``: the id of the one that it wants approved. ``finishes``: nothing follows."""

    calls: tuple[str, ...] = ()
    asks: str | None = None
    finishes: bool = False


def named(data: str) -> Named:
    """What a frame names, in either flavour."""
    if data == DONE:
        return Named(finishes=True)
    frame = _json_object(data)
    if "type" in frame:
        return _in_envelope(frame)
    choices = frame.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    delta = choice.get("delta")
    delta = delta if isinstance(delta, dict) else {}
    content = delta.get("content")
    if isinstance(content, str) and content.startswith("{"):
        return _in_envelope(_json_object(content))
    calls = delta.get("tool_calls")
    ids = [call.get("id") for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    return Named(tuple(id for id in ids if isinstance(id, str)), finishes=choice.get("finish_reason") is not None)


def _in_envelope(envelope: dict[str, Any]) -> Named:
    kind, call = envelope.get("type"), envelope.get("toolCallId")
    if not isinstance(call, str):
        return Named(finishes=kind == "finish")
    return Named((call,), call if kind == APPROVAL_REQUEST else None)


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:  # whoever judges the frame says so; here only its ids are of interest
        return {}
    return value if isinstance(value, dict) else {}
