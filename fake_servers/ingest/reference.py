"""The reference for the role ``server``: the ingest servers as they are, as an ordinary server without history and faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from ..host import PlainHost
from .app import IngestServers
from .store import Run
from .upload import header_completion

Note = Callable[[str, dict[str, Any]], None]

SERVES = [{"contract": "ingest", "role": "server", "capabilities": ["header_completion"]}]


class ServerTarget:
    """What a factory of the role ``server`` returns: ``app`` is served by the world."""

    def __init__(self, app: web.Application) -> None:
        self.app = app

    def close(self) -> None:
        """There is nothing to release: the world ends what it serves."""


def server_of(config: Mapping[str, Any], **parts: Any) -> ServerTarget:
    """Both legs for the runs of a role config. ``parts`` are passed on to `IngestServers`: a mutant brings its own."""
    rows = config["runs"]
    others = [Run(row["project_id"], row["task_id"], "another run", row["other_token"]) for row in rows if row.get("other_token")]
    # A token may be the other token of a neighbour; it then opens its own run, which comes later and wins.
    runs = [*others, *(Run(row["project_id"], row["task_id"], row["run_id"], row["token"]) for row in rows)]
    parts.setdefault("header_rule", header_completion)
    if config.get("profile") != "header":
        parts["header_rule"] = None
    return ServerTarget(IngestServers(PlainHost(), runs, **parts).app("ingest"))


def reference_server(config: dict[str, Any], note: Note) -> ServerTarget:
    """The factory of the reference. It has nothing to note."""
    return server_of(config)


reference_server.serves = SERVES  # type: ignore[attr-defined]  # how a factory declares what it serves
