"""The reference by hand, with a scripted model and tools of its own on the same port.

Whoever wants to know in advance what a run says sends a script; any other message gets one fixed sentence.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from ...harness.values.errors import UsageError
from ..host import Host
from ..service import Service, whole_number, with_defaults
from .app import DurableServers
from .by_hand import SERVER, LateModel, LateTools, application, classify, take_up
from .model_service import model_hints
from .server import ReferenceServer
from .settings import read_settings

OPTIONS = {
    "api_key": "streamproof",
    "tenant_id": "tenant-1",
    "project_id": "project-1",
    "agent_id": "agent-1",
    "other_api_key": "streamproof-other",
    "other_tenant_id": "tenant-2",
    "other_project_id": "project-2",
    "other_agent_id": "agent-1",
    "llm_url": "",
    "tool_url": "",
    "data_dir": "",
    "approval_timeout_ms": "1800000",
    "gate_open_ms": "3000",
}
TOOLS = [{"name": "pay", "needs_approval": True}, {"name": "note", "needs_approval": False}]


def durable_execution_service(host: Host, options: Mapping[str, str]) -> Service:
    """Two tenants, a key each. ``llm_url``, ``tool_url``: another model and other tools than its own. ``data_dir``: runs in it go on;
    by default a folder that is removed at the end. ``gate_open_ms``: see `durable_model_service`."""
    given = with_defaults(SERVER, OPTIONS, options)
    if "" in (given["api_key"], given["other_api_key"]) or given["api_key"] == given["other_api_key"]:
        raise UsageError(f"serve {SERVER}: api_key and other_api_key must be two keys that differ")
    servers = DurableServers(host, gate_open_ms=whole_number(SERVER, "gate_open_ms", given["gate_open_ms"]))
    timeout_ms = whole_number(SERVER, "approval_timeout_ms", given["approval_timeout_ms"])
    folder = given["data_dir"] or tempfile.mkdtemp(prefix="streamproof-durable-")
    settings = read_settings({**_config(given), "data_dir": folder, "timing_ms": {"approval_timeout": timeout_ms}})
    reference = ReferenceServer(settings, _log, model_type=LateModel, tools_type=LateTools)
    hints = {**{name: given[name] for name in OPTIONS if name.endswith(("_key", "_id"))}, "data_dir": folder}

    async def end(app: web.Application) -> None:
        await reference.close()
        if not given["data_dir"]:
            shutil.rmtree(folder, ignore_errors=True)  # a leftover in the folder for temporary files is no reason to fail

    def started(url: str) -> None:
        own = model_hints(url)
        hints.update({name: given.get(name) or own[name] for name in own})
        take_up(reference, hints["llm_url"], hints["tool_url"])

    app = application(servers, reference)
    app.on_shutdown.append(end)
    return Service(SERVER, app, classify, servers.summary, hints, started)


def _config(given: Mapping[str, str]) -> dict[str, Any]:
    """The config of the role, but for what is known later."""
    names = ("tenant_id", "project_id", "agent_id", "api_key")
    tenants = [{name: given[prefix + name] for name in names} for prefix in ("", "other_")]
    return {"tenants": tenants, "llm_url": "", "tools": TOOLS, "tool_url": ""}


def _log(message: str) -> None:
    """What goes wrong is seen in the status of the runs and in the record."""
