"""Real time, as the last resort: code that neither ends nor gives way to the loop cannot be seen by the loop.

A timer of the operating system interrupts it. The interruption is a KeyboardInterrupt, since that passes through tasks
and callbacks of asyncio, and it is repeated, since a target may catch it all the same. Only the main thread can be
interrupted so; elsewhere there is no watchdog.
"""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType, TracebackType
from typing import Any

from ...values.errors import HarnessFault
from .dump import describe_frame
from .loop import SimLoop

REAL_SECONDS_MAX = 20.0
REPEAT_S = 0.2


class Interrupted(KeyboardInterrupt):
    """Raised wherever the code happens to be. ``fault`` is what the example ends with."""

    def __init__(self, fault: HarnessFault) -> None:
        super().__init__(str(fault))
        self.fault = fault


class Watchdog:
    """A context manager around an example."""

    def __init__(self, loop: SimLoop, seconds: float = REAL_SECONDS_MAX) -> None:
        self._loop = loop
        self._seconds = seconds
        self._active = threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")
        self._previous_handler: Any = None
        self._previous_timer = (0.0, 0.0)
        self._started_s = 0.0

    def __enter__(self) -> Watchdog:
        if self._active:
            self._started_s = time.perf_counter()
            self._previous_handler = signal.signal(signal.SIGALRM, self._bark)
            self._previous_timer = signal.setitimer(signal.ITIMER_REAL, self._seconds, REPEAT_S)
        return self

    def start_over(self) -> None:
        """The time begins anew, for the putting away."""
        if self._active:
            signal.setitimer(signal.ITIMER_REAL, self._seconds, REPEAT_S)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if not self._active:
            return
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._previous_handler)
        delay_s, interval_s = self._previous_timer
        if delay_s:  # somebody else's timer goes on where it was
            passed_s = time.perf_counter() - self._started_s
            signal.setitimer(signal.ITIMER_REAL, max(delay_s - passed_s, 0.001), interval_s)

    def _bark(self, number: int, frame: FrameType | None) -> None:
        message = f"The example ran for more than {self._seconds:g} s of real time without giving way to the loop, here:"
        fault = HarnessFault(f"{message}\n{describe_frame(frame)}")
        self._loop.fail(fault)  # in case the interruption is swallowed
        raise Interrupted(fault)
