"""Built-in targets: published implementations that a name stands for. Each is a driver in the folder ``node`` and a row of `BUILTINS`.

What is pinned, and which of its files are needed, is a row of its own (`NpmPackage`); `streamproof install NAME` fetches it once.
"""

from __future__ import annotations

from collections.abc import Mapping

from .base import Target
from .names import Builtin, Options
from .npm import NODE_FOLDER, NpmPackage, install_package, installed_module, node_program
from .npm_pins import (
    EVENTSOURCE,
    EVENTSOURCE_CLIENT,
    EXTENDED_EVENTSOURCE,
    FETCH_EVENT_SOURCE,
    LAUNCHDARKLY_EVENTSOURCE,
    WORKFLOW_WORLD_LOCAL,
)
from .pypi_readers import PYPI_READERS
from .stdio.target import StdioTarget

POSTHOG_AGENT = NpmPackage(
    name="@posthog/agent",
    version="2.4.187",
    integrity="sha512-p0NFBvZTnEXx+Ao/slVWaebMIgVQpTbUZDPg3s2edbBl+OxoCRiZU4Ti4crwS5D/OKrWtACuRUdziWbKTYCRsg==",
    keep=("LICENSE", "package.json", "src/server/event-stream-sender.ts", "src/server/streaming-upload.ts"),
    entry="src/server/event-stream-sender.ts",
    megabytes=117,
    is_source=True,
)


def npm_builtin(name: str, package: NpmPackage, driver: str, summary: str, serves: tuple[tuple[str, str], ...]) -> Builtin:
    """A target from npm. ``driver``: a file of the folder ``node``, started with the path of the module and the version."""

    def make(options: Options) -> Target:
        module = installed_module(name, package)
        return StdioTarget(name, (node_program(), str(NODE_FOLDER / driver), str(module), package.version))

    return Builtin(name, summary, serves, make, lambda say: install_package(name, package, say))


def npm_sse_reader(name: str, package: NpmPackage, driver: str) -> Builtin:
    return npm_builtin(name, package, driver, f"the SSE client of the npm package {package.spec}", (("sse", "reader"),))


BUILTINS: Mapping[str, Builtin] = {
    builtin.name: builtin
    for builtin in (
        npm_builtin(
            "posthog-agent",
            POSTHOG_AGENT,
            "posthog_agent.mjs",
            f"the task-run event stream sender of the npm package {POSTHOG_AGENT.spec}",
            (("ingest", "sender"),),
        ),
        npm_sse_reader("eventsource", EVENTSOURCE, "eventsource.mjs"),
        npm_sse_reader("eventsource-client", EVENTSOURCE_CLIENT, "eventsource_client.mjs"),
        npm_sse_reader("fetch-event-source", FETCH_EVENT_SOURCE, "fetch_event_source.mjs"),
        npm_sse_reader("launchdarkly-eventsource", LAUNCHDARKLY_EVENTSOURCE, "launchdarkly_eventsource.mjs"),
        npm_sse_reader("extended-eventsource", EXTENDED_EVENTSOURCE, "extended_eventsource.mjs"),
        *PYPI_READERS,
        npm_builtin(
            "workflow-world-local",
            WORKFLOW_WORLD_LOCAL,
            "world_local_server.mjs",
            f"a plain server of executions over the npm package {WORKFLOW_WORLD_LOCAL.spec}, the storage of the Workflow DevKit",
            (("durable-execution", "server"),),
        ),
    )
}
