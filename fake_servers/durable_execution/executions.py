"""The routes below /run/api/executions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aiohttp import web

from .access import TENANT
from .approvals import Decided, Outcome
from .bodies import check_forwarded_headers, decision_of, json_object, messages_of, optional_text
from .index import START_INDEX, parse_index
from .problem import no_execution, refusal
from .records import Creation, Run

if TYPE_CHECKING:
    from .server import ReferenceServer

PATH = "/run/api/executions"
RUN = f"{PATH}/{{run:[^/]+}}"
"""Said in full, since a bare name takes no braces."""


class Executions:
    """``server``: whose routes they are."""

    def __init__(self, server: ReferenceServer) -> None:
        self.server = server

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(PATH, self.create),
            web.get(RUN, self.status, allow_head=False),
            web.get(f"{RUN}/stream", self.stream, allow_head=False),
            web.post(f"{RUN}/approvals/{{call:[^/]+}}", self.approve),
        ]

    async def create(self, http: web.Request) -> web.StreamResponse:
        run = self.server.engine.create(self.read_creation(http, await http.read()))
        return await self.server.streams.answer_created(http, run)

    def read_creation(self, http: web.Request, raw: bytes) -> Creation:
        body = json_object(raw)
        check_forwarded_headers(body)
        conversation_id = optional_text(body, "conversationId")
        return Creation(http[TENANT], conversation_id, messages_of(body), operations=wants_operations(http))

    async def status(self, http: web.Request) -> web.StreamResponse:
        return web.json_response(status_of(self.find_run(http)))

    async def stream(self, http: web.Request) -> web.StreamResponse:
        run = self.find_run(http)
        return await self.server.streams.answer(http, run, self.start_index(http))

    def start_index(self, http: web.Request) -> int:
        return parse_index(START_INDEX, http.headers.getall(START_INDEX, [])) or 0

    async def approve(self, http: web.Request) -> web.StreamResponse:
        run = self.find_run(http)
        decision = decision_of(json_object(await http.read()))
        return self.approval_answer(self.server.approvals.decide(run.id, http.match_info["call"], decision))

    def approval_answer(self, decided: Decided) -> web.StreamResponse:
        problem = refusal(decided.outcome)
        if problem is not None:
            raise problem
        if decided.outcome is Outcome.REPEATED:
            return web.json_response({"success": True, "alreadyProcessed": True, "approved": decided.approved})
        return web.json_response({"success": True})

    def find_run(self, http: web.Request) -> Run:
        """The run of the path, in the scope of who asks."""
        run = self.server.store.find_run(http[TENANT].scope, http.match_info["run"])
        if run is None:
            raise no_execution()
        return run


def wants_operations(http: web.Request) -> bool:
    return http.headers.get("x-emit-operations", "").strip().lower() == "true"


def status_of(run: Run) -> dict[str, str]:
    return {
        "id": run.id,
        "status": run.status,
        "conversationId": run.conversation_id,
        "agentId": run.agent_id,
        "createdAt": iso_time(run.created_ms),
        "updatedAt": iso_time(run.updated_ms),
    }


def iso_time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
