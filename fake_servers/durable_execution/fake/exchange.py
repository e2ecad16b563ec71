"""One request of a client: who may ask, what the answer is, and what a fault lets happen before it answers falsely."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aiohttp import hdrs, web

from ...answers import Wire, json_answer
from ...event_stream import Pace, Watcher
from ...frames import Frame
from ...orders import NO_ORDERS
from ...servers import ELSEWHERE
from ...streaming import Streamed, StreamingExchange
from .routes import parse_request
from .run import Run, RunSource, Verdict

if TYPE_CHECKING:
    from .app import DurableServers

START_INDEX = "x-stream-start-index"
RUN_ID = "x-workflow-run-id"
INDEX_MAX = 2**31 - 1
_DIGITS = re.compile(r"[0-9]{1,10}")
_REFUSALS: Mapping[Verdict, tuple[int, str]] = {
    "opposite": (409, "another decision is recorded"),
    "unknown": (404, "no such tool call"),
    "not-suspended": (409, "the execution waits for no approval"),
    "over": (409, "the execution is over"),
}


class DurableExchange(StreamingExchange):
    def __init__(self, servers: DurableServers, http: web.Request, server: str) -> None:
        self._route = parse_request(http.method, http.raw_path)
        super().__init__(servers, http, server, "other" if self._route is None else self._route.kind)
        self._servers = servers
        self._is_away = server == ELSEWHERE
        if self._is_away:
            self.orders = NO_ORDERS
        self._body: Any = None
        self._run_id = ""

    async def run(self) -> web.StreamResponse:
        self.note_request()
        if not await self._read_body():
            return web.Response(status=400)
        for index, change in self.orders.changes:
            if change.change == "restart":
                self.injected(index)
                await self._servers.restart(self.server)
        if self.orders.answer is not None and self.orders.answer[1].commit == "all":
            self._true()  # it takes effect, and only its answer is false
        return await self.answer(self._true)

    async def _read_body(self) -> bool:
        """False when the client has gone before the end of it."""
        if self.http.method != "POST":
            return True
        try:
            data = await self.http.read()
        except (ConnectionError, web.RequestPayloadError):
            return False
        text = data.decode("utf-8", "surrogateescape")
        self.history.add("asked", request=self.number, body=text)
        try:
            self._body = json.loads(text)
        except (ValueError, RecursionError):
            self._body = None
        return True

    # --- the truth

    def _true(self) -> Wire | Streamed:
        route, servers = self._route, self._servers
        if route is None:
            return problem(404, "no such route")
        if servers.credential is not None and not self._is_away and self.http.headers.get(hdrs.AUTHORIZATION) != servers.credential:
            return problem(401, "no valid credential")
        if route.kind == "create":
            return self._create()
        run = servers.runs.get(route.run)
        if run is None:
            return problem(404, "no such execution")
        if route.kind == "status":
            return json_answer(200, status_of(run))
        return self._follow(run) if route.kind == "stream" else self._approve(run, route.call)

    def _create(self) -> Wire | Streamed:
        if not isinstance(self._body, dict) or not isinstance(self._body.get("messages"), list):
            return problem(400, "messages must be a list")
        conversation = self._body.get("conversationId")
        run = self._servers.create(self.number, conversation if isinstance(conversation, str) else None)
        return self._stream_of(run, 0, ((RUN_ID, run.id),))

    def _follow(self, run: Run) -> Wire | Streamed:
        given = self.http.headers.getall(START_INDEX, [])
        text = given[0] if given else "0"
        if len(given) > 1 or not _DIGITS.fullmatch(text) or int(text) > INDEX_MAX:
            return problem(400, "the start index must be a plain number")
        return self._stream_of(run, int(text))

    def _stream_of(self, run: Run, index: int, headers: tuple[tuple[str, str], ...] = ()) -> Streamed:
        self._run_id = run.id
        return Streamed(RunSource(run, index), Pace(), Watcher(on_frame=self._note_frame), headers)

    def _note_frame(self, frame: Frame, again: bool, body_bytes: int) -> None:
        index = frame.position - 1 if frame.position else None
        row = {"frame": frame.kind, "index": index, "data": frame.data, "body_bytes": body_bytes}
        self.history.add("frame", request=self.number, run=self._run_id, **row)

    def _approve(self, run: Run, call: str) -> Wire:
        approved = self._body.get("approved") if isinstance(self._body, dict) else None
        if not isinstance(approved, bool):
            return problem(400, "approved must be true or false")
        verdict = self._servers.decide(run, call, approved, self.number)
        if verdict == "again":
            return (
                json_answer(200, {"success": True, "alreadyProcessed": True}) if self._servers.repeats else problem(409, "decided already")
            )
        return json_answer(200, {"success": True}) if verdict == "recorded" else problem(*_REFUSALS[verdict])

    def error(self, status: int) -> Wire:
        return problem(status, "the server says so")


def problem(status: int, detail: str) -> Wire:
    """The error object of the contract (problem+json)."""
    body = {
        "title": "Error",
        "status": status,
        "detail": detail,
        "code": f"error_{status}",
        "error": {"code": f"error_{status}", "message": detail},
    }
    return json_answer(status, body)


def status_of(run: Run) -> dict[str, Any]:
    at = "2026-01-01T00:00:00.000Z"
    return {"id": run.id, "status": run.status, "conversationId": run.conversation, "agentId": "agent-1", "createdAt": at, "updatedAt": at}
