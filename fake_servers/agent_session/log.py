"""The true log of a session, what of it the list shows, and its pages."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from ..frames import Frame, event_text, split_data
from .script import Step

LIMIT_MAX = 20
_TOKEN = re.compile(r"(after|skip|again)-([0-9]{1,9})")

Style = Literal["cursor", "offset"]
End = Literal["null", "empty", "absent"]


@dataclass(slots=True, eq=False)
class Logged:
    """One event. ``number``: its place in the log, from 1. ``frame``: as it goes out on streams."""

    number: int
    id: str
    frame: Frame
    is_terminal: bool
    may_hide: bool
    is_shown: bool = False
    is_delivered: bool = False
    """It was handed to the socket of a stream."""


def logged(number: int, event: dict[str, Any], step: Step) -> Logged:
    text = event_text(event)
    frame = Frame("event", text, position=number, exact=commented(text) if step.comment else None)
    return Logged(number, event["id"], frame, step.is_terminal, step.may_hide)


def commented(text: str) -> bytes:
    """A frame of that data, which is one line of JSON, on two lines with a comment between them."""
    first, *rest = (f"data: {line}\n" for line in split_data(text, 2))
    return f"{first}: a comment within an event\n{''.join(rest)}\n".encode()


@dataclass(frozen=True)
class Paging:
    """``size``: a page holds at most so many, whatever the limit asks. ``style``: what tokens stand for, an event or a number of them.

    ``cyclic``: the last page names a page that was read already, and that one itself, for ever. ``endless``: it names an empty one
    that names another. ``end``: how ``next_page`` tells that there is none.
    """

    size: int = LIMIT_MAX
    style: Style = "cursor"
    cyclic: bool = False
    endless: bool = False
    end: End = "null"


@dataclass(frozen=True)
class Page:
    rows: list[Logged]
    next: str | None

    def text(self, end: End) -> str:
        """The body of the answer."""
        data = ",".join(row.frame.data or "" for row in self.rows)
        if self.next is None and end == "absent":
            return f'{{"data":[{data}]}}'
        next_page = json.dumps(self.next if self.next is not None or end == "null" else "")
        return f'{{"data":[{data}],"next_page":{next_page}}}'


def page_of(log: list[Logged], paging: Paging, limit: int, token: str | None, *, newest_first: bool) -> Page:
    """Raises ValueError for a token that nobody gave out."""
    kind, number = ("skip", 0) if token is None else _read(token)
    if kind == "again":
        return Page([], _token("again", number + 1))
    rows = [row for row in (reversed(log) if newest_first else log) if row.is_shown]
    if kind == "after":
        rows = [row for row in rows if (row.number < number if newest_first else row.number > number)]
        number = 0
    size = max(1, min(limit, paging.size, LIMIT_MAX))
    taken = rows[number : number + size]
    if len(rows) > number + size:
        return Page(taken, _token("after", taken[-1].number) if paging.style == "cursor" else _token("skip", number + size))
    if paging.cyclic:
        return Page(taken, token or _token("skip", 0))
    return Page(taken, _token("again", 1) if paging.endless else None)


def _token(kind: str, number: int) -> str:
    return base64.b64encode(f"{kind}-{number}".encode()).decode()


def _read(token: str) -> tuple[str, int]:
    try:
        match = _TOKEN.fullmatch(base64.b64decode(token, validate=True).decode())
    except (binascii.Error, UnicodeDecodeError):
        match = None
    if match is None:
        raise ValueError(f"page: {token!r} is no token of this service")
    return match[1], int(match[2])


def hidden_before(log: list[Logged], row: Logged) -> Iterator[Logged]:
    """What must be visible when a terminal event is: all before it but what a stream has delivered."""
    return (older for older in log[: row.number - 1] if not older.is_shown and not (older.may_hide and older.is_delivered))
