"""Whole Node drivers against the fake ingest server on a real socket: the template, and the published sender where it is installed."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from streamproof.fake_servers.host import PlainHost
from streamproof.fake_servers.ingest.app import IngestServers
from streamproof.fake_servers.ingest.store import Run
from streamproof.harness.targets.builtins import POSTHOG_AGENT
from streamproof.harness.targets.npm import NODE_FOLDER, module_path

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")

HANG_S = 30
RUN = Run(7, "task/1?x", "run/1?a&b#c %", "TOKEN")
ENCODED_RUN = "run%2F1%3Fa%26b%23c%20%25"
PROXY_TARGET = f"/v1/runs/{ENCODED_RUN}/ingest"
DIRECT_TARGET = f"/api/projects/7/tasks/task%2F1%3Fx/runs/{ENCODED_RUN}/event_stream/"
EVENTS = [{"type": "notification", "notification": {"method": name, "text": "é🙂\n"}} for name in ("first", "second", "third")]

Ask = Callable[..., Awaitable[dict[str, Any]]]
Drive = Callable[[Ask, str], Awaitable[None]]


class Recorder(PlainHost):
    """Keeps what the fake server writes down."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[tuple[str, dict[str, Any]]] = []
        self.history = self

    def add(self, kind: str, **data: Any) -> None:
        self.entries.append((kind, data))

    def bodies(self) -> list[tuple[str, list[Any]]]:
        """(raw target, lines) of each request, in the order in which they arrived."""
        requests = {data["request"]: (data["target"], []) for kind, data in self.entries if kind == "request"}
        for kind, data in self.entries:
            if kind == "line":
                requests[data["request"]][1].append(json.loads(data["text"]))
        return list(requests.values())


class Pipe:
    """A driver process: `ask` sends a request and returns its reply; notes are collected."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._ids = 0
        self.notes: list[dict[str, Any]] = []

    async def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._ids += 1
        self._process.stdin.write(json.dumps({"id": self._ids, "op": op, **fields}).encode() + b"\n")
        while True:
            message: dict[str, Any] = json.loads(await self._process.stdout.readline())
            if message.get("id") == self._ids:
                return message
            self.notes.append(message)


async def play(command: Sequence[str], drive: Drive, last: int) -> tuple[IngestServers, Recorder, list[dict[str, Any]]]:
    """Starts servers and driver, lets ``drive`` ask, shuts the driver down and checks that it exits with 0."""
    host = Recorder()
    servers = IngestServers(host, [RUN])
    servers.store.stream(RUN.run_id).last = last
    runner = web.AppRunner(servers.app("both"), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    process = await asyncio.create_subprocess_exec(*command, stdin=-1, stdout=-1, stderr=sys.stderr)
    pipe = Pipe(process)
    try:
        await drive(pipe.ask, f"http://127.0.0.1:{runner.addresses[0][1]}")
        assert (await pipe.ask("shutdown"))["outcome"] == "ok"
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await runner.cleanup()
    return servers, host, pipe.notes


def run_driver(command: Sequence[str], drive: Drive, last: int = 0) -> tuple[IngestServers, Recorder, list[dict[str, Any]]]:
    """``last``: what the server has accepted before."""
    return asyncio.run(asyncio.wait_for(play(command, drive, last), HANG_S))


def config(url: str, *, proxy: bool, **more: Any) -> dict[str, Any]:
    ids = {"project_id": RUN.project_id, "task_id": RUN.task_id, "run_id": RUN.run_id, "token": RUN.token}
    return {"api_url": url, "ingest_url": url if proxy else None, **ids, **more}


async def send_three_and_stop(ask: Ask, opened_with: dict[str, Any]) -> None:
    assert (await ask("hello", protocol=[1, 1]))["outcome"] == "ok"
    assert (await ask("open", handle="s", contract="ingest", role="sender", config=opened_with))["outcome"] == "ok"
    assert (await ask("call", handle="s", verb="enqueue", args={"event": EVENTS[0]}))["outcome"] == "ok"
    assert (await ask("call", handle="s", verb="enqueue_many", args={"events": EVENTS[1:]}))["outcome"] == "ok"
    assert (await ask("call", handle="s", verb="stop", args={"complete": True}))["outcome"] == "ok"
    assert (await ask("close", handle="s"))["outcome"] == "ok"


def driver_of_template(folder: Path) -> list[str]:
    assert NODE is not None
    for file in ("streamproof-driver.mjs", "templates/driver_template.mjs"):
        shutil.copy(NODE_FOLDER / file, folder)
    return [NODE, str(folder / "driver_template.mjs")]


@pytest.mark.parametrize(("proxy", "target"), [(True, PROXY_TARGET), (False, DIRECT_TARGET)])
def test_the_template_delivers_on_a_good_day(tmp_path: Path, proxy: bool, target: str) -> None:
    """A copy of the template beside the shared part sends all events in order to the leg asked for, and completes the run."""

    async def drive(ask: Ask, url: str) -> None:
        await send_three_and_stop(ask, config(url, proxy=proxy))

    servers, host, _ = run_driver(driver_of_template(tmp_path), drive)
    stream = servers.store.stream(RUN.run_id)
    assert [event for _, event in stream.log] == EVENTS
    assert stream.completed
    assert [raw for raw, _ in host.bodies()] == [target, target]


def test_what_a_user_writes_of_the_template_is_short() -> None:
    """The part of the template that a user replaces or fills in has at most 60 lines."""
    lines = (NODE_FOLDER / "templates" / "driver_template.mjs").read_text("utf-8").splitlines()
    written = next(number for number, line in enumerate(lines) if line.startswith("// ----"))
    assert written <= 60


def test_the_driver_of_the_published_sender_is_short() -> None:
    """What is particular to one implementation fits in 80 lines; the protocol is in the shared part."""
    assert len((NODE_FOLDER / "posthog_agent.mjs").read_text("utf-8").splitlines()) <= 80


def driver_of_posthog() -> list[str]:
    assert NODE is not None
    bundle = module_path("posthog-agent", POSTHOG_AGENT)
    if not bundle.is_file():
        pytest.skip("posthog-agent is not in the cache: `streamproof install posthog-agent` puts it there")
    return [NODE, str(NODE_FOLDER / "posthog_agent.mjs"), str(bundle), POSTHOG_AGENT.version]


@pytest.mark.needs_install
def test_the_published_sender_syncs_then_uploads_each_drained_batch() -> None:
    """On the proxy leg: an empty sync, the events in one upload, the completion alone; the leg is told in a log note."""

    async def drive(ask: Ask, url: str) -> None:
        await send_three_and_stop(ask, config(url, proxy=True, timing_ms={"flush_delay": 20}))

    servers, host, notes = run_driver(driver_of_posthog(), drive)
    targets, bodies = zip(*host.bodies(), strict=True)
    assert set(targets) == {PROXY_TARGET}
    assert bodies[0] == []
    assert [line for body in bodies for line in body] == [
        *({"seq": number, "event": event} for number, event in enumerate(EVENTS, 1)),
        {"type": "_posthog/stream_complete", "final_seq": 3},
    ]
    assert servers.store.stream(RUN.run_id).completed
    assert notes[0]["note"] == "log"
    assert '"persistentUpload":false' in notes[0]["data"]["message"]


@pytest.mark.needs_install
def test_the_published_sender_obeys_its_limits_and_resumes() -> None:
    """With the server at 42 and at most two events an upload, on the direct leg, bodies hold 43, 44, then 45 and the completion."""

    async def drive(ask: Ask, url: str) -> None:
        limits = {"max_upload_events": 2}
        await send_three_and_stop(ask, config(url, proxy=False, limits=limits, persistent_upload=True))

    _, host, _ = run_driver(driver_of_posthog(), drive, last=42)
    numbers = [[line.get("seq", line.get("final_seq")) for line in body] for _, body in host.bodies()]
    assert numbers == [[], [43, 44], [45, 45]]
