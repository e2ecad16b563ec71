"""Built-in targets: published implementations that `streamproof install NAME` fetches once, pinned. Each is one row of `BUILTINS`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .npm import NODE_FOLDER, NpmPackage, Say, install_bundle, installed_bundle, node_program

POSTHOG_AGENT = NpmPackage(
    name="@posthog/agent",
    version="2.4.187",
    integrity="sha512-p0NFBvZTnEXx+Ao/slVWaebMIgVQpTbUZDPg3s2edbBl+OxoCRiZU4Ti4crwS5D/OKrWtACuRUdziWbKTYCRsg==",
    keep=("LICENSE", "package.json", "src/server/event-stream-sender.ts", "src/server/streaming-upload.ts"),
    entry="src/server/event-stream-sender.ts",
    megabytes=117,
)
