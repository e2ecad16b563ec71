"""How an example of a client is played: the server, the operations one by one, then healing, and a last look.

The application reads one stream at a time: it lets go of one that is still open before it asks for the next. Runs have
labels ("a"). Operations beside ``wait`` and ``heal``:

* ``begin`` {run, id, rounds}: others have made the run. A round is {frames: [draft..], end, call, every_ms} (see the fake server).
* ``create`` {run, id, rounds, messages, conversation, until}: the client makes it.
* ``follow`` {run, index: number or "seen" (behind the last frame told of it), again: n, until}: reads its stream; as often as
  ``again`` says it goes on at "seen" while the outcome is a failure of the transport.
* ``approve`` {run, call: "pending" or "=id", approved, reason}: the client decides, or tries to.
* ``decide`` {run, approved}: others decide the pending call.
* ``unfollow`` {}.
* ``recover`` {}: the faults stop, and what is open comes to its end.

``until``: "outcome" (or a bound), "none", or a number of frames that were told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...fake_servers.durable_execution.fake.app import DURABLE, DurableServers
from ...fake_servers.durable_execution.fake.run import Round, Run
from ...fake_servers.servers import ELSEWHERE
from ...harness.engine.cast import Cast, Player
from ...harness.worlds.base import Scene
from ..stage import Stage
from .client_told import ClientTold

CREDENTIAL = "durable-secret-4f1c"  # a made-up secret: what matters is that it shows as <credential> wherever it turns up
CREDENTIAL_TAG = "<credential>"
STEP_MS = 10
"""How often a wait that may end early looks; in ``sim``, where looking costs more than waiting, ever more seldom."""
BOUND_MS = {"sim": 20_000, "loopback": 2_000}
RECOVERY_MS = {"sim": 60_000, "loopback": 6_000}
LAST_LOOK_MS = {"sim": 1_500, "loopback": 50}
CLOSE_MS = 1_000
"""What a client may take to let go of its stream after ``unfollow``."""


async def play_client(scene: Scene, cast: Cast) -> None:
    scene.secrets.add(CREDENTIAL, CREDENTIAL_TAG.strip("<>"))
    config = scene.case.config
    headers = {name: value.replace(CREDENTIAL_TAG, CREDENTIAL) for name, value in config["headers"].items()}
    servers = DurableServers(scene, done=config["done"], credential=headers.get("Authorization"), repeats=config["repeats"])
    site = await scene.serve(servers.app(DURABLE), server=DURABLE, classify=servers.classify)
    if any(fault.name == "redirect" for fault in scene.case.faults):
        elsewhere = await scene.serve(servers.app(ELSEWHERE), server=ELSEWHERE, classify=servers.classify)
        servers.elsewhere_url = elsewhere.url
    stage = ClientStage(scene, cast.player("c1", "client", {"url": site.url, "headers": headers}), servers)
    await stage.player.open()
    for verb, args in scene.case.workload:
        await stage.perform(verb, args)
    await stage.last_look()


class ClientStage(Stage):
    """Performs operations."""

    def __init__(self, scene: Scene, player: Player, servers: DurableServers) -> None:
        super().__init__(scene)
        self.player = player
        self.servers = servers
        self.told = ClientTold(scene.history)
        self._ids: dict[str, str] = {}
        """By label, of the runs that the application knows."""
        self.operations |= {
            "begin": self.begin,
            "create": self.create,
            "follow": self.follow,
            "approve": self.approve,
            "decide": self.decide,
            "unfollow": self.unfollow,
            "recover": self.recover,
        }

    # --- runs

    async def begin(self, args: Mapping[str, Any]) -> None:
        if args["id"] not in self.servers.runs:
            self.servers.begin(args["id"], rounds_of(args))
            self._ids[args["run"]] = args["id"]

    async def create(self, args: Mapping[str, Any]) -> None:
        await self._let_go()
        self.servers.expect(args["id"], rounds_of(args))
        reply = await self.player.call("create", messages=args["messages"], conversation_id=args["conversation"])
        id = reply.value.get("run_id")
        if reply.outcome == "ok" and isinstance(id, str):
            self._ids[args["run"]] = id
            await self._until_reached(args["until"])

    async def decide(self, args: Mapping[str, Any]) -> None:
        run = self._run(args)
        if run is not None and run.pending is not None:
            self.servers.decide(run, run.pending, args["approved"])

    def _run(self, args: Mapping[str, Any]) -> Run | None:
        """The run of a label, if the application knows it."""
        return self.servers.runs.get(self._ids.get(args["run"], ""))

    # --- what the application asks of the client

    async def follow(self, args: Mapping[str, Any]) -> None:
        run = self._run(args)
        if run is None:
            return
        index = args["index"]
        for _ in range(1 + args["again"]):
            await self._let_go()
            start = self.told.look().next_index.get(run.id, 0) if index == "seen" else index
            reply = await self.player.call("follow", run_id=run.id, start_index=start)
            await self._until_reached(args["until"])
            if reply.outcome != "ok" or self.told.look().outcome != "transport_failure":
                return
            index = "seen"

    async def approve(self, args: Mapping[str, Any]) -> None:
        run = self._run(args)
        if run is None:
            return
        call = run.round.call if args["call"] == "pending" else args["call"].removeprefix("=")
        await self.player.call("approve", run_id=run.id, tool_call_id=call, approved=args["approved"], reason=args["reason"])

    async def unfollow(self, args: Mapping[str, Any]) -> None:
        await self.player.call("unfollow")
        self.told.look().open = False

    async def _let_go(self) -> None:
        if self.told.look().open:
            await self.unfollow({})

    # --- waits that may end early

    async def _until_reached(self, until: str | int) -> None:
        bound_ms = BOUND_MS[self.scene.world]
        if isinstance(until, int):
            await self._until(lambda told: told.frames >= until or not told.open, bound_ms)
        elif until == "outcome":
            await self._until(lambda told: not told.open, bound_ms)

    async def _until(self, enough: Callable[[ClientTold], bool], left_ms: float) -> None:
        step_ms: float = STEP_MS
        while left_ms > 0 and not enough(self.told.look()):
            await self.scene.sleep(min(step_ms, left_ms))
            left_ms -= step_ms
            if self.scene.world == "sim":
                step_ms = min(step_ms * 1.2, 500)

    async def recover(self, args: Mapping[str, Any]) -> None:
        self.scene.plan.heal()
        await self._until(lambda told: not told.open, RECOVERY_MS[self.scene.world])

    async def last_look(self) -> None:
        """Faults stop at the latest here. Then a last look for what a client must not do."""
        await self.recover({})
        if any(entry.data["verb"] == "unfollow" for entry in self.scene.history.of_kind("call")):
            await self._until(lambda told: not told.connections, CLOSE_MS + 2 * self.scene.allowance_ms)
        await self.scene.sleep(LAST_LOOK_MS[self.scene.world])
        self.scene.history.add("settled")


def rounds_of(args: Mapping[str, Any]) -> list[Round]:
    return [Round.from_json(row) for row in args["rounds"]]
