"""A chat that is not durable: what the model says goes straight to the client, and all that is left of it is the conversation.

It runs no tools: there would be nobody to come back to for an approval. A client that goes away ends it.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping, Sequence

from aiohttp import web

from .failures import StepFailed
from .frames import Flavour, Frames
from .machine import Parts
from .records import Creation, Message, Run
from .store import now_ms
from .streaming import Streams

MODEL_FAILED = "The model failed."
NO_TOOLS = "A chat that is not durable has no tools."


class ClassicChat:
    def __init__(self, parts: Parts, streams: Streams) -> None:
        self._parts = parts
        self._streams = streams

    async def answer(self, http: web.Request, creation: Creation, extra: Mapping[str, str]) -> web.StreamResponse:
        """Stores the messages and streams what the model says to them. Raises DuplicateMessage before anything is done."""
        store, scope = self._parts.store, creation.tenant.scope
        conversation_id = creation.conversation_id or f"conv_{uuid.uuid4().hex}"
        end = store.add_messages(scope, conversation_id, creation.messages, creation.message_id)
        flavour = self._flavour(creation, conversation_id, end)
        response = web.StreamResponse(headers={**self._streams.headers(), **extra})
        try:
            await response.prepare(http)
            text = await self._stream(response, flavour, store.messages(scope, conversation_id, end))
            if text:
                store.add_messages(scope, conversation_id, [{"role": "assistant", "content": text}])
            await response.write_eof()
        except ConnectionError:  # the client has gone, and with it whom the answer was for
            self._parts.log("the client of a chat has gone")
        return response

    def _flavour(self, creation: Creation, conversation_id: str, end: int) -> Flavour:
        """Writes as for a run that nobody can ask for."""
        tenant, now = creation.tenant, now_ms()
        run = Run(
            f"chat_{uuid.uuid4().hex}",
            tenant.scope,
            tenant.agent_id,
            conversation_id,
            "running",
            creation.flavour,
            creation.operations,
            created_ms=now,
            updated_ms=now,
            frame_count=0,
            prompt_end=end,
        )
        return self._parts.flavours[creation.flavour](run)

    async def _stream(self, response: web.StreamResponse, flavour: Flavour, messages: Sequence[Message]) -> str:
        """Writes the whole body and returns the text of the model."""
        pieces: asyncio.Queue[str | None] = asyncio.Queue()
        asking = asyncio.get_running_loop().create_task(self._ask(messages, pieces))
        said = []
        try:
            await _write(response, flavour.start())
            while (piece := await pieces.get()) is not None:
                said.append(piece)
                await _write(response, flavour.text(0, piece))
            trouble = await asking
        finally:
            asking.cancel()
        await _write(response, [*(flavour.error(trouble) if trouble is not None else ()), *flavour.finish()])
        return "".join(said)

    async def _ask(self, messages: Sequence[Message], pieces: asyncio.Queue[str | None]) -> str | None:
        """Returns what went wrong, None if all is well. Behind the last piece comes None."""
        try:
            calls = await self._parts.model.answer(messages, pieces.put_nowait)
        except StepFailed as failure:
            self._parts.log(f"a chat: {failure}")
            return MODEL_FAILED
        finally:
            pieces.put_nowait(None)
        return NO_TOOLS if calls else None


async def _write(response: web.StreamResponse, frames: Frames) -> None:
    if frames:
        await response.write("".join(f"data: {data}\n\n" for data in frames).encode())
