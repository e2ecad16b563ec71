"""What the log says about dropped events: the first of a kind and each hundredth, and that it is over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from .ingest_buffer import Refusal

LOG_EVERY = 100
REASONS: dict[Refusal, str] = {"full": "the buffer is full", "oversize": "it is too large"}


class DropLog:
    """``log`` takes a level and a message."""

    def __init__(self, log: Callable[[str, str], None]) -> None:
        self._log = log
        self._counts: Counter[Refusal] = Counter()

    def dropped(self, why: Refusal) -> None:
        self._counts[why] += 1
        if self.is_worth_a_line(self._counts[why]):
            self._log("warn", f"event dropped because {REASONS[why]} ({self._counts[why]} so far)")

    def is_worth_a_line(self, count: int) -> bool:
        return count == 1 or count % LOG_EVERY == 0

    def accepted(self) -> None:
        """There is room again: the next full buffer is a new story."""
        if count := self._counts.pop("full", 0):
            self._log("info", f"the buffer has recovered after {count} dropped events")
