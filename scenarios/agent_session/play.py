"""How an example of a runner is played: the service, the operations one by one, then healing, and a last look.

Each run has a label ("a") and a handle of its own. Operations beside ``wait`` and ``heal``:

* ``run`` {run, prompt, script, hurry}: the run is started; its session plays the script (see the fake service). The play goes on once
  `run` was answered; with ``hurry`` at once.
* ``cancel`` {run}.
* ``fail_emits`` / ``fail_schedules`` {run, count}: said to the handle of that run, also before it is started.
* ``until`` {run, what, count}: waits (not for ever) until the run was told that note so many times ("scheduled", "emit", "failed"), its
  session went through it ("stream-open", "recorded"), or the run is "done".
* ``crash`` {}: the target dies, and with it every run. Those that are started later are fresh.

What a run was asked for is written down as ``script`` {run, handle, session: null, prompt, terminal, messages}: the terminal event that
the script comes to and the texts of its messages before that, if nothing interrupts it; ``gone`` {life} when the target is dead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from ...fake_servers.agent_session.app import SESSIONS, SessionServers
from ...fake_servers.agent_session.log import Paging
from ...fake_servers.agent_session.script import Script, demanded
from ...harness.contracts.agent_session import DEFAULT_TIMING_MS, run_ms_max
from ...harness.engine.cast import Cast, Player
from ...harness.worlds.base import Scene
from ..stage import Perform, Stage
from .told import RunsTold

API_KEY = "session-secret-9e02"  # a made-up secret: what matters is that it shows as <api-key> wherever it turns up
STEP_MS = {"sim": 40, "loopback": 5}
STEP_MS_MAX = 120_000
"""How often a wait that may end early looks; in ``sim``, where looking costs more than waiting, ever more seldom."""
RUN_MS = {"sim": 100_000, "loopback": 8_000}
"""Three requests at a silent server, each with a time limit of its own."""
DONE_MS, UNTIMED_MS = 10_000, 60_000
"""What a run may take on real sockets; and one that does not let its waits be made short."""
LIST_DELAY_MS = 2_000
LAST_LISTINGS = 10
LAST_LOOK_MS = {"sim": 1_000, "loopback": 100}


async def play_runner(scene: Scene, cast: Cast) -> None:
    scene.secrets.add(API_KEY, "api-key")
    config = scene.case.config
    servers = SessionServers(
        scene, api_key=API_KEY, base=config["base"], paging=paging_of(config), ids=config["ids"],
        first_id=config.get("first_id", 0), delete_running=config["delete_running"], heartbeat_ms=config.get("heartbeat_ms"),
    )  # fmt: skip
    site = await scene.serve(servers.app(SESSIONS), server=SESSIONS, classify=servers.classify)
    stage = RunnerStage(scene, cast, servers, f"{site.url}{config['base']}/v1")
    scene.plan.on_crash = stage.crash_soon
    try:
        for verb, args in scene.case.workload:
            await stage.settled()
            await stage.perform(verb, args)
        await stage.last_look()
    finally:
        scene.plan.on_crash = lambda: None
        await stage.let_go()


def paging_of(config: Mapping[str, Any]) -> Paging:
    end = {None: "null", "": "empty", "absent": "absent"}[config["next_page_end"]]
    return Paging(
        config["page_size"], config.get("paging", "cursor"), config["cyclic"], config.get("endless", False), end  # type: ignore[arg-type]  # of the table
    )  # fmt: skip


class RunnerStage(Stage):
    """Performs operations."""

    def __init__(self, scene: Scene, cast: Cast, servers: SessionServers, base_url: str) -> None:
        super().__init__(scene)
        self.servers = servers
        self.told = RunsTold(scene.history)
        self._cast = cast
        self._base_url = base_url
        self._players: dict[str, Player] = {}
        self._handles = 0
        self._life = 1
        self._dying: asyncio.Task[None] | None = None
        self._calls: set[asyncio.Task[None]] = set()
        self._timed = "timing" in scene.history.header.capabilities
        self.operations |= {
            "run": self.run,
            "cancel": self.cancel,
            "fail_emits": self.counted("fail_emits"),
            "fail_schedules": self.counted("fail_schedules"),
            "until": self.until,
            "crash": self.crash,
        }

    # --- runs

    async def run(self, args: Mapping[str, Any]) -> None:
        player = await self._player(args["run"])
        if player.handle in self.told.look().begun:
            return  # a handle is one run
        script = Script.from_json(args["script"])
        terminal, messages = demanded(script)
        if self._calls:
            await asyncio.wait(self._calls)  # one is begun behind the other, so that each gets its own session
        self.scene.history.add(
            "script", run=args["run"], handle=player.handle, session=None, prompt=args["prompt"], terminal=terminal, messages=messages
        )
        self.servers.expect(args["run"], script)
        call = asyncio.get_running_loop().create_task(self._call_run(player, args["prompt"]), name=f"play: run {args['run']}")
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        if args.get("hurry"):
            for _ in range(2):  # it is called, and in process it has begun: what is called next comes behind it
                await asyncio.sleep(0)
        else:
            await asyncio.wait((call,))

    async def _call_run(self, player: Player, prompt: str) -> None:
        await player.call("run", RUN_MS[self.scene.world], prompt=prompt)

    async def cancel(self, args: Mapping[str, Any]) -> None:
        player = self._players.get(args["run"])
        if player is not None and player.handle in self.told.look().begun:
            await player.call("cancel")

    def counted(self, verb: str) -> Perform:
        async def call(args: Mapping[str, Any]) -> None:
            await (await self._player(args["run"])).call(verb, count=args["count"])

        return call

    async def until(self, args: Mapping[str, Any]) -> None:
        player = self._players.get(args["run"])
        if player is not None:
            handle, label, what, count = player.handle, args["run"], args["what"], args.get("count", 1)
            await self._until(lambda told: told.is_over(handle) or told.reached(handle, label, what, count), self._done_ms)

    async def _player(self, label: str) -> Player:
        """The handle of a run; a fresh one where it has none that lives."""
        if label not in self._players:
            self._handles += 1
            case = self.scene.case
            config = {
                "base_url": self._base_url,
                "api_key": API_KEY,
                "agent": case.config["agent"],
                "environment_id": case.config["environment_id"],
                "mode": case.profile,
                "persist_session": case.config["persist_session"],
                "timing_ms": case.config["timing_ms"],
            }
            player = self._players[label] = self._cast.player(f"r{self._handles}", "runner", config)
            await player.open()
        return self._players[label]

    # --- the death of the target

    async def crash(self, args: Mapping[str, Any]) -> None:
        self.crash_soon()
        await self.settled()

    def crash_soon(self) -> None:
        """A link was told to kill it: at the next turn of the loop it is dead."""
        if self._dying is None and self._players:
            self._dying = asyncio.get_running_loop().create_task(self._die(), name="play: a crash")

    async def _die(self) -> None:
        players, self._players = self._players, {}
        for player in players.values():
            await player.crash()
        self.scene.history.add("gone", life=self._life)
        self._life += 1

    async def settled(self) -> None:
        """Raises what went wrong with a crash."""
        if self._dying is not None:
            await self._dying
            self._dying = None

    async def let_go(self) -> None:
        """Nothing of the play goes on: a call without an answer is given up."""
        for task in (*self._calls, *([self._dying] if self._dying is not None else [])):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    # --- waits that may end early

    @property
    def _done_ms(self) -> int:
        if self.scene.world == "sim":
            given = (self.scene.case.config["timing_ms"] or {}) if self._timed else {}
            return run_ms_max({**DEFAULT_TIMING_MS, **{name: value for name, value in given.items() if value is not None}})
        return DONE_MS if self._timed else UNTIMED_MS

    async def _until(self, enough: Callable[[RunsTold], bool], left_ms: float) -> None:
        step_ms: float = STEP_MS[self.scene.world]
        while left_ms > 0 and not enough(self.told.look()):
            await self.scene.sleep(min(step_ms, left_ms))
            left_ms -= step_ms
            if self.scene.world == "sim":
                step_ms = min(step_ms * 1.3, STEP_MS_MAX)

    async def last_look(self) -> None:
        """Faults stop at the latest here, every run comes to its end, and then comes a last look for what must not be any more."""
        self.scene.plan.heal()
        await self.settled()
        await self._until(lambda told: all(told.is_over(player.handle) for player in self._players.values()), self._done_ms)
        timing = self.scene.case.config["timing_ms"] or {}
        list_delay_ms = timing.get("list_delay") if self._timed else None
        delays_ms = LAST_LISTINGS * (LIST_DELAY_MS if list_delay_ms is None else list_delay_ms)
        await self.scene.sleep(delays_ms + LAST_LOOK_MS[self.scene.world] + 2 * self.scene.allowance_ms)
        self.scene.history.add("settled")
