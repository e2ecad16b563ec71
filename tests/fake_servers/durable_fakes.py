"""What the tests of the durable servers share: scripts, and posts to the model and the tools."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp

from streamproof.fake_servers.durable_execution.app import DurableServers
from streamproof.harness.contracts.durable_script import Script, turns_from_json


def message(id: str, *turns: Mapping[str, Any]) -> dict[str, Any]:
    """The user message that carries the script."""
    return {"role": "user", "content": Script(id, turns_from_json(turns)).message()}


class Fakes:
    """Model and tools in one world, and a client of theirs. Underscores in the names of headers are dashes."""

    def __init__(self, reading: Any, **options: Any) -> None:
        self.reading = reading
        self.servers = DurableServers(reading.scene, **options)
        self.url: dict[str, str] = {}

    async def start(self) -> Fakes:
        for name in ("model", "tools"):
            self.url[name] = await self.reading.serve(self.servers, name)
        return self

    async def ask(self, messages: Sequence[Mapping[str, Any]], path: str = "/v1/chat/completions", **body: Any) -> aiohttp.ClientResponse:
        answer: aiohttp.ClientResponse = await self.reading.client.post(
            self.url["model"] + path, json={"model": "m", "messages": messages, **body}
        )
        return answer

    async def say(self, messages: Sequence[Mapping[str, Any]], **body: Any) -> list[Any]:
        """The chunks of a streamed answer; a last None stands for [DONE]."""
        text = await (await self.ask(messages, stream=True, **body)).text()
        datas = [block.removeprefix("data: ") for block in text.split("\n\n") if block]
        return [None if data == "[DONE]" else json.loads(data) for data in datas]

    async def use(self, name: str, run: str, call: str, key: str | None = None, **arguments: Any) -> tuple[int, Any]:
        """Status and output of a tool."""
        headers = {} if key is None else {"Idempotency-Key": key}
        body = {"runId": run, "toolCallId": call, "name": name, "arguments": arguments}
        answer = await self.reading.client.post(f"{self.url['tools']}/{name}", json=body, headers=headers)
        return answer.status, (await answer.json()).get("output")
