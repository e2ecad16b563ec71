"""The operations of the agent play (their arguments are in `shapes`).

* ``task`` {task, attempt, script, via, priority}: makes a task. One of that name that is there already stays as it is.
* ``deliver`` {task, attempt, via}: delivers it again. ``until`` {task, attempt, what, count}: waits until the ledger says so, or a bound.
* ``drop`` {how, code}, ``hold`` {ms}: the open socket ends; upgrades are refused for so long.
* ``say`` {what}, ``gap`` {task, attempt, stream, highest}: the control plane says something of its own accord, as soon as a session is
  active. ``poison`` {task, attempt, what}: it refuses such messages for good.
* ``stop``, ``start``, ``crash``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from ...fake_servers.result_channel.app import ControlPlane
from ...harness.worlds.base import Scene
from ..stage import Perform, Stage
from .agent import Agent
from .tasks import Task, task_of

UNTIL_MS = {"sim": 60_000, "loopback": 4_000}
SESSION_MS = {"sim": 20_000, "loopback": 3_000}


class AgentStage(Stage):
    """``marks``: the folder into which commands put their marks."""

    def __init__(self, scene: Scene, plane: ControlPlane, marks: Path) -> None:
        super().__init__(scene)
        self.plane = plane
        self.tasks: dict[tuple[str, str], Task] = {}
        self._marks = marks
        self._discards = any(shape.get("discarded") == "not-started" for shape in scene.case.config["hello_acks"])
        self.operations |= {
            "task": self.task,
            "deliver": self.deliver,
            "until": self.until,
            "drop": self.drop,
            "hold": self.hold,
            "say": self.say,
            "gap": self.gap,
            "poison": self.poison,
        }

    def add_verbs(self, agent: Agent) -> None:
        self.operations |= {"stop": _verb(agent.stop), "start": _verb(agent.start), "crash": _verb(agent.crash)}

    # --- tasks

    async def task(self, args: Mapping[str, Any]) -> None:
        number = len(self.tasks) + 1
        task = task_of(args, self._marks / str(number))
        if task.key in self.tasks:
            return
        self.tasks[task.key] = task
        # The token holds the name of a folder that is another one in each process, and would make each history another.
        self.scene.secrets.add(task.token, f"script-{number}")
        self.scene.history.add(
            "task", task=task.task, attempt=task.attempt, via=task.via, **task.texts, status=task.status, exit_code=task.exit_code,
            steps=[list(step) for step in task.steps], discardable=self._discards,
        )  # fmt: skip
        self.plane.add_task(task.task, task.attempt, task.command, via=task.via, priority=task.priority)

    async def deliver(self, args: Mapping[str, Any]) -> None:
        task = self._task(args)
        if task is not None:
            via = args.get("via", "socket")
            self.scene.history.add("delivered-again", task=task.task, attempt=task.attempt, via=via)
            self.plane.deliver(task.task, task.attempt, via)

    async def until(self, args: Mapping[str, Any]) -> None:
        task = self._task(args)
        if task is None:
            return
        facts, what, count = self.plane.facts(*task.key), args["what"], args.get("count", 1)

        def reached() -> bool:
            """A task that is over will bring nothing more to wait for, and one that has told its end no first output."""
            if facts.acked or facts.reported or (facts.final and what in ("started", "output")):
                return True
            return facts.outputs >= count if what == "output" else bool(getattr(facts, what))

        await self.plane.until(reached, UNTIL_MS[self.scene.world])

    def _task(self, args: Mapping[str, Any]) -> Task | None:
        return self.tasks.get((args["task"], args["attempt"]))

    def look(self) -> None:
        """Writes down how often each command was begun."""
        for task in self.tasks.values():
            self.scene.history.add("executions", task=task.task, attempt=task.attempt, count=task.executions())

    # --- what the control plane does

    async def drop(self, args: Mapping[str, Any]) -> None:
        self.plane.drop(args["how"], args.get("code", 1001))

    async def hold(self, args: Mapping[str, Any]) -> None:
        self.plane.hold(args["ms"])

    async def say(self, args: Mapping[str, Any]) -> None:
        await self._session()
        self.plane.say(args["what"])

    async def gap(self, args: Mapping[str, Any]) -> None:
        await self._session()
        self.plane.gap(args["task"], args["attempt"], args["stream"], args["highest"])

    async def poison(self, args: Mapping[str, Any]) -> None:
        self.plane.poison(args["task"], args["attempt"], args["what"])

    async def _session(self) -> None:
        await self.plane.until(lambda: self.plane.session_active, SESSION_MS[self.scene.world])


def _verb(call: Callable[[], Awaitable[None]]) -> Perform:
    async def perform(args: Mapping[str, Any]) -> None:
        await call()

    return perform
