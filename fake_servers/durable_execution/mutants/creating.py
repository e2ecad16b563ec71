"""Mutants that create runs wrongly: conversations, bodies, the head of the answer."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from ..access import TENANT
from ..announcements import BrokenOff
from ..chat_bodies import is_durable
from ..chats import Chats
from ..conversations import Conversations
from ..executions import Executions
from ..machine import Machine
from ..problem import Problem, no_execution
from ..records import Creation, Run
from ..store import Store
from ..streaming import RUN_ID
from .base import mutant

QUEUE_S = 0.02
"""How long a step waits in a queue."""


class StrictStore(Store):
    """Messages refer to a conversation that somebody else must have made."""

    def create(self, creation: Creation) -> Run:
        if creation.conversation_id is not None and not self.has_conversation(creation.tenant.scope, creation.conversation_id):
            raise RuntimeError("FOREIGN KEY constraint failed")
        return super().create(creation)


class LookingExecutions(Executions):
    """Looks for the conversation, then makes it: two trips to the database."""

    async def create(self, http: web.Request) -> web.StreamResponse:
        creation = self.read_creation(http, await http.read())
        known = self._has_conversation(creation)
        await asyncio.sleep(0.001)
        if not known and self._has_conversation(creation):
            raise RuntimeError("UNIQUE constraint failed: conversations.id")
        return await self.server.streams.answer_created(http, self.server.engine.create(creation))

    def _has_conversation(self, creation: Creation) -> bool:
        wanted = creation.conversation_id
        return wanted is not None and self.server.store.has_conversation(creation.tenant.scope, wanted)


class JoiningStore(Store):
    """A creation that comes while another of its conversation goes on gets the run of that one."""

    def create(self, creation: Creation) -> Run:
        scope, wanted = creation.tenant.scope, creation.conversation_id
        newest = None if wanted is None else self.newest_run(scope, wanted)
        return newest if newest is not None and newest.status == "running" else super().create(creation)


class ModelFirstExecutions(Executions):
    """Answers once the model has said something; a model that fails is a bad gateway."""

    async def create(self, http: web.Request) -> web.StreamResponse:
        run = self.server.engine.create(self.read_creation(http, await http.read()))
        try:
            while (run := self.server.store.run(run.id)).status == "running" and run.frame_count < 2:
                await self.server.announcements.next(run.id, 1)
        except BrokenOff:
            pass  # its readers are told
        if run.status == "failed":
            raise Problem(502, "The model cannot be reached")
        return await self.server.streams.answer_created(http, run)


class QueuedMachine(Machine):
    """The first step of a run waits in a queue."""

    async def advance(self) -> bool:
        if not self.store.turns(self.run_id):
            await asyncio.sleep(QUEUE_S)
        return await super().advance()


class LazyRowExecutions(Executions):
    """A run is known once its first step has begun."""

    def find_run(self, http: web.Request) -> Run:
        run = super().find_run(http)
        if not self.server.store.turns(run.id):
            raise no_execution()
        return run


class TrustingExecutions(Executions):
    """Takes every JSON object for a creation."""

    def read_creation(self, http: web.Request, raw: bytes) -> Creation:
        try:
            return super().read_creation(http, raw)
        except Problem:
            body = _object(raw)
            if body is None:
                raise
        messages = body.get("messages")
        said = [{"role": "user", "content": str(message)} for message in (messages if isinstance(messages, list) else [body])]
        return Creation(http[TENANT], None, said or [{"role": "user", "content": ""}])


class HastyExecutions(Executions):
    """Makes sure of the conversation before it looks at the rest of the body."""

    def read_creation(self, http: web.Request, raw: bytes) -> Creation:
        body = _object(raw)
        conversation_id = body.get("conversationId") if body is not None else None
        if isinstance(conversation_id, str) and conversation_id:
            self.server.store.add_messages(http[TENANT].scope, conversation_id, [])
        return super().read_creation(http, raw)


def _object(raw: bytes) -> Mapping[str, Any] | None:
    try:
        body = json.loads(raw)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


# --- heads


class PlainTextExecutions(Executions):
    async def stream(self, http: web.Request) -> web.StreamResponse:
        run = self.find_run(http)
        return await self.server.streams.answer(http, run, self.start_index(http), {"Content-Type": "text/plain"})


class CachedConversations(Conversations):
    async def stream(self, http: web.Request) -> web.StreamResponse:
        run, index = self.newest_run(http), self.start_index(http)
        if run is None or (run.at_rest and index >= run.frame_count):
            return web.Response(status=204)
        return await self.server.streams.answer(http, run, index, {"Cache-Control": "max-age=60"})


class NamelessChats(Chats):
    """A durable chat does not tell the id of its run."""

    async def begin(self, http: web.Request, body: Mapping[str, Any], creation: Creation, extra: Mapping[str, str]) -> web.StreamResponse:
        if is_durable(body):
            return await self.server.streams.answer(http, self.server.engine.create(creation), 0, extra)
        return await super().begin(http, body, creation, extra)


class NamedClassicChats(Chats):
    async def begin(self, http: web.Request, body: Mapping[str, Any], creation: Creation, extra: Mapping[str, str]) -> web.StreamResponse:
        if is_durable(body):
            return await super().begin(http, body, creation, extra)
        return await super().begin(http, body, creation, {**extra, RUN_ID: f"wrun_{uuid.uuid4().hex}"})


CREATING = (
    mutant(
        "message-before-conversation",
        "CREATE-1",
        "a new conversation is not made before its first message",
        "M-C01",
        store_type=StrictStore,
    ),
    mutant(
        "model-before-answer",
        "CREATE-1",
        "a creation whose model fails is answered 502",
        executions_type=ModelFirstExecutions,
    ),
    mutant(
        "racing-conversation",
        "CREATE-2",
        "the conversation is looked for and then made, so that a second creation at the same time is a 500",
        "M-C02",
        executions_type=LookingExecutions,
    ),
    mutant("joined-creation", "CREATE-2", "a creation at the same time as another gets the run of that one", store_type=JoiningStore),
    mutant(
        "lazy-row",
        "CREATE-3",
        "a run is known only once its first step has begun, behind the answer to its creation",
        "M-C30",
        executions_type=LazyRowExecutions,
        machine_type=QueuedMachine,
    ),
    mutant("unchecked-body", "CREATE-4", "every JSON object is taken for a creation", "M-C16", executions_type=TrustingExecutions),
    mutant("conversation-before-check", "CREATE-4", "the conversation of a body that is refused is made", executions_type=HastyExecutions),
    mutant("plain-text-stream", "HDR-1", "GET stream is text/plain", "M-C06", executions_type=PlainTextExecutions),
    mutant("cached-conversation", "HDR-1", "the stream of a conversation may be cached", conversations_type=CachedConversations),
    mutant("nameless-chat", "HDR-1", "a durable chat does not tell the id of its run", chats_type=NamelessChats),
    mutant("named-classic-chat", "HDR-2", "a chat that is not durable tells the id of a run", chats_type=NamedClassicChats),
)
