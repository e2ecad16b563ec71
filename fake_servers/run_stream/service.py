"""The servers of a task run by hand: backend and proxy on one port, one run under any ids, one session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from ...harness.values.errors import UsageError
from ..host import Host
from ..service import Script, Service, whole_number, with_defaults
from .app import Figures, Leg, RunStreamServers, TaskRun

OPTIONS = {
    "session_token": "streamproof-session",
    "leg": "proxy",
    "events": "20",
    "every_ms": "1000",
    "keepalive_ms": "20000",
    "rotation_ms": "900000",
}
LEGS = ("proxy", "direct", "legacy")


def run_stream_service(host: Host, options: Mapping[str, str]) -> Service:
    """Appends ``events`` events, one each ``every_ms``, then completes the run. ``leg``: where readers are told to follow it."""
    given = with_defaults("run-stream", OPTIONS, options)
    if given["leg"] not in LEGS:
        raise UsageError(f"serve run-stream: unknown leg {given['leg']!r}; it knows {', '.join(LEGS)}")
    count, every_ms, keepalive_ms, rotation_ms = (
        whole_number("run-stream", name, given[name]) for name in ("events", "every_ms", "keepalive_ms", "rotation_ms")
    )
    run = TaskRun(1, "task", "run", given["session_token"])
    figures = Figures(keepalive_ms=keepalive_ms, rotation_ms=rotation_ms)
    servers = RunStreamServers(host, run, leg=cast(Leg, given["leg"]), figures=figures, any_ids=True)

    def end() -> None:
        servers.finish()
        servers.set_state(status="completed")

    def started(url: str) -> None:
        servers.proxy_url = url
        script = Script(count, every_ms, lambda number: servers.append([{"type": "text", "k": number}]), end)
        script.start()

    run_url = "/api/projects/TEAM/tasks/TASK/runs/RUN/"
    hints = {"session_token": given["session_token"], "run": run_url, "direct": f"{run_url}stream/", "proxy": "/v1/runs/RUN/stream"}
    return Service("run-stream", servers.app("run-stream"), servers.classify, servers.summary, hints, started)
