"""From where a reconnect goes on: RD-RES-1, RD-RES-2.

The cursor of a connect is judged against the events that were written on the earlier connections of the same leg and
bootstrap, as far as the reader surely had them: what it emitted and could have from no history, and what a connection that
ended whole had carried. From there to the last complete frame every id will do, and behind a repeated, older id the
furthest one will do as well.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

from ...values.verdict import Finding, Judgement, judged, not_judged
from .facts import HEAL_MIN
from .log import where_to_follow
from .streams import Frame, Stream
from .told import Bootstrap
from .view import View


@dataclass
class Leg:
    """What one leg has written in one bootstrap. ``floor``: index of the frame from which on a cursor is good (None: none is due)."""

    frames: list[Frame] = field(default_factory=list)
    first_index: dict[int, int] = field(default_factory=dict)
    last_index_by_id: dict[str, int] = field(default_factory=dict)
    furthest_id: list[str | None] = field(default_factory=list)
    furthest: int = 0
    floor: int | None = None
    base: int = 0
    """What was written before the reader came back to this leg: a cursor of then may have been dropped."""

    def add(self, frame: Frame) -> None:
        index = len(self.frames)
        self.frames.append(frame)
        self.first_index.setdefault(frame.position, index)
        if frame.id is not None:
            self.last_index_by_id[frame.id] = index
        further = frame.position >= self.furthest
        self.furthest = max(self.furthest, frame.position)
        self.furthest_id.append(frame.id if further or not self.furthest_id else self.furthest_id[-1])

    def raise_floor(self, index: int) -> None:
        if index >= self.base:
            self.floor = index if self.floor is None else max(self.floor, index)

    def begin_anew(self) -> None:
        self.floor, self.base = None, len(self.frames)

    def accepts(self, cursor: str) -> bool:
        floor = self.floor or 0
        return self.last_index_by_id.get(cursor, -1) >= floor or cursor in self.furthest_id[floor : floor + 1]


@dataclass(frozen=True)
class Connect:
    """A connect with what it said and what was due. ``changed``: the leg is another than that of the connect before it."""

    stream: Stream
    before: Stream | None
    cursor: str | None
    latest: bool
    due: bool
    fits: bool
    changed: bool


def connects(view: View, bootstrap: Bootstrap) -> Iterator[Connect]:
    """The connects of a bootstrap in order; linear."""
    legs: dict[str, Leg] = {}
    emitted = _Emitted(view, bootstrap)
    before: Stream | None = None
    pending: list[Stream] = []
    for number, stream in enumerate(view.streams_of(bootstrap)):
        for earlier in pending:
            _write(legs.setdefault(earlier.leg, Leg()), earlier, stream.entry)
        leg = legs.setdefault(stream.leg, Leg())
        for position in emitted.until(stream.entry):
            for each in legs.values():
                if position in each.first_index:
                    each.raise_floor(each.first_index[position])
        changed = before is not None and (before.leg != stream.leg or _may_have_changed(view, bootstrap, before, stream))
        if changed:
            leg.begin_anew()
        due = before is not None and leg.floor is not None and number < HEAL_MIN and not _renewed(bootstrap, stream)
        cursor = stream.request.headers.get("last-event-id") or None
        fits = cursor is not None and leg.accepts(cursor)
        yield Connect(stream, before, cursor, stream.request.query.get("start") == ["latest"], due, fits, changed)
        before, pending = stream, [stream]


def _write(leg: Leg, stream: Stream, now: int) -> None:
    """Takes in the events of a connection; those that surely arrived with it raise the floor."""
    for frame in stream.frames:
        if not frame.is_event or stream.received(frame) == "never" or frame.entry > now:
            continue
        leg.add(frame)
        if frame.id is not None and stream.received(frame) == "surely" and stream.end_entry is not None and stream.end_entry < now:
            leg.raise_floor(len(leg.frames) - 1)


def _may_have_changed(view: View, bootstrap: Bootstrap, before: Stream, stream: Stream) -> bool:
    """It was asked anew where to follow, and a connect to another leg may have failed unseen."""
    asked = (r for r in view.requests_of(bootstrap, "token") if before.entry < r.entry < stream.entry)
    here = ("proxy",) if stream.leg == "proxy" else ("direct", "legacy", "transient")
    return any(where_to_follow(request, closed=view.is_over(request)) not in here for request in asked)


def _renewed(bootstrap: Bootstrap, stream: Stream) -> bool:
    return any(call.entry < stream.entry for call in bootstrap.renewals)


class _Emitted:
    """Positions that were emitted as logs and that no history can have shown before: so the stream has delivered them."""

    def __init__(self, view: View, bootstrap: Bootstrap) -> None:
        self._view = view
        self._notes = list(bootstrap.told("logs"))
        self._entries = [note.entry for note in self._notes]
        self._pages = view.pages_of(bootstrap)
        self._taken = self._page = 0
        self._shown: dict[str, int] = {}
        self._used: dict[str, int] = {}

    def until(self, entry: int) -> Iterator[int]:
        end = bisect_left(self._entries, entry)
        for note in self._notes[self._taken : end]:
            self._show_pages(note.entry)
            for item in note.items:
                positions = self._view.log.positions_by_key.get(item.key, [])
                used = self._used[item.key] = self._used.get(item.key, 0) + 1
                if item.key not in self._shown and used <= len(positions):
                    yield positions[used - 1]
        self._taken = end

    def _show_pages(self, entry: int) -> None:
        while self._page < len(self._pages) and self._pages[self._page].entry < entry:
            self._shown.update(dict.fromkeys(self._pages[self._page].keys, 1))
            self._page += 1


# --- the checkers ---------------------------------------------------------------------------------------------------


def check_cursor(view: View) -> Judgement:
    seen = False
    findings: list[Finding] = []
    strange = _control_ids(view)
    for bootstrap in view.bootstraps:
        for connect in connects(view, bootstrap):
            seen = seen or connect.due
            problem = _cursor_problem(connect, strange)
            if problem:
                proof = (*((connect.before.entry,) if connect.before is not None else ()), connect.stream.entry)
                findings.append(Finding("RD-RES-1", problem, proof))
                break
    return judged(findings) if findings or seen else not_judged("precondition never met: no reconnect on one leg after an event with an id")


def _cursor_problem(connect: Connect, strange: set[str]) -> str:
    if connect.cursor is not None and connect.cursor in strange and not connect.fits:
        return "Last-Event-ID is the id of a frame that is no event"
    if not connect.due:
        return ""
    if connect.cursor is None:
        return "a reconnect after an event with an id carries no Last-Event-ID"
    if not connect.fits:
        return "Last-Event-ID of a reconnect is not the id of the last event"
    return "a reconnect with a cursor also asks for start=latest" if connect.latest else ""


def _control_ids(view: View, *kinds: str) -> set[str]:
    """Ids of frames that are no events (of these kinds, or of any)."""
    frames = (frame for stream in view.streams for frame in stream.frames)
    return {frame.id for frame in frames if frame.id is not None and not frame.is_event and (not kinds or frame.kind in kinds)}


def moved_by(view: View, *kinds: str) -> Stream | None:
    """The first connect whose cursor is the id of a frame of these kinds, or None."""
    ids = _control_ids(view, *kinds)
    if not ids:
        return None
    return next((stream for stream in view.streams if stream.request.headers.get("last-event-id") in ids), None)


def check_leg(view: View) -> Judgement:
    ids_by_leg: dict[str, set[str]] = {}
    for stream in view.streams:
        ids_by_leg.setdefault(stream.leg, set()).update(frame.id for frame in stream.frames if frame.id is not None and frame.is_event)
    seen = False
    findings: list[Finding] = []
    for bootstrap in view.bootstraps:
        had_id: set[str] = set()
        for stream in view.streams_of(bootstrap):
            cursor = stream.request.headers.get("last-event-id")
            others = [leg for leg in had_id if leg != stream.leg]
            seen = seen or bool(others)
            if (
                cursor is not None
                and cursor not in ids_by_leg[stream.leg]
                and any(cursor in ids for leg, ids in ids_by_leg.items() if leg != stream.leg)
            ):
                findings.append(Finding("RD-RES-2", "an id of one leg is sent to the other as Last-Event-ID", (stream.entry,)))
                break
            if stream.surely("event") is not None:
                had_id.add(stream.leg)
    return judged(findings) if findings or seen else not_judged("precondition never met: the leg did not change after an id had come")
