"""What went wrong on the way of a run, by no fault of the runner: requests that failed, reads that failed for ever, budgets spent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import takewhile

from ...contracts.agent_session import POLLS_MIN
from ..wire import Request
from .record import NEVER, TERMINAL_WORDS, Event, Session, Told
from .runs import Run
from .view import View

SPOILING = frozenset({"spoilt-body", "content-type", "garbage"})
"""Faults that leave a whole answer of which nothing can be read."""
ERRORS_MAX = 5
"""So many polls in a row that fail end a run."""


def is_good(request: Request) -> bool:
    """Its answer reached the runner, and says what was asked for."""
    answer = request.delivered
    return answer is not None and 200 <= answer.status < 300 and not request.faults & SPOILING


def until(run: Run) -> int:
    """The entry up to which a run looked for its end."""
    return run.end.number if run.end is not None else NEVER


def is_read_in_vain(view: View, run: Run) -> bool:
    """Status or list failed for good: what is emitted then is an error, or what there is."""
    return errors_in_a_row(view, run) >= ERRORS_MAX


def errors_in_a_row(view: View, run: Run) -> int:
    """How often the last reads before the end failed in a row: polls, or listings, or statuses alone; the most unfavourable count."""
    session = run.session
    if session is None:
        return 0
    reads = [(request.endpoint, is_good(request)) for request in session.asked("read", "list") if request.entry < until(run)]
    by_endpoint = (_trailing(good for endpoint, good in reads if endpoint == name) for name in ("read", "list"))
    return max(*by_endpoint, _trailing(_polls(reads))) + _refused(view, run)


def _polls(reads: Iterable[tuple[str, bool]]) -> Iterator[bool]:
    """Whether all reads of a poll were good; each status that is asked for begins one."""
    good: bool | None = None
    for endpoint, is_right in reads:
        if endpoint == "read" and good is not None:
            yield good
            good = None
        good = is_right if good is None else good and is_right
    if good is not None:
        yield good


def _trailing(goods: Iterable[bool]) -> int:
    return len(list(takewhile(lambda good: not good, reversed(list(goods)))))


def _refused(view: View, run: Run) -> int:
    """Connections that were refused meanwhile: nobody can tell what they were for."""
    begun = run.call.number if run.call is not None else run.entry
    return sum(begun < refused.number < until(run) for refused in view.wire.refused)


def polls_of(run: Run) -> int:
    """How many of its budget a run has spent by its end: reads of the status, or polls that it has scheduled."""
    end = until(run)
    reads = 0 if run.session is None else sum(request.entry < end for request in run.session.asked("read"))
    return max(reads, sum(poll.number < end for poll in run.polls))


def is_spent(run: Run) -> bool:
    return polls_of(run) >= POLLS_MIN


def is_untroubled(view: View, run: Run) -> bool:
    """No request of it met a fault, no connection was refused to it, and its application worked."""
    requests = [*view.requests_of(run), *view.creations_of(run)]
    if run.failing_emits or run.failing_schedules or _refused(view, run):
        return False
    return all(not request.faults for request in requests)


def last_told(run: Run) -> Told | None:
    """The last good read of the status before the end."""
    session = run.session
    told = [] if session is None else [told for told in session.told if told.entry < until(run) and is_good(told.request)]
    return told[-1] if told else None


# --- how a turn came to its end ---------------------------------------------------------------------------------------


def legal_ends(run: Run, before: int) -> list[Event]:
    """Terminal events that end the turn of our prompt and that the runner was shown while nothing newer was known. In that order."""
    session = run.session
    if session is None:
        return []
    events = [
        sight.event
        for sight in session.sights
        if sight.entry < before and sight.newest and sight.event.ends_turn and sight.event.order > session.prompt_order
    ]
    return list({event.order: event for event in events}.values())


def unrecovered(session: Session, end: Event) -> Event | None:
    """The newest error of the turn, unless an idle followed it and the turn has a message at all."""
    turn = [event for event in session.turn if event.order <= end.order]
    error = next((event for event in reversed(turn) if event.type == "session.error"), None)
    if error is None:
        return None
    is_followed = any(event.order > error.order and event.type == "session.status_idle" for event in turn)
    has_message = any(event.text is not None for event in turn)
    return None if is_followed and has_message else error


def needed_action(run: Run, before: int) -> int | None:
    """The entry with which the runner was shown an idle that waits for an action, if there was one."""
    session = run.session
    sights = session.sights if session is not None else []
    return next((sight.entry for sight in sights if sight.event.needs_action and sight.newest and sight.entry < before), None)


def may_fail(view: View, run: Run) -> bool:
    """There is a reason for which the run may, or must, fail."""
    session = run.session
    end = until(run)
    starting = [*view.creations_of(run), *(session.asked("send") if session is not None else [])]
    if session is None or any(not is_good(request) for request in starting if request.entry < end):
        return True
    if run.failing_schedules or is_spent(run) or is_read_in_vain(view, run) or _refused(view, run):
        return True
    if needed_action(run, end) is not None:
        return True
    return any(unrecovered(session, event) is not None for event in legal_ends(run, end))


def is_terminal(told: Told | None) -> bool:
    return told is not None and told.status in TERMINAL_WORDS
