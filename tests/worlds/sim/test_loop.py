"""The loop itself: time, order, budgets and the dump that goes with their end."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from streamproof.harness.values.errors import Deadlock, HarnessFault, QuotaExceeded
from streamproof.harness.worlds.base import Quota
from streamproof.harness.worlds.sim.loop import SimLoop


def now_us() -> int:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SimLoop)
    return loop.elapsed_us()


def test_sleep_takes_exactly_its_time(run_on_loop: Any) -> None:
    """Virtual time is exact to the microsecond, also after many sleeps that no float can tell exactly."""

    async def main() -> list[int]:
        times = []
        for _ in range(1_000):
            await asyncio.sleep(0.001)
            times.append(now_us())
        return times

    assert run_on_loop(main) == list(range(1_000, 1_001_000, 1_000))


def test_a_timeout_ends_exactly_at_its_time(run_on_loop: Any) -> None:
    """``asyncio.timeout`` and ``wait_for`` end at their deadline, not a turn of the clock later."""

    async def main() -> tuple[int, int]:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await asyncio.sleep(1)
        first = now_us()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 30)
        return first, now_us()

    assert run_on_loop(main) == (300_000, 30_300_000)


def test_timers_of_equal_time_keep_their_order(run_on_loop: Any) -> None:
    """Of two timers for the same moment the one set first fires first, whatever else was set and cancelled."""

    async def main() -> list[int]:
        loop = asyncio.get_running_loop()
        when = loop.time() + 1
        fired: list[int] = []
        handles = [loop.call_at(when, fired.append, number) for number in range(500)]
        for handle in handles[::2]:
            handle.cancel()
        await asyncio.sleep(2)
        return fired

    assert run_on_loop(main) == list(range(1, 500, 2))


def test_many_cancelled_timers_are_swept_out(run_on_loop: Any) -> None:
    """Timers that were cancelled do not pile up until their time comes."""

    async def main() -> int:
        loop = asyncio.get_running_loop()
        for _ in range(10_000):
            loop.call_later(3_000, print).cancel()
        assert isinstance(loop, SimLoop)
        return len(list(loop.queued_handles()))

    assert run_on_loop(main) < 1_000


def test_a_blocking_function_in_an_executor_runs_at_once(run_on_loop: Any) -> None:
    """There are no threads: ``to_thread`` runs its function on the spot, and its exception comes back."""

    async def main() -> tuple[int, str]:
        value = await asyncio.to_thread(sum, [1, 2])
        with pytest.raises(ZeroDivisionError) as caught:
            await asyncio.to_thread(lambda: 1 // 0)
        return value, type(caught.value).__name__

    assert run_on_loop(main) == (3, "ZeroDivisionError")


async def wait_for_nothing() -> None:
    await asyncio.Event().wait()


def test_a_deadlock_names_who_waits_for_what(run_on_loop: Any) -> None:
    """When nothing can ever happen any more, the error names each task and the frames in which it waits."""

    async def main() -> None:
        await asyncio.create_task(wait_for_nothing(), name="stuck")

    with pytest.raises(Deadlock) as caught:
        run_on_loop(main)
    text = str(caught.value)
    assert "2 tasks wait" in text
    assert "stuck: wait_for_nothing" in text
    assert "in Event.wait" in text
    assert "no timer is set" in text


def test_a_spinning_task_uses_up_its_steps(run_on_loop: Any) -> None:
    """A loop that only gives way to others ends by the budget of steps, and the dump names it."""

    async def main() -> None:
        while True:  # noqa: ASYNC110 (to spin is the point)
            await asyncio.sleep(0)

    with pytest.raises(QuotaExceeded, match=r"budget of 500 steps(.|\n)*test_a_spinning_task"):
        run_on_loop(main, quota=Quota(steps=500))


def test_endless_retries_use_up_their_time(run_on_loop: Any) -> None:
    """A loop that sleeps in virtual time ends by the budget of seconds."""

    async def main() -> None:
        while True:  # noqa: ASYNC110 (the same)
            await asyncio.sleep(10)

    with pytest.raises(QuotaExceeded, match="budget of 100 s is used up"):
        run_on_loop(main, quota=Quota(seconds=100))


def test_endless_connections_use_up_their_number(run_on_loop: Any) -> None:
    """A loop that connects again and again ends by the budget of connections, though it swallows every error."""

    async def main() -> None:
        while True:
            try:
                await asyncio.open_connection("127.0.0.1", 9)
            except OSError:
                await asyncio.sleep(1)

    with pytest.raises(QuotaExceeded, match="budget of 5 connections"):
        run_on_loop(main, quota=Quota(connections=5))


def test_an_exception_that_nobody_takes_in_our_code_ends_the_run(run_on_loop: Any) -> None:
    """A callback of the harness that raises is a fault of the harness, not a line in a log."""

    async def main() -> None:
        asyncio.get_running_loop().call_soon(lambda: 1 // 0)
        await asyncio.sleep(1)

    with pytest.raises(HarnessFault, match="ZeroDivisionError"):
        run_on_loop(main)


def test_a_task_of_ours_that_fails_unseen_ends_the_run(run_on_loop: Any) -> None:
    """The exception of a task that nobody awaits is found as soon as the task is gone."""

    async def fail() -> None:
        raise ValueError("unseen")

    async def main() -> None:
        asyncio.create_task(fail())  # noqa: RUF006 (that nobody keeps it is the point)
        await asyncio.sleep(1)
        gc.collect()
        await asyncio.sleep(1)

    with pytest.raises(HarnessFault, match="ValueError: unseen"):
        run_on_loop(main)


def test_tasks_sort_by_number_in_a_set(run_on_loop: Any) -> None:
    """A set of tasks is walked in the order in which they were made, wherever they lie in memory."""

    async def main() -> bool:
        tasks = [asyncio.create_task(asyncio.sleep(0)) for _ in range(50)]
        names = [task.get_name() for task in set(tasks)]
        await asyncio.gather(*tasks)
        return names == [task.get_name() for task in tasks]

    assert run_on_loop(main)
