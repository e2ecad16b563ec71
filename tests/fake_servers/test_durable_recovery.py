"""The durable reference when things break: the model, a tool, its store, the client, the server itself."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from streamproof.fake_servers.durable_execution.change import Change
from streamproof.fake_servers.durable_execution.records import Creation, Run
from streamproof.fake_servers.durable_execution.store import Store
from streamproof.harness.faults.base import Fault
from streamproof.harness.faults.cut import Cut
from streamproof.harness.faults.lose_answer import LoseAnswer
from streamproof.harness.faults.spoilt_body import SpoiltBody
from streamproof.harness.faults.stall import Stall
from streamproof.harness.faults.status import Status

from .durable_fakes import message
from .durable_reference import DONE, EXECUTIONS, NOTE, PAY, Bench, frames_of, kinds, text_of

Runner = Callable[..., Any]


class Photographed(Store):
    """Keeps a copy of the whole store as it is after each commit: what a server finds that was killed there."""

    folder: Path

    def photograph(self) -> None:
        self.folder.mkdir(exist_ok=True)
        target = self.folder / f"{len(list(self.folder.iterdir())):03}"
        target.mkdir()
        copy = sqlite3.connect(target / "runs.sqlite3")
        self._database.backup(copy)
        copy.close()

    def create(self, creation: Creation) -> Run:
        run = super().create(creation)
        self.photograph()
        return run

    @contextmanager
    def change(self, run_id: str) -> Iterator[Change]:
        with super().change(run_id) as change:
            yield change
        self.photograph()


def test_killed_after_any_commit_the_run_goes_on(reading: Runner, tmp_path: Path) -> None:
    """From each of them a new server brings the run to its end: what was read stays, nothing is said or done twice."""

    class Camera(Photographed):
        folder = tmp_path / "photographs"

    runs: list[str] = []

    async def whole(r: Any) -> None:
        bench = await Bench(r, store_type=Camera).start()
        runs.append((await bench.create({**PAY, "calls": [*PAY["calls"], *NOTE["calls"]]}, DONE)).run)
        await bench.approve(runs[0], "c1")
        told = await bench.follow(runs[0])
        assert kinds(told.text) == ["tool-approval-request", "tool-output-available", "tool-output-available", "finish"]

    async def from_there(r: Any, folder: Path) -> None:
        before = Store(str(folder))
        seen = before.frames(runs[0], 0)
        before.close()
        bench = await Bench(r, str(folder)).start()
        await bench.follow(runs[0])
        if await bench.status(runs[0]) == "suspended":
            assert (await bench.approve(runs[0], "c1")).status == 200
        told = await bench.follow(runs[0])
        assert kinds(told.text) == ["tool-approval-request", "tool-output-available", "tool-output-available", "finish"]
        assert (text_of(told.text), await bench.status(runs[0])) == ("Let me see. Done.", "completed")
        assert frames_of(told.text)[: len(seen)] == seen
        assert max(Counter(bench.effects()).values(), default=0) <= 1

    reading(whole)
    photographs = sorted(Camera.folder.iterdir())
    assert len(photographs) == 14
    for folder in photographs:
        reading(lambda r, folder=folder: from_there(r, folder))


def test_a_killed_tool_call_is_repeated_under_its_key(reading: Runner, tmp_path: Path) -> None:
    """The effect happened, its answer was never recorded: another life asks again, and nothing happens twice."""

    async def play(r: Any) -> None:
        bench = await Bench(r, str(tmp_path)).start()
        creating = asyncio.ensure_future(bench.create(NOTE, DONE))
        await r.until(lambda: len(bench.effects()) == 1)
        await bench.server.close()
        assert "event: error" in (await creating).text
        await bench.open()
        (run,) = bench.server.store.unfinished()
        assert kinds((await bench.follow(run)).text) == ["tool-output-available", "finish"]
        assert bench.effects() == [("n1", False), ("n1", True)]

    reading(play, [Stall(endpoint="tool", where="before-head")])


def test_a_pending_approval_outlives_the_server(reading: Runner, tmp_path: Path) -> None:
    """And what was answered 200 just before the end counts."""

    async def play(r: Any) -> None:
        bench = await Bench(r, str(tmp_path)).start()
        first, second = [(await bench.create(PAY, DONE, id=id)).run for id in "ab"]
        await bench.server.engine.close()  # nothing moves any more: the decision is recorded and no more
        assert (await bench.approve(first, "c1")).status == 200
        await bench.server.close()
        await bench.open()
        assert [await bench.status(run) for run in (first, second)] == ["running", "suspended"]
        assert kinds((await bench.follow(first)).text)[-1] == "finish"
        assert (await bench.approve(second, "c1", False)).status == 200
        assert kinds((await bench.follow(second)).text)[-2:] == ["tool-output-denied", "finish"]

    reading(play)


@pytest.mark.parametrize("restart", [False, True])
def test_an_approval_that_never_comes_is_a_denial(reading: Runner, tmp_path: Path, restart: bool) -> None:
    """At its time, whichever life sees it; then it is too late for another."""

    async def play(r: Any) -> None:
        bench = await Bench(r, str(tmp_path), config={"timing_ms": {"approval_timeout": 2_000}}).start()
        run = (await bench.create(PAY, {**DONE, "gate": "hold"})).run
        await r.scene.sleep(1_500)
        if restart:
            await bench.server.close()
            await bench.open()
        assert await bench.status(run) == "suspended"
        await r.scene.sleep(510)
        assert await bench.status(run) == "running"
        assert (await bench.approve(run, "c1")).status == 409
        bench.fakes.servers.open_gate("hold")
        assert kinds((await bench.follow(run)).text) == ["tool-approval-request", "tool-output-denied", "finish"]
        assert bench.effects() == []

    reading(play)


@pytest.mark.parametrize(
    "faults",
    [
        [Cut(endpoint="completion", direction="answer", after_lines=5, how="rst", times=2)],
        [Cut(endpoint="completion", direction="answer", after_lines=3, how="fin"), Status(endpoint="completion", nth=2, status=503)],
        [Cut(endpoint="completion", direction="answer", inside="line", at=5, after_bytes=20)],
        [Status(endpoint="completion", status=429)],
        [Stall(endpoint="completion", where="in-body", after_bytes=500)],
        [SpoiltBody(endpoint="completion", body="html", nth=1)],
    ],
    ids=lambda faults: faults[0].name,
)
def test_a_model_that_fails_for_a_while(reading: Runner, faults: Sequence[Fault]) -> None:
    """It is asked again; what was said is not said again."""

    async def play(r: Any) -> None:
        bench = await Bench(r).start()
        told = await bench.create({"text": ["One, ", "two, ", "three."]})
        assert r.injected()
        assert (text_of(told.text), kinds(told.text)) == ("One, two, three.", ["finish"])
        assert {turn["turn"] for turn in bench.turns()} <= {0}
        assert (await bench.follow(told.run)).text == told.text

    reading(play, faults)


@pytest.mark.parametrize(
    ("turn", "asked"),
    [({"status": 500}, 5), ({"status": 400}, 1), ({"text": ["One, ", "two."], "cut_after": 1}, 5)],
    ids=["500", "400", "cut"],
)
def test_a_model_that_always_fails(reading: Runner, turn: dict[str, Any], asked: int) -> None:
    """The creation is answered 200 all the same; the run fails in time, and its stream says so before it finishes."""

    async def play(r: Any) -> None:
        bench = await Bench(r).start()
        told = await bench.create(turn)
        assert (told.status, kinds(told.text)) == (200, ["data-operation", "finish"])
        assert text_of(told.text) == "".join(turn.get("text", [])[:1])
        assert await bench.status(told.run) == "failed"
        assert len(bench.turns()) == asked
        assert r.scene.now_us() < 10_000_000
        assert "127.0.0.1" not in told.text
        assert len(bench.logs) == asked

    reading(play)


@pytest.mark.parametrize(
    "fault",
    [
        LoseAnswer(endpoint="tool", times=2),
        Status(endpoint="tool", status=503),
        Stall(endpoint="tool"),
        SpoiltBody(endpoint="tool", body="html"),
    ],
    ids=lambda fault: str(fault.name),
)
def test_a_tool_that_fails_for_a_while(reading: Runner, fault: Fault) -> None:
    """It is tried again under the same key: one effect, one output."""

    async def play(r: Any) -> None:
        bench = await Bench(r).start()
        told = await bench.create(NOTE, DONE)
        assert r.injected()
        assert (kinds(told.text), text_of(told.text)) == (["tool-output-available", "finish"], "Done.")
        assert [again for _, again in bench.effects()].count(False) == 1

    reading(play, [fault])


@pytest.mark.parametrize(("status", "asked"), [(500, 5), (422, 1)])
def test_a_tool_that_always_fails(reading: Runner, status: int, asked: int) -> None:
    """Readers and model are told, and the run goes on."""

    async def play(r: Any) -> None:
        bench = await Bench(r).start()
        told = await bench.create(NOTE, DONE)
        assert (kinds(told.text), text_of(told.text)) == (["tool-output-error", "finish"], "Done.")
        assert bench.turns()[-1]["tools"][0]["content"] == "The tool failed."
        assert len(r.entries("request")) >= asked

    reading(play, [Status(endpoint="tool", status=status, times=99)])


def test_a_tool_that_is_none(reading: Runner) -> None:
    """It is not asked for, whatever its name."""

    async def play(r: Any) -> None:
        bench = await Bench(r).start()
        told = await bench.create({"calls": [{"id": "x", "name": "../note", "arguments": {}}]}, DONE)
        assert (kinds(told.text), bench.effects()) == (["tool-output-error", "finish"], [])

    reading(play)


@pytest.mark.parametrize("after", range(6))
def test_a_store_that_cannot_write(reading: Runner, after: int) -> None:
    """The run fails, its frames are those before, and the log says why."""

    async def play(r: Any) -> None:
        whole = await (await Bench(r).start()).create(NOTE, DONE)
        bench = await Bench(r, config={"fail_writes": {"after": after}}).start()
        told = await bench.create(NOTE, DONE)
        assert kinds(told.text)[-2:] == ["data-operation", "finish"]
        assert len(frames_of(told.text)) == after + 2
        assert len(frames_of(whole.text)) > after
        assert await bench.status(told.run) == "failed"
        assert any("database or disk is full" in message for message in bench.logs)

    reading(play)


@pytest.mark.parametrize("after", [0, 2, 5])
def test_a_store_that_cannot_read(reading: Runner, after: int) -> None:
    """The reader is told that the stream broke, at that frame; the next reader gets it all, and the run is as it was."""

    async def play(r: Any) -> None:
        bench = await Bench(r, config={"fail_reads": {"after": after}}).start()
        told = await bench.create(NOTE, DONE)
        body, _, error = told.text.partition("event: error\n")
        assert (len(frames_of(body)), error) == (after, 'data: {"error":"Stream error"}\n\n')
        again = await bench.follow(told.run)
        assert (again.text[: len(body)], kinds(again.text)) == (body, ["tool-output-available", "finish"])
        assert await bench.status(told.run) == "completed"

    reading(play)


def test_a_store_that_never_writes_again(reading: Runner) -> None:
    """Not even the failure can be recorded: the readers are told that the stream broke."""

    class Full(Change):
        def write_frame(self, position: int, data: str) -> None:
            raise sqlite3.OperationalError("database or disk is full")

    class FullStore(Store):
        change_type = Full

    async def play(r: Any) -> None:
        bench = await Bench(r, store_type=FullStore).start()
        told = await bench.create(DONE)
        assert told.text == 'event: error\ndata: {"error":"Stream error"}\n\n'
        assert len(bench.logs) == 6  # the step, four tries to end the run, the stream

    reading(play)


def test_what_breaks_inside_stays_inside(reading: Runner) -> None:
    """500 with a constant text; the log has the rest."""

    class Broken(Store):
        def create(self, creation: Creation) -> Run:
            raise RuntimeError("secret of the inside")

    async def play(r: Any) -> None:
        bench = await Bench(r, store_type=Broken).start()
        told = await bench.ask("POST", EXECUTIONS, {"messages": [message("a", DONE)]})
        assert (told.status, told.json["code"]) == (500, "internal_server_error")
        assert "secret" not in told.text
        assert any("secret of the inside" in message for message in bench.logs)

    reading(play)


def test_a_client_that_leaves_changes_nothing(reading: Runner) -> None:
    """The run goes on without readers."""

    async def play(r: Any) -> None:
        bench = await Bench(r).start()
        creating = asyncio.ensure_future(bench.create(NOTE, {**DONE, "gate": "hold"}))
        await r.until(lambda: len(bench.turns()) == 2)
        creating.cancel()
        (run,) = bench.server.store.unfinished()
        await r.scene.sleep(10)
        bench.fakes.servers.open_gate("hold")
        assert kinds((await bench.follow(run)).text) == ["tool-output-available", "finish"]
        assert len(bench.turns()) == 2

    reading(play)
