"""One request of a reader: who may ask, what the answer is, and what changes when it arrives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from aiohttp import hdrs, web

from ...harness.faults.decisions import ChangeState
from ..answers import Wire, json_answer, text_answer
from ..event_stream import Pace, Watcher
from ..frames import Frame
from ..streaming import Streamed, StreamingExchange, error_answer
from .log import LogSource
from .routes import Kind, Route, parse_target

if TYPE_CHECKING:
    from .app import RunStreamServers

PAGE_MAX = 5_000
"""Entries of a page of the history, also when a request does not say how many."""


class RunStreamExchange(StreamingExchange):
    def __init__(self, servers: RunStreamServers, http: web.Request, server: str) -> None:
        route = parse_target(http.raw_path)
        super().__init__(servers, http, server, route.kind if route is not None and http.method == "GET" else "other")
        self._servers = servers
        self._route = route
        if server in ("backend", "proxy") and route is not None and route.on_proxy is not (server == "proxy"):
            self._route = None

    async def run(self) -> web.StreamResponse:
        self.note_request()
        for index, change in self.orders.changes:
            await self._change(index, change)
        return await self.answer(self._true)

    def _true(self) -> Wire | Streamed:
        if self._route is None:
            return error_answer(404)
        if self.http.method != "GET":
            return error_answer(405, headers={"Allow": "GET"})
        answers: Mapping[Kind, Callable[[Route], Wire | Streamed]] = {
            "run": self._state,
            "history": self._history,
            "token": self._token,
            "stream": self._follow,
        }
        return self._refusal(self._route) or answers[self._route.kind](self._route)

    def _refusal(self, route: Route) -> Wire | None:
        """The proxy lets in by run token alone, the backend by session alone."""
        scheme, _, token = self.http.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        servers = self._servers
        valid = servers.tokens.is_valid(token) if route.on_proxy else token == servers.run.session_token
        if scheme != "Bearer" or not valid:
            return error_answer(401, "Invalid token")
        if servers.is_the_run(route):
            return None
        return error_answer(403, "Token does not match run") if route.on_proxy else error_answer(404)

    def _query(self) -> dict[str, list[str]]:
        return parse_qs(self.http.raw_path.partition("?")[2], keep_blank_values=True)

    # --- what the backend tells

    def _behind(self, present: bool) -> int:
        """By how much the answer lags; ``present``: there is something to lag behind."""
        if self.orders.stale is None or not present:
            return 0
        index, stale = self.orders.stale
        self.injected(index)
        return stale.behind

    def _state(self, route: Route) -> Wire:
        state = self._servers.state
        behind = self._behind(state.version(1) is not state.version())
        return json_answer(200, {"id": route.run_id, "task": route.task_id, **state.version(behind)})

    def _history(self, route: Route) -> Wire:
        texts = self._servers.log.texts
        total = max(0, len(texts) - self._behind(bool(texts)))
        offset = self._number("offset", 0)
        limit = min(max(1, self._number("limit", PAGE_MAX)), PAGE_MAX)
        end = min(offset + limit, total)
        headers = {"X-Has-More": "true" if end < total else "false", "X-Matching-Count": str(total)}
        return text_answer(200, f"[{','.join(texts[offset:end])}]", headers)

    def _number(self, name: str, default: int) -> int:
        text = self._query().get(name, [""])[0]
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default

    def _token(self, route: Route) -> Wire:
        servers = self._servers
        if servers.leg == "legacy":
            return error_answer(404)
        base = servers.proxy_url if servers.leg == "proxy" else None
        return json_answer(200, {"token": servers.tokens.mint(), "stream_base_url": base})

    # --- the stream

    def _follow(self, route: Route) -> Streamed:
        log, figures = self._servers.log, self._servers.figures
        behind = log.newest if self._query().get("start") == ["latest"] else 0
        if self.last_event_id is not None:
            behind = log.position_of(route.on_proxy, self.last_event_id)
        legacy = self._servers.leg == "legacy" and not route.on_proxy
        source = LogSource(log, route.on_proxy, behind, says_end=not legacy)
        return Streamed(source, Pace(figures.keepalive_ms, None if legacy else figures.rotation_ms), Watcher(on_frame=self._note_frame))

    def _note_frame(self, frame: Frame, again: bool, body_bytes: int) -> None:
        self.history.add(
            "frame",
            request=self.number,
            frame=frame.kind,
            position=frame.position,
            id=frame.id,
            again=again,
            body_bytes=body_bytes,
        )

    # --- the state of the servers

    async def _change(self, index: int, order: ChangeState) -> None:
        """Changes what is stored before anything of this request is looked at."""
        log = self._servers.log
        if order.change == "trim":
            changed = log.trim(order.count or 0)
        elif order.change == "complete":
            changed = log.finish()
        elif order.change == "second-writer":
            changed = log.add_by_others(1 if order.count is None else order.count)
        else:
            changed = order.change == "restart"
        if not changed:
            return
        self.injected(index)
        if order.change == "restart":
            await self._servers.restart(self.server)
