"""What the play asked of the server, each ask joined with its answer: status, headers, body, frames, and how it ended.

The route of an ask is read from its method and path, so that an operation ``send`` is seen as what it was. Nothing is judged.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from ...values.history import Entry, History
from .meaning import Ending, Said, ending, said
from .sse_text import Body, json_object, read_body

Route = Literal["create", "completions", "chat", "status", "stream", "approval", "conversation-stream", "pending", "other"]
CREATING: tuple[Route, ...] = ("create", "completions", "chat")
READING: tuple[Route, ...] = ("stream", "conversation-stream")

START_INDEX = "x-stream-start-index"
RUN_ID = "x-workflow-run-id"
_ID = r"([^/]+)"
_ROUTES: tuple[tuple[Route, str, re.Pattern[str]], ...] = (
    ("create", "POST", re.compile(r"/run/api/executions/?")),
    ("completions", "POST", re.compile(r"/run/v1/chat/completions/?")),
    ("chat", "POST", re.compile(r"/run/api/chat/?")),
    ("status", "GET", re.compile(rf"/run/api/executions/{_ID}")),
    ("stream", "GET", re.compile(rf"/run/api/executions/{_ID}/stream")),
    ("approval", "POST", re.compile(rf"/run/api/executions/{_ID}/approvals/{_ID}")),
    ("conversation-stream", "GET", re.compile(rf"/run/v1/conversations/{_ID}/stream")),
    ("pending", "GET", re.compile(rf"/run/v1/conversations/{_ID}/pending-approvals")),
)


class Frame(NamedTuple):
    """An event with data that has an index. ``entry``, ``at_us``: when the last byte of it arrived."""

    data: str
    type: str
    said: Said
    entry: int
    at_us: int

    @property
    def key(self) -> tuple[str, str]:
        """What is compared: comments, ids and the kind of line end are not."""
        return self.type, self.data


@dataclass
class Ask:
    """One request of the play. ``how``: "end", "cut", "left", "timeout", "refused", or "" while nothing is known of its end.

    ``tenant``: a number, or "none", "wrong", "disagree". ``index``: as the operation gave it; `start_texts` is what went out.
    ``status`` 0: no head arrived. ``rest_ms``: see the vocabulary of the play.
    """

    number: int
    entry: int
    at_us: int
    op: str
    method: str
    path: str
    tenant: int | str
    run: str | None
    call: str | None
    conversation: str | None
    headers: tuple[tuple[str, str], ...]
    body: Any
    meant: str | None
    last: bool
    index: Any
    leave: Any
    status: int = 0
    head_entry: int = 0
    head_us: int = 0
    answer_headers: Mapping[str, str] = field(default_factory=dict)
    over_entry: int = 0
    over_us: int = 0
    how: str = ""
    rest_ms: int | None = None
    pieces: list[tuple[str, int, int]] = field(default_factory=list)
    """(text, entry, time) of what arrived."""
    creates: str | None = None
    """The label of the run that it is the creation of."""

    # --- what was asked ---------------------------------------------------------------------------------------------

    @cached_property
    def _routed(self) -> tuple[Route, tuple[str, ...]]:
        path = urlsplit(self.path).path
        for route, method, pattern in _ROUTES:
            match = pattern.fullmatch(path) if method == self.method else None
            if match is not None:
                return route, tuple(unquote(group) for group in match.groups())
        return "other", ()

    @property
    def route(self) -> Route:
        return self._routed[0]

    @property
    def id_asked(self) -> str | None:
        """The id of the run, or of the conversation, that the path names."""
        return self._routed[1][0] if self._routed[1] else None

    @property
    def call_asked(self) -> str | None:
        """The call that the path of an approval names."""
        return self._routed[1][1] if self.route == "approval" else None

    @cached_property
    def start_texts(self) -> tuple[str, ...]:
        """The start indexes as they went out: none, one, or several. Of a conversation they are ``afterIdx``, one less."""
        if self.route == "conversation-stream":
            return tuple(parse_qs(urlsplit(self.path).query, keep_blank_values=True).get("afterIdx", ()))
        found = tuple(value for name, value in self.headers if name.lower() == START_INDEX)
        if found or self.index is None:
            return found
        return tuple(str(value) for value in (self.index if isinstance(self.index, (list, tuple)) else (self.index,)))

    @property
    def body_text(self) -> str:
        """The body where it was sent raw, else nothing."""
        text = self.body.get("text") if isinstance(self.body, Mapping) and set(self.body) == {"text"} else None
        return text if isinstance(text, str) else ""

    # --- what came of it --------------------------------------------------------------------------------------------

    @property
    def end_entry(self) -> int:
        """The entry behind which nothing came any more."""
        return self.over_entry or max((self.head_entry, *(entry for _, entry, _ in self.pieces[-1:])), default=0) or self.entry

    @property
    def is_whole(self) -> bool:
        """The answer arrived to its end."""
        return self.how == "end"

    @property
    def media_type(self) -> str:
        return self.answer_headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_event_stream(self) -> bool:
        return self.status == 200 and self.media_type == "text/event-stream"

    @property
    def run_id(self) -> str | None:
        """The id of the run that the head of the answer tells."""
        return self.answer_headers.get(RUN_ID) or None

    @cached_property
    def text(self) -> str:
        return "".join(text for text, _, _ in self.pieces)

    @cached_property
    def json(self) -> Mapping[str, Any] | None:
        """The object that the whole body is, else None."""
        return json_object(self.text) if self.is_whole else None

    @cached_property
    def stream(self) -> Body:
        """The body read as an event stream; empty where the answer is none by its status."""
        return read_body(self.text) if self.status == 200 else Body()

    @cached_property
    def frames(self) -> tuple[Frame, ...]:
        """Events that have an index, in order; the n-th has the index of the start + n."""
        ends, total = [], 0
        for text, _, _ in self.pieces:
            total += len(text.encode("utf-8", "surrogateescape"))
            ends.append(total)
        found = []
        for event in self.stream.events:
            if event.is_done or event.is_error:
                continue
            piece = self.pieces[min(bisect_right(ends, event.end - 1), len(ends) - 1)]
            found.append(Frame(event.data, event.type, said(event.data), piece[1], piece[2]))
        return tuple(found)

    @cached_property
    def keys(self) -> tuple[tuple[str, str], ...]:
        return tuple(frame.key for frame in self.frames)

    @cached_property
    def ending(self) -> Ending:
        """How the body ends, as a reader sees it (see `meaning`)."""
        return ending(self.stream.events, [frame.said for frame in self.frames])

    @property
    def failed_stream(self) -> bool:
        """``event: error`` was in it."""
        return any(event.is_error for event in self.stream.events)

    @property
    def words(self) -> str:
        """The text of all frames."""
        return "".join(frame.said.text for frame in self.frames)


def read_asks(history: History) -> dict[int, Ask]:
    """All asks by number, in the order in which they were made. Linear."""
    asks: dict[int, Ask] = {}
    for entry in history.entries:
        if entry.kind == "ask":
            asks[entry.data["ask"]] = _made(entry)
        elif entry.kind in ("head", "piece", "over"):
            ask = asks.get(entry.data["ask"])
            if ask is not None:
                _answered(ask, entry)
    return asks


def _made(entry: Entry) -> Ask:
    data = entry.data
    return Ask(
        number=data["ask"],
        entry=entry.number,
        at_us=entry.at_us,
        op=data["op"],
        method=data["method"],
        path=data["path"],
        tenant=data["tenant"],
        run=data.get("run"),
        call=data.get("call"),
        conversation=data.get("conversation"),
        headers=tuple((name, value) for name, value in data.get("headers") or ()),
        body=data.get("body"),
        meant=data.get("meant"),
        last=bool(data.get("last")),
        index=data.get("index"),
        leave=data.get("leave"),
    )


def _answered(ask: Ask, entry: Entry) -> None:
    if entry.kind == "head":
        ask.status, ask.head_entry, ask.head_us = entry.data["status"], entry.number, entry.at_us
        ask.answer_headers = {name.lower(): value for name, value in entry.data["headers"]}
    elif entry.kind == "piece":
        ask.pieces.append((entry.data["text"], entry.number, entry.at_us))
    else:
        ask.over_entry, ask.over_us = entry.number, entry.at_us
        ask.how, ask.rest_ms = entry.data["how"], entry.data.get("rest_ms")
