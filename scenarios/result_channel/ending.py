"""The end of an agent example: the faults stop, everything comes to its end, and a last look for what the agent still keeps."""

from __future__ import annotations

from ...fake_servers.result_channel.app import ControlPlane
from ...harness.worlds.base import Scene
from .agent import Agent
from .agent_stage import AgentStage
from .draws import Timing
from .tasks import Task

LAST_FAULTS_MS = 50
"""What has just taken effect is still to be answered, and the faults of that answer are part of the example."""
DRAIN_MS = {"sim": 180_000, "loopback": 15_000}
STUCK_MS = {"sim": 15_000, "loopback": 1_500}
"""Where a task is not over by then, what was lost on an open connection is asked for by ending it."""
LOST_ACK_MS = {"sim": 15_000, "loopback": 600}
"""The same, where every task has told its end and only an ack is missing."""
LATE_DIAL_MS = {"sim": 70_000, "loopback": 1_000}
"""Beyond the longest pause: an agent may keep its dials in a minute below the number that is allowed."""
QUIET_MS = {"sim": 300, "loopback": 100}
SETTLE_MS = {"sim": 1_000, "loopback": 450}
"""Beyond what a replay may take: only a last session that has stood for so long has shown all that is kept."""
KICKS_MAX = 3
JITTER = 1.25


async def finish(scene: Scene, agent: Agent, stage: AgentStage, figures: Timing) -> None:
    await scene.sleep(LAST_FAULTS_MS)
    scene.plan.heal()
    if not agent.started:
        await agent.start()
    ending = _Ending(scene, stage, figures)
    await ending.drain()
    scene.history.add("final-look")
    await ending.look_again()
    await agent.settled()
    stage.look()
    scene.history.add("settled")


class _Ending:
    def __init__(self, scene: Scene, stage: AgentStage, figures: Timing) -> None:
        self._scene = scene
        self._stage = stage
        self._plane: ControlPlane = stage.plane
        self._figures = figures
        self._world = scene.world
        self._features = scene.case.config["features"]

    @property
    def _reconnect_ms(self) -> int:
        """The longest pause before a dial; on real sockets never more than an example can wait for."""
        longest_ms = int(JITTER * self._figures["reconnect_max"])
        return longest_ms if self._world == "sim" else min(longest_ms, 5_000)

    async def drain(self) -> None:
        """Waits until every task is over and nothing moves, a bounded time."""
        most_ms = DRAIN_MS[self._world]
        deadline_us = self._scene.now_us() + 1_000 * (most_ms + 2 * self._reconnect_ms + 2 * min(self._figures["poll_interval"], most_ms))
        for kick in range(KICKS_MAX + 1):
            left_ms = (deadline_us - self._scene.now_us()) // 1_000
            stuck_ms = left_ms if kick == KICKS_MAX else min(left_ms, STUCK_MS[self._world])
            lost_ms = stuck_ms if kick else min(stuck_ms, LOST_ACK_MS[self._world])
            if await self._is_over_within(stuck_ms, lost_ms):
                break
            self._plane.drop("close", 1001)
        await self._quiet(2 * self._figures["flush_interval"] + QUIET_MS[self._world])

    async def _is_over_within(self, stuck_ms: int, lost_ms: int) -> bool:
        """Every task is over. Once each has told its end, nothing but an ack is waited for, and no longer than ``lost_ms``."""
        until_us = self._scene.now_us() + 1_000 * stuck_ms
        await self._plane.until(self._all_told, stuck_ms)
        left_ms = (until_us - self._scene.now_us()) // 1_000
        return await self._plane.until(self._all_over, min(left_ms, lost_ms))

    async def look_again(self) -> None:
        """The last drop: the hello behind it lists what is kept, and what it lists may still come."""
        if any(self._features.values()):
            await self._plane.until(lambda: self._plane.session_active, self._reconnect_ms + LATE_DIAL_MS[self._world])
            hellos = self._plane.hellos
            if self._plane.drop("close", 1001):
                await self._plane.until(lambda: self._plane.hellos > hellos, self._reconnect_ms + LATE_DIAL_MS[self._world])
        await self._quiet(SETTLE_MS[self._world] + self._scene.allowance_ms)

    async def _quiet(self, quiet_ms: int) -> None:
        """Until nothing has moved for so long, ten times that long at most."""
        until_us = self._scene.now_us() + 10_000 * quiet_ms
        while self._scene.now_us() < until_us:
            moves = self._plane.moves
            if not await self._plane.until(lambda: self._plane.moves != moves, quiet_ms):  # noqa: B023 - asked before the next round
                return

    def _all_told(self) -> bool:
        return all(self._is_over(task) or self._plane.facts(*task.key).final for task in self._stage.tasks.values())

    def _all_over(self) -> bool:
        return all(self._is_over(task) for task in self._stage.tasks.values())

    def _is_over(self, task: Task) -> bool:
        """How it ended is known, or it will never be executed."""
        facts = self._plane.facts(*task.key)
        if facts.acked or facts.reported or facts.discarded:
            return True
        return task.via == "socket" and not self._features["delivery"]
