"""Ctrl-C while a session goes on: noted at once, raised at a safe place, and where it is when asked twice."""

import os
import signal

import pytest

from streamproof.harness.engine.interrupts import INTERRUPTS
from streamproof.harness.engine.pool import Pool


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_raised_where_it_is_asked_for(number: signal.Signals) -> None:
    """The first signal does nothing by itself; the next check raises."""
    with INTERRUPTS.noted():
        INTERRUPTS.check()
        signal.raise_signal(number)
        with pytest.raises(KeyboardInterrupt):
            INTERRUPTS.check()


def test_the_second_signal_does_not_wait() -> None:
    """Who asks twice is heard where the program is."""
    with INTERRUPTS.noted():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_handlers_are_put_back() -> None:
    """Behind a session signals do what they did before, and nothing is left noted for the next."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with INTERRUPTS.noted():
        signal.raise_signal(signal.SIGINT)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    INTERRUPTS.check()


def interrupting(task: int) -> int:
    """In a worker: asks the parent to end, and goes on for ever."""
    if task == 1:
        os.kill(os.getppid(), signal.SIGINT)
        signal.pause()
    return task


def test_workers_that_are_still_busy_are_ended() -> None:
    """An interrupt does not wait for what is under way: the pool ends its workers, and what came before is kept."""
    results: list[int] = []
    with INTERRUPTS.noted(), Pool(interrupting, lambda: None, 2) as pool, pytest.raises(KeyboardInterrupt):
        results.extend(pool.results(range(3)))
    assert results in ([], [0])
