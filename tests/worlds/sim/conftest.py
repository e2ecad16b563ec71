"""Examples in the simulation: a play is an async function of the scene, run in a world of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from streamproof.harness.faults.base import Fault
from streamproof.harness.values.case import Case
from streamproof.harness.values.history import Header, History
from streamproof.harness.worlds.base import Quota, Scene
from streamproof.harness.worlds.sim.loop import SimLoop
from streamproof.harness.worlds.sim.world import SimWorld

Play = Callable[[Scene], Awaitable[None]]
RunPlay = Callable[..., History]
RunOnLoop = Callable[..., Any]


@pytest.fixture
def run_play() -> RunPlay:
    """Runs a play in the simulation and returns its history."""

    def run(
        play: Play, *, faults: tuple[Fault, ...] = (), seed: int = 1, quota: Quota | None = None, real_seconds_max: float = 20.0
    ) -> History:
        header = Header("test", (), "", "", "sim", "", seed, (), {}, (), tuple(fault.to_json() for fault in faults))
        case = Case("test", (), "", "", faults=faults, seed=seed)
        return SimWorld(real_seconds_max).run(play, case=case, header=header, quota=quota or Quota())

    return run


@pytest.fixture
def run_on_loop() -> RunOnLoop:
    """Runs a coroutine function on a bare simulated loop and returns what it returns."""

    def run(main: Callable[..., Awaitable[Any]], *args: Any, quota: Quota | None = None) -> Any:
        loop = SimLoop(quota)
        try:
            return loop.run_until_complete(main(*args))
        finally:
            loop.close()

    return run
