"""The reference for the role ``server``: a durable server over SQLite, as a target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .server import ReferenceServer
from .settings import read_settings

Note = Callable[[str, dict[str, Any]], None]

SERVES = [
    {
        "contract": "durable-execution",
        "role": "server",
        "capabilities": ["tools", "effects", "timing", "classic", "vercel", "fail_reads", "fail_writes"],
    }
]


async def server_of(config: Mapping[str, Any], note: Note, **parts: Any) -> ReferenceServer:
    """A server that has taken up what an earlier life left. ``parts`` are passed on to `ReferenceServer`: a mutant brings its own."""

    def log(message: str) -> None:
        note("log", {"level": "error", "message": message})

    server = ReferenceServer(read_settings(config), log, **parts)
    await server.start()
    return server


async def reference_server(config: dict[str, Any], note: Note) -> ReferenceServer:
    """The factory of the reference."""
    return await server_of(config, note)


reference_server.serves = SERVES  # type: ignore[attr-defined]  # how a factory declares what it serves
