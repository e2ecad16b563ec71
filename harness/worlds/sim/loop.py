"""The simulated asyncio loop: time is virtual, the network is in memory, and unmodified asyncio libraries run on it.

When nothing is ready, the clock jumps to the next timer; nothing ever blocks. That has a price: code that retries for
ever spins at full speed, so every loop has a budget of virtual time, of turns and of connections. And when no timer is
set either, nothing can ever happen again: that is a deadlock, told with a dump of who waits for what.

Three things differ from the base class on purpose. A turn (`_run_once`) knows no selector. Timers of equal time keep
their order. Tasks hash by number, not by address (see ``calls.py``).

Errors: `Deadlock` and `QuotaExceeded` leave `run_until_complete`; so does what was given to `fail`.
"""

from __future__ import annotations

import asyncio
import contextvars
import itertools
from collections.abc import Callable, Coroutine, Generator, Iterable
from contextvars import Context
from typing import Any, TypeVar, TypeVarTuple

from ...values.errors import Deadlock, HarnessFault, QuotaExceeded
from ..base import Quota
from ..ownership import OwnedLoop, belongs_to_dead, owner_of_handle
from .calls import SimTask, TimerQueue
from .dump import describe_waits
from .streams import SimStreams
from .transport import SimTransport

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

START_S = 1_000.0
"""What the clock shows at first. Not zero, which some libraries take for "not set"."""


class _NoSelector:
    """Stands where the base class keeps its selector; a turn of ours never asks it."""

    def close(self) -> None:
        pass


class SimLoop(SimStreams, OwnedLoop):
    """A loop for one example. ``failure`` is what ended it before its time, if anything did."""

    def __init__(self, quota: Quota | None = None) -> None:
        super().__init__()
        self.quota = quota or Quota()
        self.failure: BaseException | None = None
        self.steps = 0
        self._now = START_S
        self._deadline = START_S + self.quota.seconds
        self._steps_max = self.quota.steps
        self._timers = TimerQueue()
        self._task_numbers = itertools.count(1)
        self._selector = _NoSelector()
        self.harness_context = contextvars.Context()
        self._open_network()

    # --- time

    def time(self) -> float:
        """Seconds of the virtual clock."""
        return self._now

    def elapsed_us(self) -> int:
        """Microseconds since the loop was made."""
        return round((self._now - START_S) * 1e6)

    def block(self, seconds: float) -> None:
        """What a blocking sleep does to a loop: time passes and nobody runs."""
        self._now += max(0.0, seconds)

    # --- scheduling

    def call_soon(self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        if self._has_dead and belongs_to_dead(context):
            handle.cancel()
        else:
            self._ready.append(handle)
        return handle

    def call_at(self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        if self._has_dead and belongs_to_dead(context):
            handle.cancel()
        else:
            self._timers.push(when, handle)
        return handle

    def create_task(
        self, coro: Generator[Any, None, T] | Coroutine[Any, Any, T], *, name: object = None, context: Context | None = None, **options: Any
    ) -> asyncio.Task[T]:
        if self._task_factory is not None:  # type: ignore[attr-defined]  # private: a target may have set its own
            return super().create_task(coro, name=name, context=context, **options)
        number = next(self._task_numbers)
        return SimTask(number, coro, context, loop=self, name=name if name is not None else f"Task-{number}", **options)

    def queued_handles(self) -> Iterable[asyncio.Handle]:
        return [*self._ready, *self._timers]

    def call_in_harness(self, callback: Callable[..., object], *args: Any) -> asyncio.Handle:
        """`call_soon` for code that belongs to nobody, such as the network."""
        return self.call_soon(callback, *args, context=self.harness_context)

    # --- the end

    def fail(self, failure: BaseException) -> None:
        """Ends the run with ``failure`` before the next turn. The first one counts."""
        if self.failure is None:
            self.failure = failure

    def extend_budget(self, seconds: float, steps: int) -> None:
        """Starts over with another budget, to put things away after a failure."""
        self.failure = None
        self._deadline = self._now + seconds
        self._steps_max = self.steps + steps

    def close(self) -> None:
        self._close_network()
        self._timers.clear()
        super().close()

    # --- what the base class asks of a loop

    def _run_once(self) -> None:
        if self.failure is not None:
            raise self.failure
        self.steps += 1
        if self.steps > self._steps_max:
            self._give_up(f"its budget of {self.quota.steps} steps is used up")
        ready = self._ready
        if not ready and not self._stopping:  # type: ignore[attr-defined]  # private
            self._jump()
        for timer in self._timers.pop_due(self._now):
            ready.append(timer)
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:
                handle._run()

    def _jump(self) -> None:
        when = self._timers.next_when()
        if when is None:
            raise Deadlock(f"Nothing can ever happen any more at {self.elapsed_us()} us. {self.describe()}")
        if when > self._deadline:
            self._give_up(f"its budget of {self.quota.seconds:g} s is used up")
        self._now = max(self._now, when)

    def _give_up(self, why: str) -> None:
        raise QuotaExceeded(f"The example was ended at {self.elapsed_us()} us: {why}. {self.describe()}")

    def describe(self) -> str:
        """Who waits for what."""
        return describe_waits(self, self._timers)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        self._timers.was_cancelled(handle)

    def _process_events(self, event_list: object) -> None:
        """There are no events but those of the network in memory."""

    def _write_to_self(self) -> None:
        """There is no sleep from which another thread would have to wake this loop."""

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        """An exception that nobody took. In code of a target it is the target's affair, in ours it ends the example."""
        error = context.get("exception")
        if error is not None and _is_ours(context):
            self.fail(_as_fault(str(context.get("message")), error))


def _is_ours(context: dict[str, Any]) -> bool:
    handle = context.get("handle")
    if handle is not None:
        return owner_of_handle(handle) is None
    subject = context.get("task") or context.get("future") or context.get("transport")
    return isinstance(subject, (SimTask, SimTransport)) and subject.owner is None


def _as_fault(message: str, error: BaseException) -> BaseException:
    if isinstance(error, HarnessFault):
        return error
    fault = HarnessFault(f"{message}: {type(error).__name__}: {error}")
    fault.__cause__ = error
    return fault
