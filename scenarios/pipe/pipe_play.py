"""How a pipe example is played: the servers of both legs, one sender, readers as they come, then healing, and the end.

Operations: the verbs of the sender; ``watch`` and ``unwatch`` {reader}; ``wait`` {ms}; ``heal`` {}; ``recover`` {}: the
faults stop, readers that gave up try again as an application would, and the time passes that recovery may take.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from ...fake_servers.ingest.store import Run
from ...fake_servers.pipe.app import PipeServers
from ...fake_servers.run_stream.app import TaskRun
from ...harness.checkers.pipe.arriving import bound_ms
from ...harness.checkers.pipe.view import View
from ...harness.engine.cast import Cast, Player
from ...harness.worlds.base import Scene
from ..ingest.draws import figures
from ..stage import Stage

SESSION_TOKEN, RUN_TOKEN = "session-3d41aa", "token-5f0c9e"  # made-up secrets, which show as tags wherever they turn up
STEP_MS = 25
RETRIES_MAX = 3
SIM_LOOKS = 8
"""How often recovery is looked at in simulated time, where nobody waits for it."""
QUIET_MS = 200


async def play_pipe(scene: Scene, cast: Cast) -> None:
    scene.secrets.add(SESSION_TOKEN, "session-token")
    scene.secrets.add(RUN_TOKEN, "ingest-token")
    config = scene.case.config
    team_id, task_id, run_id = config["team_id"], config["task_id"], config["run_id"]
    leg = scene.case.profile
    run, task_run = Run(team_id, task_id, run_id, RUN_TOKEN), TaskRun(team_id, task_id, run_id, SESSION_TOKEN)
    servers = PipeServers(scene, run, task_run, leg="proxy" if leg == "proxy" else "direct")
    suffix, urls = config.get("base_suffix", ""), {}
    for server in ("backend", "proxy") if leg == "proxy" else ("backend",):
        urls[server] = (await scene.serve(servers.app(server), server=server, classify=servers.classify)).url + suffix
    servers.reading.proxy_url = urls.get("proxy", "")
    stage = PipeStage(scene, cast, urls)
    await stage.sender.open()
    for verb, args in scene.case.workload:
        await stage.perform(verb, args)
    await stage.finish()


class PipeStage(Stage):
    def __init__(self, scene: Scene, cast: Cast, urls: Mapping[str, str]) -> None:
        super().__init__(scene)
        self._cast = cast
        self._urls = urls
        self.sender = cast.player("s1", "sender", self._sender_config())
        self.readers: dict[str, Player] = {}
        self._view = View(scene.history)
        self._retries_left = RETRIES_MAX
        self.operations |= {
            "enqueue": self.enqueue,
            "enqueue_many": self.enqueue_many,
            "stop": self.stop,
            "watch": self.watch,
            "unwatch": self.unwatch,
            "recover": self.recover,
        }

    def _sender_config(self) -> dict[str, Any]:
        config = self.scene.case.config
        ids = {"project_id": config["team_id"], "task_id": config["task_id"], "run_id": config["run_id"]}
        timing = (config.get("sender") or {}).get("timing_ms")
        urls = {"api_url": self._urls["backend"], "ingest_url": self._urls.get("proxy")}
        # One long upload would be cut by every fault and end only with the run: batches give faults more places to sit at.
        return {**ids, **urls, "token": RUN_TOKEN, "persistent_upload": False, "timing_ms": timing, "limits": None}

    def _reader_config(self) -> dict[str, Any]:
        config = self.scene.case.config
        ids = {key: config[key] for key in ("team_id", "task_id", "run_id")}
        timing = (config.get("reader") or {}).get("timing_ms")
        return {**ids, "api_url": self._urls["backend"], "session_token": SESSION_TOKEN, "timing_ms": timing}

    async def enqueue(self, args: Mapping[str, Any]) -> None:
        await self.sender.call("enqueue", event=copy.deepcopy(args["event"]))

    async def enqueue_many(self, args: Mapping[str, Any]) -> None:
        await self.sender.call("enqueue_many", events=copy.deepcopy(args["events"]))

    async def stop(self, args: Mapping[str, Any]) -> None:
        timeout_ms = figures((self.scene.case.config.get("sender") or {}).get("timing_ms"))["stop_timeout"]
        await self.sender.call("stop", timeout_ms, complete=args["complete"])

    async def watch(self, args: Mapping[str, Any]) -> None:
        name = args["reader"]
        if name not in self.readers:
            self.readers[name] = self._cast.player(name, "reader", self._reader_config())
            await self.readers[name].open()
        await self.readers[name].call("watch")

    async def unwatch(self, args: Mapping[str, Any]) -> None:
        if args["reader"] in self.readers:
            await self.readers[args["reader"]].call("unwatch")

    async def recover(self, args: Mapping[str, Any]) -> None:
        """In real time it ends as soon as everything has arrived: waiting longer would prove nothing."""
        self.scene.plan.heal()
        await self._retry()
        left_ms: float = bound_ms(self.scene.case.config, self.scene.allowance_ms) + QUIET_MS
        step_ms = left_ms / SIM_LOOKS if self.scene.world == "sim" else STEP_MS
        while left_ms > 0 and not (self.scene.world != "sim" and self._all_is_well()):
            await self.scene.sleep(step_ms)
            left_ms -= step_ms
            if await self._retry():
                left_ms += bound_ms(self.scene.case.config, self.scene.allowance_ms)

    async def _retry(self) -> bool:
        """A reader that gave up tries again, as long as it says that this may help."""
        failed = [row for row in self._view.look().subscribers.values() if row.failed is not None]
        again = [row.handle for row in failed if row.failed is not None and row.failed.data["data"].get("retryable")]
        if not again or not self._retries_left:
            return False
        self._retries_left -= 1
        for handle in again:
            await self.readers[handle].call("retry")
        return True

    def _all_is_well(self) -> bool:
        view = self._view.look()
        return all(
            all(sent.key in reader.first_shown for sent in view.sent) and (view.finished is None or bool(reader.ended))
            for reader in view.watching
        )

    async def finish(self) -> None:
        """Faults stop at the latest here; then everything must arrive, and what must not come has its time to come."""
        await self.recover({})
        await self.scene.sleep(QUIET_MS)
        self.scene.history.add("settled")
