"""The backend and the agent proxy with both their sides: they take uploads as in ``ingest`` and stream them as in ``run-stream``.

    servers = PipeServers(scene, Run(7, "task", "run", "token"), TaskRun(7, "task", "run", "session"), leg="proxy")
    site = await scene.serve(servers.app("proxy"), server="proxy", classify=servers.classify)

Entries are those of the two contracts; a completion by the sender finishes the stream of the readers.
"""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from ..host import Host
from ..ingest.app import IngestServers
from ..ingest.routes import classify as classify_upload
from ..ingest.store import Run
from ..run_stream.app import Leg, RunStreamServers, TaskRun
from ..servers import Servers


def classify(method: str, target: str, headers: Mapping[str, str]) -> str:
    """The endpoint of a request, of either contract. Header names in lower case."""
    uploading = classify_upload(method, target, headers)
    return uploading if uploading != "other" else RunStreamServers.classify(method, target, headers)


class PipeServers(Servers):
    """One object per example. ``uploading`` and ``reading`` are the servers of the two contracts."""

    classify = staticmethod(classify)

    def __init__(self, host: Host, run: Run, task_run: TaskRun, *, leg: Leg) -> None:
        super().__init__(host)
        self.uploading = IngestServers(host, [run])
        self.reading = RunStreamServers(host, task_run, leg=leg, store=self.uploading.store)
        for servers in (self.uploading, self.reading):
            servers.count_with(self)

    async def serve(self, http: web.Request, server: str) -> web.StreamResponse:
        side = self.uploading if self.uploading.route(http.raw_path) is not None else self.reading
        return await side.serve(http, server)
