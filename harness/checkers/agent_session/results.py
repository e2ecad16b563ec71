"""What a run owed its application, and whether that is what it emitted.

Owed are the messages before the terminal event on which the run ended. One that the list did not show by then is owed only if the
runner has surely read it on a stream.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...values.history import Entry
from .record import TERMINAL_WORDS, Event, Session
from .runs import Run, emits, emitted_messages, emitted_status
from .trouble import is_read_in_vain, is_spent, legal_ends, needed_action, until
from .view import View

SHOWN_MAX = 60


@dataclass(frozen=True)
class Owed:
    """``event`` None: it was never recorded, since the session was not let come to its end."""

    text: str
    is_required: bool
    event: Event | None


@dataclass(frozen=True)
class Result:
    """An emit beside what was owed. ``problem`` None: they agree. ``missing``: the first message that is not there."""

    run: Run
    emit: Entry
    owed: tuple[Owed, ...]
    end: Event | None
    problem: str | None
    missing: Owed | None

    @property
    def proof(self) -> tuple[int, ...]:
        missing = self.missing.event if self.missing is not None else None
        events = (event.entry for event in (missing, self.end) if event is not None)
        return tuple(sorted({self.emit.number, *events}))


def results(view: View) -> list[Result]:
    """Of every run whose messages can be demanded: it emitted a terminal status, and nothing kept it from reading what there was."""
    if view.results is None:  # many checkers ask for them
        view.results = _results(view)
    return view.results


def _results(view: View) -> list[Result]:
    found = []
    for run, emit in emits(view.runs):
        if emitted_status(emit) not in TERMINAL_WORDS or run.session is None or is_spent(run) or is_read_in_vain(view, run):
            continue
        result = _result(view, run, run.session, emit)
        if result is not None:
            found.append(result)
    return found


def _result(view: View, run: Run, session: Session, emit: Entry) -> Result | None:
    ends = legal_ends(run, emit.number)
    if ends:
        options = [_judged(run, emit, owed_at(view, run, session, end, emit), end) for end in ends]
        return next((option for option in options if option.problem is None), options[-1])
    if needed_action(run, emit.number) is not None:
        return None
    last = session.last_status
    if last is not None and last.ends_turn and last.order > session.prompt_order:
        return _judged(run, emit, owed_at(view, run, session, last, emit), last)
    if run.terminal is None:
        return None
    return _judged(run, emit, [Owed(text, True, None) for text in run.messages], None)


def owed_at(view: View, run: Run, session: Session, end: Event, note: Entry) -> list[Owed]:
    """The messages that were recorded before ``end``, in order."""
    sure = read_by(view, session, end, note)
    rows = []
    for event in session.events[: end.order]:
        if event.text is not None:
            required = event.order > session.prompt_order and (event.id in sure or _is_listed(session, event, end))
            rows.append(Owed(event.text, required, event))
    return rows


def read_by(view: View, session: Session, end: Event, note: Entry) -> set[str]:
    """Ids of what the runner has surely read on streams. Who knows of the end by a stream alone has read all before it there."""
    sure: set[str] = set()
    for stream in session.streams:
        if stream.request.entry > note.number:
            continue
        sure |= view.surely_read(stream, note)
        at = next((number for number, row in enumerate(stream.passed) if row.id == end.id), None)
        if at is not None and not 0 < end.shown_entry < note.number:
            sure |= {row.id for row in stream.passed[:at]}
    return sure


def _is_listed(session: Session, event: Event, end: Event) -> bool:
    """The list had it when it had the end, or would have had it."""
    if end.shown_entry:
        return 0 < event.shown_entry <= end.shown_entry
    return event.id not in session.streamed_ids


def _judged(run: Run, emit: Entry, owed: Sequence[Owed], end: Event | None) -> Result:
    messages = emitted_messages(emit)
    if agree(messages, owed):
        return Result(run, emit, tuple(owed), end, None, None)
    problem, missing = _explain(messages, owed)
    return Result(run, emit, tuple(owed), end, problem, missing)


def agree(messages: Sequence[Any], owed: Sequence[Owed]) -> bool:
    """All that is required is there, in order, and nothing but what is owed."""
    places = {0}
    for row in owed:
        taken = {place + 1 for place in places if place < len(messages) and messages[place] == row.text}
        places = taken if row.is_required else taken | places
        if not places:
            return False
    return len(messages) in places


def _explain(messages: Sequence[Any], owed: Sequence[Owed]) -> tuple[str, Owed | None]:
    left = Counter(str(message) for message in messages)
    for row in owed:
        if row.is_required and left[row.text] < 1:
            return f"the message {shown(row.text)}, recorded before the terminal event, is not in what was emitted", row
        left[row.text] -= 1
    for message, count in left.items():
        if count > 0:
            known = any(row.text == message for row in owed)
            return f"the message {shown(message)} is emitted {'more often than it was said' if known else 'but is none of the turn'}", None
    return "the messages are emitted in another order than they were recorded in", None


def shown(text: object) -> str:
    """A text as it stands in a sentence: not too long."""
    whole = repr(text)
    return whole if len(whole) <= SHOWN_MAX else f"{whole[:SHOWN_MAX]}.. ({len(whole)} characters)"


def ended_at(run: Run) -> Event | None:
    """The newest terminal event that the runner was shown before its end."""
    ends = legal_ends(run, until(run))
    return ends[-1] if ends else None
