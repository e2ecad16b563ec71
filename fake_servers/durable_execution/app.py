"""The scripted model and the tools of a server of durable executions, as aiohttp applications.

    servers = DurableServers(scene)
    model = await scene.serve(servers.app("model"), server="model", classify=servers.classify)
    tools = await scene.serve(servers.app("tools"), server="tools", classify=servers.classify)

``app("model")`` answers POST /v1/chat/completions (and without /v1), ``app("tools")`` POST /{name}. Any other name does both, the
tools then at /tools/{name}, and tells at GET /effects what they have done.

Entries written to the history beside ``request``, ``body-end``, ``answer`` and ``stream-over``:

============== =======================================================================================================
``turn``       request, script (id or None), turn (from 0), tools [{id, content}], earlier [script ids], stream, says
               ("text" | "calls" | "error" | "beyond": the script has no such turn | "unknown": no script)
``effect``     request, tool, run, call, key (Idempotency-Key or None), arguments, again (the key was seen before)
``gate``       gate, open
============== =======================================================================================================
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping

from aiohttp import web

from ..host import Host
from ..streaming import StreamingServers
from .exchange import WholeBodyExchange
from .model import ModelExchange
from .tools import Effect, Effects, EffectsExchange, ToolExchange

COMPLETIONS = ("/v1/chat/completions", "/chat/completions")
EFFECTS = "/effects"


def classify(method: str, target: str, headers: Mapping[str, str]) -> str:
    """The endpoint of a request, for the positions of faults: "completion", "tool" or "other"."""
    path = target.partition("?")[0]
    if method != "POST":
        return "other"
    if path in COMPLETIONS:
        return "completion"
    name = path.removeprefix("/tools").removeprefix("/")
    return "tool" if name and "/" not in name else "other"


class DurableServers(StreamingServers):
    """One object per example."""

    classify = staticmethod(classify)

    def __init__(self, host: Host, *, gate_open_ms: int | None = None) -> None:
        """``gate_open_ms``: a gate opens by itself once a request has waited so long for it; None: only by `open_gate`."""
        super().__init__(host)
        self.tools = Effects()
        self._gate_open_ms = gate_open_ms
        self._gates: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    @property
    def effects(self) -> list[Effect]:
        """What the tools have done, in order."""
        return self.tools.log

    async def serve(self, http: web.Request, server: str) -> web.StreamResponse:
        return await self._exchange_type(http, server)(self, http, server).run()

    def _exchange_type(self, http: web.Request, server: str) -> type[WholeBodyExchange]:
        path = http.raw_path.partition("?")[0]
        if server == "model":
            return ModelExchange
        if server == "tools":
            return ToolExchange
        if http.method == "GET" and path == EFFECTS:
            return EffectsExchange
        return ModelExchange if path in COMPLETIONS else ToolExchange

    # --- gates

    def open_gate(self, gate: str) -> None:
        """Lets go of the requests that wait for it; later ones pass."""
        if not self._gates[gate].is_set():
            self._gates[gate].set()
            self.host.history.add("gate", gate=gate, open=True)

    async def pass_gate(self, gate: str) -> None:
        """Waits until it is open."""
        opened = self._gates[gate]
        if self._gate_open_ms is None or opened.is_set():
            await opened.wait()
            return
        timer = asyncio.get_running_loop().call_later(self._gate_open_ms / 1_000, self.open_gate, gate)
        try:
            await opened.wait()
        finally:
            timer.cancel()

    def summary(self) -> list[str]:
        """One line: what the tools have done."""
        return [f"{sum(not effect.again for effect in self.effects)} effects of tools"]
