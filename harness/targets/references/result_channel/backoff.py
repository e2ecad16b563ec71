"""How long the dialer waits before it connects again, and which messages it has given up on."""

from __future__ import annotations

import random
from collections import Counter, deque

JITTER = 0.25
PARKED_AFTER = 5
FLOOD, FLOOD_WINDOW_S, FLOOD_PAUSE_S = 5, 60.0, 4.0
"""So many fatal errors within the window are a flood; in one, so long a pause keeps it at 20 reconnects a minute."""


class Backoff:
    """Doubles from the minimum to the maximum, and begins anew after a session that was healthy."""

    def __init__(self, min_s: float, max_s: float) -> None:
        self.min_s = min_s
        self.max_s = max(min_s, max_s)
        self.failures = 0

    def next_s(self) -> float:
        delay_s = self.delay_s()
        self.failures += 1
        return delay_s * random.uniform(1 - JITTER, 1 + JITTER)

    def delay_s(self) -> float:
        doublings = min(self.failures, 40)  # beyond that the maximum is long reached, and floats would overflow at some time
        return min(self.max_s, self.min_s * float(2**doublings))

    def session_over(self, active_s: float) -> None:
        """``active_s``: how long the session that has ended was active."""
        if self.is_healthy(active_s):
            self.failures = 0

    def is_healthy(self, active_s: float) -> bool:
        return active_s >= self.max_s


class Refusals:
    """Fatal errors: what is refused again and again is parked, and a flood of them slows the reconnects down."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.moments: deque[float] = deque(maxlen=FLOOD)

    def fatal(self, message_id: str | None, now: float) -> None:
        self.moments.append(now)
        if message_id is not None:
            self.counts[message_id] += 1

    def is_parked(self, message_id: str) -> bool:
        """A parked message is kept, and no session of this life sends it any more."""
        return self.counts[message_id] >= PARKED_AFTER

    def pause_s(self, since: float) -> float:
        """The least pause behind a session that began at ``since``."""
        is_flood = len(self.moments) == FLOOD and self.moments[-1] - self.moments[0] < FLOOD_WINDOW_S
        return FLOOD_PAUSE_S if is_flood and self.moments[-1] >= since else 0.0
