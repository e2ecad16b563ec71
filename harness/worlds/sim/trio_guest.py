"""Trio on the simulated loop: a target written for trio lives beside asyncio servers, on the same clock and network.

Trio can run as a guest of another loop, but its own guest mode waits in a thread and on sockets of the kernel. So this
drives trio's scheduler itself, the way its guest mode does: a *tick* is one turn of trio's scheduler and says how long
trio wants to sleep; the next tick is set by a timer of our loop, or at once when something wakes a task.

What belongs to a run is in a global of trio (which run this thread is in), and trio's schedule in another (a generator
of random numbers). Both are put in place for a tick and taken back after it, so several runs can live beside each
other, one for each life of a target, and an abandoned one leaves nothing behind.

This relies on internals of trio 0.35, which is why pyproject.toml pins its minor version.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys
import warnings
from collections.abc import Awaitable, Callable, Iterator
from math import inf
from typing import Any

import outcome
import trio
from sniffio import thread_local as sniffio_library
from trio import _threads
from trio._core import _run
from trio._core._run_context import GLOBAL_RUN_CONTEXT

from ...values.errors import HarnessFault
from ..ownership import LifeOwner, close_quietly
from .loop import SimLoop
from .trio_socket import SimResolver, SimSocketFactory

trio_run: Any = _run  # private parts, which are no concern of type checkers
trio_threads: Any = _threads

BURIAL_TICKS_MAX = 1_000


class TrioGuest:
    """A trio run that lives as long as its owner. ``seed`` decides in which order trio runs tasks that are ready.

    Everything in it belongs to ``owner``; when that is abandoned, no line of it runs any more.
    """

    def __init__(self, owner: LifeOwner, seed: int) -> None:
        loop = asyncio.get_running_loop()
        if not isinstance(loop, SimLoop):
            raise RuntimeError(f"trio targets live in the simulation only, not on a {type(loop).__name__}")
        self._loop = loop
        self._owner = owner
        self._random = random.Random(seed)
        self._asyncgen_hooks: tuple[Any, ...] = ()
        self._handle: asyncio.Handle | None = None  # of the next tick
        self._asleep = False
        self._nursery: trio.Nursery | None = None
        self._results: dict[asyncio.Future[Any], None] = {}  # that somebody waits for
        self._started = loop.create_future()
        self._ended: asyncio.Future[outcome.Outcome[None]] = loop.create_future()
        self._runner: Any = owner.run(self._set_up)
        self._scheduler = trio_run.unrolled_run(self._runner, self._main, (), host_uses_signal_set_wakeup_fd=True)
        owner.at_burial(self._bury)
        self._tick_soon()

    async def run(self, function: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        """Runs an async function in a trio task of its own; returns what it returns, raises what it raises.

        When the waiting asyncio task is cancelled, so is the trio task. Once the owner is abandoned, this waits for ever.
        """
        await asyncio.shield(self._started)
        result: asyncio.Future[Any] = self._loop.create_future()
        scope = trio.CancelScope()
        self._inside(self._start_task, _body, scope, result, function, args)
        self._results[result] = None
        try:
            return await result
        except asyncio.CancelledError:
            if not self._owner.dead:
                self._inside(scope.cancel)
            raise
        finally:
            del self._results[result]

    async def close(self) -> None:
        """Cancels what runs in it and waits until its clean-up is done. Raises what trio's main task failed with."""
        if self._ended.done():
            return
        await asyncio.shield(self._started)
        assert self._nursery is not None
        self._inside(self._nursery.cancel_scope.cancel)
        (await asyncio.shield(self._ended)).unwrap()

    # --- inside trio

    async def _main(self) -> None:
        trio.socket.set_custom_socket_factory(SimSocketFactory(self._loop, self._runner))
        trio.socket.set_custom_hostname_resolver(SimResolver(self._loop))
        async with trio.open_nursery() as self._nursery:
            self._started.set_result(None)
            await trio.sleep_forever()

    def _start_task(self, function: Callable[..., Awaitable[None]], *args: Any) -> None:
        assert self._nursery is not None
        self._nursery.start_soon(function, *args)

    # --- the scheduler, driven by our loop

    def _set_up(self) -> Any:
        hooks = sys.get_asyncgen_hooks()
        try:
            runner: Any = trio_run.setup_runner(_LoopClock(self._loop), (), False, True)
            runner.ki_manager.close()  # Ctrl-C and our watchdog stay as they are
            runner.io_manager.close()
            runner.entry_queue.wakeup.close()
            runner.is_guest = True
            runner.guest_tick_scheduled = True
            runner.io_manager = _NoInputOutput(self._wake)
            runner.entry_queue.wakeup = _Wakeup(runner)
            # A plain tuple: what `sys` returns is unknown to the garbage collector, so a cycle through it would never be found.
            self._asyncgen_hooks = tuple(sys.get_asyncgen_hooks())
        finally:
            sys.set_asyncgen_hooks(*hooks)
            GLOBAL_RUN_CONTEXT.__dict__.clear()
        return runner

    def _tick_soon(self) -> None:
        self._asleep = False
        self._runner.guest_tick_scheduled = True
        self._handle = self._loop.call_soon(self._tick, context=self._owner.context())

    def _wake(self) -> None:
        """Trio has something to do before the time that it wanted to sleep."""
        if self._asleep:
            if self._handle is not None:
                self._handle.cancel()
            self._tick_soon()

    def _tick(self) -> None:
        self._asleep = False
        self._runner.guest_tick_scheduled = True
        try:
            with self._in_place():
                timeout_s = next(self._scheduler)  # there is no event of input or output to tell it of
        except StopIteration:
            self._end(self._runner.main_task_outcome)
            return
        except Exception as error:
            # What the target raises comes to its main task; so this is our mistake, or trio's.
            self._loop.fail(HarnessFault(f"the trio run of {self._owner.name} broke: {type(error).__name__}: {error}"))
            return
        if timeout_s <= 0:
            self._tick_soon()
            return
        self._asleep = True
        self._runner.guest_tick_scheduled = False
        deadline = self._runner.deadlines.next_deadline()
        now = self._loop.time()
        # Not always now + timeout: its rounding would end a hair before the deadline, and trio would sleep for that hair.
        when = deadline if deadline - now <= timeout_s or timeout_s >= trio_run._MAX_TIMEOUT else now + timeout_s
        self._handle = None if when == inf else self._loop.call_at(when, self._tick, context=self._owner.context())

    def _end(self, result: outcome.Outcome[None]) -> None:
        if isinstance(result, outcome.Error):
            _raise_interruption(result.error)
        self._ended.set_result(result)
        for waiting in self._results:
            _settle(waiting, RuntimeError(f"the trio run of {self._owner.name} ended: {result!r}"))

    def _inside(self, function: Callable[..., None], *args: Any) -> None:
        """Calls a synchronous function of trio from outside of a tick."""
        with self._in_place():
            self._owner.run(function, *args)

    @contextlib.contextmanager
    def _in_place(self) -> Iterator[None]:
        """Puts this run in the places where trio looks for it."""
        hooks = sys.get_asyncgen_hooks()
        kept = trio_run._r, trio_run._ALLOW_DETERMINISTIC_SCHEDULING, trio_threads.start_thread_soon, sniffio_library.name
        trio_run._r, trio_run._ALLOW_DETERMINISTIC_SCHEDULING = self._random, True
        trio_threads.start_thread_soon = _run_here
        sniffio_library.name = "trio"
        GLOBAL_RUN_CONTEXT.runner = self._runner
        sys.set_asyncgen_hooks(*self._asyncgen_hooks)
        try:
            yield
        finally:
            sys.set_asyncgen_hooks(*hooks)
            GLOBAL_RUN_CONTEXT.__dict__.clear()
            trio_run._r, trio_run._ALLOW_DETERMINISTIC_SCHEDULING, trio_threads.start_thread_soon, sniffio_library.name = kept

    def _bury(self) -> None:
        """Ends what is left of the run after its owner is gone and the example is over."""
        self._asleep = False  # nothing wakes it but this
        self._runner.guest_tick_scheduled = True
        with self._in_place(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # trio warns that its run was abandoned, and so it was
            if not self._cancel_to_the_end():
                self._close_to_the_end()

    def _cancel_to_the_end(self) -> bool:
        """Cancels everything and runs the scheduler on. False if something sleeps all the same, or never ends."""
        if self._nursery is not None:
            self._nursery.cancel_scope.cancel()
            for _ in range(BURIAL_TICKS_MAX):
                try:
                    if next(self._scheduler) > 0:
                        return False
                except (StopIteration, trio.TrioInternalError):
                    return True
        return False

    def _close_to_the_end(self) -> None:
        for task in sorted(self._runner.tasks, key=lambda task: -task._counter):
            GLOBAL_RUN_CONTEXT.task = task  # clean-up that awaits gets no further, instead of failing on the spot
            task.context.run(close_quietly, task.coro)
        self._runner.tasks.clear()
        close_quietly(self._scheduler)


class _LoopClock(trio.abc.Clock):
    """Trio's clock: that of the loop."""

    def __init__(self, loop: SimLoop) -> None:
        self._loop = loop

    def start_clock(self) -> None:
        pass

    def current_time(self) -> float:
        return self._loop.time()

    def deadline_to_sleep_time(self, deadline: float) -> float:
        return deadline - self._loop.time()


class _NoInputOutput:
    """In place of trio's manager of input and output, which waits on file numbers of the kernel."""

    def __init__(self, force_wakeup: Callable[[], None]) -> None:
        self.force_wakeup = force_wakeup

    def process_events(self, events: object) -> None:
        pass

    def statistics(self) -> None:
        return None

    def close(self) -> None:
        pass

    async def wait_readable(self, fd: object) -> None:
        raise NotImplementedError("a simulated trio run cannot wait on file numbers of the kernel")

    wait_writable = wait_readable

    def notify_closing(self, fd: object) -> None:
        pass


class _Wakeup:
    """In place of the pair of sockets by which another thread wakes trio: parks and wakes the task that waits for it."""

    def __init__(self, runner: Any) -> None:
        self._runner = runner
        self._task: Any = None
        self._called = False

    def wakeup_thread_and_signal_safe(self) -> None:
        self._called = True
        task, self._task = self._task, None
        if task is not None:
            self._runner.reschedule(task)

    async def wait_woken(self) -> None:
        if not self._called:
            self._task = trio.lowlevel.current_task()

            def abort(raise_cancel: object) -> trio.lowlevel.Abort:
                self._task = None
                return trio.lowlevel.Abort.SUCCEEDED

            await trio.lowlevel.wait_task_rescheduled(abort)
        self._called = False

    def close(self) -> None:
        pass


def _run_here(function: Callable[[], Any], deliver: Callable[[outcome.Outcome[Any]], object], name: str | None = None) -> None:
    """In place of trio's threads: another thread would neither see the virtual clock nor keep its order."""
    deliver(outcome.capture(function))


def _raise_interruption(error: BaseException) -> None:
    """Ctrl-C and the watchdog end more than the trio task in which they happened to strike."""
    interruption: BaseException | None = BaseExceptionGroup("", [error]).subgroup(KeyboardInterrupt)
    while isinstance(interruption, BaseExceptionGroup):
        interruption = interruption.exceptions[0]
    if interruption is not None:
        raise interruption


async def _body(
    scope: trio.CancelScope, result: asyncio.Future[Any], function: Callable[..., Awaitable[Any]], args: tuple[Any, ...]
) -> None:
    """The trio task of one `TrioGuest.run`."""
    try:
        with scope:
            _settle(result, None, await function(*args))
    except Exception as error:
        _settle(result, error)
    finally:
        _settle(result, RuntimeError("this call was cancelled inside trio"))


def _settle(future: asyncio.Future[Any], error: Exception | None, value: Any = None) -> None:
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(value)
