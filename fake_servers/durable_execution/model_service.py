"""The scripted model and the tools by hand, on one port: what a server of durable executions needs to be tested from its URL alone."""

from __future__ import annotations

from collections.abc import Mapping

from ..host import Host
from ..service import Service, whole_number, with_defaults
from .app import EFFECTS, DurableServers

OPTIONS = {"gate_open_ms": "3000"}


def durable_model_service(host: Host, options: Mapping[str, str]) -> Service:
    """``gate_open_ms``: there is nobody to open the gates of a script, so they open by themselves once waited for so long."""
    given = with_defaults("durable-model", OPTIONS, options)
    servers = DurableServers(host, gate_open_ms=whole_number("durable-model", "gate_open_ms", given["gate_open_ms"]))
    hints: dict[str, str] = {}
    return Service(
        "durable-model",
        servers.app("durable-model"),
        servers.classify,
        servers.summary,
        hints,
        lambda url: hints.update(model_hints(url)),
    )


def model_hints(url: str) -> dict[str, str]:
    """Where everything is, below the URL of the service."""
    return {"llm_url": f"{url}/v1", "tool_url": f"{url}/tools", "effects_url": f"{url}{EFFECTS}"}
