"""How a sender example is played: the servers of its leg, the operations one by one, then healing, and a last look.

Operations beside the verbs of the role: ``wait`` {ms}; ``heal`` {} (the faults stop); ``recover`` {} (the faults stop,
and all the time passes that recovery may take); ``restart`` {} (kill -9 and open again with the same ids). An
``enqueue`` with ``watch`` true has the caller's own object looked at, and changed, after the call (in process only).
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Mapping
from typing import Any

from ...fake_servers.ingest.app import IngestServers
from ...fake_servers.ingest.store import Run
from ...harness.checkers.ingest.dropping import MUTATION_MARK
from ...harness.engine.cast import Cast, Player
from ...harness.worlds.base import Scene, Site
from ..stage import Stage
from .draws import figures

TOKEN = "token-5f0c9e"  # noqa: S105  # a made-up secret: what matters is that it shows as <run-token> wherever it turns up
QUIET_MS = 50
"""How long the servers may take to see the end of a killed sender's connections before the next one starts."""
ELSEWHERE = "elsewhere"
RECOVERY_STEP_MS = 50


async def play_sender(scene: Scene, cast: Cast) -> None:
    scene.secrets.add(TOKEN, "run-token")
    config = scene.case.config
    servers = IngestServers(scene, [Run(config["project_id"], config["task_id"], config["run_id"], TOKEN)])
    player = cast.player("s1", "sender", _driver_config(scene, await _serve(scene, servers)))
    stage = SenderStage(scene, player, lambda: len(servers.store.stream(config["run_id"]).log))
    scene.plan.on_crash = stage.crash_soon
    await player.open()
    try:
        for verb, args in scene.case.workload:
            await stage.perform(verb, args)
        await stage.finish()
    finally:
        stage.end()


async def _serve(scene: Scene, servers: IngestServers) -> dict[str, Site]:
    sites = {}
    for server in ("backend", "proxy") if scene.case.profile == "proxy" else ("backend",):
        sites[server] = await scene.serve(servers.app(server), server=server, classify=servers.classify)
    if any(fault.name == "redirect" for fault in scene.case.faults):
        sites[ELSEWHERE] = await scene.serve(servers.app(ELSEWHERE), server=ELSEWHERE, classify=servers.classify)
        servers.elsewhere_url = sites[ELSEWHERE].url
    return sites


def _driver_config(scene: Scene, sites: Mapping[str, Site]) -> dict[str, Any]:
    config = dict(scene.case.config)
    suffix = config.pop("base_suffix", "")
    proxy = sites.get("proxy")
    urls = {"api_url": sites["backend"].url + suffix, "ingest_url": None if proxy is None else proxy.url + suffix}
    return {**config, **urls, "token": TOKEN}


def recovery_ms(scene: Scene) -> int:
    """As long as the requirement allows, and a little more."""
    figure = figures(scene.case.config.get("timing_ms"))
    flag = scene.case.config.get("persistent_upload")
    persistent = scene.case.profile != "proxy" if flag is None else flag
    window = figure["upload_window"] if persistent else 0
    return figure["flush_delay"] + 4 * figure["retry_delay"] + 2 * figure["request_timeout"] + window + 2 * scene.allowance_ms + 50


class SenderStage(Stage):
    """Performs operations. A crash that a fault asks for ends the pending call, and the next operation finds a new life."""

    def __init__(self, scene: Scene, player: Player, stored: Callable[[], int]) -> None:
        super().__init__(scene)
        self.player = player
        self._restarting: asyncio.Task[None] | None = None
        self._stored = stored
        self._enqueued = 0
        self._watched: list[tuple[int, dict[str, Any], dict[str, Any]]] = []
        self.operations |= {
            "enqueue": self.enqueue,
            "enqueue_many": self.enqueue_many,
            "stop": self.stop,
            "recover": self.recover,
            "restart": self.restart,
        }

    async def perform(self, verb: str, args: Mapping[str, Any]) -> None:
        if self._restarting is not None:
            await self._restarting
            self._restarting = None
        await super().perform(verb, args)

    async def enqueue(self, args: Mapping[str, Any]) -> None:
        event = copy.deepcopy(args["event"])
        self._enqueued += 1
        await self.player.call("enqueue", event=event)
        if args.get("watch"):
            self._look(len(self._watched) + 1, event, args["event"], "while enqueue ran")
            event[MUTATION_MARK] = True
            self._watched.append((len(self._watched) + 1, event, copy.deepcopy(event)))

    async def enqueue_many(self, args: Mapping[str, Any]) -> None:
        self._enqueued += len(args["events"])
        await self.player.call("enqueue_many", events=copy.deepcopy(args["events"]))

    async def stop(self, args: Mapping[str, Any]) -> None:
        timeout_ms = figures(self.scene.case.config.get("timing_ms"))["stop_timeout"]
        await self.player.call("stop", timeout_ms, complete=args["complete"])

    async def recover(self, args: Mapping[str, Any]) -> None:
        """In real time it ends as soon as everything that was enqueued is stored: waiting longer would prove nothing."""
        self.scene.plan.heal()
        left_ms = recovery_ms(self.scene)
        step_ms = left_ms if self.scene.world == "sim" else RECOVERY_STEP_MS
        while left_ms > 0 and not (self.scene.world != "sim" and self._stored() >= self._enqueued):
            await self.scene.sleep(min(step_ms, left_ms))
            left_ms -= step_ms

    async def restart(self, args: Mapping[str, Any]) -> None:
        await self.player.crash()
        await self.scene.sleep(QUIET_MS)
        await self.player.open()

    def crash_soon(self) -> None:
        """A link was told to kill the target: at the next turn of the loop it is dead."""
        if self._restarting is None:
            self._restarting = asyncio.get_running_loop().create_task(self.restart({}), name="play: restart after a crash")

    async def finish(self) -> None:
        """Faults stop at the latest here; then a last look for what a stopped sender must not do."""
        if self._restarting is not None:
            await self._restarting
        self.scene.plan.heal()
        figure = figures(self.scene.case.config.get("timing_ms"))
        await self.scene.sleep(2 * figure["retry_delay"] + 50)
        for number, event, expected in self._watched:
            self._look(number, event, expected, "after it was sent")
        self.scene.history.add("settled")

    def _look(self, number: int, event: dict[str, Any], expected: Any, when: str) -> None:
        self.scene.history.add("caller-object", index=number, when=when, unchanged=event == expected)

    def end(self) -> None:
        self.scene.plan.on_crash = lambda: None
        if self._restarting is not None:
            self._restarting.cancel()
