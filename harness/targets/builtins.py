"""Built-in targets: published implementations that a name stands for. Each is a driver in the folder ``node`` and a row of `BUILTINS`.

What is pinned, and which of its files are needed, is a row of its own (`NpmPackage`); `streamproof install NAME` fetches it once.
"""

from __future__ import annotations

from collections.abc import Mapping

from .base import Target
from .names import Builtin, Options
from .npm import NODE_FOLDER, NpmPackage, install_bundle, installed_bundle, node_program
from .stdio.target import StdioTarget

POSTHOG_AGENT = NpmPackage(
    name="@posthog/agent",
    version="2.4.187",
    integrity="sha512-p0NFBvZTnEXx+Ao/slVWaebMIgVQpTbUZDPg3s2edbBl+OxoCRiZU4Ti4crwS5D/OKrWtACuRUdziWbKTYCRsg==",
    keep=("LICENSE", "package.json", "src/server/event-stream-sender.ts", "src/server/streaming-upload.ts"),
    entry="src/server/event-stream-sender.ts",
    megabytes=117,
)


def npm_builtin(name: str, package: NpmPackage, driver: str, summary: str, serves: tuple[tuple[str, str], ...]) -> Builtin:
    """A target from npm. ``driver``: a file of the folder ``node``, started with the path of the bundle and the version."""

    def make(options: Options) -> Target:
        bundle = installed_bundle(name, package)
        return StdioTarget(name, (node_program(), str(NODE_FOLDER / driver), str(bundle), package.version))

    return Builtin(name, summary, serves, make, lambda say: install_bundle(name, package, say))


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
    )
}
