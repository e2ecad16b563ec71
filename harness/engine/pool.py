"""Runs tasks in this process or in several, and hands the results back in the order of the tasks.

Workers are forked, so tasks and what they work with need not be picklable beyond their arguments. A worker that dies
is a fault of the harness, named as such. Interrupting ends every worker and every process that it has started.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.util import Finalize
from typing import Any, Generic, TypeVar

import psutil

from ..values.errors import HarnessFault
from .interrupts import INTERRUPTS

T = TypeVar("T")
AHEAD = 2
"""Tasks handed out for each worker, unless it is said otherwise."""

SLICE_S = 0.2

_function: Callable[[Any], Any] | None = None


class Pool(Generic[T]):
    """``function`` does one task; ``close`` releases what a worker holds (a driver process, a loop) when it ends.

    ``ahead``: tasks handed out for each worker. Results come in order, so behind a task that takes long the other workers do no more
    than these.
    """

    def __init__(self, function: Callable[[Any], T], close: Callable[[], None], jobs: int, ahead: int = AHEAD) -> None:
        self._function = function
        self._close = close
        self._jobs = jobs
        self._ahead = ahead
        self._executor: ProcessPoolExecutor | None = None
        self._abandoned = False

    def __enter__(self) -> Pool[T]:
        if self._jobs > 1:
            global _function
            _function = self._function
            context = multiprocessing.get_context("fork")
            self._executor = ProcessPoolExecutor(
                self._jobs, mp_context=context, initializer=_begin_worker, initargs=(os.getpid(), self._close)
            )
        return self

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        if self._executor is None:
            self._close()
            return
        if self._abandoned or kind is not None:
            end_descendants()
        self._executor.shutdown(cancel_futures=True)

    def results(self, tasks: Iterable[Any]) -> Iterator[T]:
        """One result a task, in order. Tasks are taken as they are needed, so an endless supply is fine."""
        if self._executor is None:
            for task in tasks:
                yield self._function(task)
            return
        waiting: deque[Future[T]] = deque()
        supply = iter(tasks)
        try:
            while True:
                while len(waiting) < self._jobs * self._ahead and (task := next(supply, _NOTHING)) is not _NOTHING:
                    waiting.append(self._executor.submit(_work, task))
                if not waiting:
                    return
                yield _result(waiting.popleft())
        except (KeyboardInterrupt, GeneratorExit):
            self._abandoned = True  # nobody waits for what is still under way
            raise
        except BrokenProcessPool as error:
            raise HarnessFault("a worker process ended unexpectedly (out of memory, or killed from outside)") from error


_NOTHING = object()


def _result(future: Future[T]) -> T:
    """Waits in slices, since only between them an interrupt is seen."""
    while True:
        INTERRUPTS.check()
        try:
            return future.result(timeout=SLICE_S)
        except TimeoutError:
            if future.done():
                raise  # the task's own


def _work(task: Any) -> Any:
    assert _function is not None
    return _function(task)


def _begin_worker(parent: int, close: Callable[[], None]) -> None:
    # The parent decides about an interrupt; a worker that saw it too would print a traceback of its own.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    gc.freeze()  # what was there before the fork stays: a full collection need not look through all of it, as it does after a crash
    Finalize(None, close, exitpriority=10)
    if os.getppid() != parent:
        os._exit(1)


def end_descendants() -> None:
    """Kills every process below this one, however deep and in whatever group."""
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
