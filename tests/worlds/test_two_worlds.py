"""The same faults on the same server give the same history in both worlds, times aside."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from streamproof.fake_servers.ingest.app import IngestServers
from streamproof.fake_servers.ingest.store import Run
from streamproof.harness.faults import plan_from_json
from streamproof.harness.values.case import Case
from streamproof.harness.values.history import Header
from streamproof.harness.worlds.base import Quota, Scene
from streamproof.harness.worlds.table import make_world

HEAD = b"POST /v1/runs/r/ingest HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer TOKEN\r\n"
LINES = [b'{"seq":%d,"event":{}}\n' % number for number in (1, 2)]
SYNC = HEAD + b"Content-Length: 0\r\n\r\n"
UPLOAD = HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(b"%x\r\n%b\r\n" % (len(line), line) for line in LINES) + b"0\r\n\r\n"


async def play(scene: Scene) -> None:
    """Sync, upload, sync, each on a connection of its own, one after the other has come to its end at the server."""
    servers = IngestServers(scene, [Run(7, "t", "r", "TOKEN")])
    site = await scene.serve(servers.app("proxy"), server="proxy", classify=servers.classify)
    for request in (SYNC, UPLOAD, SYNC):
        with contextlib.suppress(ConnectionError):  # refused or reset, as the fault says
            reader, writer = await asyncio.open_connection("127.0.0.1", int(site.url.rpartition(":")[2]))
            writer.write(request)
            try:
                await reader.read(10_000)
            finally:
                await scene.sleep(20)
                writer.close()
        await scene.sleep(20)


def seen(world_name: str, plan: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """What every party saw, each in its own order: between parties, order is a matter of time."""
    world = make_world(world_name)
    try:
        header = Header("ingest", ("sender",), "proxy", "", world_name, "", 0, (), {}, (), ())
        case = Case("ingest", ("sender",), "proxy", "", faults=plan_from_json(plan))
        history = world.run(play, case=case, header=header, quota=Quota(seconds=20))
    finally:
        world.close()
    rows = [(entry.kind, {key: value for key, value in entry.data.items() if key != "headers"}) for entry in history.entries]
    link = [row for row in rows if row[0] in ("connect", "refuse", "fault", "closed", "delivered")]
    return link + [row for row in rows if row not in link]


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "cut", "endpoint": "upload", "after_lines": 1, "how": "fin"},
        {"fault": "cut", "endpoint": "upload", "inside": "line", "at": 2, "how": "fin"},
        {"fault": "cut", "endpoint": "upload", "after_bytes": 30, "lost_bytes": 9, "how": "fin"},
        {"fault": "cut", "endpoint": "upload", "after_lines": 1, "how": "rst"},
        {"fault": "cut", "endpoint": "upload", "part": "head", "after_bytes": 9, "how": "fin"},
        {"fault": "lose-answer", "endpoint": "upload", "how": "fin"},
        {"fault": "lose-answer", "endpoint": "upload", "answer_bytes": 50, "how": "rst"},
        {"fault": "half-close", "endpoint": "upload", "direction": "request"},
        {"fault": "garbage", "endpoint": "sync", "nth": 2},
        {"fault": "close-after"},
        {"fault": "refuse", "nth": 2},
        {"fault": "stall", "for_ms": 5},
        {"fault": "slice", "nth": 2, "sizes": [7, 1]},
        {"fault": "restart", "endpoint": "upload"},
        {"fault": "early-answer", "endpoint": "upload"},
        {"fault": "status", "endpoint": "upload", "commit": "all"},
    ],
    ids=lambda fault: fault["fault"],
)
def test_both_worlds_tell_the_same(fault: dict[str, Any]) -> None:
    """Link and server write down the same things with the same numbers, and the same bytes reach the store."""
    assert seen("loopback", [fault]) == seen("sim", [fault])
