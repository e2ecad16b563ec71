"""The service of managed sessions by hand."""

from __future__ import annotations

from collections.abc import Mapping

from ..host import Host
from ..service import Service, whole_number, with_defaults
from .app import SESSIONS, SessionServers
from .script import Script, Step

OPTIONS = {"api_key": "streamproof-key", "messages": "5", "every_ms": "1000", "lag_ms": "0", "heartbeat_ms": "15000"}


def agent_session_service(host: Host, options: Mapping[str, str]) -> Service:
    """Every session says ``messages`` messages, one each ``every_ms``, and goes idle. ``lag_ms``: so much later the list shows each."""
    given = with_defaults("agent-session", OPTIONS, options)
    count, every_ms, lag_ms, heartbeat_ms = (
        whole_number("agent-session", name, given[name]) for name in ("messages", "every_ms", "lag_ms", "heartbeat_ms")
    )
    said = [Step("message", number * every_ms, (f"message {number}",), lag_ms=lag_ms) for number in range(1, count + 1)]
    servers = SessionServers(host, api_key=given["api_key"], heartbeat_ms=heartbeat_ms)
    servers.expect("by-hand", Script(steps=(*said, Step("idle", (count + 1) * every_ms, lag_ms=lag_ms))))
    return Service(SESSIONS, servers.app(SESSIONS), servers.classify, servers.summary, {"api_key": given["api_key"], "base": "/v1"})
