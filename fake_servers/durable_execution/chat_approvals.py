"""Decisions that come as messages of a chat: each is tried by itself, and whoever sent them is told of each.

They are for the newest run of the conversation, and never begin one. When all are good and the run was waiting for one of them,
the answer is the stream of what follows; else it is JSON, one result a decision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .access import TENANT
from .approvals import Decided, Outcome
from .chat_parts import CallDecision, decisions_in
from .conversations import no_conversation
from .problem import bad_request, refusal
from .records import Run

if TYPE_CHECKING:
    from .server import ReferenceServer


class ChatApprovals:
    """``server``: whose runs they decide on."""

    def __init__(self, server: ReferenceServer) -> None:
        self.server = server

    def find(self, messages: Sequence[Mapping[str, Any]]) -> list[CallDecision]:
        """The decisions among the messages. Raises Problem for one that cannot be read."""
        return decisions_in(messages)

    async def answer(
        self, http: web.Request, conversation_id: str | None, decisions: Sequence[CallDecision], extra: Mapping[str, str]
    ) -> web.StreamResponse:
        """Applies them. Raises Problem without a conversation, or with one that is not there."""
        if conversation_id is None:
            raise bad_request("conversationId is needed with an approval")
        scope = http[TENANT].scope
        if not self.server.store.has_conversation(scope, conversation_id):
            raise no_conversation()
        run = self.server.store.newest_run(scope, conversation_id)
        decided = self.decide_all(run, decisions)
        success = all(each.good for each in decided)
        if success and run is not None and run.status == "suspended":
            return await self.server.streams.answer(http, run, run.frame_count, extra)
        results = [_result(asked, each) for asked, each in zip(decisions, decided, strict=True)]
        return web.json_response({"success": success, "results": results})

    def decide_all(self, run: Run | None, decisions: Sequence[CallDecision]) -> list[Decided]:
        """What became of each. There is no ``await`` in here: nothing comes between them."""
        return [self.decide(run, each) for each in decisions]

    def decide(self, run: Run | None, asked: CallDecision) -> Decided:
        if run is None:
            return Decided(Outcome.UNKNOWN_CALL)
        try:
            return self.server.approvals.decide(run.id, asked.call_id, asked.decision)
        except Exception as error:  # of the store, or ours: the other decisions must not suffer from it
            self.server.log(f"a decision on run {run.id} broke: {type(error).__name__}: {error}")
            return Decided(Outcome.BROKEN)


def _result(asked: CallDecision, decided: Decided) -> dict[str, Any]:
    """``approved``: what is recorded for the call; what was asked for, if nothing is."""
    result: dict[str, Any] = {
        "toolCallId": asked.call_id,
        "approved": asked.decision.approved if decided.approved is None else decided.approved,
        "alreadyProcessed": decided.outcome in (Outcome.REPEATED, Outcome.OPPOSITE),
        "deferred": False,
    }
    problem = refusal(decided.outcome)
    return result if problem is None else {**result, "error": problem.detail}
