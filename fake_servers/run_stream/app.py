"""The backend and the agent proxy of one task run, as aiohttp applications over one log.

    servers = RunStreamServers(scene, TaskRun(7, "task", "run", "session"), leg="proxy")
    backend = await scene.serve(servers.app("backend"), server="backend", classify=servers.classify)
    proxy = await scene.serve(servers.app("proxy"), server="proxy", classify=servers.classify)
    servers.proxy_url = proxy.url

``app("backend")`` answers what the backend knows, ``app("proxy")`` the stream of the proxy, any other name both. The log is
that of the store: what an ingest server over the same store accepts is what readers of this one get.

Entries written to the history beside ``request`` and ``answer`` (which a stream writes with its head, the body empty):

============== =======================================================================================================
``run-state``  run, state: as it was at the beginning, and at each change
``append``     run, position (1 ..), id (on the leg that the run is followed on at that time), event
``trimmed``    run, oldest (the first position that is still kept)
``finished``   run
``frame``      request, frame ("event", "keepalive", "stream-end", "end", "error", "unknown", "comment", "bad-json",
               "no-object", "id-only", "retry", "empty-data"), position (0: no event), id, again (repeated by a fault),
               body_bytes (of this answer, this frame included), as each is handed to the socket
``stream-over`` request, how ("clean" | "gone" | "aborted")
``moved``      leg ("proxy" | "direct" | "legacy")
``expired``    nothing: every run token so far
============== =======================================================================================================
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from ..host import Host
from ..ingest.store import Store
from ..streaming import StreamingServers
from .exchange import RunStreamExchange
from .log import RunLog
from .routes import Leg as Leg
from .routes import Route, classify
from .state import RunState
from .tokens import RunTokens


@dataclass(frozen=True)
class TaskRun:
    """A run, and the session that may see it."""

    team_id: int
    task_id: str
    run_id: str
    session_token: str


@dataclass(frozen=True)
class Figures:
    """After so long without a frame comes a keepalive, after so long a stream is rotated, a run token lives so long."""

    keepalive_ms: int = 20_000
    rotation_ms: int = 900_000
    token_ttl_ms: int = 900_000


class RunStreamServers(StreamingServers):
    """One run, its applications and their record. One object per example, made on the running loop."""

    classify = staticmethod(classify)

    def __init__(
        self,
        host: Host,
        run: TaskRun,
        *,
        leg: Leg = "proxy",
        store: Store | None = None,
        figures: Figures = Figures(),
        any_ids: bool = False,
    ) -> None:
        """``any_ids``: whatever ids a request names, it means this run."""
        super().__init__(host)
        self.run = run
        self.leg = leg
        self.figures = figures
        self.proxy_url = ""
        """Base of the proxy as readers are told, with any suffix: set by whoever starts it."""
        self._any_ids = any_ids
        self._begun_s = asyncio.get_running_loop().time()
        host.secrets.add(run.session_token, "session-token")
        self.tokens = RunTokens(self._now_ms, figures.token_ttl_ms, lambda token: host.secrets.add(token, "run-token"))
        self.state = RunState(self._now_ms, lambda state: host.history.add("run-state", run=run.run_id, state=dict(state)))
        self.log = RunLog((store or Store()).stream(run.run_id), self._now_ms, lambda: self.leg, host.history.add)
        self.log.changed = self.wake_streams

    def _now_ms(self) -> int:
        return round((asyncio.get_running_loop().time() - self._begun_s) * 1_000)

    async def serve(self, http: web.Request, server: str) -> web.StreamResponse:
        return await RunStreamExchange(self, http, server).run()

    # --- what a play does

    def append(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Appends to the log of the run. A finished one takes no more."""
        self.log.add(events)

    def finish(self) -> None:
        """The stream is complete: every reader is told, those that come later, too."""
        self.log.finish()

    def set_state(self, **fields: Any) -> None:
        """Changes what the backend tells of the run; ``updated_at`` is set unless it is given."""
        self.state.change(**fields)

    def move(self, leg: Leg) -> None:
        """From now on the run is followed there. Streams that are open stay."""
        self.leg = leg
        self.host.history.add("moved", leg=leg)

    def expire(self) -> None:
        """The run tokens that were handed out so far open nothing any more. Streams that are open stay."""
        self.tokens.expire()
        self.host.history.add("expired")

    # --- what its exchanges ask

    def is_the_run(self, route: Route) -> bool:
        if self._any_ids:
            return True
        if route.on_proxy:
            return route.run_id == self.run.run_id
        return (route.team_id, route.task_id, route.run_id) == (str(self.run.team_id), self.run.task_id, self.run.run_id)

    def summary(self) -> list[str]:
        """One line: what there was to read."""
        return [f"run {self.run.run_id!r}: {self.log.newest} events{', complete' if self.log.finished else ''}"]
