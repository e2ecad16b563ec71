"""Plays in either world without servers, scripts that act as drivers, and a count of the processes that are left behind."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from streamproof.harness.targets.base import Instance
from streamproof.harness.targets.stdio.process import Patience
from streamproof.harness.targets.stdio.target import StdioTarget
from streamproof.harness.values.case import Case
from streamproof.harness.values.history import Header, History
from streamproof.harness.worlds.base import Main, Quota, Scene, World
from streamproof.harness.worlds.loopback.world import LoopbackWorld
from streamproof.harness.worlds.sim.world import SimWorld

SHORT = Patience(hello_ms=10_000, open_ms=10_000, close_ms=5_000, shutdown_ms=3_000, terminate_ms=3_000)

PREAMBLE = """
import json, os, signal, subprocess, sys, time

def send(**message):
    sys.stdout.write(json.dumps(message) + "\\n")
    sys.stdout.flush()

def ok(request, **value):
    send(id=request["id"], outcome="ok", value=value)

def requests():
    for line in sys.stdin.buffer:
        request = json.loads(line)
        if request["op"] == "hello":
            serves = [{"contract": "ingest", "role": "sender", "capabilities": ["timing"]}]
            ok(request, protocol=1, name="toy", version="1", language="python", serves=serves)
        elif request["op"] == "shutdown":
            ok(request)
            sys.exit(0)
        else:
            yield request
"""
"""What the drivers of these tests begin with. ``requests`` answers hello and shutdown itself."""

Play = Callable[..., History]
MakeDriver = Callable[..., StdioTarget]


def make_world(name: str) -> World:
    return SimWorld() if name == "sim" else LoopbackWorld()


@pytest.fixture
def play() -> Iterator[Play]:
    """(main, world name) -> history."""
    worlds: dict[str, World] = {}

    def run(main: Main, name: str = "sim", seconds: float = 60) -> History:
        world = worlds.setdefault(name, make_world(name))
        case = Case("ingest", ("sender",), "proxy", "none", seed=7)
        header = Header("ingest", ("sender",), "proxy", "none", name, "toy", 7, (), {}, (), ())
        return world.run(main, case=case, header=header, quota=Quota(seconds=seconds if name == "loopback" else 3_600))

    yield run
    for world in worlds.values():
        world.close()


@pytest.fixture
def play_with(play: Play) -> Callable[..., History]:
    """(target, use, notes) -> history: opens a sender on real sockets, uses it and closes it."""

    def run(target: StdioTarget, use: Callable[[Scene, Instance], Awaitable[None]], notes: list[Any] | None = None) -> History:
        heard: list[Any] = [] if notes is None else notes

        async def main(scene: Scene) -> None:
            instance = await target.open(scene, "s1", "ingest", "sender", {"run_id": "r"}, lambda *note: heard.append(note))
            await use(scene, instance)
            await instance.close()

        return play(main, "loopback")

    return run


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[MakeDriver]:
    """(script, patience) -> a target whose driver is that script; every one is ended, and must leave nothing behind."""
    targets: list[StdioTarget] = []
    before = set(psutil.pids())

    def make(script: str, patience: Patience = SHORT) -> StdioTarget:
        path = tmp_path / f"driver{len(targets)}.py"
        path.write_text(PREAMBLE + textwrap.dedent(script))
        targets.append(StdioTarget("toy", [sys.executable, str(path)], patience))
        return targets[-1]

    yield make
    for target in targets:
        target.close()
    assert left_behind(before, str(tmp_path)) == []


def left_behind(before: set[int], mark: str) -> list[Any]:
    """Living processes that are new and were started by a script of this test."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid not in before and process.status() != psutil.STATUS_ZOMBIE and any(mark in word for word in process.cmdline()):
                found.append(process)
        except psutil.Error:  # it has just ended
            continue
    return found
