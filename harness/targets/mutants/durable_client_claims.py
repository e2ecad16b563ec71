"""Planted bugs in what a client of durable executions does twice, claims falsely, or does not let go of."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any

import aiohttp

from ...values.errors import Failed, Unknown
from ..references.durable_client import ReferenceDurableClient
from ..references.durable_http import DurableHttp
from ..references.durable_outcome import Standing

# --- creations ------------------------------------------------------------------------------------------------------


class PostsAgainWhenLost(DurableHttp):
    async def create(self, body: Mapping[str, Any]) -> aiohttp.ClientResponse:
        try:
            return await super().create(body)
        except aiohttp.ClientError:
            return await super().create(body)


class PostsAgainWhenFailed(DurableHttp):
    async def create(self, body: Mapping[str, Any]) -> aiohttp.ClientResponse:
        response = await super().create(body)
        if response.status < 500:
            return response
        response.close()
        return await super().create(body)


class CreatesToReconnect(ReferenceDurableClient):
    """A stream that cannot be followed is begun once more."""

    async def work(self, run_id: str, standing: Standing, response: aiohttp.ClientResponse | None) -> None:
        await super().work(run_id, standing, response)
        if not standing.finished and not standing.asks_approval:
            try:
                (await self.http.create({"messages": []})).close()
            except aiohttp.ClientError:
                self.log("info", "no answer")


class CallsLostCreationsFailed(ReferenceDurableClient):
    async def create(self, messages: list[Any], conversation_id: str | None) -> Mapping[str, Any]:
        try:
            return await super().create(messages, conversation_id)
        except Unknown as lost:
            raise Failed(lost.message) from lost


class InventsTheRun(ReferenceDurableClient):
    """Where no run was told it makes a name up."""

    async def create(self, messages: list[Any], conversation_id: str | None) -> Mapping[str, Any]:
        try:
            return await super().create(messages, conversation_id)
        except Unknown:
            return {"run_id": "wrun_local"}


# --- approvals ------------------------------------------------------------------------------------------------------


class TakesRefusalsForSuccess(ReferenceDurableClient):
    async def approve(self, run_id: str, tool_call_id: str, approved: bool, reason: str | None) -> None:
        """409 is read as "decided already", whatever was decided."""
        try:
            await super().approve(run_id, tool_call_id, approved, reason)
        except Failed:
            return


class TakesFailuresForSuccess(ReferenceDurableClient):
    """Only 4xx is looked at."""

    async def approve(self, run_id: str, tool_call_id: str, approved: bool, reason: str | None) -> None:
        body: dict[str, Any] = {"approved": approved, **({"reason": reason} if reason is not None and not approved else {})}
        (await self.answered(self.http.approve(run_id, tool_call_id, body))).close()


class TakesLostAnswersForSuccess(ReferenceDurableClient):
    async def approve(self, run_id: str, tool_call_id: str, approved: bool, reason: str | None) -> None:
        try:
            await super().approve(run_id, tool_call_id, approved, reason)
        except Unknown as lost:
            if not lost.message.startswith("no answer"):
                raise


class CallsLostApprovalsFailed(ReferenceDurableClient):
    async def approve(self, run_id: str, tool_call_id: str, approved: bool, reason: str | None) -> None:
        try:
            await super().approve(run_id, tool_call_id, approved, reason)
        except Unknown as lost:
            raise Failed(lost.message) from lost


class AnswersBeforeItAsks(ReferenceDurableClient):
    """`approve` returns at once, and what becomes of the request is nobody's business."""

    async def approve(self, run_id: str, tool_call_id: str, approved: bool, reason: str | None) -> None:
        body: dict[str, Any] = {"approved": approved, **({"reason": reason} if reason is not None and not approved else {})}
        self.asking = asyncio.get_running_loop().create_task(self.ask(self.http.approve(run_id, tool_call_id, body)))

    async def ask(self, request: Awaitable[aiohttp.ClientResponse]) -> None:
        try:
            (await request).close()
        except (aiohttp.ClientError, OSError):
            self.log("info", "no answer")


# --- unfollow -------------------------------------------------------------------------------------------------------


class GoesOnAfterUnfollow(ReferenceDurableClient):
    def unfollow(self) -> None:
        """The stream is read to its end all the same."""

    def close(self) -> asyncio.Task[None]:
        super().unfollow()
        return super().close()


class KeepsTheConnection(ReferenceDurableClient):
    """`unfollow` stops the notes, not the reading."""

    def __init__(self, config: dict[str, Any], note: Any) -> None:
        super().__init__(config, lambda name, data: note(name, data) if self.telling else None)
        self.telling = True

    def unfollow(self) -> None:
        self.telling = False

    def follow(self, run_id: str, start_index: int) -> None:
        super().unfollow()
        super().follow(run_id, start_index)
        self.telling = True

    def close(self) -> asyncio.Task[None]:
        super().unfollow()
        return super().close()


class SaysGoodbye(ReferenceDurableClient):
    """The outcome of a stream that was let go of is told all the same, a moment later."""

    def unfollow(self) -> None:
        if self.worker is not None:
            asyncio.get_running_loop().call_later(0.05, self.note, "outcome", {"kind": "transport_failure"})
        super().unfollow()
