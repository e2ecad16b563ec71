"""Real driver processes, sound and unsound: the outcome of each call, the history, and no process left behind."""

from __future__ import annotations

import asyncio
import gc
import os
from typing import Any

import psutil
import pytest

from streamproof.harness.targets.base import Instance
from streamproof.harness.targets.stdio.process import Patience
from streamproof.harness.targets.stdio.target import StdioTarget
from streamproof.harness.values.errors import TargetProblem
from streamproof.harness.values.history import History
from streamproof.harness.values.requirement import Verb
from streamproof.harness.worlds.base import Scene

ENQUEUE = Verb("enqueue", ("event",))
STOP = Verb("stop", ("complete",), None)
GOOD = """
    notes = 0
    for request in requests():
        if request["op"] == "call":
            if request["verb"] == "enqueue":
                notes += 1
                send(handle=request["handle"], n=notes, note="log", data={"event": request["args"]["event"], "pid": os.getpid()})
            ok(request, accepted=True, pid=os.getpid())
        else:
            notes = 0
            ok(request)
"""


def problems(history: History) -> list[str]:
    return [entry.data["problem"] for entry in history.of_kind("driver-problem")]


def test_one_process_serves_example_after_example(play_with: Any, driver: Any) -> None:
    """Verbs answer, notes come in their order, and the process is started once."""
    target = driver(GOOD)
    notes: list[Any] = []
    pids: list[int] = []

    async def use(scene: Scene, instance: Instance) -> None:
        for event in (1, 2):
            reply = await instance.call(ENQUEUE, {"event": event}, 5_000)
            pids.append(reply.value["pid"])
            assert (reply.outcome, reply.value["accepted"]) == ("ok", True)

    assert target.capabilities("ingest", "sender") == ("timing",)
    histories = [play_with(target, use, notes) for _ in range(2)]
    assert [(number, data["event"]) for number, _, data in notes] == [(1, 1), (2, 2), (1, 1), (2, 2)]
    assert len(set(pids)) == 1
    assert [problems(history) for history in histories] == [[], []]


def test_our_programs_come_first_on_the_drivers_path(play_with: Any, driver: Any) -> None:
    """The folder of the command of tasks is the first of PATH, that of our programs the second."""
    target = driver('for request in requests(): ok(request, path=os.environ["PATH"].split(os.pathsep)[:2])')
    paths: list[str] = []

    async def use(scene: Scene, instance: Instance) -> None:
        paths.extend((await instance.call(STOP, {}, 5_000)).value["path"])

    play_with(target, use)
    for folder, program in zip(paths, ("streamproof-emit", "streamproof"), strict=True):
        assert os.access(os.path.join(folder, program), os.X_OK)


def test_a_crash_kills_at_once_and_the_next_open_starts_afresh(play: Any, driver: Any) -> None:
    """The pending call is unknown, the new life is another process, and the play goes on in one example."""
    target = driver("""
        for request in requests():
            if request["op"] != "call" or request["verb"] != "stop":
                ok(request, pid=os.getpid())
    """)
    seen: list[Any] = []

    async def main(scene: Scene) -> None:
        for _ in range(2):
            instance = await target.open(scene, "s1", "ingest", "sender", {}, lambda *note: None)
            pid = (await instance.call(ENQUEUE, {}, 5_000)).value["pid"]
            pending = asyncio.ensure_future(instance.call(STOP, {}, 40_000))
            await scene.sleep(20)
            await instance.crash()
            reply = await pending
            seen.append((pid, reply.outcome, reply.error["kind"] if reply.error else None, reply.late, psutil.pid_exists(pid)))
            seen.append((await instance.call(STOP, {}, 5_000)).outcome)

    history = play(main, "loopback")
    (first, *how), later, (second, *_), _ = seen
    assert how == ["unknown", "crashed", False, False]
    assert later == "driver_error"
    assert first != second
    assert problems(history) == []


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("sys.stderr.write('no licence\\nfound\\n'); sys.exit(3)", r"exited with status 3; standard error ends: no licence \| found"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "was killed by SIGSEGV"),
        ("sys.stdin.readline(); time.sleep(60)", "no reply to 'hello' within 300 ms"),
        ("sys.stdout.write('{\"id\": 1'); sys.stdout.flush(); time.sleep(60)", "standard output holds a line without its LF: '{\"id\": 1'"),
        ("send(id=1, outcome='ok', value={'protocol': 2, 'serves': []}); time.sleep(60)", '"protocol" must be 1, got 2'),
        ("send(id=1, outcome='ok', value={'protocol': 1, 'serves': [{'role': 'x'}]}); time.sleep(60)", "row 1 of `serves` must be"),
        ("send(id=1, outcome='ok', value={'protocol': 1}); time.sleep(60)", "`serves` must be a list of objects, got None"),
        ("send(id=1, outcome='driver_error', error={'kind': 'k', 'message': 'too old'}); time.sleep(60)", "driver_error: too old"),
        ("sys.stdout.write('x' * 20_000_000); time.sleep(60)", "a line of standard output is longer than 16777216 bytes"),
        ("print('noise\\n' * 2_000_000); time.sleep(60)", "more than 8388608 bytes on standard output are no protocol"),
    ],
)
def test_a_driver_that_does_not_say_hello_is_a_target_problem(driver: Any, script: str, message: str) -> None:
    """One message says what came instead, with the status and the end of standard error."""
    slow = "within" in message or "LF" in message
    target = driver(script, Patience(hello_ms=300 if slow else 20_000))
    with pytest.raises(TargetProblem, match=f"the driver did not say hello: .*{message}"):
        target.serves()


def test_a_command_that_is_not_there_is_a_target_problem() -> None:
    """It names the program and the reason."""
    with pytest.raises(TargetProblem, match="cannot start the driver 'no-such-program-here': No such file or directory"):
        StdioTarget("toy", ["no-such-program-here"]).serves()


def test_an_exit_is_noticed_at_once(play_with: Any, driver: Any) -> None:
    """Every pending call gets driver_error with the status, long before its deadline; the history holds the end of standard error."""
    target = driver("""
        for request in requests():
            if request["op"] == "open":
                ok(request)
            elif request["verb"] == "stop":
                sys.stderr.write("out of cheese\\n")
                os._exit(7)
    """)
    replies: list[Any] = []

    async def use(scene: Scene, instance: Instance) -> None:
        calls = [instance.call(verb, {}, 60_000) for verb in (ENQUEUE, STOP)]
        replies.extend(await asyncio.gather(*calls))
        replies.append(await instance.call(ENQUEUE, {}, 60_000))

    history = play_with(target, use)
    assert [(reply.outcome, reply.late) for reply in replies] == [("driver_error", False)] * 3
    assert all("exited with status 7; standard error ends: out of cheese" in reply.error["message"] for reply in replies)
    (entry,) = history.of_kind("driver-problem")
    assert (entry.data["problem"], entry.data["stderr"]) == ("exit", ["out of cheese"])


def test_a_call_without_an_answer_is_unknown_and_a_late_answer_is_logged(play_with: Any, driver: Any) -> None:
    """No problem of the driver: the implementation may hang. The process is kept."""
    target = driver("""
        for request in requests():
            if request["op"] == "call":
                time.sleep(0.3)
            ok(request)
    """)
    replies: list[Any] = []

    async def use(scene: Scene, instance: Instance) -> None:
        replies.append(await instance.call(STOP, {}, 100))
        replies.append(await instance.call(ENQUEUE, {}, 10_000))

    history = play_with(target, use)
    assert [(reply.outcome, reply.late) for reply in replies] == [("unknown", True), ("ok", False)]
    assert [dict(entry.data) for entry in history.of_kind("late-reply")] == [{"handle": "s1", "verb": "stop", "outcome": "ok"}]
    assert problems(history) == []


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("ok(request); ok(request)", "second-reply"),
        ("send(id=999, outcome='ok', value={}); ok(request)", "unknown-id"),
        ("send(handle=request['handle'], n=2, note='log', data={}); ok(request)", "note-number"),
        ("send(handle='nobody', n=1, note='log', data={}); ok(request)", "unknown-handle"),
        ("send(outcome='ok'); ok(request)", "bad-reply"),
        ("send(ping=1); ok(request)", "bad-message"),
    ],
)
def test_a_broken_protocol_is_named_and_the_next_example_gets_a_fresh_process(
    play_with: Any, driver: Any, answer: str, problem: str
) -> None:
    """The call itself is answered; each kind of problem stands in the history once."""
    target = driver(f"""
        for request in requests():
            if request["op"] == "call":
                {answer}
            else:
                ok(request, url=str(os.getpid()))
    """)
    pids: list[Any] = []

    async def use(scene: Scene, instance: Instance) -> None:
        pids.append(instance.value["url"])
        for _ in range(3):
            assert (await instance.call(ENQUEUE, {}, 5_000)).outcome == "ok"

    histories = [play_with(target, use) for _ in range(2)]
    assert [problems(history) for history in histories] == [[problem], [problem]]
    assert pids[0] != pids[1]


def test_a_stray_line_is_reported_once_and_is_no_broken_protocol(play_with: Any, driver: Any) -> None:
    """Once for the target, with advice, and the process is kept."""
    target = driver("""
        for request in requests():
            print("handling", request["op"], flush=True)
            ok(request, url=str(os.getpid()))
    """)
    pids: list[Any] = []

    async def use(scene: Scene, instance: Instance) -> None:
        pids.append(instance.value["url"])
        assert (await instance.call(ENQUEUE, {}, 5_000)).outcome == "ok"

    histories = [play_with(target, use) for _ in range(2)]
    assert [problems(history) for history in histories] == [["stray-line"], []]
    (entry,) = histories[0].of_kind("driver-problem")
    assert entry.data["message"].endswith("send logs to standard error): 'handling open'")
    assert len(set(pids)) == 1


def test_a_flood_is_ended_in_bounded_memory(play_with: Any, driver: Any) -> None:
    """A driver that prints a hundred megabytes is killed; the call gets driver_error, and what we hold does not grow with it."""
    target = driver("""
        for request in requests():
            if request["op"] == "call":
                for _ in range(100):
                    sys.stdout.write("x" * 1_000_000)
            ok(request)
    """)
    replies: list[Any] = []
    gc.collect()
    before_bytes = psutil.Process().memory_info().rss

    async def use(scene: Scene, instance: Instance) -> None:
        replies.append(await instance.call(STOP, {}, 60_000))

    history = play_with(target, use)
    assert (replies[0].outcome, replies[0].error["kind"]) == ("driver_error", "line-too-long")
    assert problems(history) == ["line-too-long"]
    assert psutil.Process().memory_info().rss - before_bytes < 80_000_000


def test_the_memory_of_a_driver_is_that_of_all_its_processes(play_with: Any, driver: Any) -> None:
    """Forty megabytes in the driver and as much in a child of it show; once it is gone there is nothing to tell."""
    target = driver("""
        held = []
        HOLDER = "held = bytearray(b'x') * 40_000_000; print(flush=True); input()"
        for request in requests():
            if request["op"] == "call":
                held.append(bytearray(b"x") * 40_000_000)
                pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
                held.append(subprocess.Popen([sys.executable, "-c", HOLDER], **pipes))
                held[-1].stdout.readline()
            ok(request)
    """)
    seen: list[int | None] = []

    async def use(scene: Scene, instance: Instance) -> None:
        seen.append(instance.memory_bytes())
        await instance.call(STOP, {}, 60_000)
        seen.append(instance.memory_bytes())
        await instance.crash()
        seen.append(instance.memory_bytes())

    play_with(target, use)
    before_bytes, after_bytes, gone = seen
    assert before_bytes is not None
    assert after_bytes is not None
    assert after_bytes - before_bytes > 75_000_000
    assert gone is None


def test_a_flood_of_notes_has_to_wait_for_us(play: Any, driver: Any) -> None:
    """What the loop has not yet taken is bounded, so a hundred megabytes of notes end at the limit of a handle."""
    target = driver("""
        for request in requests():
            ok(request)
            if request["op"] == "call":
                for n in range(1, 2000):
                    send(handle=request["handle"], n=n, note="log", data={"text": "x" * 50_000})
    """)
    heard: list[int] = []

    async def main(scene: Scene) -> None:
        instance = await target.open(scene, "s1", "ingest", "sender", {}, lambda number, name, data: heard.append(number))
        await instance.call(STOP, {}, 60_000)
        while not problems(scene.history):
            await scene.sleep(5)
        await instance.close()

    history = play(main, "loopback")
    assert problems(history) == ["flood"]
    assert heard == list(range(1, len(heard) + 1))
    assert 1_200 < len(heard) < 1_400


def test_a_note_behind_a_reply_is_behind_it_in_the_history(play: Any, driver: Any) -> None:
    """Even when both arrive at once: the order on the pipe is the order that is judged."""
    target = driver("""
        n = 0
        for request in requests():
            if request["op"] == "call":
                lines = [{"handle": request["handle"], "n": n + 1, "note": "log", "data": {}},
                         {"id": request["id"], "outcome": "ok", "value": {}},
                         {"handle": request["handle"], "n": n + 2, "note": "log", "data": {}}]
                n += 2
                sys.stdout.write("".join(json.dumps(line) + "\\n" for line in lines))
                sys.stdout.flush()
            else:
                ok(request)
    """)
    order: list[Any] = []

    async def main(scene: Scene) -> None:
        instance = await target.open(scene, "s1", "ingest", "sender", {}, lambda number, name, data: order.append(number))
        for _ in range(3):
            await instance.call(ENQUEUE, {}, 5_000)
            order.append("reply")
        await scene.sleep(20)
        await instance.close()

    play(main, "loopback")
    assert order == [1, "reply", 2, 3, "reply", 4, 5, "reply", 6]
