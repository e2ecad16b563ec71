"""Ctrl-C (and SIGTERM, the time limit of a CI server) while a session goes on: it ends between two examples, never inside one.

An exception that a signal raises just anywhere gets lost in a callback of the garbage collector, leaves a lock taken in
the middle of a fork, or ends a target's task instead of the session. So a signal is only noted, and whoever is at a safe
place asks. Who cannot wait so long asks twice: the second signal raises where it is.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM)
NOTE = b"\nending; once more ends at once\n"


class Interrupts:
    """One for each process, as signals are."""

    def __init__(self) -> None:
        self._asked = False

    @contextmanager
    def noted(self) -> Iterator[None]:
        """From here to its end signals are noted. Only in the main thread."""
        before = {number: signal.signal(number, self._note) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            self._asked = False

    def check(self) -> None:
        """Raises KeyboardInterrupt once a signal was noted. To be called where that does no harm."""
        if self._asked:
            raise KeyboardInterrupt

    def _note(self, number: int, frame: object) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True
        if os.isatty(2):
            os.write(2, NOTE)  # not print: a signal may come in the middle of one


INTERRUPTS = Interrupts()
