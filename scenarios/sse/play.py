"""How an example of a client is played: the server, the operations one by one, then healing, and a last look.

Operations beside the verbs of the role: ``send`` {events}: frames, added to the log and written to the open streams; ``raw``
{text}: exactly these bytes (UTF-8, surrogates for bytes that are none), once a stream is open; ``flood`` {megabytes,
line_bytes}: so much of comments, and what became of the client's memory (`flood`); ``end`` {}: open streams end
cleanly; ``finish`` {}: from now on 204; ``until_told`` {ms}: until the client has told all that was sent, but no longer;
``recover`` {}: the faults stop, and the time passes that recovery may take.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...fake_servers.sse.app import PATH, SseServers
from ...harness.contracts.sse import RECONNECT
from ...harness.engine.cast import Cast, Player
from ...harness.worlds.base import Scene
from ..stage import Perform, Stage
from .flood import flood, pieces
from .told import Told

CREDENTIAL = "sse-secret-77ab"  # a made-up secret: what matters is that it shows as <credential> wherever it turns up
CREDENTIAL_TAG = "<credential>"
STEP_MS = 15
"""How often a wait that may end early looks; in ``sim``, where looking costs more than waiting, ever more seldom."""
RECOVERY_MS = {"sim": 100_000, "loopback": 10_000}
"""Clients with fixed pauses take up to three seconds to connect again; those that back off, half a minute."""
QUIET_MS = {"sim": 3_000, "loopback": 2_500}
"""Where a stream is open and so long nothing has happened, nothing more will."""
OPEN_MS = {"sim": 40_000, "loopback": 5_000}
PIECE_MS = 2_000
"""How long a client may take for a piece of a flood; one that is slower than that is not weighed."""
POUR_STEP_MS = 2
LAST_LOOK_MS = {"sim": 1_000, "loopback": 100}
CLOSE_MS = 1_000
"""What a client may take to let go of its stream after ``unwatch``."""


async def play_reader(scene: Scene, cast: Cast) -> None:
    scene.secrets.add(CREDENTIAL, CREDENTIAL_TAG.strip("<>"))
    case = scene.case
    server = case.config.get("server") or {}
    servers = SseServers(scene, replay=server.get("replay", "id"))
    site = await scene.serve(servers.app("origin"), server="origin", classify=servers.classify)
    if any(fault.name == "redirect" for fault in case.faults):
        elsewhere = await scene.serve(servers.app("elsewhere"), server="elsewhere", classify=servers.classify)
        servers.elsewhere_url = elsewhere.url
    headers = {name: value.replace(CREDENTIAL_TAG, CREDENTIAL) for name, value in (case.config.get("headers") or {}).items()}
    config = {"url": site.url + PATH, "headers": headers, "last_event_id": case.config.get("last_event_id")}
    stage = ReaderStage(scene, cast.player("r1", "reader", config), servers)
    await stage.player.open()
    for verb, args in case.workload:
        await stage.perform(verb, args)
    await stage.last_look()


class ReaderStage(Stage):
    """Performs operations."""

    def __init__(self, scene: Scene, player: Player, servers: SseServers) -> None:
        super().__init__(scene)
        self.player = player
        self.servers = servers
        self.told = Told(scene.history)
        self._reconnects = RECONNECT in scene.history.header.capabilities
        self.operations |= {
            "send": self.send,
            "raw": self.raw,
            "flood": self.flood,
            "end": self.end,
            "finish": self.finish,
            "watch": self.verb("watch"),
            "unwatch": self.verb("unwatch"),
            "until_told": self.until_told,
            "recover": self.recover,
        }

    def verb(self, name: str) -> Perform:
        async def call(args: Mapping[str, Any]) -> None:
            await self.player.call(name)

        return call

    # --- the stream

    async def send(self, args: Mapping[str, Any]) -> None:
        self.servers.send(args["events"])

    async def raw(self, args: Mapping[str, Any]) -> None:
        """These bytes are in no log, so they wait for somebody who reads them."""
        await self._until(lambda told: told.streaming or self._lost(told), OPEN_MS[self.scene.world])
        self.servers.raw(args["text"].encode("utf-8", "surrogateescape"))

    async def flood(self, args: Mapping[str, Any]) -> None:
        await self._until(lambda told: told.streaming or self._lost(told), OPEN_MS[self.scene.world])
        await flood(self.scene.history, self.player, pieces(args["megabytes"], args["line_bytes"]), self._pour)

    async def _pour(self, piece: bytes, mark: str) -> bool:
        """The next piece must wait until this one is read: that is known by the event behind it. False when it was not."""
        self.servers.raw(piece)
        self.servers.send([{"id": mark, "data": mark}])
        await self._until(lambda told: told.everything or self._lost(told), PIECE_MS, step_ms=POUR_STEP_MS)
        return self.told.look().everything and self.told.streaming

    async def end(self, args: Mapping[str, Any]) -> None:
        self.servers.end()

    async def finish(self, args: Mapping[str, Any]) -> None:
        self.servers.finish()

    # --- waits that may end early

    async def until_told(self, args: Mapping[str, Any]) -> None:
        await self._until(lambda told: told.everything or self._lost(told), args["ms"])

    async def recover(self, args: Mapping[str, Any]) -> None:
        """It ends as soon as everything is told over a stream that is open, or nothing stirs any more: waiting would prove nothing."""
        self.scene.plan.heal()
        stirred = Stirring(self.scene)
        await self._until(lambda told: self._recovered(told, stirred), RECOVERY_MS[self.scene.world])

    def _recovered(self, told: Told, stirred: Stirring) -> bool:
        if told.streaming and told.everything:
            return True
        quiet = stirred.quiet_ms(told.seen) >= QUIET_MS[self.scene.world]
        return quiet and (told.streaming or self._lost(told))

    def _lost(self, told: Told) -> bool:
        """Nothing more is to be expected of the client."""
        return told.over or (not self._reconnects and told.attempted and not told.connected)

    async def _until(self, enough: Callable[[Told], bool], left_ms: float, *, step_ms: float = STEP_MS) -> None:
        while left_ms > 0 and not enough(self.told.look()):
            await self.scene.sleep(min(step_ms, left_ms))
            left_ms -= step_ms
            if self.scene.world == "sim":
                step_ms = min(step_ms * 1.2, 1_000)

    async def last_look(self) -> None:
        """Faults stop at the latest here. Then a last look for what a client must not do."""
        self.scene.plan.heal()
        if self.told.look().over:
            await self._until(lambda told: self.scene.world != "sim" and not told.connected, CLOSE_MS + 2 * self.scene.allowance_ms)
        await self.scene.sleep(LAST_LOOK_MS[self.scene.world])
        self.scene.history.add("settled")


class Stirring:
    """How long nothing was added to the history."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._seen = -1
        self._since_us = 0

    def quiet_ms(self, seen: int) -> float:
        if seen != self._seen:
            self._seen, self._since_us = seen, self._scene.now_us()
        return (self._scene.now_us() - self._since_us) / 1_000
