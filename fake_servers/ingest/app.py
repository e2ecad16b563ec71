"""The ingest backend and the agent proxy as aiohttp applications over one store.

    servers = IngestServers(scene, runs=[Run(7, "task", "run", "token")])
    site = await scene.serve(servers.app("proxy"), server="proxy", classify=servers.classify)

``app("proxy")`` answers the proxy leg, ``app("backend")`` the direct leg, any other name both. ``app("elsewhere")`` is
another origin: it writes down what reaches it and answers 200 with an empty body.

Entries written to the history beside ``request``, ``body-end`` and ``answer``:

============== =======================================================================================================
``line``       request, index (1 ..), bytes (without LF), text, ended (False: last line without LF), as each is read
``accept``     run, request, index, seq
``duplicate``  run, request, index, seq
``reject``     run, request, index (0: no line is concerned), status, error
``complete``   run, request, final_seq, repeated
``state``      run, change ("forget" | "complete" | "second-writer" | "restart"), last (the position after the change)
``harness-fault`` where, error: this server crashed, which says nothing about the target
============== =======================================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from aiohttp import web

from ..host import Host
from ..servers import ELSEWHERE, Servers
from .exchange import IngestExchange
from .routes import Access, Leg, Route, classify, parse_target
from .store import Run, Store, Stream
from .upload import HeaderRule, Upload

_LEGS: dict[str, tuple[Leg, ...]] = {"proxy": ("proxy",), "backend": ("direct",)}
_BOTH_LEGS: tuple[Leg, ...] = ("proxy", "direct")


class IngestServers(Servers):
    """One store, its applications and the counting of their requests. One object per example."""

    classify = staticmethod(classify)

    def __init__(
        self,
        host: Host,
        runs: Iterable[Run] = (),
        *,
        any_run_token: str | None = None,
        header_rule: HeaderRule | None = None,
        stream_type: Callable[[str], Stream] = Stream,
        upload_type: type[Upload] = Upload,
        access_type: type[Access] = Access,
    ) -> None:
        """``any_run_token`` opens every run; ``header_rule``: `header_completion` for the older protocol, in which headers may
        complete a run. The types are for servers with a difference."""
        super().__init__(host)
        self.store = Store(stream_type)
        self.access = access_type(runs, any_run_token)
        self.header_rule = header_rule
        self.upload_type = upload_type
        self._route_by_target: dict[str, Route | None] = {}

    async def serve(self, http: web.Request, server: str) -> web.StreamResponse:
        exchange = IngestExchange(self, http, server, _LEGS.get(server, _BOTH_LEGS))
        return await (exchange.note_only() if server == ELSEWHERE else exchange.run())

    def route(self, target: str) -> Route | None:
        """`parse_target`, remembered: an example asks for the same few targets again and again."""
        try:
            return self._route_by_target[target]
        except KeyError:
            route = self._route_by_target[target] = parse_target(target)
            return route

    def summary(self) -> list[str]:
        """One line a run: what it has taken."""
        return [
            f"run {stream.run_id!r}: last_accepted_seq {stream.last}{', complete' if stream.completed else ''}"
            for stream in self.store.streams.values()
        ]
