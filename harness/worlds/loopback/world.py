"""The loopback world: the same servers, faults and targets as in the simulation, on real sockets and in real time.

One loop lives as long as the world (drivers in other processes are attached to it); servers, links and owners are made
afresh for each example and let go of behind it. Real time is no judge: the allowance that upper bounds are given is
measured once, under the load that there is.
"""

from __future__ import annotations

import asyncio
import gc
import math
import warnings
from dataclasses import replace

from aiohttp import ClientSession, web

from ...values.case import Case
from ...values.errors import HarnessFault, QuotaExceeded, StreamproofError
from ...values.history import Header, History
from ..base import Main, Quota, World
from .loop import LoopbackLoop
from .scene import LoopbackScene

ALLOWANCE_MS_MIN = 150
ALLOWANCE_ROUND_TRIPS = 20
"""The allowance is so many of the slowest round trip that was measured."""
MEASURED_ROUND_TRIPS = 20
WAITING_TASKS_SHOWN = 20


class LoopbackWorld(World):
    name = "loopback"

    def __init__(self) -> None:
        self._runner: asyncio.Runner | None = None
        self._allowance_ms = 0

    @property
    def allowance_ms(self) -> int:
        """Measured when the world is first used."""
        if not self._allowance_ms:
            self._allowance_ms = self._calibrate()
        return self._allowance_ms

    def run(self, main: Main, *, case: Case, header: Header, quota: Quota) -> History:
        header = replace(header, world=self.name, allowance_ms=self.allowance_ms)
        return self._play(main, case, header, replace(quota, seconds=min(quota.seconds, quota.real_seconds)))

    def close(self) -> None:
        if self._runner is None:
            return
        # Not the runner's own `close`, which waits for every task: those of a target that was abandoned never end.
        loop = self._runner.get_loop()
        self._runner = None
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
        asyncio.set_event_loop(None)  # the policy would keep it, and with it what abandoned targets never closed
        del loop
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # as in `LoopbackScene.bury`
            gc.collect()

    def _play(self, main: Main, case: Case, header: Header, quota: Quota) -> History:
        runner = self._open()
        loop = runner.get_loop()
        assert isinstance(loop, LoopbackLoop)
        scene = LoopbackScene(loop, case, header, quota, header.allowance_ms)
        loop.on_fault = lambda message, error: scene.fail(_as_fault(message, error))
        try:
            runner.run(_perform(scene, main, quota))
        except Exception as error:
            fault = error if isinstance(error, StreamproofError) else _as_fault("the play broke", error)
            fault.history = scene.history  # type: ignore[attr-defined]  # what was seen until then is worth keeping
            raise fault from fault.__cause__
        finally:
            runner.run(scene.bury())
        return scene.history

    def _open(self) -> asyncio.Runner:
        if self._runner is None:
            self._runner = asyncio.Runner(loop_factory=LoopbackLoop)
        return self._runner

    def _calibrate(self) -> int:
        slowest_ms = 0.0

        async def main(scene: LoopbackScene) -> None:
            nonlocal slowest_ms
            slowest_ms = await _slowest_round_trip_ms(scene)

        header = Header("", (), "", "", self.name, "", 0, (), {}, (), (), ALLOWANCE_MS_MIN)
        self._play(main, Case("", (), "", ""), header, Quota(seconds=30))  # type: ignore[arg-type]  # it is this world's scene
        return max(ALLOWANCE_MS_MIN, math.ceil(ALLOWANCE_ROUND_TRIPS * slowest_ms))


async def _perform(scene: LoopbackScene, main: Main, quota: Quota) -> None:
    """Plays the example to its end, to its budget of time, or to an error of ours; then closes everything."""
    task = asyncio.ensure_future(main(scene))
    try:
        done, _ = await asyncio.wait((task, scene.failed), timeout=quota.seconds, return_when=asyncio.FIRST_COMPLETED)
        if scene.failed in done:
            raise scene.failed.result()
        if task not in done:
            raise QuotaExceeded(f"the example used up its budget of {quota.seconds:g} s; waiting:\n{_who_waits()}")
        await task
    finally:
        scene.history.seal()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await scene.close()


async def _slowest_round_trip_ms(scene: LoopbackScene) -> float:
    async def answer(request: web.Request) -> web.Response:
        scene.request_number(request.get_extra_info("peername"), "calibration")
        return web.json_response({})

    app = web.Application()
    app.router.add_post("/", answer)
    site = await scene.serve(app, server="calibration", classify=lambda *_: "any")
    slowest_us = 0
    async with ClientSession() as session:
        for number in range(MEASURED_ROUND_TRIPS + 1):
            began_us = scene.now_us()
            async with session.post(site.url, data=b"{}") as response:
                await response.read()
            if number:  # the first one pays for what is only done once
                slowest_us = max(slowest_us, scene.now_us() - began_us)
    return slowest_us / 1_000


def _who_waits() -> str:
    tasks = sorted((task for task in asyncio.all_tasks() if task is not asyncio.current_task()), key=lambda task: task.get_name())
    lines = [f"  {task.get_name()}: {_where(task)}" for task in tasks[:WAITING_TASKS_SHOWN]]
    return "\n".join([*lines, *([f"  and {len(tasks) - len(lines)} more"] if len(tasks) > len(lines) else [])])


def _where(task: asyncio.Task[object]) -> str:
    frames = task.get_stack(limit=1)
    return f"{frames[0].f_code.co_qualname}, line {frames[0].f_lineno}" if frames else repr(task.get_coro())


def _as_fault(message: str, error: BaseException) -> BaseException:
    fault = HarnessFault(f"{message}: {type(error).__name__}: {error}")
    fault.__cause__ = error
    return fault
