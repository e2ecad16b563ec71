"""How a reader example is played: the servers of the run, the operations one by one, then healing, and a last look.

Operations beside the verbs of the role: ``append`` {events}, ``fill`` {count} and ``huge`` {mark, bytes}: the run goes on;
``state`` {status ..}: what GET run answers; ``finish`` {}: the stream is complete; ``move`` {leg} and ``expire`` {}: where
the stream is, and that run tokens end; ``until_told`` {ms} and ``until_over`` {ms}: until the reader has told all that
was appended, or has ended, but no longer; ``recover`` {}: the faults stop, and the time passes that recovery may take.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from ...fake_servers.run_stream.app import Figures, RunStreamServers, TaskRun
from ...harness.engine.cast import Cast, Player
from ...harness.worlds.base import Scene
from ..stage import Stage
from .draws import figures
from .told import Told

SESSION_TOKEN = "session-3d41aa"  # noqa: S105  # a made-up secret: what matters is that it shows as <session-token> wherever it turns up
STEP_MS = 15
"""How often a wait that may end early looks; in ``sim``, where looking costs more than waiting, ever more seldom."""
FILL_MARK = 1_000_000
CLOSE_MS = 1_000
"""What a reader may take to let go of its stream after ``unwatch``."""


async def play_reader(scene: Scene, cast: Cast) -> None:
    scene.secrets.add(SESSION_TOKEN, "session-token")
    case = scene.case
    config = dict(case.config)
    suffix = config.pop("base_suffix", "")
    figure = Figures(**(config.pop("server", None) or {}))
    run = TaskRun(config["team_id"], config["task_id"], config["run_id"], SESSION_TOKEN)
    servers = RunStreamServers(scene, run, leg=case.profile, figures=figure)  # type: ignore[arg-type]  # profiles are named like legs
    urls = {}
    for server in ("backend", "proxy") if _needs_proxy(scene) else ("backend",):
        urls[server] = (await scene.serve(servers.app(server), server=server, classify=servers.classify)).url + suffix
    servers.proxy_url = urls.get("proxy", "")
    player = cast.player("r1", "reader", {**config, "api_url": urls["backend"], "session_token": SESSION_TOKEN})
    stage = ReaderStage(scene, player, servers)
    await player.open()
    for verb, args in case.workload:
        await stage.perform(verb, args)
    await stage.finish()


def _needs_proxy(scene: Scene) -> bool:
    return scene.case.profile == "proxy" or any(verb == "move" for verb, _ in scene.case.workload)


def recovery_ms(scene: Scene) -> int:
    """A connection that is dead unnoticed, the longest pause behind it, once more for a second leg, and a little more."""
    figure = figures(scene.case.config.get("timing_ms"))
    return figure["idle_timeout"] + 2 * figure["backoff_max"] + figure["batch_delay"] + 2 * scene.allowance_ms + 200


class ReaderStage(Stage):
    """Performs operations."""

    def __init__(self, scene: Scene, player: Player, servers: RunStreamServers) -> None:
        super().__init__(scene)
        self.player = player
        self.servers = servers
        self.told = Told(scene.history)
        self._fill = count(FILL_MARK)
        self.operations |= {
            "append": self.append,
            "fill": self.fill,
            "huge": self.huge,
            "state": self.state,
            "finish": self.finish_run,
            "move": self.move,
            "expire": self.expire,
            "watch": self.verb("watch"),
            "retry": self.verb("retry"),
            "unwatch": self.verb("unwatch"),
            "until_told": self.until_told,
            "until_over": self.until_over,
            "recover": self.recover,
        }

    def verb(self, name: str) -> Any:
        async def call(args: Mapping[str, Any]) -> None:
            await self.player.call(name)

        return call

    # --- the run

    async def append(self, args: Mapping[str, Any]) -> None:
        self.servers.append(args["events"])

    async def fill(self, args: Mapping[str, Any]) -> None:
        self.servers.append([{"k": next(self._fill)} for _ in range(args["count"])])

    async def huge(self, args: Mapping[str, Any]) -> None:
        self.servers.append([{"k": args["mark"], "text": "x" * args["bytes"]}])

    async def state(self, args: Mapping[str, Any]) -> None:
        self.servers.set_state(**args)

    async def finish_run(self, args: Mapping[str, Any]) -> None:
        self.servers.finish()

    async def move(self, args: Mapping[str, Any]) -> None:
        self.servers.move(args["leg"])

    async def expire(self, args: Mapping[str, Any]) -> None:
        self.servers.expire()

    # --- waits that may end early

    async def until_told(self, args: Mapping[str, Any]) -> None:
        await self._until(lambda told: told.over or told.everything, args["ms"])

    async def until_over(self, args: Mapping[str, Any]) -> None:
        await self._until(lambda told: told.over, args["ms"])

    async def recover(self, args: Mapping[str, Any]) -> None:
        """In real time it ends as soon as everything is told: waiting longer would prove nothing."""
        self.scene.plan.heal()
        await self._until(_done if self.scene.world != "sim" else _over, recovery_ms(self.scene))

    async def _until(self, enough: Callable[[Told], bool], left_ms: float) -> None:
        step_ms: float = STEP_MS
        while left_ms > 0 and not enough(self.told.look()):
            await self.scene.sleep(min(step_ms, left_ms))
            left_ms -= step_ms
            if self.scene.world == "sim":
                step_ms *= 1.2

    async def finish(self) -> None:
        """Faults stop at the latest here. Then a last look for what a reader that is done with the run must not do."""
        await self.recover({})
        figure = figures(self.scene.case.config.get("timing_ms"))
        if not self.told.watching:
            await self._until(lambda told: self.scene.world != "sim" and not told.streaming, CLOSE_MS + self.scene.allowance_ms)
        quiet_ms = 2 * figure["backoff_max"] if self.scene.world == "sim" else min(300, 2 * figure["backoff_base"] + 50)
        await self.scene.sleep(quiet_ms)
        self.scene.history.add("settled")


def _over(told: Told) -> bool:
    return told.over or not told.watching


def _done(told: Told) -> bool:
    return _over(told) or (told.everything and not told.finished)
