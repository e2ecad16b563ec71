"""What the sender checkers ask of a history: intent and wire joined, with acknowledgements, drops and excuses worked out.

Built once a history, one linear pass a part. The rules of reading are those of the contract's clarifications: an
acknowledgement counts only when its answer was wholly delivered; where a reset leaves that open, both are possible
(*certain* against *perhaps*), and every requirement takes the reading that favours the sender.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ...values.history import Header, History
from .intent import DEFAULT_LIMITS, DEFAULT_TIMING_MS, Event, Intent, Life, canonical, read_intent
from .wire import Answer, Line, Request, Wire, read_wire

GIVE_UP_STATUSES = (400, 401, 403, 404)
LOOPBACK_JITTER_MS = 30
"""Lower bounds are exact at the sender; what the server sees of them is blurred by so much on real sockets."""


@dataclass(frozen=True)
class Ack:
    """A delivered answer that carries a position (L). ``entry`` is that of the delivery."""

    entry: int
    at_us: int
    position: int
    request: Request
    answer: Answer

    @property
    def certain(self) -> bool:
        return self.answer.certain

    @property
    def renumbers(self) -> bool:
        return self.answer.status == 409


@dataclass
class Sent:
    """An event line on the wire: which request, which line, and which event of the application it holds (None: unknown)."""

    request: Request
    line: Line
    index: int | None


@dataclass
class LifeView:
    """One life of the sender on the wire."""

    life: Life
    requests: list[Request] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    acks: list[Ack] = field(default_factory=list)
    acked_certainly: dict[int, int] = field(default_factory=dict)
    """Event index -> entry of the delivery that surely acknowledged it."""
    acked_perhaps: dict[int, int] = field(default_factory=dict)

    @property
    def number(self) -> int:
        return self.life.number

    @cached_property
    def _ack_entries(self) -> list[int]:
        return [ack.entry for ack in self.acks]

    @cached_property
    def _renumbering_entries(self) -> list[int]:
        return [ack.entry for ack in self.acks if ack.renumbers]

    @cached_property
    def _positions(self) -> dict[bool, list[int | None]]:
        """For certain acknowledgements only (True) and for all (False): the position told before the n-th acknowledgement."""
        return {certain_only: _running_positions(self.acks, certain_only=certain_only) for certain_only in (True, False)}

    @cached_property
    def first_sync(self) -> Ack | None:
        """The first position that a sync told in this life."""
        return next((ack for ack in self.acks if ack.request.is_sync), None)

    @cached_property
    def uploads(self) -> list[Request]:
        """The requests that hold at least one event line."""
        return [request for request in self.requests if request.events]

    @cached_property
    def _upload_entries(self) -> list[int]:
        return [request.entry for request in self.uploads]

    @cached_property
    def _delivery_entries(self) -> list[int]:
        return sorted(request.delivered.delivered_entry for request in self.requests if request.delivered is not None)

    @cached_property
    def _request_entries(self) -> list[int]:
        return [request.entry for request in self.requests]

    def request_before(self, entry: int) -> Request | None:
        position = bisect_left(self._request_entries, entry)
        return self.requests[position - 1] if position else None

    def upload_after(self, entry: int) -> Request | None:
        position = bisect_right(self._upload_entries, entry)
        return self.uploads[position] if position < len(self.uploads) else None

    def answered_between(self, first: int, second: int) -> bool:
        """Whether any answer may have reached the sender between two entries."""
        return bisect_right(self._delivery_entries, first) < bisect_left(self._delivery_entries, second)

    def acks_between(self, first: int, second: int) -> list[Ack]:
        return self.acks[bisect_right(self._ack_entries, first) : bisect_left(self._ack_entries, second)]

    def position_before(self, entry: int, *, certain_only: bool) -> int | None:
        """The highest position told since the last renumbering 409, or None when none was told."""
        return self._positions[certain_only][bisect_left(self._ack_entries, entry)]

    def renumbered_between(self, first: int, second: int) -> bool:
        """Whether a 409 may have reached the sender between two entries."""
        entries = self._renumbering_entries
        return bisect_right(entries, first) < bisect_left(entries, second)

    def renumbered_before(self, entry: int) -> bool:
        return self.renumbered_between(0, entry)


class View:
    """A history of the role ``sender``, ready to be judged."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.header: Header = history.header
        self.wire: Wire = read_wire(history)
        self.intent: Intent = read_intent(history)

    # --- figures of the configuration -------------------------------------------------------------------------------

    @cached_property
    def timing_ms(self) -> Mapping[str, int]:
        return {**DEFAULT_TIMING_MS, **_given(self.header.config.get("timing_ms"))}

    @cached_property
    def limits(self) -> Mapping[str, int]:
        return {**DEFAULT_LIMITS, **_given(self.header.config.get("limits"))}

    @property
    def allowance_ms(self) -> int:
        return self.header.allowance_ms

    @property
    def jitter_ms(self) -> int:
        """How much a lower bound may seem undercut by the way it is observed."""
        return 1 if self.header.world == "sim" else LOOPBACK_JITTER_MS

    @property
    def persistent(self) -> bool:
        flag = self.header.config.get("persistent_upload")
        return self.header.profile != "proxy" if flag is None else bool(flag)

    @property
    def exact_time(self) -> bool:
        return self.header.world == "sim"

    # --- the lives --------------------------------------------------------------------------------------------------

    @cached_property
    def lives(self) -> list[LifeView]:
        views = {number: LifeView(life) for number, life in self.intent.lives.items()}
        for request in self.wire.requests:
            if request.server != "elsewhere" and request.life in views:
                views[request.life].requests.append(request)
        for view in views.values():
            self._fill(view)
        return list(views.values())

    def _fill(self, view: LifeView) -> None:
        indices = self._indices_by_key
        # In the order of arrival: the lines of an upload that was held up may arrive behind those of a later one.
        lines = sorted(((line, request) for request in view.requests for line in request.events), key=lambda row: row[0].entry)
        for line, request in lines:
            candidates = indices.get(canonical(line.event), [])
            view.sent.append(Sent(request, line, _choose(candidates, view.sent)))
        view.acks = sorted(_acks(view.requests), key=lambda ack: ack.entry)
        view.acked_certainly = _acked(view, certain_only=True)
        view.acked_perhaps = _acked(view, certain_only=False)

    @cached_property
    def _indices_by_key(self) -> dict[str, list[int]]:
        return self.intent.indices_by_key()

    # --- events -----------------------------------------------------------------------------------------------------

    @cached_property
    def sent_indices(self) -> set[int]:
        return {sent.index for view in self.lives for sent in view.sent if sent.index is not None}

    @cached_property
    def index_of_line(self) -> dict[int, int | None]:
        """Entry of an event line -> index of the event that it holds."""
        return {sent.line.entry: sent.index for view in self.lives for sent in view.sent}

    @cached_property
    def accepted(self) -> list[tuple[int, int, int | None]]:
        """(entry, seq, event index) for each acceptance of a line of the target, in order."""
        found = []
        for accept in self.wire.accepts:
            request = self.wire.by_number.get(accept.request)
            if request is None:
                continue  # another writer
            line = request.lines[accept.index - 1] if accept.index <= len(request.lines) else None
            found.append((accept.entry, accept.seq, None if line is None else self.index_of_line.get(line.entry)))
        return found

    @cached_property
    def accepted_indices(self) -> set[int]:
        return {index for _, _, index in self.accepted if index is not None}

    @cached_property
    def droppable(self) -> dict[int, str]:
        """Event index -> why dropping it was legal (``oversize`` or ``full``), for events that may be dropped."""
        reasons: dict[int, str] = {}
        for view in self.lives:
            reasons.update(self._droppable_of(view))
        return reasons

    def _droppable_of(self, view: LifeView) -> dict[int, str]:
        reasons: dict[int, str] = {}
        kept = 0
        # An answer that is delivered in the very instant of an enqueue has not been worked in yet: it frees no room.
        acked_us = sorted(self.history.entries[entry - 1].at_us for entry in view.acked_certainly.values())
        acked = 0
        for event in view.life.events:
            while acked < len(acked_us) and acked_us[acked] < event.at_us - (self.jitter_ms - 1) * 1000:
                acked += 1
            if self.is_oversize(view, event, kept):
                reasons[event.index] = "oversize"
            elif kept - acked >= self.limits["max_buffered_events"]:
                reasons[event.index] = "full"
            if event.index not in reasons or event.index in self.sent_indices:
                kept += 1
        return reasons

    def is_oversize(self, view: LifeView, event: Event, kept: int) -> bool:
        """By the size rule, in doubt (the number may have grown by digits through a rebase) in favour of the drop."""
        doubt = 8 if view.renumbered_before(event.entry) else 0
        return event.line_bytes(self.local_number(view, event, kept)) + doubt > self.limits["max_event_bytes"]

    def local_number(self, view: LifeView, event: Event, kept: int) -> int:
        """The sender's own next number when the event was handed over: behind what it keeps, shifted by its first sync."""
        first = view.first_sync
        return kept + 1 + (first.position if first is not None and first.entry < event.entry else 0)

    def was_dropped(self, event: Event) -> bool:
        """Never on the wire, and that is legal."""
        return event.index in self.droppable and event.index not in self.sent_indices and not event.promised

    def owed(self, view: LifeView) -> list[Event]:
        """The events of a life that the sender owes to the server."""
        return self._owed_by_life[view.number]

    @cached_property
    def _owed_by_life(self) -> dict[int, list[Event]]:
        return {view.number: [event for event in view.life.events if not self.was_dropped(event)] for view in self.lives}

    # --- what excuses a sender --------------------------------------------------------------------------------------

    @cached_property
    def lost_state(self) -> bool:
        return self.wire.changed("forget")

    @cached_property
    def two_writers(self) -> bool:
        return self.wire.changed("second-writer")

    @cached_property
    def lost_lines(self) -> bool:
        """Whether some body did not arrive whole, so that the sender may have sent lines that no server has seen."""
        return any(request.body_end != "end" for request in self.wire.requests)

    def gave_up_entry(self, view: LifeView) -> int | None:
        """Entry of the first delivered answer after which the sender may give up for good, or None."""
        for request in view.requests:
            answer = request.delivered
            if answer is not None and _is_final(answer, view):
                return answer.delivered_entry
        return None

    def stop_succeeded(self, view: LifeView) -> bool:
        """Read from the wire: a 2xx to the completion, or (complete:false) every event surely acknowledged."""
        stop = view.life.stop
        if stop is None or stop.replied_us is None or stop.outcome != "ok":
            return False
        if stop.complete:
            return any(
                request.completion is not None and request.succeeded and request.answer is not None and request.answer.certain
                for request in view.requests
            )
        return all(event.index in view.acked_certainly for event in self.owed(view))


def _given(figures: Any) -> dict[str, int]:
    return {key: value for key, value in (figures or {}).items() if value is not None}


def _choose(candidates: list[int], sent: list[Sent]) -> int | None:
    """Equal contents are told apart by order: the first one behind the event of the line before."""
    if len(candidates) <= 1:
        return candidates[0] if candidates else None
    before = sent[-1].index if sent and sent[-1].index is not None else -1
    return next((index for index in candidates if index > before), candidates[0])


def _acks(requests: list[Request]) -> Iterator[Ack]:
    for request in requests:
        answer = request.delivered
        if answer is None or answer.position is None:
            continue
        if request.is_sync and not 200 <= answer.status < 300:
            continue  # the position in a failed sync may be used or not: it is no acknowledgement
        assert answer.delivered_us is not None
        yield Ack(answer.delivered_entry, answer.delivered_us, answer.position, request, answer)


def _running_positions(acks: list[Ack], *, certain_only: bool) -> list[int | None]:
    positions: list[int | None] = [None]
    for ack in acks:
        last = positions[-1]
        if certain_only and not ack.certain:
            positions.append(last)
        else:
            positions.append(ack.position if ack.renumbers or last is None else max(last, ack.position))
    return positions


def _acked(view: LifeView, *, certain_only: bool) -> dict[int, int]:
    """Event index -> entry of the delivery that acknowledged it, following the numbers on the wire through time."""
    acked: dict[int, int] = {}
    outstanding: dict[int, int] = {}
    acks = iter([ack for ack in view.acks if ack.certain or not certain_only])
    ack = next(acks, None)
    for sent in view.sent:
        while ack is not None and ack.entry < sent.line.entry:
            _release(outstanding, ack, acked)
            ack = next(acks, None)
        if sent.index is not None and sent.line.seq is not None and sent.index not in acked:
            outstanding[sent.index] = sent.line.seq
    while ack is not None:
        _release(outstanding, ack, acked)
        ack = next(acks, None)
    return acked


def _release(outstanding: dict[int, int], ack: Ack, acked: dict[int, int]) -> None:
    for index in [index for index, seq in outstanding.items() if seq <= ack.position]:
        acked[index] = ack.entry
        del outstanding[index]


def _is_final(answer: Answer, view: LifeView) -> bool:
    if answer.status in GIVE_UP_STATUSES or answer.already_complete:
        return True
    if answer.status != 413:
        return False
    before = view.position_before(answer.delivered_entry, certain_only=False) or 0
    return answer.position is None or answer.position <= before
