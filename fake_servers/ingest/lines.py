"""The body grammar of the ingest endpoint: how bytes become lines, and lines become events or the completion.

Split on LF alone, strip white space, skip what is blank. A line is ``{"seq": n >= 1, "event": {..}}`` or the completion
``{"type": "_posthog/stream_complete", "final_seq": n >= 0}``, which is told by its ``type`` before anything else is
looked at. Unknown keys are ignored; a boolean or a float is no integer; NaN and Infinity are no JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

COMPLETION_TYPE = "_posthog/stream_complete"


class BadLine(Exception):
    """A line that is neither an event nor a completion. The message says why."""


@dataclass(frozen=True, slots=True)
class EventLine:
    seq: int
    event: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CompletionLine:
    final_seq: int


class LineSplitter:
    """Cuts a body that arrives in pieces of any size into lines. ``tail_bytes``: how much came since the last LF."""

    def __init__(self) -> None:
        self._tail: list[bytes] = []  # joined only when its LF comes: a line in many small pieces costs no more than its length
        self.tail_bytes = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that ``data`` completes, without their LF."""
        lines = data.split(b"\n")
        tail = lines.pop()
        if lines:
            lines[0] = b"".join((*self._tail, lines[0]))
            self._tail.clear()
            self.tail_bytes = 0
        if tail:
            self._tail.append(tail)
            self.tail_bytes += len(tail)
        return lines

    def end(self) -> bytes:
        """The last line, if the body did not end with an LF; else empty."""
        tail = b"".join(self._tail)
        self._tail.clear()
        self.tail_bytes = 0
        return tail


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def parse_line(line: bytes) -> EventLine | CompletionLine | None:
    """What a line says; None when it is blank. Raises BadLine."""
    stripped = line.strip()
    if not stripped:
        return None
    try:
        value = _DECODER.decode(stripped.decode("utf-8"))
    except UnicodeDecodeError:
        raise BadLine("Invalid UTF-8") from None
    except (ValueError, RecursionError):  # RecursionError: nested deeper than this parser goes
        raise BadLine("Invalid JSON") from None
    if type(value) is not dict:
        raise BadLine("Line must be a JSON object")
    return _parse_object(value)


def _parse_object(value: dict[str, Any]) -> EventLine | CompletionLine:
    if value.get("type") == COMPLETION_TYPE:
        final_seq = value.get("final_seq")
        if type(final_seq) is not int or final_seq < 0:
            raise BadLine("final_seq must be a non-negative integer")
        return CompletionLine(final_seq)
    seq = value.get("seq")
    if type(seq) is not int or seq < 1:
        raise BadLine("seq must be a positive integer")
    event = value.get("event")
    if type(event) is not dict:
        raise BadLine("event must be a JSON object")
    return EventLine(seq, event)
