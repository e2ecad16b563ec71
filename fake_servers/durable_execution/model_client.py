"""One request to the model, its answer streamed. Whether to try again is for the caller to decide."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import aiohttp

from ...harness.targets.references.sse_parser import SseParser
from .failures import TROUBLE, StepFailed, worth_a_retry
from .prompt import tools_of_prompt
from .records import Message, NewCall
from .settings import Tool

TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=10)
DONE = "[DONE]"


class ModelClient:
    """``llm_url``: the base of an OpenAI-compatible API."""

    def __init__(self, session: aiohttp.ClientSession, llm_url: str, tools: Mapping[str, Tool]) -> None:
        self._session = session
        self._url = f"{llm_url}/chat/completions"
        self._tools = tools_of_prompt(tools)

    async def answer(self, messages: Sequence[Message], on_text: Callable[[str], None]) -> list[NewCall]:
        """Asks once. ``on_text`` gets the text as it comes; the calls come together, at the end. Raises StepFailed."""
        answer = _Answer(on_text)
        body = {"model": "default", "stream": True, "messages": list(messages), "tools": self._tools}
        try:
            async with self._session.post(self._url, json=body, timeout=TIMEOUT, allow_redirects=False) as response:
                if response.status != 200:
                    raise StepFailed(f"the model answered {response.status}", worth_a_retry(response.status))
                async for data in response.content.iter_any():
                    answer.feed(data)
                    if answer.done:
                        break
        except TROUBLE as error:
            if not answer.finished:
                raise StepFailed(f"the answer of the model was lost: {type(error).__name__}", retry=True) from error
        if not answer.finished:
            raise StepFailed("the answer of the model ended before its finish", retry=True)
        return answer.calls()


class _Answer:
    """What has arrived of an answer. ``finished``: it said why it ends; ``done``: and that nothing follows."""

    def __init__(self, on_text: Callable[[str], None]) -> None:
        self.finished = False
        self.done = False
        self._on_text = on_text
        self._parser = SseParser()
        self._parts_by_index: dict[int, dict[str, str]] = {}

    def feed(self, data: bytes) -> None:
        for frame in self._parser.feed(data):
            if frame.data == DONE:
                self.done = True
            elif frame.data is not None and not self.done:
                self._take(frame.data)

    def calls(self) -> list[NewCall]:
        return [NewCall(parts["id"], parts["name"], parts["arguments"]) for _, parts in sorted(self._parts_by_index.items())]

    def _take(self, text: str) -> None:
        for delta, finish_reason in _choices(text):
            if content := delta.get("content"):
                self._on_text(str(content))
            for part in delta.get("tool_calls") or ():
                self._add_part(part)
            self.finished = self.finished or finish_reason is not None

    def _add_part(self, part: Mapping[str, Any]) -> None:
        parts = self._parts_by_index.setdefault(part.get("index", 0), {"id": "", "name": "", "arguments": ""})
        function = part.get("function") or {}
        for key, value in (("id", part.get("id")), ("name", function.get("name")), ("arguments", function.get("arguments"))):
            parts[key] += value or ""


def _choices(text: str) -> list[tuple[Mapping[str, Any], str | None]]:
    """(delta, finish_reason) of each choice of a chunk. Raises StepFailed."""
    try:
        chunk = json.loads(text)
        if "error" in chunk:
            raise StepFailed("the model broke off with an error", retry=True)
        return [(choice.get("delta") or {}, choice.get("finish_reason")) for choice in chunk["choices"]]
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        raise StepFailed("a chunk of the model cannot be read", retry=True) from None
