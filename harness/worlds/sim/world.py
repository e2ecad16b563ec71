"""The simulation as a world: each example gets a loop, a network and a history of its own, and leaves nothing behind.

Inside an example the clock and the entropy of the process are patched, and the garbage collector rests: what it would
finalise, and when, differs from process to process, and finalisers run code. At the end everything that is left is
ended by hand, in this order: targets are abandoned, servers close, tasks are cancelled, coroutines that would not end
are closed, and what is garbage by then is collected while nobody minds its complaints.
"""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import Any

from ...values.case import Case
from ...values.errors import HarnessFault, StreamproofError
from ...values.history import Header, History, SecretTags
from ..base import Main, Quota, World
from ..ownership import end_pending_tasks
from . import clock, entropy, threads, tls
from .loop import SimLoop
from .patches import Patches
from .scene import ALLOWANCE_MS, SimScene
from .watchdog import REAL_SECONDS_MAX, Interrupted, Watchdog

PATCHES = Patches((*clock.SUBSTITUTES, *entropy.SUBSTITUTES, *tls.SUBSTITUTES, *threads.SUBSTITUTES))

CLEANUP_SECONDS = 120.0
CLEANUP_STEPS = 20_000


class SimWorld(World):
    """``real_seconds_max``: how long an example may take in real time before it is interrupted."""

    name = "sim"

    def __init__(self, real_seconds_max: float = REAL_SECONDS_MAX) -> None:
        self._real_seconds_max = real_seconds_max

    def run(self, main: Main, *, case: Case, header: Header, quota: Quota) -> History:
        with _resting_collector(), patched(case.seed):
            # In a function of its own, so that loop and scene are garbage when the collector is let loose.
            return self._run(main, case, header, quota)

    def _run(self, main: Main, case: Case, header: Header, quota: Quota) -> History:
        loop = SimLoop(quota)
        secrets = SecretTags()
        history = History(replace(header, allowance_ms=ALLOWANCE_MS), clock_us=loop.elapsed_us, secrets=secrets)
        scene = SimScene(loop, case, history, secrets)
        try:
            with shown(loop), Watchdog(loop, self._real_seconds_max) as watchdog:
                try:
                    _play(loop, main, scene)
                finally:
                    history.seal()
                    watchdog.start_over()
                    _put_away(loop, scene)
        except Interrupted as interruption:
            raise _with_history(interruption.fault, history) from None
        except BaseException as error:
            _with_history(error, history)
            raise
        return history


def _with_history(error: BaseException, history: History) -> BaseException:
    """What an error of `World.run` carries."""
    error.history = history  # type: ignore[attr-defined]  # errors are values of a lower floor, and know no histories
    return error


def patched_names() -> list[str]:
    """What is patched inside an example, as ``module.name``."""
    return PATCHES.patched()


@contextmanager
def patched(seed: int) -> Iterator[None]:
    """Clock and entropy are those of a simulation with this seed."""
    PATCHES.apply()
    try:
        seeding = entropy.Seeding(seed)
        try:
            yield
        finally:
            seeding.undo()
    finally:
        PATCHES.restore()


@contextmanager
def shown(loop: SimLoop) -> Iterator[None]:
    """The patched clock shows the time of ``loop``."""
    clock.show(loop)
    try:
        yield
    finally:
        clock.show(None)


def _play(loop: SimLoop, main: Main, scene: SimScene) -> None:
    """Runs the example to its end. Raises a HarnessFault for whatever is our fault."""
    try:
        loop.run_until_complete(_await(main, scene))
    except StreamproofError:
        raise
    except Exception as error:
        raise HarnessFault(f"the play broke: {type(error).__name__}: {error}") from error
    if loop.failure is not None:
        raise loop.failure


async def _await(main: Main, scene: SimScene) -> None:
    await main(scene)


def _put_away(loop: SimLoop, scene: SimScene) -> None:
    warnings.simplefilter("ignore")  # inside `_resting_collector`: what is ended here complains that it was not awaited
    with ExitStack() as steps:  # each is taken even if one fails; the last comes first
        steps.callback(loop.close)
        steps.callback(_run_on, loop, _bury(loop, scene))
        steps.callback(_run_on, loop, _end_all(scene))
        steps.callback(scene.abandon_owners)


def _run_on(loop: SimLoop, clean_up: Coroutine[Any, Any, None]) -> None:
    """Runs the loop on, within a small budget."""
    loop.extend_budget(CLEANUP_SECONDS, CLEANUP_STEPS)
    with suppress(Exception):  # the example is over and its history sealed: nothing here is a verdict
        loop.run_until_complete(clean_up)


async def _end_all(scene: SimScene) -> None:
    """Lets servers and tasks of ours end in their own way; what does not is closed afterwards."""
    await scene.close_servers()
    this = asyncio.current_task()
    others = [task for task in asyncio.all_tasks() if task is not this and getattr(task, "owner", None) is None]
    for task in others:
        task.cancel()
    if others:
        await asyncio.wait(others)


async def _bury(loop: SimLoop, scene: SimScene) -> None:
    loop.declare_over()
    scene.bury_owners()
    end_pending_tasks(loop)


@contextmanager
def _resting_collector() -> Iterator[None]:
    """No garbage collection inside; afterwards that of the youngest generation, which is all that the example made.

    Sessions and the like that an abandoned target never closed complain when they are finalised. Nobody needs to hear it,
    so the filters of warnings are kept here, to be put back when all is finalised.
    """
    enabled = gc.isenabled()
    gc.disable()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            yield
        finally:
            if enabled:
                gc.collect(0)
                gc.enable()
