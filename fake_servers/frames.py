"""Frames of an event stream, and their bytes: as the servers write them, or in another way that the standard allows."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from ..harness.faults.decisions import Framing, Interjection, StreamEnd

BYTE_ORDER_MARK = "\ufeff".encode()
PLAIN = Framing(newline="lf", bom=False, space=True, data_lines=1)

_NEWLINES = {"lf": "\n", "cr": "\r", "crlf": "\r\n"}
_LINE_END = re.compile("\r\n|\r|\n")
_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^"{}\[\],:]+', re.DOTALL)


@dataclass(slots=True)
class Frame:
    """One block of fields with its empty line. ``kind`` is its word in the history, "event" for what the stream is there for.

    ``position``: of the event in the log, from 1; 0 for what is no event. ``exact``: bytes that are written as they are.
    """

    kind: str
    data: str | None = None
    id: str | None = None
    event: str | None = None
    retry: str | None = None
    comment: str | None = None
    position: int = 0
    exact: bytes | None = None
    _plain: bytes | None = field(default=None, repr=False, compare=False)

    def plain(self) -> bytes:
        """Its usual bytes; remembered, since every reader gets the same."""
        if self._plain is None:
            self._plain = self.exact if self.exact is not None else self._render(PLAIN)
        return self._plain

    def render(self, framing: Framing) -> bytes:
        return self.plain() if framing is PLAIN or self.exact is not None else self._render(framing)

    def _render(self, framing: Framing) -> bytes:
        fields = [("id", self.id)] if self.id is not None else []
        if self.event is not None:
            fields.append(("event", self.event))
        if self.data is not None:
            fields += [("data", line) for line in split_data(self.data, framing.data_lines)]
        if self.retry is not None:
            fields.append(("retry", self.retry))
        if self.comment is not None:
            fields += [("", line) for line in _LINE_END.split(self.comment)]
        newline = _NEWLINES[framing.newline]
        # A value that begins with a space needs the one behind the colon: the reader takes that away.
        lines = [f"{name}: {value}" if framing.space or value[:1] == " " else f"{name}:{value}" for name, value in fields]
        return (newline.join(lines) + newline + newline).encode("utf-8", "surrogatepass")


def split_data(text: str, count: int) -> list[str]:
    """The lines of the data. JSON on one line goes over ``count`` of them, where it has so many tokens."""
    lines = _LINE_END.split(text)
    if count == 1 or len(lines) > 1 or not _is_json(text):
        return lines
    tokens = _JSON_TOKEN.findall(text)
    if len(tokens) < 2:
        return lines
    count = min(count, len(tokens))
    bounds = [len(tokens) * part // count for part in range(count + 1)]
    return ["".join(tokens[begin:end]) for begin, end in pairwise(bounds)]


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def event_text(event: Mapping[str, Any]) -> str:
    """An event as one line of JSON. What UTF-8 cannot say (lone surrogates) is escaped."""
    text = json.dumps(event, separators=(",", ":"), ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(event, separators=(",", ":"))
    return text


# --- frames that are no events

KEEPALIVE = Frame("keepalive", '{"type":"keepalive"}', event="keepalive")
STREAM_END = Frame("stream-end", '{"status":"complete"}', event="stream-end")
ROTATED = Frame("end", '{"type":"rotated"}', event="end")

_INTERJECTED: Mapping[Interjection, Frame] = {
    "keepalive": KEEPALIVE,
    "comment": Frame("comment", comment="a comment that nobody needs to read"),
    "unknown": Frame("unknown", '{"type":"weather","sky":"clear"}', event="weather"),
    "bad-json": Frame("bad-json", '{"type":"broken",'),
    "no-object": Frame("no-object", "[1]"),
    "id-only": Frame("id-only"),
    "bom": Frame("comment", comment="\ufeff a byte order mark that is not at the beginning"),
    "retry": Frame("retry", retry="100"),
    "empty-data": Frame("empty-data", ""),
}

_ENDS: Mapping[StreamEnd, Frame | None] = {
    "clean": None,
    "rotated": ROTATED,
    "resync": Frame("end", '{"type":"resync","reason":"trimmed"}', event="end"),
    "unknown": Frame("end", '{"type":"maintenance"}', event="end"),
    "error": Frame("error", '{"error":"Stream read error"}', event="error"),
}


def interjected(what: Interjection, id: str | None) -> Frame:
    """A frame of that kind. ``id``: one that no log knows; a frame that is nothing but an id has it in any case."""
    model = _INTERJECTED[what]
    if id is None:
        return model
    return Frame(model.kind, model.data, id, model.event, model.retry, model.comment)


def end_frame(end: StreamEnd) -> Frame | None:
    """What is written before an answer ends although the stream goes on."""
    return _ENDS[end]
