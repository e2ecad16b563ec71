"""Mutants that misunderstand decisions in the messages of a chat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from ..access import TENANT
from ..approvals import Decided, Outcome
from ..bodies import json_object
from ..chat_approvals import ChatApprovals
from ..chat_bodies import raw_messages
from ..chat_parts import CallDecision, decisions_in
from ..chats import CHAT_HEADERS, Chats
from ..records import Creation, Run
from .base import mutant


class PartsOnly(ChatApprovals):
    def find(self, messages: Sequence[Mapping[str, Any]]) -> list[CallDecision]:
        return decisions_in([{"parts": message.get("parts")} for message in messages])


class ForgettingContent(ChatApprovals):
    """What is no list of parts was said by the user."""

    def find(self, messages: Sequence[Mapping[str, Any]]) -> list[CallDecision]:
        return decisions_in([{key: value for key, value in message.items() if not isinstance(value, str)} for message in messages])


class OpenChats(Chats):
    """A decision for a conversation that is not there begins it."""

    def is_known(self, http: web.Request, conversation_id: object) -> bool:
        return isinstance(conversation_id, str) and self.server.store.has_conversation(http[TENANT].scope, conversation_id)

    async def chat(self, http: web.Request) -> web.StreamResponse:
        body = json_object(await http.read())
        conversation_id = body.get("conversationId")
        if self.server.chat_approvals.find(raw_messages(body)) and not self.is_known(http, conversation_id):
            creation = Creation(
                http[TENANT],
                conversation_id if isinstance(conversation_id, str) else None,
                [{"role": "user", "content": ""}],
                flavour="vercel",
            )
            return await self.begin(http, body, creation, CHAT_HEADERS)
        return await super().chat(http)


class AnywhereChats(OpenChats):
    """The same, but a conversation must be named."""

    def is_known(self, http: web.Request, conversation_id: object) -> bool:
        return not isinstance(conversation_id, str) or super().is_known(http, conversation_id)


class AllOrNothing(ChatApprovals):
    """One that fails keeps the others from being tried."""

    def decide_all(self, run: Run | None, decisions: Sequence[CallDecision]) -> list[Decided]:
        calls = [self.server.store.call(run.id, each.call_id) if run is not None else None for each in decisions]
        if any(call is None or call.state != "pending" for call in calls):
            return [Decided(Outcome.NOT_PENDING) for _ in decisions]
        return super().decide_all(run, decisions)


class StopsAtFirst(ChatApprovals):
    """Those behind one that fails are not tried."""

    def decide_all(self, run: Run | None, decisions: Sequence[CallDecision]) -> list[Decided]:
        decided: list[Decided] = []
        for each in decisions:
            stopped = any(not earlier.good for earlier in decided)
            decided.append(Decided(Outcome.NOT_PENDING) if stopped else self.decide(run, each))
        return decided


class SettledUnseen(ChatApprovals):
    """That all were tried is taken for that all were good."""

    def decide(self, run: Run | None, asked: CallDecision) -> Decided:
        decided = super().decide(run, asked)
        return decided if decided.good else Decided(Outcome.ACCEPTED, asked.decision.approved)


CHATS = (
    mutant(
        "parts-only",
        "APR-8",
        "decisions are looked for in `parts` alone, so that one in `content` begins a run",
        "M-C07",
        chat_approvals_type=PartsOnly,
    ),
    mutant("text-begins-run", "APR-8", "a decision as JSON text begins a run", chat_approvals_type=ForgettingContent),
    mutant(
        "unknown-conversation-begins", "APR-9", "a decision for an unknown conversation begins a run", "M-C08", chats_type=AnywhereChats
    ),
    mutant("missing-conversation-begins", "APR-9", "a decision without a conversation begins a run", "M-C08", chats_type=OpenChats),
    mutant("all-or-nothing-batch", "APR-7", "one bad decision blocks the others", "M-C19", chat_approvals_type=AllOrNothing),
    mutant("batch-stops", "APR-7", "the decisions behind a bad one are not tried", "M-C19", chat_approvals_type=StopsAtFirst),
    mutant("batch-hides-failures", "APR-7", "a bad decision is told to be a good one", "M-C20", chat_approvals_type=SettledUnseen),
)
