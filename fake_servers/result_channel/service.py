"""The control plane by hand: one agent, whose private key it makes, and a few tasks for it."""

from __future__ import annotations

import atexit
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from ...harness.values.errors import UsageError
from ..host import Host
from ..service import Script, Service, whole_number, with_defaults
from .app import ControlPlane
from .board import Via
from .keys import KeyPair, new_key_pair, pair_of

OPTIONS = {"agent_id": "agent-1", "private_key_file": "", "tasks": "3", "every_ms": "1000", "via": "socket", "command": "echo hello"}
VIAS = ("socket", "poll")


def result_channel_service(host: Host, options: Mapping[str, str]) -> Service:
    """``tasks`` tasks, one each ``every_ms``, delivered ``via`` the socket or in the answers of GET tasks. ``private_key_file``: one
    that is there is read, else it is made, and without the option it is gone at the end."""
    given = with_defaults("result-channel", OPTIONS, options)
    if given["via"] not in VIAS:
        raise UsageError(f"serve result-channel: unknown via {given['via']!r}; it knows {', '.join(VIAS)}")
    count, every_ms = (whole_number("result-channel", name, given[name]) for name in ("tasks", "every_ms"))
    path = Path(given["private_key_file"]) if given["private_key_file"] else _new_folder() / "private-key.pem"
    plane = ControlPlane(host, public_key_pem=_keys(path).public_pem, agent_id=given["agent_id"])

    def add_task(number: int) -> None:
        plane.add_task(f"task-{number}", f"attempt-{number}", given["command"], via=cast(Via, given["via"]))

    def started(url: str) -> None:
        Script(count, every_ms, add_task, lambda: None).start()

    hints = {"agent_id": given["agent_id"], "private_key_file": str(path), "socket": "/api/v1/agents/ws", "tasks": "/api/v1/tasks"}
    return Service("control-plane", plane.app("control-plane"), plane.classify, plane.summary, hints, started)


def _new_folder() -> Path:
    folder = tempfile.TemporaryDirectory(prefix="streamproof-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


def _keys(path: Path) -> KeyPair:
    """Those of the file, which is made if it is not there. Raises UsageError."""
    try:
        if path.exists():
            return pair_of(path.read_text())
        pair = new_key_pair()
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(pair.private_pem)
    except (OSError, ValueError) as error:
        raise UsageError(f"serve result-channel: private_key_file={str(path)!r}: {error}") from None
    return pair
