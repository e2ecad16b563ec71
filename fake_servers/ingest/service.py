"""The ingest servers by hand: proxy and direct leg on one port, any run, one token."""

from __future__ import annotations

from collections.abc import Mapping

from ..host import Host
from ..service import Service, with_defaults
from .app import IngestServers
from .store import Run
from .upload import header_completion

OPTIONS = {"token": "streamproof", "other_token": "streamproof-other", "header_completion": "false"}


def ingest_service(host: Host, options: Mapping[str, str]) -> Service:
    """``token`` opens every run, ``other_token`` is valid but opens none of them; ``header_completion`` "true": the older protocol."""
    given = with_defaults("ingest", OPTIONS, options)
    other = Run(0, "another task", "another run", given["other_token"])
    rule = header_completion if given["header_completion"] == "true" else None
    servers = IngestServers(host, [other], any_run_token=given["token"], header_rule=rule)
    hints = {
        "token": given["token"],
        "other_token": given["other_token"],
        "proxy": "/v1/runs/RUN/ingest",
        "direct": "/api/projects/PROJECT/tasks/TASK/runs/RUN/event_stream/",
    }
    return Service("ingest", servers.app("ingest"), servers.classify, servers.summary, hints)
