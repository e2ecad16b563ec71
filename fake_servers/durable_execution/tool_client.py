"""One try of a tool. Whether it had its effect is unknown when the answer is lost: the key makes that try and the next one the same."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from .failures import TROUBLE, StepFailed, worth_a_retry
from .records import Call

TIMEOUT = aiohttp.ClientTimeout(total=5)


class ToolClient:
    """``tool_url``: the base below which each tool has its name."""

    def __init__(self, session: aiohttp.ClientSession, tool_url: str) -> None:
        self._session = session
        self._url = tool_url

    async def run(self, call: Call, arguments: Any) -> Any:
        """Returns the output, any JSON value. Raises StepFailed."""
        body = {"runId": call.run_id, "toolCallId": call.id, "name": call.name, "arguments": arguments}
        url = URL(f"{self._url}/{quote(call.name, safe='')}", encoded=True)
        try:
            async with self._session.post(
                url, json=body, headers={"Idempotency-Key": self.key(call)}, timeout=TIMEOUT, allow_redirects=False
            ) as response:
                if response.status != 200:
                    raise StepFailed(f"the tool {call.name!r} answered {response.status}", worth_a_retry(response.status))
                text = await response.read()
        except TROUBLE as error:
            raise StepFailed(f"the answer of the tool {call.name!r} was lost: {type(error).__name__}", retry=True) from error
        try:
            return json.loads(text)["output"]
        except (KeyError, TypeError, ValueError, RecursionError):
            raise StepFailed(f"the answer of the tool {call.name!r} has no output", retry=True) from None

    def key(self, call: Call) -> str:
        return call.key
