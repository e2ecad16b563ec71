"""The reference server with its model and its tools in one world, and a client for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aiohttp

from streamproof.fake_servers.durable_execution.reference import reference_server
from streamproof.harness.worlds.serving import TARGET_SERVER

from .durable_fakes import Fakes, message

KEYS = ("key-1", "key-2", "key-3")
TENANTS = [
    {"tenant_id": f"tenant-{number}", "project_id": "project", "agent_id": "agent", "api_key": key} for number, key in enumerate(KEYS, 1)
]
PAY = {"calls": [{"id": "c1", "name": "pay", "arguments": {"amount": 7}}]}
DONE = {"text": ["All ", "done."]}


class Answered:
    """A whole answer. ``json``: of a body that is JSON; ``datas``: of a stream, in order, [DONE] and errors included."""

    def __init__(self, answer: aiohttp.ClientResponse, text: str) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self.text = text

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def datas(self) -> list[Any]:
        return [json.loads(block.removeprefix("data: ")) for block in self.text.split("\n\n") if block.startswith("data: ")]

    @property
    def run(self) -> str:
        return self.headers["x-workflow-run-id"]


class Reference(Fakes):
    """Keys 1, 2, 3 open a tenant each. ``pay`` needs an approval, ``note`` does not."""

    async def begin(self, **config: Any) -> Reference:
        await self.start()
        tools = [{"name": "pay", "needs_approval": True}, {"name": "note", "needs_approval": False}]
        self.server = await reference_server(
            {"tenants": TENANTS, "llm_url": self.url["model"] + "/v1", "tools": tools, "tool_url": self.url["tools"], **config},
            lambda note, data: None,
        )
        site = await self.reading.scene.serve(self.server.app, server=TARGET_SERVER, classify=lambda *_: "any")
        self.url["target"] = site.url
        return self

    async def send(self, method: str, path: str, body: Any = None, key: str | None = "key-1", **headers: str) -> Answered:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            named["Authorization"] = f"Bearer {key}"
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.reading.client.request(method, self.url["target"] + path, data=data, headers=named) as answer:
            return Answered(answer, await answer.text())

    async def chat(self, *turns: Mapping[str, Any], script: str = "s", **body: Any) -> Answered:
        """A durable chat of the Vercel flavour in conversation "c", unless the body says otherwise."""
        fields = {"conversationId": "c", "executionMode": "durable", "messages": [message(script, *turns)], **body}
        return await self.send("POST", "/run/api/chat", fields)

    async def status(self, run: str) -> str:
        return str((await self.send("GET", f"/run/api/executions/{run}")).json["status"])

    async def settled(self, run: str) -> str:
        """The status of the run once it is at rest."""
        while (status := await self.status(run)) == "running":
            await self.reading.scene.sleep(20)
        return status
