"""How driver processes begin and end: failed opens, hanging closes, children, forks, interrupts, and the null drivers as programs."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from streamproof.harness.targets.base import Instance
from streamproof.harness.targets.null_table import NULLS
from streamproof.harness.targets.stdio.process import Patience
from streamproof.harness.targets.stdio.target import StdioTarget
from streamproof.harness.values.errors import TargetProblem
from streamproof.harness.values.history import History
from streamproof.harness.values.requirement import Verb
from streamproof.harness.worlds.base import Scene

ENQUEUE = Verb("enqueue", ("event",))
STOP = Verb("stop", ("complete",), None)


def problems(history: History) -> list[str]:
    return [entry.data["problem"] for entry in history.of_kind("driver-problem")]


def test_open_that_fails_or_hangs_is_a_target_problem(play: Any, driver: Any) -> None:
    """It says what the driver said, without the secrets of the scene; after a hang the process is not used again."""
    refusing = driver("""
        for request in requests():
            send(id=request["id"], outcome="fail", error={"kind": "config", "message": "bad token " + request["config"]["token"]})
    """)
    hanging = driver("for request in requests(): pass", Patience(open_ms=200))

    def main_of(target: StdioTarget) -> Any:
        async def main(scene: Scene) -> None:
            scene.secrets.add("T0KEN", "run-token")
            await target.open(scene, "s1", "ingest", "sender", {"token": "T0KEN"}, lambda *note: None)

        return main

    with pytest.raises(TargetProblem, match="toy: could not open the role 'sender' of 'ingest': fail: bad token <run-token>"):
        play(main_of(refusing), "loopback")
    with pytest.raises(TargetProblem, match="no reply to 'open' within 200 ms"):
        play(main_of(hanging), "loopback")


def test_a_close_that_hangs_is_contained(play_with: Any, driver: Any) -> None:
    """It is named as the driver's, and the next example gets a fresh process."""
    target = driver(
        """
        for request in requests():
            if request["op"] != "close":
                ok(request, url=str(os.getpid()))
        """,
        Patience(close_ms=200),
    )
    pids: list[Any] = []

    async def use(scene: Scene, instance: Instance) -> None:
        pids.append(instance.value["url"])

    histories = [play_with(target, use) for _ in range(2)]
    assert [problems(history) for history in histories] == [["close"], ["close"]]
    assert pids[0] != pids[1]


def test_what_an_example_left_open_is_closed_before_the_next(play: Any, driver: Any) -> None:
    """A play that broke off does not leave a live object in the next example."""
    target = driver("""
        held = set()
        for request in requests():
            if request["op"] == "open":
                held.add(request["handle"])
            elif request["op"] == "close":
                held.discard(request["handle"])
            ok(request, held=len(held))
    """)
    held: list[int] = []

    async def main(scene: Scene) -> None:
        instance = await target.open(scene, "s1", "ingest", "sender", {}, lambda *note: None)
        held.append((await instance.call(ENQUEUE, {}, 5_000)).value["held"])

    for _ in range(3):
        play(main, "loopback")
    assert held == [1, 1, 1]


@pytest.mark.parametrize("end", ["stop", "crash"])
def test_children_do_not_survive_whatever_they_do(play: Any, driver: Any, end: str) -> None:
    """One that ignores SIGTERM, one in a group of its own, one in a session of its own that outlives its parent."""
    target = driver("""
        sleeper = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(300)"
        command = [sys.executable, "-c", sleeper, __file__]
        children = [
            subprocess.Popen(command, stdout=subprocess.PIPE),
            subprocess.Popen(command, stdout=subprocess.PIPE, process_group=0),
            subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True),
        ]
        for child in children:
            child.stdout.readline()
        for request in requests():
            ok(request, pids=[child.pid for child in children])
    """)
    pids: list[int] = []

    async def main(scene: Scene) -> None:
        instance = await target.open(scene, "s1", "ingest", "sender", {}, lambda *note: None)
        pids.extend((await instance.call(ENQUEUE, {}, 5_000)).value["pids"])
        if end == "crash":
            await instance.crash()

    play(main, "loopback")
    if end == "stop":
        target.close()
    assert len(pids) == 3
    assert not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in pids)


def test_a_driver_that_does_not_end_is_killed(driver: Any) -> None:
    """Neither the end of its input nor SIGTERM moves it: after both it gets SIGKILL."""
    target = driver(
        """
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        line = sys.stdin.readline()
        send(id=1, outcome="ok", value={"protocol": 1, "name": "t", "version": "1", "language": "p", "serves": []})
        while True:
            time.sleep(1)
        """,
        Patience(shutdown_ms=100, terminate_ms=100),
    )
    target.serves()
    process = target._driver.process
    target.close()
    assert process.wait(5_000) == -9


def test_after_close_it_can_be_opened_again(play_with: Any, driver: Any) -> None:
    """In a fresh process, as every failure is confirmed."""
    target = driver("for request in requests(): ok(request, url=str(os.getpid()))")
    pids: list[Any] = []

    async def use(scene: Scene, instance: Instance) -> None:
        pids.append(instance.value["url"])

    for _ in range(2):
        play_with(target, use)
        target.close()
    assert pids[0] != pids[1]


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # this process has threads, as that of a session with a driver has
def test_a_fork_of_ours_starts_its_own_driver(play_with: Any, driver: Any) -> None:
    """A worker that inherits a target leaves the process of its parent alone, and does not talk to it."""
    target = driver("for request in requests(): ok(request, url=str(os.getpid()))")
    target.serves()
    parents = target._driver.process.pid
    context = multiprocessing.get_context("fork")
    mine, workers = context.Pipe()

    async def use(scene: Scene, instance: Instance) -> None:
        workers.send(int(instance.value["url"]))

    def work() -> None:
        play_with(target, use)
        target.close()

    worker = context.Process(target=work)
    worker.start()
    worker.join(30)
    assert worker.exitcode == 0
    theirs = mine.recv()
    assert theirs != parents
    assert not psutil.pid_exists(theirs)
    play_with(target, use)
    assert mine.recv() == parents


def test_an_interrupt_of_ours_leaves_no_driver(tmp_path: Path) -> None:
    """A driver that neither reads its input nor heeds SIGTERM is gone when we are."""
    stubborn = (
        "import os, signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(os.getpid(), file=sys.stderr); time.sleep(300)"
    )
    ours = f"""
import os, signal, sys, threading, time
from streamproof.harness.targets.stdio.target import StdioTarget
target = StdioTarget("toy", [sys.executable, "-c", {stubborn!r}])

def interrupt():
    while target._driver is None or not target._driver.process.stderr_tail():
        time.sleep(0.01)
    print(target._driver.process.stderr_tail()[0], flush=True)
    os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=interrupt, daemon=True).start()
target.serves()
"""
    done = subprocess.run([sys.executable, "-c", ours], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert "KeyboardInterrupt" in done.stderr
    assert not psutil.pid_exists(int(done.stdout))


def test_the_null_drivers_run_as_real_processes(play_with: Any) -> None:
    """Each does behind the pipe what it does in process."""
    told: dict[str, Any] = {}
    for name in NULLS:
        target = StdioTarget(name, [sys.executable, "-m", "streamproof.null", name, "--late-ms", "300"])

        async def use(scene: Scene, instance: Instance, name: str = name) -> None:
            replies = [
                await instance.call(STOP, {"complete": number}, 100 if name in ("null-silent", "null-late") else 20_000)
                for number in (1, 2)
            ]
            told[name] = [(reply.outcome, dict(reply.value), reply.late) for reply in replies]

        history = play_with(target, use)
        told[name].append(problems(history))
        target.close()
    late = ("unknown", {}, True)
    assert told == {
        "null-silent": [late, late, []],
        "null-ok": [("ok", {}, False), ("ok", {}, False), []],
        "null-error": [("fail", {}, False), ("fail", {}, False), []],
        "null-exit": [("driver_error", {}, False), ("driver_error", {}, False), ["exit"]],
        "null-late": [late, late, []],
        "null-echo": [("ok", {}, False), ("ok", {"complete": 1}, False), []],
        "null-missing": [("unsupported", {}, False), ("unsupported", {}, False), []],
    }
