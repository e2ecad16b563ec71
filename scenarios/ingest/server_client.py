"""What the hostile client of ``ingest`` makes of an answer: all of it, read at once."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Literal

import h11

from ..raw_http import Connection

Why = Literal["closed", "timeout"]
TEXT_MAX = 300


@dataclass(frozen=True)
class Got:
    """One answer. ``status`` None: there was none, and ``why`` not. ``body``: its JSON, None when it is none."""

    status: int | None
    why: Why | None = None
    body: Any = None
    text: str = ""


async def answer_on(connection: Connection, timeout_ms: int) -> Got:
    """Waits for the answer; whatever goes wrong is told in it."""
    try:
        async with asyncio.timeout(timeout_ms / 1_000):
            return await _answer(connection)
    except TimeoutError:
        return Got(None, "timeout")
    except (OSError, h11.RemoteProtocolError):
        return Got(None, "closed")


async def _answer(connection: Connection) -> Got:
    status, body = 0, b""
    while True:
        event = await connection.next_event()
        if isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            return _got(status, body)
        else:
            return Got(None, "closed")


def _got(status: int, body: bytes) -> Got:
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    return Got(status, None, value, body[:TEXT_MAX].decode("utf-8", "replace"))
