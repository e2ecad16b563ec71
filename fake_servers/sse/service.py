"""The server of server-sent events by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from ...harness.values.errors import UsageError
from ..host import Host
from ..service import Script, Service, whole_number, with_defaults
from .app import ORIGIN, PATH, Replay, SseServers

OPTIONS = {"replay": "id", "events": "20", "every_ms": "1000"}
REPLAYS = ("id", "new")


def sse_service(host: Host, options: Mapping[str, str]) -> Service:
    """Sends ``events`` events, one each ``every_ms``, and then answers 204. ``replay``: what a client gets that comes back."""
    given = with_defaults("sse", OPTIONS, options)
    if given["replay"] not in REPLAYS:
        raise UsageError(f"serve sse: unknown replay {given['replay']!r}; it knows {', '.join(REPLAYS)}")
    count, every_ms = (whole_number("sse", name, given[name]) for name in ("events", "every_ms"))
    servers = SseServers(host, replay=cast(Replay, given["replay"]))

    def started(url: str) -> None:
        servers.elsewhere_url = url  # a redirect to another origin has no other place to lead to
        Script(count, every_ms, lambda number: servers.send([{"id": str(number), "data": f"event {number}"}]), servers.finish).start()

    return Service(ORIGIN, servers.app(ORIGIN), servers.classify, servers.summary, {"events": PATH}, started)
