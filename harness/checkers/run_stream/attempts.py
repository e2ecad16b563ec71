"""The connects of a bootstrap in a row, with the counts that they may have left: what pauses and patience are judged by.

A reader counts failed connections and error frames apart. A keepalive takes back the first count, a new event both, an
opened connection and a clean end neither. What a connection was for the reader is not always known (a reset may have
overtaken its last bytes), so the walk keeps every pair of counts that is possible, and each observed pause leaves only those
that it fits. A pause that fits none, and a connect when every count was used up, is a problem; the walk ends there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from ..wire import Request
from .facts import HEAL_MIN
from .streams import Reading, Stream
from .told import Bootstrap
from .view import View

FAILURES_MAX = 10
"""So many in a row are an error: nine pauses."""
TOLERANCE = 0.2
HELD_UP = frozenset({"stall", "drip", "slice"})
Problem = Literal["too early", "too late", "goes on", "goes on after fatal", "gives up", "retryable", "not retryable"]


@dataclass(frozen=True)
class Option:
    """Counts after an attempt, and the pause that follows (None: any). ``over``: nothing may follow but an error."""

    failed: int
    errors: int
    pause_ms: int | None
    reading: Reading

    @property
    def over(self) -> bool:
        return self.reading == "fatal" or self.failed >= FAILURES_MAX or self.errors >= FAILURES_MAX


@dataclass(frozen=True)
class Attempt:
    """``stream`` None: no server saw a request. ``end``: the earliest and the latest time at which it was over, None while open."""

    entry: int
    at_us: int
    readings: frozenset[Reading]
    stream: Stream | None = None
    end: tuple[int, int] | None = None
    end_entry: int | None = None

    @property
    def keepalive(self) -> bool:
        return self.stream is not None and self.stream.surely("keepalive") is not None

    @property
    def may_bring_news(self) -> bool:
        return self.stream is not None and self.stream.perhaps("event") is not None


@dataclass(frozen=True)
class Fault:
    """``gap_ms``: the pause that was seen. ``options``: what was possible. ``streak``: the attempts since something new came."""

    problem: Problem
    attempt: Attempt
    next_entry: int
    gap_ms: float
    options: tuple[Option, ...]
    streak: tuple[Attempt, ...]
    unreset: int
    """How many had failed in a row if keepalives took nothing back."""

    @property
    def with_keepalives(self) -> bool:
        return any(attempt.keepalive for attempt in self.streak)

    @property
    def with_errors(self) -> bool:
        return any("error" in attempt.readings for attempt in self.streak)


@dataclass
class Walk:
    """``judged``: pauses, limits and errors that were held against the rule."""

    judged: int = 0
    fault: Fault | None = None
    streak: list[Attempt] = field(default_factory=list)
    unreset: int = 0


def attempts_of(view: View, bootstrap: Bootstrap) -> list[Attempt]:
    """Streams, and what may have been one: also attempts that no server saw."""
    found = []
    for stream in view.streams_of(bootstrap):
        readings = stream.readings
        earliest, latest = stream.begin_of_end_us, stream.end_us
        end = None if earliest is None or latest is None else (earliest, latest)
        found.append(Attempt(stream.entry, stream.request.at_us, readings, stream, end, stream.end_entry))
    for ghost in view.ghosts_of(bootstrap):
        if ghost.resting:
            continue
        sure = ghost.refused and ghost.server == "proxy"
        readings = frozenset({"failed"} if sure else {"failed", "none"})
        found.append(Attempt(ghost.entry, ghost.at_us, readings, None, (ghost.at_us, ghost.at_us), ghost.entry))
    return sorted((each for each in found if not bootstrap.end or each.entry < bootstrap.end), key=lambda attempt: attempt.entry)


def walk(view: View, bootstrap: Bootstrap) -> Walk:
    """Linear: there are no more than 121 pairs of counts."""
    state = Walk()
    attempts = attempts_of(view, bootstrap)
    unseen = _Unseen(view, bootstrap)
    counts = unseen.counted({(0, 0)}, 0, attempts[0].entry if attempts else 0)
    clock = _Clock(bootstrap)
    known = _Known(view, bootstrap)
    repeated: Attempt | None = None
    for number, attempt in enumerate(attempts):
        after = attempts[number + 1] if number + 1 < len(attempts) else None
        if repeated is not attempt and _may_be_repeated(attempt, after):
            repeated = after
            continue
        news = known.news(attempt)
        if news != "never":
            state.streak, state.unreset = [], 0
        state.streak.append(attempt)
        options = _options(view, counts, attempt, news)
        if "failed" in attempt.readings:
            state.unreset += 1
        if after is None:
            state.fault = _at_the_end(view, bootstrap, attempt, options, state)
            return state
        fault, kept = _next(view, clock, unseen, attempt, after, options, state)
        if fault is not None:
            state.fault = fault
            return state
        counts = unseen.counted({(option.failed, option.errors) for option in kept}, attempt.entry, after.entry)
        if len(state.streak) >= HEAL_MIN or clock.renewed(attempt.entry, after.entry):
            counts.add((0, 0))
    return state


def _may_be_repeated(attempt: Attempt, after: Attempt | None) -> bool:
    if attempt.stream is None or after is None or after.stream is None:
        return False
    return attempt.stream.may_be_repeated_by(after.stream)


def _options(view: View, counts: set[tuple[int, int]], attempt: Attempt, news: str) -> tuple[Option, ...]:
    before = set(counts)
    stream = attempt.stream
    if stream is not None:
        if stream.surely("keepalive") is not None:
            before = {(0, errors) for _, errors in before}
        elif stream.perhaps("keepalive") is not None:
            before |= {(0, errors) for _, errors in before}
    if news == "surely":
        before = {(0, 0)}
    elif news == "perhaps":
        before |= {(0, 0)} | {(0, errors) for _, errors in before}
    return tuple(
        dict.fromkeys(option for pair in sorted(before) for reading in sorted(attempt.readings) for option in _after(view, pair, reading))
    )


def _after(view: View, counts: tuple[int, int], reading: Reading) -> Iterator[Option]:
    failed, errors = counts
    if reading == "failed":
        yield Option(failed + 1, errors, view.pause_ms(failed + 1), reading)
    elif reading == "error":
        yield Option(failed, errors + 1, view.pause_ms(errors + 1), reading)
    elif reading == "clean":
        for left in sorted({failed, 0}):  # whether a clean end breaks the row of failures is left open
            yield Option(left, errors, view.timing_ms["backoff_base"], reading)
    else:
        yield Option(failed, errors, None, reading)


class _Known:
    """What the reader had before: an event that it knew already may or may not count as something new."""

    def __init__(self, view: View, bootstrap: Bootstrap) -> None:
        self._seen: set[int] = set()
        self._pages = view.pages_of(bootstrap)
        self._shown = max((page.end for page in self._pages), default=0)

    def news(self, attempt: Attempt) -> Literal["surely", "perhaps", "never"]:
        if attempt.stream is None:
            return "never"
        best: Literal["surely", "perhaps", "never"] = "never"
        for frame in attempt.stream.frames:
            if not frame.is_event or (receipt := attempt.stream.received(frame)) == "never":
                continue
            new = frame.position not in self._seen and frame.position > self._shown
            self._seen.add(frame.position)
            best = "surely" if best == "surely" or (new and receipt == "surely") else "perhaps"
        return best


class _Unseen:
    """Where an attempt may have died on a connection that a fault had just closed: one more failure, and no pause to go by."""

    def __init__(self, view: View, bootstrap: Bootstrap) -> None:
        self._entries = [ghost.entry for ghost in view.ghosts_of(bootstrap) if ghost.resting]

    def between(self, first: int, second: int) -> bool:
        return any(first < entry < second for entry in self._entries)

    def counted(self, counts: set[tuple[int, int]], first: int, second: int) -> set[tuple[int, int]]:
        return counts | {(failed + 1, errors) for failed, errors in counts} if self.between(first, second) else counts


@dataclass(frozen=True)
class Gap:
    """In ms, as long and as short as the pause may have been; ``others``: to requests that may have been the first sign of its end."""

    longest: float
    shortest: float
    others: tuple[float, ...]


class _Clock:
    """The requests of a bootstrap by their time: what the pause behind a connection ended with."""

    def __init__(self, bootstrap: Bootstrap) -> None:
        self._calls = [call.entry for call in bootstrap.renewals]
        self._others = [request for request in bootstrap.requests if request.endpoint in ("token", "run", "history")]

    def renewed(self, first: int, second: int) -> bool:
        return any(first < call < second for call in self._calls)

    def gap(self, attempt: Attempt, after: Attempt) -> Gap | None:
        """None: the connections overlap, so that there was no pause."""
        if attempt.end is None or attempt.end_entry is None or after.entry < attempt.end_entry:
            return None
        earliest, latest = attempt.end
        between = [request for request in self._others if attempt.end_entry < request.entry < after.entry]
        tokens = [request.at_us for request in between if request.endpoint == "token"]
        first = min([after.at_us, *tokens])
        taken_us = sum(_duration_us(request) for request in between if request.endpoint == "run")
        shortest = min([after.at_us - taken_us, _opened_us(after, latest), *tokens]) - latest
        others = tuple((request.at_us - latest) / 1000 for request in between if request.endpoint != "token")
        return Gap((first - earliest) / 1000, shortest / 1000, others)


def _duration_us(request: Request) -> int:
    answer = request.delivered
    return 0 if answer is None or answer.delivered_us is None else answer.delivered_us - request.at_us


def _opened_us(after: Attempt, latest: int) -> int:
    """When its connection was opened, if it was opened for it: a link may hold the request itself up."""
    connection = after.stream.connection if after.stream is not None else None
    if connection is None or connection.opened_us < latest:
        return after.at_us
    return min(after.at_us, connection.opened_us)


def _next(
    view: View, clock: _Clock, unseen: _Unseen, attempt: Attempt, after: Attempt, options: tuple[Option, ...], state: Walk
) -> tuple[Fault | None, tuple[Option, ...]]:
    alive = tuple(option for option in options if not option.over)
    if not alive:
        problem: Problem = "goes on after fatal" if all(option.reading == "fatal" for option in options) else "goes on"
        return _fault(problem, attempt, after.entry, 0, options, state), ()
    gap = clock.gap(attempt, after)
    doubtful = "none" in after.readings or len(state.streak) >= HEAL_MIN or clock.renewed(attempt.entry, after.entry)
    doubtful = doubtful or unseen.between(attempt.entry, after.entry)
    if gap is None or not view.knows_timing or doubtful or any(option.pause_ms is None for option in alive):
        return None, alive
    state.judged += 1
    in_time = tuple(option for option in alive if _fits_below(view, option, gap.longest))
    if not in_time:
        return _fault("too early", attempt, after.entry, gap.longest, alive, state), ()
    fits = tuple(option for option in in_time if _fits_above(view, option, gap, after))
    if not fits:
        return _fault("too late", attempt, after.entry, gap.longest, alive, state), ()
    return None, fits


def _fits_below(view: View, option: Option, gap_ms: float) -> bool:
    return gap_ms >= (option.pause_ms or 0) * (1 - TOLERANCE) - view.jitter_ms


def _fits_above(view: View, option: Option, gap: Gap, after: Attempt) -> bool:
    """Only simulated time is exact enough."""
    if not view.exact_time or (after.stream is not None and after.stream.request.faults & HELD_UP):
        return True
    limit_ms = (option.pause_ms or 0) * (1 + TOLERANCE) + view.allowance_ms
    return gap.shortest <= limit_ms or any(other <= limit_ms and _fits_below(view, option, other) for other in gap.others)


def _fault(problem: Problem, attempt: Attempt, entry: int, gap_ms: float, options: tuple[Option, ...], state: Walk) -> Fault:
    return Fault(problem, attempt, entry, gap_ms, options, tuple(state.streak), state.unreset)


# --- the error at the end -------------------------------------------------------------------------------------------


def _at_the_end(view: View, bootstrap: Bootstrap, attempt: Attempt, options: tuple[Option, ...], state: Walk) -> Fault | None:
    error = bootstrap.error
    if error is None or error.entry < attempt.entry:
        return None
    over = [option for option in options if option.over]
    retryable = error.data.get("retryable")
    if not over:
        if len(state.streak) >= HEAL_MIN or any("none" in each.readings for each in state.streak) or excused(view, bootstrap, error.entry):
            return None
        state.judged += 1
        return _fault("gives up", attempt, error.entry, 0, options, state)
    if len(over) < len(options) or excused(view, bootstrap, error.entry):
        return None
    state.judged += 1
    if all(option.reading == "fatal" for option in over):
        return _fault("retryable", attempt, error.entry, 0, options, state) if retryable is not False else None
    if any(option.reading == "fatal" for option in over):
        return None
    return _fault("not retryable", attempt, error.entry, 0, options, state) if retryable is not True else None


def excused(view: View, bootstrap: Bootstrap, entry: int) -> bool:
    """Something else than streams may have been the reason of an error: the state of the run or its history could not be read."""
    shown = [snapshot for snapshot in bootstrap.snapshots if snapshot.entry < entry]
    waiting = not shown or any(call.entry > shown[-1].entry for call in bootstrap.late) or bool(bootstrap.renewals)
    plain = [request for request in bootstrap.requests if request.entry < entry and request.endpoint in ("run", "history")]
    if not waiting and not view.may_be_legacy(bootstrap):
        # Tails of the history may be read at any time; a state that cannot be read after the snapshot is no reason to give up.
        plain = [request for request in plain if request.endpoint == "history" and request.entry > shown[-1].entry]
    return any(_went_wrong(request) for request in plain)


def _went_wrong(request: Request) -> bool:
    answer = request.delivered
    return answer is None or answer.status != 200 or not answer.certain or bool(request.faults)
