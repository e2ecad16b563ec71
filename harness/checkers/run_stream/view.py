"""What the checkers of ``run-stream`` ask of a history. The rules of reading are those of the contract's clarifications.

What is owed to the final transcript is what was appended after the watch began (when the first request for the state came
in), is no event of a kind that is told apart, was never trimmed, and came before the point up to which a reader that stopped
by the rules had to look. Where the history leaves open what reached the reader, the reading that favours it counts.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from .facts import Facts
from .log import Appended
from .told import Bootstrap

NOTHING_OWED = "precondition never met: nothing was appended after the watch began"
NOT_OVER = "precondition never met: the reader did not end, and the time for recovery did not pass"


@dataclass(frozen=True)
class Debt:
    """``events``: what is owed. ``reason``: why nothing can be said. ``late``: a missing one may only be late (upper bound)."""

    events: tuple[Appended, ...] = ()
    reason: str | None = None
    late: bool = False


class View(Facts):
    """A history of the role ``reader``, ready to be judged."""

    @cached_property
    def debt(self) -> Debt:
        bootstrap = self.last
        watch = next((request for request in self.wire.requests if request.endpoint == "run"), None)
        if bootstrap is None or watch is None:
            return Debt(reason="precondition never met: the reader never asked for the run that it watches")
        if not bootstrap.certain:
            return Debt(reason="not judged: a call and the end of the reader crossed on the way")
        if bootstrap.ending == "ended":
            return self._owed(bootstrap, watch.entry, self._looked_until(bootstrap), late=False)
        if bootstrap.ending in ("error", "unwatched"):
            return Debt(reason="not judged: the reader gave up, or was told to stop; nothing is owed then")
        until = self._recovered_until(bootstrap)
        return Debt(reason=NOT_OVER) if until is None else self._owed(bootstrap, watch.entry, until, late=True)

    def _recovered_until(self, bootstrap: Bootstrap) -> int | None:
        """Entry up to which a live reader must have told everything; None when there was no time for it."""
        settled, healed = self.wire.settled, self.wire.healed
        if settled is None or bootstrap.renewals:
            return None
        limit_us = settled.at_us - self.recovery_ms * 1000
        if bootstrap.call.at_us > limit_us or (healed is not None and healed.at_us > limit_us):
            return None
        until = bisect_right([event.at_us for event in self.log.events], limit_us)
        return self.log.events[until - 1].entry if until else 0

    def _looked_until(self, bootstrap: Bootstrap) -> int:
        """The entry up to which a reader that ended had to see everything."""
        ended = bootstrap.end
        over = self.ended_by_snapshot(bootstrap)
        pages = [page for page in self.pages_of(bootstrap) if page.entry < ended]
        if over is not None:
            answers = [over.request.answer, *(page.request.answer for page in pages[-1:])]
            return min(answer.entry for answer in answers if answer is not None)
        if not self.may_be_legacy(bootstrap) or self.may_have_ended(bootstrap, ended):
            return ended
        ends = [stream.end_entry for stream in self.streams_of(bootstrap) if stream.end_entry is not None and stream.end_entry < ended]
        last_end = ends[-1] if ends else 0
        poll = next((each for each in self.run_answers_of(bootstrap) if each.terminal and last_end < each.entry < ended), None)
        if poll is None:
            return ended
        looks = [page.request.entry for page in pages if page.request.entry > poll.entry]
        return looks[-1] if looks else poll.request.entry

    def _owed(self, bootstrap: Bootstrap, begin: int, end: int, *, late: bool) -> Debt:
        delivered = self.delivered_positions(bootstrap) if self.lagging_history or self.mixed_up else set()
        events = tuple(
            event
            for event in self.log.events
            if begin < event.entry <= end
            and not event.aside
            and event.position >= self.log.trimmed_below
            and (event.position in delivered or not (self.lagging_history or event.position in self.mixed_up))
        )
        return Debt(events, None if events else NOTHING_OWED, late)

    def delivered_positions(self, bootstrap: Bootstrap) -> set[int]:
        """Positions of the events that streams surely delivered to this bootstrap."""
        return {
            frame.position
            for stream in self.streams_of(bootstrap)
            for frame in stream.frames
            if frame.is_event and stream.received(frame) == "surely"
        }

    @cached_property
    def missing(self) -> tuple[Appended, ...]:
        """What is owed and not in the final transcript."""
        owed = self.debt.events
        if not owed:
            return ()
        last = owed[-1].entry
        short: Counter[str] = Counter()
        for key, count in Counter(event.key for event in owed).items():
            trimmed = sum(1 for position in self.log.positions_by_key[key] if position < self.log.trimmed_below)
            # Equal events from before the watch are in the history as well, unless that lagged behind.
            by_itself = self.lagging_history or bool(self.mixed_up)
            short[key] = (count if by_itself else self.log.count_before(key, last) - trimmed) - self.transcript[key]
        lost = []
        for event in reversed(owed):
            if short[event.key] > 0:
                short[event.key] -= 1
                lost.append(event)
        return tuple(reversed(lost))
