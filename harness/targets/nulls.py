"""Null drivers: targets that do nothing right. A suite that lets one of them pass a requirement has no teeth there.

Here they are targets for both worlds; behind the stdio protocol the same table runs as ``python -m streamproof.null NAME``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from ..values.requirement import Verb
from ..worlds.base import Scene
from .base import Instance, OnNote, Reply, Serves, Target
from .declared import everything
from .null_table import EXIT_STATUS, Null

LATE_MS = 1_000
"""How long after its deadline an answer comes."""


class NullTarget(Target):
    """Declares every role with every capability, so that each requirement has its chance to pass by mistake."""

    worlds = ("sim", "loopback")

    def __init__(self, null: Null) -> None:
        self.name = f"null:{null.name}"
        self._null = null

    def serves(self) -> tuple[Serves, ...]:
        return everything()

    async def open(self, scene: Scene, handle: str, contract: str, role: str, config: Mapping[str, Any], on_note: OnNote) -> Instance:
        instance = NullInstance(scene, handle, self._null)
        if role == "server":
            site = await scene.serve(null_app(self._null), server="target", classify=lambda *_: "any")
            instance.value = {"url": site.url}
        return instance


class NullInstance(Instance):
    def __init__(self, scene: Scene, handle: str, null: Null) -> None:
        self.value: Mapping[str, Any] = {}
        self._scene = scene
        self._handle = handle
        self._manner = null.manner
        self._previous: Mapping[str, Any] = {}
        self._gone = asyncio.Event()

    async def call(self, verb: Verb, args: Mapping[str, Any], deadline_ms: int) -> Reply:
        if self._manner == "exit":
            return self._exit()
        if self._manner in ("silent", "late"):
            return await self._no_answer(verb, deadline_ms)
        if self._manner == "fail":
            return Reply("fail", error={"kind": "null", "message": "a null driver"})
        if self._manner == "missing":
            return Reply("unsupported", error={"kind": "null", "message": "a null driver"})
        value, self._previous = self._previous, args
        return Reply("ok", value if self._manner == "stale" else {})

    async def close(self) -> None:
        self._gone.set()

    async def crash(self) -> None:
        self._gone.set()

    def _exit(self) -> Reply:
        message = f"the driver exited with status {EXIT_STATUS}"
        if not self._gone.is_set():
            self._gone.set()
            self._scene.history.add("driver-problem", problem="exit", message=message)
        return Reply("driver_error", error={"kind": "exit", "message": message})

    async def _no_answer(self, verb: Verb, deadline_ms: int) -> Reply:
        try:
            await asyncio.wait_for(self._gone.wait(), deadline_ms / 1000)
        except TimeoutError:
            if self._manner == "late":
                asyncio.get_running_loop().call_later(LATE_MS / 1000, self._came_late, verb)
            return Reply("unknown", error={"kind": "deadline", "message": f"no answer to {verb.name!r} within {deadline_ms} ms"}, late=True)
        return Reply("unknown", error={"kind": "closed", "message": f"{self._handle!r} ended while {verb.name!r} was pending"})

    def _came_late(self, verb: Verb) -> None:
        self._scene.history.add("late-reply", handle=self._handle, verb=verb.name, outcome="ok")


def null_app(null: Null) -> web.Application:
    """The same manners as a server: see their table."""

    async def handle(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        match null.manner:
            case "silent":
                await asyncio.Event().wait()
            case "late":
                stream = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
                await stream.prepare(request)
                await asyncio.Event().wait()
            case "missing":
                return web.json_response({"error": "a null server"}, status=404)
            case "exit":
                if request.transport is not None:
                    request.transport.abort()
            case "fail":
                return web.json_response({"error": "a null server"}, status=500)
            case "stale":
                return web.Response(body=body, content_type=request.content_type)
        return web.json_response({})

    app = web.Application(client_max_size=16 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", handle)
    return app
