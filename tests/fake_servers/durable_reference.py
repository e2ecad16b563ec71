"""What the tests of the durable reference share: the reference between its model and its tools, and a client of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import aiohttp
from yarl import URL

from streamproof.fake_servers.durable_execution.reference import server_of
from streamproof.fake_servers.durable_execution.server import ReferenceServer

from .durable_fakes import Fakes, message

EXECUTIONS = "/run/api/executions"
TENANTS = [
    {"tenant_id": "tenant-1", "project_id": "project-1", "agent_id": "agent-1", "api_key": "key-1"},
    {"tenant_id": "tenant-2", "project_id": "project-2", "agent_id": "agent-1", "api_key": "key-2"},
    {"tenant_id": "tenant-1", "project_id": "project-3", "agent_id": "agent-1", "api_key": "key-3"},
]
TOOLS = [{"name": "pay", "needs_approval": True}, {"name": "note", "needs_approval": False}]
PAY = {"text": ["Let me ", "see. "], "calls": [{"id": "c1", "name": "pay", "arguments": {"amount": 7}}]}
NOTE = {"calls": [{"id": "n1", "name": "note", "arguments": {}}]}
DONE = {"text": ["Do", "ne."]}


def frames_of(body: str) -> list[str]:
    """The data of the frames, as text."""
    return [block.removeprefix("data: ") for block in body.split("\n\n") if block.startswith("data: ")]


def envelopes(body: str) -> list[dict[str, Any]]:
    return [json.loads(content) for content in _contents(body) if content.startswith("{")]


def text_of(body: str) -> str:
    return "".join(content for content in _contents(body) if not content.startswith("{"))


def kinds(body: str) -> list[str]:
    """The types of the envelopes, and "finish"."""
    found = [envelope["type"] for envelope in envelopes(body)]
    return found + ["finish" for data in frames_of(body) if json.loads(data)["choices"][0]["finish_reason"]]


def _contents(body: str) -> list[str]:
    return [json.loads(data)["choices"][0]["delta"].get("content", "") for data in frames_of(body)]


@dataclass
class Told:
    """A whole answer. ``run``: the id in its head, "" without one."""

    status: int
    text: str
    run: str
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Bench:
    """``logs``: what the server had to say. ``parts``: of a server with a difference."""

    def __init__(self, reading: Any, data_dir: str | None = None, *, config: Mapping[str, Any] | None = None, **parts: Any) -> None:
        self.reading = reading
        self.fakes = Fakes(reading)
        self.logs: list[str] = []
        self.server: ReferenceServer
        self._data_dir = data_dir
        self._config = config or {}
        self._parts = parts
        self._url = ""

    async def start(self) -> Bench:
        await self.fakes.start()
        await self.open()
        return self

    async def open(self) -> None:
        """A life of the server. The one before it must be closed."""
        config = {
            "tenants": TENANTS,
            "tools": TOOLS,
            "llm_url": f"{self.fakes.url['model']}/v1",
            "tool_url": self.fakes.url["tools"],
            "data_dir": self._data_dir,
            **self._config,
        }
        self.server = await server_of(config, lambda name, data: self.logs.append(data["message"]), **self._parts)
        self._url = (await self.reading.scene.serve(self.server.app, server="target", classify=lambda *_: "any")).url

    async def ask(
        self, method: str, path: str, body: Any = None, key: str | None = "key-1", headers: Mapping[str, str] | None = None
    ) -> Told:
        """The whole answer; a body that was lost counts as far as it came."""
        named = list((headers or {}).items()) + ([("Authorization", f"Bearer {key}")] if key else [])
        data = body if isinstance(body, (bytes, str)) or body is None else json.dumps(body)
        url = URL(f"{self._url}{path}", encoded=True)
        async with self.reading.client.request(method, url, data=data, headers=named) as answer:
            text = b""
            with suppress(aiohttp.ClientError):
                async for piece in answer.content.iter_any():
                    text += piece
            return Told(answer.status, text.decode(), answer.headers.get("x-workflow-run-id", ""), answer.headers)

    async def create(self, *turns: Mapping[str, Any], id: str = "a", conversation: str | None = None, key: str = "key-1") -> Told:
        """A run, until its first body is over."""
        body: dict[str, Any] = {"messages": [message(id, *turns)]}
        if conversation is not None:
            body["conversationId"] = conversation
        return await self.ask("POST", EXECUTIONS, body, key)

    async def status(self, run: str, key: str = "key-1") -> str:
        return str((await self.ask("GET", f"{EXECUTIONS}/{run}", key=key)).json["status"])

    async def follow(self, run: str, index: str | None = None, key: str = "key-1") -> Told:
        return await self.ask(
            "GET", f"{EXECUTIONS}/{run}/stream", key=key, headers={} if index is None else {"x-stream-start-index": index}
        )

    async def approve(self, run: str, call: str, approved: Any = True, key: str = "key-1", **more: Any) -> Told:
        return await self.ask("POST", f"{EXECUTIONS}/{run}/approvals/{call}", {"approved": approved, **more}, key)

    def turns(self) -> list[Mapping[str, Any]]:
        """What the model was asked."""
        return [dict(entry) for entry in self.reading.entries("turn")]

    def effects(self) -> list[tuple[str, bool]]:
        return [(effect.call, effect.again) for effect in self.fakes.servers.effects]
