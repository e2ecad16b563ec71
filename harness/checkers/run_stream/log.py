"""What the server side of a history says: the events appended, what was trimmed, and what the plain answers told the reader.

Nothing is judged here. An answer counts as *told* only when the whole of it may have reached the reader.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from ...values.history import Entry, History
from ..wire import Answer, Request
from .told import TERMINAL, content_key, is_aside

Where = Literal["proxy", "direct", "legacy", "transient", "unknown"]
"""What an answer of ``stream_token`` says; ``unknown``: nobody can tell what the reader made of it."""
UNREADABLE_IN_DOUBT = frozenset({"content-type", "gzip"})
"""Faults under which one reader takes the body and another does not."""


@dataclass(frozen=True)
class Appended:
    """``position`` counts from 1 in the log."""

    entry: int
    at_us: int
    position: int
    key: str
    aside: bool


@dataclass
class Log:
    events: list[Appended] = field(default_factory=list)
    trimmed_below: int = 0
    """Events at lower positions were no longer kept, from some time on."""
    finished: Entry | None = None
    states: list[Entry] = field(default_factory=list)

    @cached_property
    def by_position(self) -> dict[int, Appended]:
        return {event.position: event for event in self.events}

    @cached_property
    def positions_by_key(self) -> dict[str, list[int]]:
        positions: dict[str, list[int]] = {}
        for event in self.events:
            positions.setdefault(event.key, []).append(event.position)
        return positions

    @cached_property
    def _entries_by_key(self) -> dict[str, list[int]]:
        entries: dict[str, list[int]] = {}
        for event in self.events:
            entries.setdefault(event.key, []).append(event.entry)
        return entries

    def count_before(self, key: str, entry: int) -> int:
        """How many events of this content had been appended."""
        return bisect_right(self._entries_by_key.get(key, ()), entry)

    def knows(self, key: str) -> bool:
        return key in self._entries_by_key

    @property
    def is_over(self) -> bool:
        """The true state of the run was terminal in the end."""
        return bool(self.states) and _state_of(self.states[-1]).get("status") in TERMINAL


def _state_of(entry: Entry) -> Any:
    state = entry.data.get("state")
    return state if isinstance(state, dict) else {}


def read_log(history: History) -> Log:
    log = Log()
    for entry in history.entries:
        if entry.kind == "append":
            event = entry.data["event"]
            log.events.append(Appended(entry.number, entry.at_us, entry.data["position"], content_key(event), is_aside(event)))
        elif entry.kind == "trimmed":
            log.trimmed_below = max(log.trimmed_below, entry.data["oldest"])
        elif entry.kind == "finished" and log.finished is None:
            log.finished = entry
        elif entry.kind == "run-state":
            log.states.append(entry)
    return log


# --- plain answers --------------------------------------------------------------------------------------------------


def parsed(answer: Answer) -> Any:
    """The body as JSON, or None when it is none."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def in_doubt(request: Request) -> bool:
    """Whether the reader took the answer for what it is cannot be told from outside."""
    answer = request.delivered
    return answer is not None and (not answer.certain or bool(request.faults & UNREADABLE_IN_DOUBT))


@dataclass(frozen=True)
class Page:
    """A page of the history that may have reached the reader. ``certain``: it surely did."""

    request: Request
    entry: int
    at_us: int
    offset: int
    keys: tuple[str, ...]
    last: bool
    certain: bool

    @property
    def end(self) -> int:
        return self.offset + len(self.keys)


def read_page(request: Request) -> Page | None:
    answer = request.delivered
    if answer is None or answer.status != 200:
        return None
    body = parsed(answer)
    if not isinstance(body, list):
        return None
    raw_offset = request.query.get("offset", ["0"])[-1]
    offset = int(raw_offset) if raw_offset.isascii() and raw_offset.isdigit() else 0
    more = answer.headers.get("x-has-more", "").strip().lower() == "true"
    keys = tuple(content_key(event) for event in body)
    certain = not in_doubt(request)
    return Page(request, answer.delivered_entry, answer.delivered_us or 0, offset, keys, not (more and keys), certain)


@dataclass(frozen=True)
class RunAnswer:
    """An answer of GET run that may have reached the reader. ``status`` None: it could not be read as a state."""

    request: Request
    entry: int
    status: str | None
    certain: bool

    @property
    def terminal(self) -> bool:
        return self.status in TERMINAL


def read_run_answer(request: Request) -> RunAnswer | None:
    answer = request.delivered
    if answer is None or answer.status != 200:
        return None
    body = parsed(answer)
    status = body.get("status") if isinstance(body, dict) else None
    return RunAnswer(request, answer.delivered_entry, status if isinstance(status, str) else None, not in_doubt(request))


def where_to_follow(request: Request, *, closed: bool) -> Where:
    """What an answer of ``stream_token`` told. ``closed``: its connection is over, so that no answer can come any more."""
    answer = request.delivered
    if answer is None:
        return "transient" if closed else "unknown"
    if in_doubt(request):
        return "unknown"
    if answer.status == 200:
        return _where_of(parsed(answer))
    if answer.status == 429 or answer.status >= 500:
        return "transient"
    return "legacy" if 400 <= answer.status < 500 else "unknown"


def _where_of(body: Any) -> Where:
    if body is None:
        return "transient"
    if not isinstance(body, dict):
        return "unknown"
    base, token = body.get("stream_base_url"), body.get("token")
    if base and token:
        return "proxy" if isinstance(base, str) and isinstance(token, str) else "unknown"
    return "direct"
