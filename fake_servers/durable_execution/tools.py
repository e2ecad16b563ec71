"""The tools, and what they have done: the witness for "exactly once".

A tool is run by ``POST /{name}`` with {runId, toolCallId, name, arguments} and answers {output}. An effect happens when its whole
request has arrived. The same Idempotency-Key gets the same output and has no second effect; a request without one always has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from ..answers import Wire, json_answer
from ..streaming import error_answer
from .exchange import WholeBodyExchange, json_object


@dataclass(frozen=True)
class Effect:
    """One request that took effect. ``again``: its key was seen before, so that nothing new happened."""

    tool: str
    run: str
    call: str
    key: str | None
    arguments: Any
    again: bool

    def to_json(self) -> dict[str, Any]:
        return {"tool": self.tool, "run": self.run, "call": self.call, "key": self.key, "again": self.again}


@dataclass
class Effects:
    """All of them, in order."""

    log: list[Effect] = field(default_factory=list)
    _output_by_key: dict[tuple[str, str, str, str], str] = field(default_factory=dict)
    _count: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def happen(self, tool: str, run: str, call: str, key: str | None, arguments: Any) -> tuple[Effect, str]:
        """The effect and its output, ``<tool>:<call>:<n>``: n counts the distinct keys of that call."""
        known = self._output_by_key.get((tool, run, call, key)) if key is not None else None
        effect = Effect(tool, run, call, key, arguments, known is not None)
        self.log.append(effect)
        if known is not None:
            return effect, known
        self._count[tool, run, call] += 1
        output = f"{tool}:{call}:{self._count[tool, run, call]}"
        if key is not None:
            self._output_by_key[tool, run, call, key] = output
        return effect, output


class ToolExchange(WholeBodyExchange):
    """One request to a tool."""

    async def respond(self, body: bytes) -> web.StreamResponse:
        order = self.orders.answer
        committed = self._run(body) if order is None or order[1].commit == "all" else None
        return await self.answer(lambda: committed or error_answer(500))

    def _run(self, body: bytes) -> Wire:
        request = json_object(body)
        if self.position.endpoint != "tool":
            return error_answer(404, "a tool is at POST /{name}")
        run, call, arguments = (request or {}).get("runId"), (request or {}).get("toolCallId"), (request or {}).get("arguments")
        if not isinstance(run, str) or not isinstance(call, str):
            return error_answer(400, "expected a JSON object with runId, toolCallId, name, arguments")
        if isinstance(arguments, Mapping) and arguments.get("fail") is True:
            return error_answer(500, "this tool was told to fail")
        effect, output = self.servers.tools.happen(self._tool(), run, call, self.http.headers.get("Idempotency-Key"), arguments)
        self.history.add("effect", request=self.number, **effect.to_json(), arguments=arguments)
        return json_answer(200, {"output": output})

    def _tool(self) -> str:
        return unquote(self.http.raw_path.partition("?")[0].rpartition("/")[2])


class EffectsExchange(WholeBodyExchange):
    """Tells what the tools have done, to whoever runs this server by hand."""

    async def respond(self, body: bytes) -> web.StreamResponse:
        return await self.answer(lambda: json_answer(200, {"effects": [effect.to_json() for effect in self.servers.effects]}))
