"""The reference runner against the fake service of sessions, in virtual time, with the answers that a test wants spoilt."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from streamproof.fake_servers.agent_session.app import SessionServers
from streamproof.fake_servers.agent_session.script import Script
from streamproof.fake_servers.host import PlainHost
from streamproof.harness.targets.references.agent_session.runner import ReferenceRunner, reference_runner
from streamproof.harness.worlds.sim.loop import SimLoop

PORT = 8080
RUNNING = {"type": "running", "after_ms": 0}

Spoil = Callable[[web.Request], int | None]
"""The status that a request gets instead of its answer, or None."""


@dataclass
class Play:
    """A service, what it was asked, and what the runner told."""

    servers: SessionServers
    spoil: Spoil
    asked: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    told: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        kind = request.path.rpartition("/")[2]
        self.asked.append((request.method, kind if kind in ("events", "stream", "sessions") else "session"))
        if request.method == "POST" and kind == "events" and "user.interrupt" in await request.text():
            self.asked[-1] = ("POST", "interrupt")
        status = self.spoil(request)
        return await self.servers.serve(request, "sessions") if status is None else web.Response(status=status)

    def note(self, name: str, data: Mapping[str, Any]) -> None:
        if name not in ("log", "transaction"):
            self.notes.append((name, json.loads(json.dumps(data))))
        elif name == "transaction":
            assert data["open_ms"] == 0
        self.told.set()

    def runner(self, mode: str, **config: Any) -> ReferenceRunner:
        base = {"base_url": f"http://127.0.0.1:{PORT}/v1", "api_key": "K", "agent": "agent-1", "environment_id": "env-1", "mode": mode}
        return reference_runner({**base, **config}, self.note)

    def of(self, name: str) -> list[dict[str, Any]]:
        return [data for told, data in self.notes if told == name]

    @property
    def delays(self) -> list[int]:
        return [data["delay_ms"] for data in self.of("scheduled")]

    async def end(self) -> None:
        """Until the run has ended, and its session was cleaned up."""
        while not self.of("emit") and not self.of("failed"):
            self.told.clear()
            await self.told.wait()
        await asyncio.sleep(60)


def simulate(
    mode: str,
    *steps: dict[str, Any],
    spoil: Spoil = lambda request: None,
    main: Callable[[Play, ReferenceRunner], Coroutine[Any, Any, None]] | None = None,
    **config: Any,
) -> Play:
    """Plays ``main``, or else one run to its end."""

    async def play() -> Play:
        servers = SessionServers(PlainHost(), api_key="K", ids="special")
        servers.expect("a", Script.from_json({"before": [{"type": "idle"}], "steps": list(steps)}))
        stage = Play(servers, spoil)
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", stage.handle)
        site = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0)
        await site.setup()
        await web.TCPSite(site, "127.0.0.1", PORT).start()
        runner = stage.runner(mode, **config)
        try:
            if main is not None:
                await main(stage, runner)
            else:
                await runner.run("go")
                await stage.end()
        finally:
            await runner.close()
            await site.cleanup()
        return stage

    with asyncio.Runner(loop_factory=SimLoop) as loop:
        return loop.run(play())


def message(text: str, after_ms: int, **more: Any) -> dict[str, Any]:
    return {"type": "message", "text": text, "after_ms": after_ms, **more}


def idle(after_ms: int, **more: Any) -> dict[str, Any]:
    return {"type": "idle", "after_ms": after_ms, **more}
