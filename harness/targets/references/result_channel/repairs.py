"""How a session answers errors that close nothing: a gap is filled, another refused message is tried again. Both are bounded.

Frames that were on their way behind a lost one each bring a gap error of their own. The first is answered at once; those that come
while the next answer is due are answered by it; and each answer to the same gap comes later than the one before.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from .core import Core
from .envelope import OUTPUT, is_number
from .outbox import Row
from .pump import Pump

GAP_CODE = "output_sequence_gap"
GAP_ANSWERS_MAX = 6
GAP_PAUSE_S = 0.025
RETRIES_MAX = 4
RETRY_PAUSE_S = 0.1

Gap = tuple[tuple[str, str], str, int]
"""(task and attempt, stream, highest accepted sequence)"""


class Repairs:
    def __init__(self, core: Core, pump: Pump, is_parked: Callable[[str], bool]) -> None:
        self.core = core
        self.pump = pump
        self.is_parked = is_parked
        self.gap_answers: Counter[Gap] = Counter()
        self.retries: Counter[str] = Counter()
        self.due: set[object] = set()
        self.over = False

    def refused(self, payload: Mapping[str, Any]) -> None:
        """A retryable error. One that names nothing that we hold means nothing to us."""
        related = payload.get("related_message_id")
        entry = self.core.outbox.named(related) if isinstance(related, str) else None
        if entry is None:
            return
        highest = self.highest_accepted(payload)
        if payload.get("code") == GAP_CODE and highest is not None and entry.kind == OUTPUT:
            self.gap((entry.key, entry.stream or "", highest))
        else:
            self.retry(entry.message_id)

    def highest_accepted(self, payload: Mapping[str, Any]) -> int | None:
        """Zero is a figure like any other: nothing was accepted yet."""
        highest = payload.get("highest_accepted_sequence")
        return highest if is_number(highest) else None

    def stop(self) -> None:
        self.over = True

    # --- gaps -------------------------------------------------------------------------------------------------------

    def gap(self, gap: Gap) -> None:
        answered = self.gap_answers[gap]
        if gap not in self.due and answered < GAP_ANSWERS_MAX:
            self.gap_answers[gap] += 1
            self.later(gap, GAP_PAUSE_S * (2**answered - 1), lambda: self.fill(gap))

    def fill(self, gap: Gap) -> None:
        """Where the row that is missed is gone, or parked, nothing can fill it, and what is behind it would be refused again."""
        entries = self.missed(gap)
        if entries and entries[0].sequence == self.first_missed(gap) and not self.is_parked(entries[0].message_id):
            self.pump.resend(entry.number for entry in entries)

    def first_missed(self, gap: Gap) -> int:
        return gap[2] + 1

    def missed(self, gap: Gap) -> list[Row]:
        return self.core.outbox.of_stream(gap[0], gap[1], self.first_missed(gap))

    # --- retries ----------------------------------------------------------------------------------------------------

    def retry(self, message_id: str) -> None:
        tried = self.retries[message_id]
        if message_id not in self.due and tried < RETRIES_MAX:
            self.retries[message_id] += 1
            self.later(message_id, RETRY_PAUSE_S * 2**tried, lambda: self.send_again(message_id))

    def send_again(self, message_id: str) -> None:
        """Output with all that is behind it: that was refused as well, for the gap in front of it."""
        entry = self.core.outbox.named(message_id)
        if entry is None:
            return
        if entry.kind == OUTPUT:
            self.pump.resend(later.number for later in self.core.outbox.of_stream(entry.key, entry.stream, entry.sequence))
        else:
            self.pump.offer([entry.number])

    def later(self, what: object, seconds: float, repair: Callable[[], None]) -> None:
        if seconds <= 0:
            repair()
            return
        self.due.add(what)
        asyncio.get_running_loop().call_later(seconds, self.perform, what, repair)

    def perform(self, what: object, repair: Callable[[], None]) -> None:
        self.due.discard(what)
        if not self.over:
            repair()
