"""How often a reader connects again, and after which pause. Nothing here knows HTTP, time or a loop.

There are three budgets, since three things go wrong in unlike ways. *Failed* counts connections that failed in a row:
an outage. *Errors* counts streams that the server gave up with an error frame, which is no outage. *Reconnects* counts
every reconnect, those after a clean end included, which cost neither of the other two: without it a server that ends
each stream at once would be asked for ever. When it is used up the reader builds everything anew, once, and then fails.

A keepalive proves that the connection is alive, so it takes back *failed* and no more. An event proves that there is
progress and takes back everything. That a connection was opened proves nothing.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

FLAT_ATTEMPTS = 3
ATTEMPTS_MAX = 9
RECONNECTS_MAX = 30
LONG_LIFE_S = 60.0


class Loss(Enum):
    """How a connection was lost that is to be replaced."""

    CLEAN = "the answer ended whole, without saying that the stream is over"
    FAILED = "refused, cut, silent, or answered with something that is no stream"
    ERROR = "the server gave it up with an error frame"


class Step(Enum):
    RECONNECT = "connect again after the pause"
    REBUILD = "begin anew from the server's truth after the pause"
    DISCONNECTED = "give up: nothing but failures"
    UNREACHABLE = "give up: nothing but reconnects"


class Next(NamedTuple):
    step: Step
    pause_s: float = 0.0


def delay_s(attempt: int, base_s: float, max_s: float) -> float:
    """The pause behind the n-th attempt in vain, n from 1."""
    return min(max_s, base_s * float(2 ** max(0, attempt - FLAT_ATTEMPTS)))


class Budgets:
    def __init__(self, base_s: float, max_s: float) -> None:
        self.base_s = base_s
        self.max_s = max_s
        self.failed = 0
        self.errors = 0
        self.reconnects = 0
        self.rebuilt = False

    # --- what is spent ----------------------------------------------------------------------------------------------

    def after(self, loss: Loss) -> Next:
        """Counts the loss, and says what follows it."""
        self.count(loss)
        if max(self.failed, self.errors) > ATTEMPTS_MAX:
            return Next(Step.DISCONNECTED)
        if self.reconnects < RECONNECTS_MAX:
            self.reconnects += 1
            return Next(Step.RECONNECT, self.pause_s(loss))
        return self.when_reconnects_are_used_up(loss)

    def count(self, loss: Loss) -> None:
        self.failed += loss is Loss.FAILED
        self.errors += loss is Loss.ERROR

    def pause_s(self, loss: Loss) -> float:
        attempt = {Loss.CLEAN: 1, Loss.FAILED: self.failed, Loss.ERROR: self.errors}[loss]
        return delay_s(attempt, self.base_s, self.max_s)

    def when_reconnects_are_used_up(self, loss: Loss) -> Next:
        if self.rebuilt:
            return Next(Step.UNREACHABLE)
        pause_s = self.pause_s(loss)
        self.start_anew()
        self.rebuilt = True
        return Next(Step.REBUILD, pause_s)

    # --- what is given back -----------------------------------------------------------------------------------------

    def on_keepalive(self) -> None:
        self.failed = 0

    def on_event(self) -> None:
        """A new event, not a repeated one."""
        self.start_anew()
        self.rebuilt = False

    def on_life(self, seconds: float) -> None:
        """How long a connection lived that is over now."""
        if seconds >= LONG_LIFE_S:
            self.reconnects = 0

    def start_anew(self) -> None:
        self.failed = self.errors = self.reconnects = 0
