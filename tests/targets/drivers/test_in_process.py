"""Targets in this process: outcomes, notes, deadlines, crash and close, in both worlds."""

from __future__ import annotations

import asyncio
import threading
import tracemalloc
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from aiohttp import ClientSession, web

from streamproof import Failed, Unknown, Unsupported
from streamproof.harness.targets.base import Instance, Reply, Serves, Target
from streamproof.harness.targets.in_process import InProcessTarget
from streamproof.harness.values.errors import TargetProblem
from streamproof.harness.values.history import History
from streamproof.harness.values.requirement import Verb
from streamproof.harness.worlds.base import Scene

WORLDS = pytest.mark.parametrize("world", ["sim", "loopback"])
Notes = list[tuple[int, str, Mapping[str, Any]]]


def target_of(factory: Any, serves: tuple[Serves, ...] | None = None) -> InProcessTarget:
    return InProcessTarget("toy", lambda contract, role: factory if role == "sender" else None, serves=serves)


async def opened(target: Target, scene: Scene, notes: Notes | None = None, **config: Any) -> Instance:
    heard: Notes = [] if notes is None else notes
    return await target.open(scene, "s1", "ingest", "sender", config, lambda *note: heard.append(note))


class Toy:
    """Every way in which a verb can end."""

    def __init__(self, config: dict[str, Any], note: Callable[..., None]) -> None:
        self.config = config
        self.note = note
        self.closed = False
        self.cleaned_up: list[str] = []

    def enqueue(self, event: Any) -> Any:
        self.note("log", {"level": "info", "message": event})
        return {"accepted": True}

    def number(self) -> int:
        return 7

    def refuse(self) -> None:
        raise Failed("too large", "oversize")

    def unsupported(self) -> None:
        raise Unsupported("not here")

    def broken(self) -> None:
        raise KeyError("seq")

    def leave(self) -> None:
        raise SystemExit(2)

    def bytes(self) -> dict[str, Any]:
        return {"body": b"x"}

    async def give_up(self) -> None:
        await asyncio.sleep(0.01)
        raise Unknown("no answer")

    async def wait(self, ms: int) -> dict[str, Any]:
        try:
            await asyncio.sleep(ms / 1_000)
        finally:
            self.cleaned_up.append("wait")
        return {"waited": ms}

    async def close(self) -> None:
        self.closed = True


@WORLDS
def test_every_end_of_a_verb_has_its_outcome(play: Any, world: str) -> None:
    """Returns, raised outcomes, other exceptions, missing methods and wrong signatures each get the outcome of the protocol."""
    replies: dict[str, Reply] = {}

    async def main(scene: Scene) -> None:
        instance = await opened(target_of(Toy), scene)
        calls: dict[str, dict[str, Any]] = {"enqueue": {"event": 1}, "wait": {"ms": 1}}
        for verb in ("enqueue", "number", "refuse", "unsupported", "broken", "leave", "bytes", "give_up", "wait", "nothing", "_private"):
            replies[verb] = await instance.call(Verb(verb), calls.get(verb, {}), 5_000)
        replies["signature"] = await instance.call(Verb("enqueue"), {"events": []}, 5_000)

    play(main, world)
    told = {verb: (reply.outcome, (reply.error or {}).get("kind")) for verb, reply in replies.items()}
    assert told == {
        "enqueue": ("ok", None),
        "number": ("ok", None),
        "refuse": ("fail", "oversize"),
        "unsupported": ("unsupported", "unsupported"),
        "broken": ("unknown", "KeyError"),
        "leave": ("unknown", "SystemExit"),
        "bytes": ("driver_error", "bad-value"),
        "give_up": ("unknown", "unknown"),
        "wait": ("ok", None),
        "nothing": ("unsupported", "unknown-verb"),
        "_private": ("unsupported", "unknown-verb"),
        "signature": ("driver_error", "bad-signature"),
    }
    assert (replies["enqueue"].value, replies["number"].value, replies["wait"].value) == ({"accepted": True}, {}, {"waited": 1})


def test_a_deadline_is_kept_in_virtual_time_and_a_late_answer_is_logged(play: Any) -> None:
    """The call returns at its deadline exactly; the answer that comes later is matched to nothing."""
    times: list[int] = []

    async def main(scene: Scene) -> None:
        instance = await opened(target_of(Toy), scene)
        reply = await instance.call(Verb("wait"), {"ms": 9_000}, 5_000)
        times.append(scene.now_us())
        assert (reply.outcome, reply.late, (reply.error or {})["kind"]) == ("unknown", True, "deadline")
        await scene.sleep(10_000)

    history = play(main)
    assert times == [5_000_000]
    assert [(entry.at_us, dict(entry.data)) for entry in history.of_kind("late-reply")] == [
        (9_000_000, {"handle": "s1", "verb": "wait", "outcome": "ok"})
    ]


@WORLDS
def test_a_crash_runs_no_more_code_and_answers_what_is_pending(play: Any, world: str) -> None:
    """The pending call is unknown, its clean-up code never runs, notes are not heard, and later calls are the driver's error."""
    made: list[Toy] = []
    notes: Notes = []
    states: list[Any] = []

    def factory(config: dict[str, Any], note: Callable[..., None]) -> Toy:
        made.append(Toy(config, note))
        return made[-1]

    async def main(scene: Scene) -> None:
        instance = await opened(target_of(factory), scene, notes)
        pending = asyncio.ensure_future(instance.call(Verb("wait"), {"ms": 50}, 5_000))
        await scene.sleep(5)
        await instance.crash()
        states.append(await pending)
        made[0].note("log", {})
        await scene.sleep(100)
        states.append(list(made[0].cleaned_up))
        states.append(await instance.call(Verb("number"), {}, 5_000))
        await instance.close()
        states.append(made[0].closed)

    play(main, world)
    reply, cleaned_up, later, closed = states
    assert (reply.outcome, reply.error["kind"], reply.late) == ("unknown", "crashed", False)
    assert cleaned_up == []
    assert (later.outcome, later.error["kind"]) == ("driver_error", "not-open")
    assert closed is False
    assert notes == []


@WORLDS
def test_close_releases_the_object_and_answers_what_is_pending(play: Any, world: str) -> None:
    """The object's own close is called, and a call that was pending is unknown at once."""
    made: list[Toy] = []
    replies: list[Reply] = []

    async def factory(config: dict[str, Any], note: Callable[..., None]) -> Toy:
        await asyncio.sleep(0)
        made.append(Toy(config, note))
        return made[-1]

    async def main(scene: Scene) -> None:
        instance = await opened(target_of(factory), scene)
        pending = asyncio.ensure_future(instance.call(Verb("wait"), {"ms": 4_000}, 5_000))
        await scene.sleep(1)
        await instance.close()
        replies.append(await pending)

    history = play(main, world)
    assert made[0].closed
    assert (replies[0].outcome, (replies[0].error or {})["kind"]) == ("unknown", "closed")
    assert list(history.of_kind("driver-problem", "late-reply")) == []


def test_a_close_that_hangs_is_contained(play: Any) -> None:
    """After five seconds it is given up, named as the driver's, and what it left is abandoned."""

    class Hanging:
        def __init__(self, config: dict[str, Any], note: Callable[..., None]) -> None:
            pass

        async def close(self) -> None:
            await asyncio.sleep(1_000)

    async def main(scene: Scene) -> None:
        instance = await opened(target_of(Hanging), scene)
        await instance.close()

    history = play(main)
    (entry,) = history.of_kind("driver-problem")
    assert (entry.at_us, entry.data["problem"]) == (5_000_000, "close")


@WORLDS
def test_notes_are_numbered_by_us_also_from_threads(play: Any, world: str) -> None:
    """Each note gets the next number, and one from another thread is handed to the loop."""
    notes: Notes = []

    async def main(scene: Scene) -> None:
        instance = await opened(target_of(Toy), scene, notes)
        await instance.call(Verb("enqueue"), {"event": "a"}, 5_000)
        if world == "loopback":
            thread = threading.Thread(target=instance._object.note, args=("log", {"message": "b"}))  # type: ignore[attr-defined]
            thread.start()
            thread.join()
            await scene.sleep(1)
        else:
            await instance.call(Verb("enqueue"), {"event": "b"}, 5_000)

    play(main, world)
    assert [(number, name, data["message"]) for number, name, data in notes] == [(1, "log", "a"), (2, "log", "b")]


def test_a_note_that_is_no_json_is_the_drivers_problem(play: Any) -> None:
    """It is named, it takes its number, and nothing of it is recorded."""
    notes: Notes = []

    async def main(scene: Scene) -> None:
        instance = await opened(target_of(Toy), scene, notes)
        await instance.call(Verb("enqueue"), {"event": {1, 2}}, 5_000)
        await instance.call(Verb("enqueue"), {"event": 2}, 5_000)

    history = play(main)
    (entry,) = history.of_kind("driver-problem")
    assert entry.data["problem"] == "bad-note"
    assert [number for number, _, _ in notes] == [2]


def test_a_flood_of_notes_is_the_drivers_problem(play: Any) -> None:
    """Behind 64 MiB of notes the object is abandoned: what it says is heard no more, and memory stays bounded."""
    notes: Notes = []

    async def main(scene: Scene) -> None:
        instance = await opened(target_of(Toy), scene, notes)
        for _ in range(6):
            await instance.call(Verb("enqueue"), {"event": "x" * 15_000_000}, 5_000)

    history = play(main)
    (entry,) = history.of_kind("driver-problem")
    assert entry.data["problem"] == "flood"
    assert len(notes) == 4


def test_memory_can_be_told_while_it_is_traced(play: Any) -> None:
    """Megabytes that are held show; without tracing nothing can be told."""
    seen: list[int | None] = []

    async def main(scene: Scene) -> None:
        instance = await opened(target_of(Toy), scene)
        seen.append(instance.memory_bytes())
        tracemalloc.start()
        try:
            seen.append(instance.memory_bytes())
            held = bytearray(5_000_000)
            seen.append(instance.memory_bytes())
            assert held
        finally:
            tracemalloc.stop()

    play(main)
    untraced, before_bytes, after_bytes = seen
    assert untraced is None
    assert before_bytes is not None
    assert after_bytes is not None
    assert 4_900_000 < after_bytes - before_bytes < 5_500_000


@WORLDS
def test_a_factory_that_raises_is_a_target_problem(play: Any, world: str) -> None:
    """It says what was raised and where, and no secret of the scene."""

    def factory(config: dict[str, Any], note: Callable[..., None]) -> None:
        raise RuntimeError(f"no such thing as {config['token']}")

    async def main(scene: Scene) -> None:
        scene.secrets.add("T0KEN", "run-token")
        await opened(target_of(factory), scene, token="T0KEN")

    with pytest.raises(TargetProblem, match=r"RuntimeError: no such thing as <run-token> \(in .*test_in_process.py, line \d+\)"):
        play(main, world)


def test_figures_are_only_sent_to_what_declares_them(play: Any) -> None:
    """Without the capability the keys `timing_ms` and `limits` are left out of the config."""
    configs: list[dict[str, Any]] = []

    class Keeper:
        def __init__(self, config: dict[str, Any], note: Callable[..., None]) -> None:
            configs.append(config)

    async def main(scene: Scene) -> None:
        for capabilities in ((), ("timing",), ("timing", "limits")):
            await opened(target_of(Keeper, (Serves("ingest", "sender", capabilities),)), scene, run_id="r", timing_ms={}, limits={})

    play(main)
    assert [sorted(config) for config in configs] == [["run_id"], ["run_id", "timing_ms"], ["limits", "run_id", "timing_ms"]]


def test_without_a_declaration_it_serves_what_it_is_run_for() -> None:
    """Every role, with timing and limits."""
    assert target_of(Toy).capabilities("ingest", "sender") == ("timing", "limits")
    assert target_of(Toy, (Serves("ingest", "sender"),)).capabilities("ingest", "server") is None


@WORLDS
def test_an_object_with_an_application_is_served(play: Any, world: str) -> None:
    """The world serves it, and `value` holds its URL."""
    bodies: list[str] = []

    class Server:
        def __init__(self, config: dict[str, Any], note: Callable[..., None]) -> None:
            async def handle(request: web.Request) -> web.Response:
                return web.Response(text=f"hello {config['name']}")

            self.app = web.Application()
            self.app.router.add_get("/", handle)

    async def main(scene: Scene) -> None:
        target = InProcessTarget("toy", lambda contract, role: Server)
        instance = await target.open(scene, "v1", "ingest", "server", {"name": "you"}, lambda *note: None)
        async with ClientSession() as session, session.get(instance.value["url"]) as response:
            bodies.append(await response.text())
        await instance.close()

    history: History = play(main, world)
    assert bodies == ["hello you"]
    assert [entry.data["server"] for entry in history.of_kind("connect")] == ["target"]
