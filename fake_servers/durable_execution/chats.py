"""The routes of a chat: /run/v1/chat/completions and /run/api/chat. Either is durable when its body says so, else it is a plain chat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .access import TENANT
from .bodies import check_forwarded_headers, json_object, messages_of, optional_text
from .chat_bodies import is_durable, last_message_id, raw_messages, ui_messages
from .executions import wants_operations
from .problem import Problem
from .records import Creation, DuplicateMessage

if TYPE_CHECKING:
    from .server import ReferenceServer

COMPLETIONS, CHAT = "/run/v1/chat/completions", "/run/api/chat"
CHAT_HEADERS = {"x-vercel-ai-data-stream": "v2", "x-accel-buffering": "no"}


class Chats:
    """``server``: whose routes they are."""

    def __init__(self, server: ReferenceServer) -> None:
        self.server = server

    def routes(self) -> list[web.RouteDef]:
        return [web.post(COMPLETIONS, self.completions), web.post(CHAT, self.chat)]

    async def completions(self, http: web.Request) -> web.StreamResponse:
        body = json_object(await http.read())
        check_forwarded_headers(body)
        creation = Creation(
            http[TENANT],
            optional_text(body, "conversationId"),
            messages_of(body),
            operations=wants_operations(http),
            message_id=optional_text(body, "messageId"),
        )
        return await self.begin(http, body, creation, {})

    async def chat(self, http: web.Request) -> web.StreamResponse:
        body = json_object(await http.read())
        check_forwarded_headers(body)
        conversation_id, messages = optional_text(body, "conversationId"), raw_messages(body)
        decisions = self.server.chat_approvals.find(messages)
        if decisions:
            return await self.server.chat_approvals.answer(http, conversation_id, decisions, CHAT_HEADERS)
        creation = Creation(
            http[TENANT],
            conversation_id,
            ui_messages(messages),
            flavour="vercel",
            operations=wants_operations(http),
            message_id=last_message_id(messages),
        )
        return await self.begin(http, body, creation, CHAT_HEADERS)

    async def begin(self, http: web.Request, body: Mapping[str, Any], creation: Creation, extra: Mapping[str, str]) -> web.StreamResponse:
        """``extra``: headers of the answer. Raises Problem."""
        try:
            if is_durable(body):
                return await self.server.streams.answer_created(http, self.server.engine.create(creation), extra)
            return await self.server.classic.answer(http, creation, extra)
        except DuplicateMessage:
            raise Problem(409, "The conversation has a message with this id") from None
