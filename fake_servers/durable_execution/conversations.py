"""The routes of a conversation: they look up its newest run, and never move it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from .access import TENANT
from .executions import iso_time
from .frames import call_input
from .index import parse_index
from .problem import Problem
from .records import Call, Run

if TYPE_CHECKING:
    from .server import ReferenceServer

PATH = "/run/v1/conversations/{conversation:[^/]+}"
AFTER = "afterIdx"


def no_conversation() -> Problem:
    """Also for the conversation of somebody else."""
    return Problem(404, "Conversation not found")


class Conversations:
    """``server``: whose routes they are."""

    def __init__(self, server: ReferenceServer) -> None:
        self.server = server

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(f"{PATH}/stream", self.stream, allow_head=False),
            web.get(f"{PATH}/pending-approvals", self.pending, allow_head=False),
        ]

    async def stream(self, http: web.Request) -> web.StreamResponse:
        """Behind the frame that is named, all without one; 204 when there is nothing behind it and nothing comes."""
        run = self.newest_run(http)
        index = self.start_index(http)
        if run is None or (run.at_rest and index >= run.frame_count):
            return web.Response(status=204)
        return await self.server.streams.answer(http, run, index)

    def start_index(self, http: web.Request) -> int:
        after = parse_index(AFTER, http.query.getall(AFTER, []))
        return 0 if after is None else after + 1

    async def pending(self, http: web.Request) -> web.StreamResponse:
        run = self.newest_run(http)
        call = self.server.store.pending_call(run.id) if run is not None else None
        if run is None or call is None:
            return web.json_response({"hasPending": False})
        return web.json_response({"hasPending": True, "approval": _approval(run, call)})

    def newest_run(self, http: web.Request) -> Run | None:
        """None for a conversation that has none. Raises Problem for one that is not there, or is somebody else's."""
        scope, conversation_id = http[TENANT].scope, http.match_info["conversation"]
        if not self.server.store.has_conversation(scope, conversation_id):
            raise no_conversation()
        return self.server.store.newest_run(scope, conversation_id)


def _approval(run: Run, call: Call) -> dict[str, Any]:
    return {
        "toolCallId": call.id,
        "toolName": call.name,
        "args": call_input(call),
        "isDelegated": False,
        "workflowRunId": run.id,
        "updatedAt": iso_time(run.updated_ms),
    }
