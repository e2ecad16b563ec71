"""What a simulated loop schedules: tasks that sort the same in every process, and timers that keep their order."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Iterator
from contextvars import Context, copy_context
from typing import Any

from ..ownership import OWNER, LifeOwner

CANCELLED_BEFORE_SWEEP = 200


class SimTask(asyncio.Task[Any]):
    """A task whose hash is its number. Libraries keep tasks in sets, and a hash by address orders them anew in each process."""

    def __init__(self, number: int, coroutine: Any, context: Context | None, **options: Any) -> None:
        # Before `super`, which already puts the task into a set.
        self.number = number
        self.context = copy_context() if context is None else context
        self.owner: LifeOwner | None = self.context.get(OWNER)
        super().__init__(coroutine, context=self.context, **options)

    def __hash__(self) -> int:
        return self.number

    def __eq__(self, other: object) -> bool:
        return self is other


class TimerQueue:
    """Timers by time, and in the order in which they were set where the times are equal (asyncio's own heap is not stable)."""

    __slots__ = ("_cancelled", "_heap", "_numbers")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._numbers = itertools.count()
        self._cancelled = 0

    def __iter__(self) -> Iterator[asyncio.TimerHandle]:
        return (handle for _, _, handle in self._heap)

    def push(self, when: float, handle: asyncio.TimerHandle) -> None:
        handle._scheduled = True  # type: ignore[attr-defined]  # private; it tells a cancellation that the handle is still queued
        heapq.heappush(self._heap, (when, next(self._numbers), handle))

    def next_when(self) -> float | None:
        """When the first timer that was not cancelled is due."""
        heap = self._heap
        while heap:
            when, _, handle = heap[0]
            if not handle.cancelled():
                return when
            heapq.heappop(heap)
            self._cancelled -= 1
        return None

    def pop_due(self, now: float) -> Iterator[asyncio.TimerHandle]:
        heap = self._heap
        while heap and heap[0][0] <= now:
            handle = heapq.heappop(heap)[2]
            handle._scheduled = False  # type: ignore[attr-defined]  # as above
            if handle.cancelled():
                self._cancelled -= 1
            else:
                yield handle

    def soonest(self, count: int) -> list[asyncio.TimerHandle]:
        return [handle for _, _, handle in heapq.nsmallest(count, self._heap) if not handle.cancelled()]

    def was_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """To be told of every cancelled timer. When most of many in the queue are cancelled, they are swept out."""
        if not handle._scheduled:  # type: ignore[attr-defined]  # as above
            return
        self._cancelled += 1
        if self._cancelled > CANCELLED_BEFORE_SWEEP and self._cancelled * 2 > len(self._heap):
            self._heap = [item for item in self._heap if not item[2].cancelled()]
            heapq.heapify(self._heap)
            self._cancelled = 0

    def clear(self) -> None:
        self._heap.clear()
