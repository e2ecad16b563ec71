"""The runs that go on: one task for each, from its creation or from the start of the server until it is over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from .change import RunIsOver
from .machine import Machine, Parts, RunFailed
from .records import Creation, Run

FAIL_PAUSES_S = (0.1, 0.5, 2.0)
INTERNAL_ERROR = "The run could not go on."


class Engine:
    def __init__(self, parts: Parts, machine_type: Callable[[Parts, str], Machine] = Machine) -> None:
        self._parts = parts
        self._machine_type = machine_type
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self) -> None:
        """Takes up every run that is not over."""
        for run_id in self._parts.store.unfinished():
            self._take_up(run_id)

    def create(self, creation: Creation) -> Run:
        """Stores a run and lets it begin. Raises DuplicateMessage."""
        run = self._parts.store.create(creation)
        self._take_up(run.id)
        return run

    async def close(self) -> None:
        """Stops where it is. What is stored is all that is needed to go on."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _take_up(self, run_id: str) -> None:
        task = asyncio.get_running_loop().create_task(self._drive(run_id))
        self._tasks[run_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(run_id, None))

    async def _drive(self, run_id: str) -> None:
        """Until the run is over. Whatever goes wrong ends the run as failed, never silently."""
        machine = self._machine_type(self._parts, run_id)
        try:
            while await machine.advance():
                pass
        except RunFailed as failure:
            await self._fail(machine, str(failure))
        except Exception as error:  # of the store, or ours: either way the run cannot go on, and its readers must know
            self._parts.log(f"run {run_id} broke: {type(error).__name__}: {error}")
            await self._fail(machine, INTERNAL_ERROR)

    async def _fail(self, machine: Machine, text: str) -> None:
        """Tries some times: the store may be the trouble. In vain: the readers are told that the stream is broken."""
        for pause_s in (*FAIL_PAUSES_S, None):
            try:
                machine.fail(text)
                return
            except RunIsOver:
                return
            except Exception as error:  # as above
                self._parts.log(f"run {machine.run_id} cannot be ended: {type(error).__name__}: {error}")
            if pause_s is not None:
                await asyncio.sleep(pause_s)
        self._parts.announcements.break_off(machine.run_id)
