"""The hostile client of ``durable-execution`` and its scenarios: what is sent, what is written down, what is judged, and how it ends."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from streamproof.fake_servers import SERVERS
from streamproof.fake_servers.host import PlainHost
from streamproof.harness.engine.example import Example
from streamproof.harness.engine.scenario import Setting
from streamproof.harness.engine.shapes import fits
from streamproof.harness.faults.crash import Crash
from streamproof.harness.targets.url import UrlTarget
from streamproof.harness.values.case import Operation
from streamproof.harness.values.history import Entry
from streamproof.scenarios import folders
from streamproof.scenarios.durable_execution.approval_draws import approve, case, create, follow, send, status, together
from streamproof.scenarios.durable_execution.draws import GATE, OPEN, calling, spoken
from streamproof.scenarios.durable_execution.stream_table import STREAM_SCENARIOS

from .durable_playing import EVERYTHING, IMPLIED, drawn, flat, in_process, played

BY_NAME = {scenario.name.removeprefix("durable-"): scenario for scenario in STREAM_SCENARIOS}
STEADY = BY_NAME["steady"]
EXAMPLES = 3

TALK = [spoken(("one ", "läuft 🙂 ", "three"))]
PAID = [calling(("Let me ", "see. "), "a/b?c", "pay"), spoken(("Done.",))]


def play(*workload: Operation, world: str = "sim", target: Any = None, faults: tuple[Any, ...] = ()) -> Example:
    """One example of exactly these operations."""
    setting = Setting("executions", world, EVERYTHING, {})
    (example,) = played(STEADY, [case("steady", setting, workload, faults)], world, target)
    return example


def entries(example: Example, kind: str, **fields: Any) -> list[Entry]:
    return [entry for entry in example.history.of_kind(kind) if all(entry.data.get(name) == value for name, value in fields.items())]


def asked(example: Example, op: str, **fields: Any) -> list[int]:
    """The numbers of such asks, in order."""
    return [entry.data["ask"] for entry in entries(example, "ask", op=op, **fields)]


def body(example: Example, ask: int) -> str:
    return "".join(entry.data["text"] for entry in entries(example, "piece", ask=ask))


def head(example: Example, ask: int) -> int:
    (entry,) = entries(example, "head", ask=ask)
    return int(entry.data["status"])


def how(example: Example, ask: int) -> str:
    (entry,) = entries(example, "over", ask=ask)
    return str(entry.data["how"])


# --- the scenarios


@pytest.mark.parametrize("name", BY_NAME)
def test_the_reference_is_clean(name: str) -> None:
    """Nothing of ours breaks, nothing is found, and the precondition of most examples is met."""
    scenario = BY_NAME[name]
    for example in played(scenario, drawn(scenario, EXAMPLES)):
        assert example.trouble is None
        assert example.findings == [], example.case


@pytest.mark.parametrize("name", BY_NAME)
def test_what_is_drawn_can_be_written_and_read_again(name: str) -> None:
    """Each case, for a target that can do everything and for one that can do nothing, is of the shape of its scenario."""
    for capabilities in (EVERYTHING, ("tools", *IMPLIED), ("vercel", "classic"), ()):
        cases = drawn(BY_NAME[name], 10, capabilities=capabilities)
        assert cases
        assert all(fits(BY_NAME[name], drawn_case) for drawn_case in cases)


def test_what_a_target_lacks_is_not_asked_of_it() -> None:
    """A server whose model is not ours gets no script with calls, gates or failures, and no crash; one without a chat no chat."""
    for scenario in STREAM_SCENARIOS:
        for drawn_case in drawn(scenario, 10, capabilities=()):
            operations = list(flat(drawn_case.workload))
            assert not any(verb in ("approve", "batch", "crash", "pending") for verb, _ in operations)
            assert all(args.get("via", "executions") == "executions" for _, args in operations)
            assert all(turn.keys() == {"text"} for verb, args in operations if verb == "create" for turn in args["turns"])


@pytest.mark.parametrize("name", BY_NAME)
def test_every_scenario_judges_what_it_says(name: str) -> None:
    """Each requirement that a scenario names is judged in one of its first examples."""
    scenario = BY_NAME[name]
    missing = set(scenario.judges)
    for example in played(scenario, drawn(scenario, 20, seed=2)):
        missing -= {judge for judge in scenario.judges if example.counts_as_judged(judge)}
        if not missing:
            break
    assert missing == set()


@pytest.mark.parametrize("name", ["steady", "replays", "cuts"])
def test_real_sockets_play_the_same(name: str) -> None:
    """The reference is clean in real time too."""
    scenario = BY_NAME[name]
    for example in played(scenario, drawn(scenario, 1, world="loopback"), "loopback"):
        assert example.trouble is None
        assert example.findings == []


def test_the_same_case_gives_the_same_history() -> None:
    """To the byte, in the simulation."""
    scenario = BY_NAME["creation-race"]
    cases = drawn(scenario, 2)
    first, second = ([example.history.digest() for example in played(scenario, cases)] for _ in range(2))
    assert first == second


# --- the play


def test_no_key_and_no_path_is_in_a_history(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keys show as tags, the folder of the server not at all; and the folder is gone afterwards."""
    monkeypatch.setattr(folders, "FOLDERS", tmp_path)
    text = play(create(TALK), follow(0, tenant=1)).history.to_ndjson()
    assert "key-0-" not in text
    assert str(tmp_path) not in text
    assert list(tmp_path.iterdir()) == []


def test_the_folder_is_removed_when_the_play_breaks_down(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever ends an example, nothing of it stays on the disk."""
    monkeypatch.setattr(folders, "FOLDERS", tmp_path)
    assert play(("no-such-operation", {})).trouble is not None
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_created_decided_and_read_whole() -> None:
    """The pending call is taken from the frame that asks for it, encoded in the path, and the last asks read everything."""
    example = play(create(PAID, conversation="c/1"), status("suspended"), approve(), follow("seen"))
    (decision,) = entries(example, "ask", op="approve")
    assert (decision.data["call"], decision.data["path"].rpartition("/")[2]) == ("a/b?c", "a%2Fb%3Fc")
    last = entries(example, "ask", last=True)
    assert [entry.data["op"] for entry in last] == ["status", "follow", "status"]
    assert '"status": "completed"' in body(example, last[2].data["ask"])
    create_ask, follow_ask = asked(example, "create")[0], asked(example, "follow")[0]
    assert body(example, create_ask) + body(example, follow_ask) == body(example, last[1].data["ask"])


@pytest.mark.parametrize("leave", [{"bytes": 0}, {"bytes": 1}, {"bytes": 333}, {"bytes": 407}])
def test_a_reader_leaves_at_the_very_byte(leave: Mapping[str, int]) -> None:
    """What is written down of the answer ends there, inside a character too."""
    example = play(create(TALK), follow(0, leave=dict(leave)))
    (ask,) = asked(example, "follow", last=False)
    assert how(example, ask) == "left"
    assert len(body(example, ask).encode("utf-8", "surrogateescape")) == leave["bytes"]


def test_a_reader_leaves_behind_a_frame_and_goes_on_behind_it() -> None:
    """``seen`` asks for the index behind the last frame that was read whole."""
    example = play(create(TALK), follow(0, leave={"frames": 2}), follow("seen"))
    left, rest = asked(example, "follow", last=False)
    whole = body(example, asked(example, "follow", last=True)[0])
    assert body(example, left).count("\n\n") == 2
    assert body(example, left) + body(example, rest) == whole
    assert entries(example, "ask", ask=rest)[0].data["headers"] == [["x-stream-start-index", "2"]]


def test_headers_go_out_as_they_are() -> None:
    """Blanks around an index, letters of other scripts, and a header given twice."""
    example = play(create(TALK), *(follow(index) for index in (" 2 ", "٣", ["1", "1"])))
    asks = asked(example, "follow", last=False)
    assert [head(example, ask) for ask in asks] == [200, 400, 400]
    assert entries(example, "ask", ask=asks[2])[0].data["headers"] == [["x-stream-start-index", "1"]] * 2


def test_holes_are_filled_in() -> None:
    """The ids of a run and of a conversation, in a path and in JSON, and the message of a script."""
    body_text = json.dumps({"messages": [{"role": "user", "content": "{script:s}"}], "conversationId": '{conversation:a "b"}'})
    example = play(
        create(TALK),
        send("GET", "/run/api/executions/{run:a}", meant="x"),
        send("GET", "/run/v1/conversations/{conversation:a b}/stream", meant="x"),
        send("POST", "/run/api/executions", body=body_text, meant="x"),
    )
    first, second, third = entries(example, "ask", op="send")
    assert "wrun_" in first.data["path"]
    assert first.data["run"] == "a"
    assert "/a%20b-" in second.data["path"]
    assert json.loads(third.data["body"]["text"])["conversationId"] == third.data["conversation"]
    assert [turn.data["script"].partition("-")[0] for turn in entries(example, "turn")] == ["a", "s"]


def test_what_is_done_together_is_under_way_at_once() -> None:
    """Two decisions are both sent before either is answered, and each has a connection of its own."""
    example = play(create(PAID), status("suspended"), together([approve(True), approve(False)]))
    first, second = asked(example, "approve")
    (sent,) = entries(example, "ask", ask=second)
    (answered,) = entries(example, "head", ask=first)
    assert sent.number < answered.number
    assert sorted((head(example, first), head(example, second))) == [200, 409]


def test_an_unknown_run_and_a_stranger_get_the_same() -> None:
    """The label ``!unknown`` is asked for by the first tenant unless another is named."""
    example = play(create(TALK), status(None, "!unknown"), status(None, tenant=1), follow(0, "!unknown"))
    unknown, stranger = asked(example, "status", run="!unknown")[0], asked(example, "status", tenant=1)[0]
    assert (head(example, unknown), head(example, stranger)) == (404, 404)


def test_a_held_run_is_let_go_at_the_end() -> None:
    """A gate that no operation opens is opened before the last reading: the run is never left hanging by us."""
    held = [calling(("First. ",), "c", "note"), spoken(("Second.",), gate=GATE)]
    example = play(create(held, wait="head"), follow(0, wait="head"))
    assert example.findings == []
    assert len(entries(example, "gate")) == 1
    assert "Second." in body(example, asked(example, "create")[0])
    opened = play(create(held, wait="head"), OPEN, status("rest"))
    assert [entry.kind for entry in opened.history.of_kind("gate", "heal")] == ["gate", "heal"]


@pytest.mark.parametrize("world", ["sim", "loopback"])
def test_a_crash_kills_the_server_and_it_comes_back(world: str) -> None:
    """By a fault at a request of the server's or by an operation; the reader is cut off, and the run goes on by itself."""
    example = play(create(PAID), status("suspended"), approve(wait="none"), follow("seen"), world=world, faults=(Crash(endpoint="tool"),))
    assert example.trouble is None
    assert [(entry.kind, entry.data["life"]) for entry in example.history.of_kind("gone", "back")] == [("gone", 1), ("back", 2)]
    assert '"status": "completed"' in body(example, asked(example, "status", last=True)[1])
    again = play(create(PAID), ("crash", {}), status("suspended"), world=world)
    assert len(entries(again, "gone")) == 1
    assert '"status": "suspended"' in body(again, asked(again, "status")[0])


# --- servers that are none


def _server(answer: Any) -> Any:
    def factory(config: dict[str, Any], note: Any) -> object:
        app = web.Application(client_max_size=10_000_000)
        app.router.add_route("*", "/{rest:.*}", answer)
        return type("Server", (), {"app": app})()

    return in_process(factory)


async def _nothing(http: web.Request) -> web.Response:
    return web.json_response({"title": "Not Found"}, status=404)


async def _never(http: web.Request) -> web.Response:
    await asyncio.get_running_loop().create_future()
    raise AssertionError("it never answers")


async def _open_end(http: web.Request) -> web.StreamResponse:
    """Says that every run is over, and ends no stream."""
    if http.method == "GET" and not http.path.endswith("/stream"):
        return web.json_response({"id": "r", "status": "completed", "createdAt": 1, "updatedAt": 1})
    answer = web.StreamResponse(headers={"Content-Type": "text/event-stream", "x-workflow-run-id": "r"})
    await answer.prepare(http)
    await answer.write(b'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}\n\n')
    return await _never(http)


async def _endless(http: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Type": "text/event-stream", "x-workflow-run-id": "r"})
    await answer.prepare(http)
    while True:
        await answer.write(b"data: {}\n\n" * 50)
        await asyncio.sleep(0.1)


@pytest.mark.parametrize("answer", [_nothing, _never, _open_end, _endless])
def test_the_play_ends_whatever_a_server_does(answer: Any) -> None:
    """Within bounds, and without trouble of ours."""
    example = play(create(PAID), status("rest"), approve(), follow("seen"), follow(9), target=_server(answer))
    assert example.trouble is None
    assert example.simulated_us < 200_000_000


def test_a_stream_that_stays_open_is_given_up() -> None:
    """Five seconds after its run was seen at rest, and how long that was is told."""
    example = play(create(TALK), target=_server(_open_end))
    (over,) = entries(example, "over", ask=asked(example, "create")[0])
    assert over.data["how"] == "timeout"
    assert 5_000 <= over.data["rest_ms"] <= 5_100
    assert asked(example, "status", meant="poll")


# --- servers named by their URL


@pytest.fixture
def running_service() -> Iterator[tuple[str, Mapping[str, str]]]:
    """The URL and hints of `serve durable-execution`, running in a thread of its own like a server somewhere else."""
    loop = asyncio.new_event_loop()

    async def start() -> tuple[str, Mapping[str, str], web.AppRunner]:
        service = SERVERS["durable-execution"](PlainHost(), {})
        runner = web.AppRunner(service.app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        service.started(url)
        return url, service.hints, runner

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    url, hints, runner = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    yield url, hints
    asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_a_server_named_by_its_url_is_judged(running_service: tuple[str, Mapping[str, str]]) -> None:
    """With the default keys, and twice, since it remembers its runs."""
    url, _ = running_service
    target = UrlTarget(url)
    for _ in range(2):
        for name in ("steady", "bad-indexes"):
            (example,) = played(BY_NAME[name], drawn(BY_NAME[name], 1, world="loopback", capabilities=()), "loopback", target)
            assert example.trouble is None
            assert example.findings == []
            assert example.counts_as_judged("EXE-SSE-3")


def test_without_another_key_nobody_else_asks(running_service: tuple[str, Mapping[str, str]]) -> None:
    """A key of one's own and no other: nothing is sent as a second tenant."""
    url, hints = running_service
    target = UrlTarget(url)
    target.options = {"api_key": hints["api_key"]}
    example = play(create(TALK), status(None, tenant=1), world="loopback", target=target)
    assert example.trouble is None
    assert {entry.data["tenant"] for entry in entries(example, "ask")} == {0}


def test_a_server_that_is_not_there_is_a_problem_of_the_target() -> None:
    """Nobody listens: said in one sentence, and no verdict."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        example = play(create(TALK), world="loopback", target=UrlTarget(f"http://127.0.0.1:{unused.getsockname()[1]}"))
    assert example.driver_fault
    assert example.trouble is not None
    assert "no server answers at 127.0.0.1" in example.trouble
