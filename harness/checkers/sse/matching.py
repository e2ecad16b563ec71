"""Which connection each dispatched event came from: the cheapest way to read the events told as prefixes of what was sent.

A client dispatches, of each connection in turn, the first n events: at least those it has surely read, at most those that
passed. Where n is open, the next Last-Event-ID tells it, if the client is right; a way of reading that contradicts a
Last-Event-ID costs, and one that takes an event out of an answer that was no stream costs more. Without any way at all the two
sequences are aligned, and what does not fit is named.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

from .model import Key

CONTRADICTION_COST = 1
FALSE_STREAM_COST = 100
WAYS_MAX = 64
"""So many ways of reading are followed at once. More are only possible where many events are alike."""


@dataclass(frozen=True)
class Slot:
    """One connection. ``agreeing``: the numbers of dispatched events that the next Last-Event-ID agrees with; None: it says nothing.

    ``told_by_then``: so many events had been told when the next connection asked.
    """

    keys: Sequence[Key]
    least: int
    most: int
    agreeing: Collection[int] | None = None
    told_by_then: int = 0
    false: bool = False

    def cost(self, count: int) -> int:
        contradiction = CONTRADICTION_COST if self.agreeing is not None and count not in self.agreeing else 0
        return contradiction + (FALSE_STREAM_COST if self.false and count else 0)


class Way(NamedTuple):
    cost: int
    taken: tuple[int, ...]
    """Events of each slot so far."""


@dataclass
class Matching:
    """``taken``: events dispatched of each slot. ``pruned``: not every way was followed, so that no way proves nothing."""

    taken: tuple[int, ...] | None
    pruned: bool = False


def match(told: Sequence[Key], slots: Sequence[Slot]) -> Matching:
    ways: dict[int, Way] = {0: Way(0, ())}
    pruned = False
    for slot in slots:
        found: dict[int, Way] = {}
        for position in sorted(ways):
            _extend(found, position, ways[position], slot, told)
        if len(found) > WAYS_MAX:
            pruned = True
            kept = sorted(found, key=lambda position: (found[position].cost, -position))[:WAYS_MAX]
            found = {position: found[position] for position in kept}
        ways = found
    end = ways.get(len(told))
    return Matching(None if end is None else end.taken, pruned)


def _extend(found: dict[int, Way], position: int, way: Way, slot: Slot, told: Sequence[Key]) -> None:
    most = _common(told, position, slot.keys, slot.most)
    for count in range(max(slot.least, slot.told_by_then - position), most + 1):
        cost = way.cost + slot.cost(count)
        known = found.get(position + count)
        if known is None or cost < known.cost:
            found[position + count] = Way(cost, (*way.taken, count))


def _common(told: Sequence[Key], position: int, keys: Sequence[Key], most: int) -> int:
    """How many events from ``position`` on are those of the slot."""
    limit = min(most, len(told) - position)
    for count in range(limit):
        if told[position + count] != keys[count]:
            return count
    return limit


# --- when there is no way -------------------------------------------------------------------------------------------


class Expected(NamedTuple):
    """An event that was sent: of which slot, its place there (from 0), and whether it must have been dispatched."""

    slot: int
    place: int
    key: Key
    required: bool


@dataclass
class Alignment:
    """Positions in what was told and what was expected. ``spoilt``: told in place of expected."""

    matched: list[tuple[int, Expected]] = field(default_factory=list)
    missing: list[Expected] = field(default_factory=list)
    extra: list[int] = field(default_factory=list)
    spoilt: list[tuple[int, Expected]] = field(default_factory=list)


def align(told: Sequence[Key], expected: Sequence[Expected]) -> Alignment:
    """One walk along both. Where they part, whichever is found again sooner decides who has too much."""
    result = Alignment()
    places_told = _Places(told)
    places_expected = _Places([row.key for row in expected])
    required_before = list(accumulate((row.required for row in expected), initial=0))
    at = due = 0
    while at < len(told) and due < len(expected):
        if told[at] == expected[due].key:
            result.matched.append((at, expected[due]))
            at, due = at + 1, due + 1
            continue
        later_due = places_expected.after(told[at], due)
        later_at = places_told.after(expected[due].key, at)
        owed = required_before[later_due] - required_before[due] if later_due is not None else 0
        if later_due is not None and (later_at is None or owed <= later_at - at):
            result.missing += [row for row in expected[due:later_due] if row.required]
            due = later_due
        elif later_at is not None:
            result.extra += range(at, later_at)
            at = later_at
        elif expected[due].required:
            result.spoilt.append((at, expected[due]))
            at, due = at + 1, due + 1
        else:
            due += 1
    result.extra += range(at, len(told))
    result.missing += [row for row in expected[due:] if row.required]
    _name_skipped(result, expected)
    return result


def _name_skipped(result: Alignment, expected: Sequence[Expected]) -> None:
    """A client reads each stream from its beginning: what stands before an event that it dispatched, it has read as well."""
    furthest: dict[int, int] = {}
    known = {(row.slot, row.place) for row in result.missing}
    for _, row in (*result.matched, *result.spoilt):
        furthest[row.slot] = max(furthest.get(row.slot, -1), row.place)
        known.add((row.slot, row.place))
    result.missing += [row for row in expected if row.place < furthest.get(row.slot, -1) and (row.slot, row.place) not in known]


class _Places:
    """Where each key comes next. Asked with rising positions, so that each list is walked once."""

    def __init__(self, keys: Sequence[Key]) -> None:
        self._lists: dict[Key, list[int]] = {}
        for position in range(len(keys) - 1, -1, -1):
            self._lists.setdefault(keys[position], []).append(position)

    def after(self, key: Key, position: int) -> int | None:
        places = self._lists.get(key, [])
        while places and places[-1] <= position:
            places.pop()
        return places[-1] if places else None
