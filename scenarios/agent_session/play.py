"""How an example of a runner is played: the session service, the operations one by one, then healing, and a last look.

Each run has a label ("a") and a handle of its own; its prompt is ``work on LABEL``. Operations beside ``wait`` and ``heal``:

* ``run`` {run, steps: [step..] (see the fake service), wait: bool}: a run is started; with ``wait`` the next operation comes when it is
  done.
* ``cancel`` {run}.
* ``fail_emits`` / ``fail_schedules`` {run, count}: said to the handle of a run before it is started.
* ``until`` {run, what: "emit", "failed", "scheduled", "done", "stream", count}: waits until there are so many (or a bound).
* ``crash`` {}: the target dies. Its runs are lost; those that are started later are fresh.

A run is done when it has emitted, failed, was cancelled, could not be started, or died.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from ...fake_servers.agent_session.app import SESSIONS, Manner, SessionServers
from ...fake_servers.agent_session.script import steps_from_json
from ...harness.engine.cast import Cast, Player
from ...harness.values.errors import UsageError
from ...harness.worlds.base import Scene
from ..stage import Stage
from .told import RunnerTold

API_KEY = "sessions-secret-77aa"  # a made-up secret: what matters is that it shows as <api-key> wherever it turns up
STEP_MS = 10
STEP_MS_MAX = 60_000
"""How often a wait that may end early looks; in ``sim``, where looking costs more than waiting, ever more seldom."""
DONE_MS = {"sim": 26 * 3_600_000, "loopback": 30_000}
"""What a run may take: in ``sim`` a budget of 200 polls is 16.6 hours."""
UNTIL_MS = {"sim": 120_000, "loopback": 3_000}
LIST_DELAY_MS = 2_000
LAST_LOOKS = 11
"""The last look is so many of the delays between two listings: deletes that are tried again come in it."""
RUN_TIMEOUT_MS = 100_000
"""Three requests of 30 s, and something."""


async def play_runner(scene: Scene, cast: Cast) -> None:
    scene.secrets.add(API_KEY, "api-key")
    config = scene.case.config
    manner = Manner(
        base=config["base"] + "/v1", api_key=API_KEY, page_size=config["page_size"], ids=config["ids"], cyclic=config["cyclic"],
        next_page_end=config["next_page_end"], begins_idle=config["begins_idle"], deletes_running=config["deletes_running"],
    )  # fmt: skip
    servers = SessionServers(scene, manner)
    site = await scene.serve(servers.app(SESSIONS), server=SESSIONS, classify=servers.classify)
    stage = RunnerStage(scene, cast, servers, site.url + manner.base)
    scene.plan.on_crash = stage.crash_soon
    try:
        for verb, args in scene.case.workload:
            await stage.settled()
            await stage.perform(verb, args)
        await stage.last_look()
    finally:
        scene.plan.on_crash = lambda: None


class RunnerStage(Stage):
    """Performs operations."""

    def __init__(self, scene: Scene, cast: Cast, servers: SessionServers, base_url: str) -> None:
        super().__init__(scene)
        self.cast = cast
        self.servers = servers
        self.told = RunnerTold(scene.history)
        self._base_url = base_url
        self._players: dict[str, Player] = {}
        self._calls: set[asyncio.Task[None]] = set()
        self._dying: asyncio.Task[None] | None = None
        self.operations |= {
            "run": self.run,
            "cancel": self.cancel,
            "fail_emits": self.fail_emits,
            "fail_schedules": self.fail_schedules,
            "until": self.until,
            "crash": self.crash,
        }

    # --- what the application asks of its runner

    async def run(self, args: Mapping[str, Any]) -> None:
        label = args["run"]
        prompt = f"work on {label}"
        if prompt in self.servers.manner.scripts:
            raise UsageError(f"workload: the run {label!r} is started twice; give each a label of its own")
        self.servers.manner.scripts[prompt] = steps_from_json(args["steps"])
        player = await self._player(label)
        task = asyncio.get_running_loop().create_task(self._call_run(player, prompt), name=f"play: run {label}")
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)
        await self._until(lambda told: told.replied(player.handle), RUN_TIMEOUT_MS if args["wait"] else 0)
        if args["wait"]:
            await self._until(lambda told: told.done(player.handle), DONE_MS[self.scene.world])

    async def _call_run(self, player: Player, prompt: str) -> None:
        await player.call("run", RUN_TIMEOUT_MS, prompt=prompt)

    async def cancel(self, args: Mapping[str, Any]) -> None:
        player = self._players.get(args["run"])
        if player is not None and not self.told.look().dead(player.handle):
            await player.call("cancel")

    async def fail_emits(self, args: Mapping[str, Any]) -> None:
        await (await self._player(args["run"])).call("fail_emits", count=args["count"])

    async def fail_schedules(self, args: Mapping[str, Any]) -> None:
        await (await self._player(args["run"])).call("fail_schedules", count=args["count"])

    async def until(self, args: Mapping[str, Any]) -> None:
        player = self._players.get(args["run"])
        if player is not None:
            what, count, handle = args["what"], args["count"], player.handle
            await self._until(lambda told: told.done(handle) or told.count(handle, what) >= count, UNTIL_MS[self.scene.world])

    async def _player(self, label: str) -> Player:
        """The handle of a run, opened once."""
        if label not in self._players:
            case = self.scene.case.config
            config = {
                "base_url": self._base_url, "api_key": API_KEY, "agent": "agent-1", "environment_id": "environment-1",
                "mode": self.scene.case.profile, "persist_session": case["persist_session"], "timing_ms": case["timing_ms"],
            }  # fmt: skip
            self._players[label] = self.cast.player(f"run-{label}", "runner", config)
            await self._players[label].open()
        return self._players[label]

    # --- the death of the target

    async def crash(self, args: Mapping[str, Any]) -> None:
        self.crash_soon()
        await self.settled()

    def crash_soon(self) -> None:
        """A link was told to kill it: at the next turn of the loop it is dead."""
        if self._dying is None:
            self._dying = asyncio.get_running_loop().create_task(self._die(), name="play: a crash")

    async def _die(self) -> None:
        for player in self._players.values():
            if not self.told.look().dead(player.handle):
                await player.crash()

    async def settled(self) -> None:
        dying, self._dying = self._dying, None
        if dying is not None:
            await dying

    # --- waits that may end early

    async def _until(self, enough: Callable[[RunnerTold], bool], left_ms: float) -> None:
        step_ms: float = STEP_MS
        while left_ms > 0 and not enough(self.told.look()):
            await self.scene.sleep(min(step_ms, left_ms))
            left_ms -= step_ms
            if self.scene.world == "sim":
                step_ms = min(step_ms * 1.2, STEP_MS_MAX)

    async def last_look(self) -> None:
        """Faults stop at the latest here, every run comes to its end, and then comes a last look for what must not be any more."""
        await self.settled()
        self.scene.plan.heal()
        for player in list(self._players.values()):
            await self._until(lambda told, handle=player.handle: told.done(handle), DONE_MS[self.scene.world])  # type: ignore[misc]  # bound at once
        timing = self.scene.case.config["timing_ms"] or {}
        delay_ms = timing.get("list_delay") or LIST_DELAY_MS
        await self.scene.sleep(LAST_LOOKS * delay_ms + 2 * self.scene.allowance_ms)
        self.scene.history.add("settled")
        for task in self._calls:
            task.cancel()
