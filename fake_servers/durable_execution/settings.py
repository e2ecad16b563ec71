"""The config of the role ``server``, read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .records import Scope, Tenant

APPROVAL_TIMEOUT_MS = 30 * 60_000


@dataclass(frozen=True)
class Tool:
    """``parameters``: a JSON Schema of its arguments."""

    name: str
    needs_approval: bool
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Settings:
    """``data_dir`` None: nothing outlives the process. ``fail_reads_after``, ``fail_writes_after``: see `OwnFaults`."""

    tenant_by_key: Mapping[str, Tenant]
    llm_url: str
    tools: Mapping[str, Tool]
    tool_url: str
    data_dir: str | None = None
    approval_timeout_ms: int = APPROVAL_TIMEOUT_MS
    fail_reads_after: int | None = None
    fail_writes_after: int | None = None


def read_settings(config: Mapping[str, Any]) -> Settings:
    """Raises KeyError for a config without tenants, ``llm_url``, ``tools`` or ``tool_url``."""
    timeout_ms = (config.get("timing_ms") or {}).get("approval_timeout")
    return Settings(
        tenant_by_key={
            row["api_key"]: Tenant(Scope(row["tenant_id"], row["project_id"]), row.get("agent_id") or "agent") for row in config["tenants"]
        },
        llm_url=config["llm_url"].rstrip("/"),
        tools={
            row["name"]: Tool(row["name"], bool(row.get("needs_approval")), row.get("parameters") or {"type": "object"})
            for row in config["tools"]
        },
        tool_url=config["tool_url"].rstrip("/"),
        data_dir=config.get("data_dir"),
        approval_timeout_ms=APPROVAL_TIMEOUT_MS if timeout_ms is None else timeout_ms,
        fail_reads_after=_after(config.get("fail_reads")),
        fail_writes_after=_after(config.get("fail_writes")),
    )


def _after(order: Mapping[str, Any] | None) -> int | None:
    return None if order is None else int(order["after"])
