"""One body of an event stream, read for the judge: the events of its text, where each ends, and what is no event stream.

The rules of the standard are those of the contract ``sse`` (`sse.model`). Here every line counts as well: a line that no
field of the standard begins, and an event that the end of the body leaves unfinished, are mistakes of a server.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..sse.model import BOM, read_stream

DONE = "[DONE]"
_NO_UTF8 = re.compile("[\udc80-\udcff]")
_STRAY = re.compile(rb"(?:^|(?<=[\r\n]))(?!(?:data|event|id|retry)(?:[:\r\n]|$)|:)[^\r\n]+")


class Event(NamedTuple):
    """``data``: its data lines, joined by LF. ``end``: behind so many bytes of the body."""

    type: str
    data: str
    end: int

    @property
    def is_done(self) -> bool:
        """The mark that ended streams once. It is no frame."""
        return self.data.strip() == DONE

    @property
    def is_error(self) -> bool:
        """``event: error``: the stream has failed. It is no frame."""
        return self.type == "error"


@dataclass(frozen=True)
class Body:
    """``stray``: the first line that no field begins. ``unfinished``: the end of the body is the beginning of an event."""

    events: tuple[Event, ...] = ()
    stray: str | None = None
    unfinished: bool = False
    is_utf8: bool = True


def read_body(text: str) -> Body:
    """Reads what arrived, which may break off anywhere; bytes that are no UTF-8 stand in ``text`` as surrogates."""
    data = text.encode("utf-8", "surrogateescape")
    reading = read_stream(data)
    events = tuple(Event(step.key.type, step.key.data, step.end) for step in reading.event_steps if step.key is not None)
    match = _STRAY.search(data, len(BOM) if data.startswith(BOM) else 0)
    rest = data[reading.steps[-1].end :] if reading.steps else data
    unfinished = any(line and not line.startswith(b":") for line in re.split(rb"\r\n|\r|\n", rest))
    stray = match[0].decode("utf-8", "replace") if match is not None else None
    return Body(events, stray, unfinished, is_utf8=_NO_UTF8.search(text) is None)


def json_object(text: str) -> Mapping[str, Any] | None:
    """The object that a text is in JSON, else None."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
