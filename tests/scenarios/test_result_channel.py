"""The agent scenarios: what they draw is what they mean, and what they are about really happens to the reference."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streamproof.harness.checkers.result_channel.sessions import stood_to_the_end
from streamproof.harness.checkers.result_channel.view import View
from streamproof.harness.contracts import CONTRACTS
from streamproof.harness.engine.draw import draw_cases
from streamproof.harness.engine.example import Example, run_example
from streamproof.harness.engine.scenario import Scenario, Setting
from streamproof.harness.engine.shapes import fits
from streamproof.harness.faults.drop_frame import DropFrame
from streamproof.harness.targets.base import Target
from streamproof.harness.targets.declared import serves_from_json
from streamproof.harness.targets.in_process import InProcessTarget
from streamproof.harness.targets.references.result_channel import reference_agent
from streamproof.harness.values.case import Case
from streamproof.harness.values.errors import UsageError
from streamproof.harness.worlds.table import make_world
from streamproof.scenarios.result_channel import RESULT_CHANNEL_SCENARIOS
from streamproof.scenarios.result_channel.draws import CRASH, SHRUNK_TIMING, START, STOP, case, deliver, drop, in_turn, task, until
from streamproof.scenarios.result_channel.ending import LAST_FAULTS_MS
from streamproof.scenarios.result_channel.keys import key_pair
from streamproof.scenarios.result_channel.scripts import drips, script, write
from streamproof.scenarios.result_channel.tasks import task_of

CONTRACT = CONTRACTS["result-channel"]
CAPABILITIES = ("timing", "limits")
SERVES = [{"contract": "result-channel", "role": "agent", "capabilities": list(CAPABILITIES)}]
BY_NAME = {scenario.name.removeprefix("result-channel-"): scenario for scenario in RESULT_CHANNEL_SCENARIOS}
EXAMPLES = 5
SETTING = Setting("websocket", "sim", CAPABILITIES, {}, ("agent",))
TEXT = script([write(0, "out\n"), write(5, "err\n", "stderr")], 3)


def reference() -> Target:
    return InProcessTarget("reference", lambda contract, role: reference_agent, serves=serves_from_json(SERVES))


def drawn(scenario: Scenario, count: int, *, world: str = "sim", seed: int = 1, capabilities: tuple[str, ...] = CAPABILITIES) -> list[Case]:
    return draw_cases(scenario, Setting("websocket", world, capabilities, {}, scenario.roles), seed, count)


def played(scenario: Scenario, cases: list[Case], *, world: str = "sim") -> Iterator[Example]:
    target, made = reference(), make_world(world)
    try:
        for each in cases:
            yield run_example(CONTRACT, scenario, each, target, made)
    finally:
        made.close()


def one(*workload: Any, **more: Any) -> Example:
    """A workload of the steady scenario, played."""
    (example,) = played(BY_NAME["steady"], [case("steady", SETTING, workload, **more)])
    assert example.trouble is None
    return example


def of_kind(example: Example, kind: str, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(entry.data[name] for name in names) for entry in example.history.of_kind(kind)]


@pytest.mark.parametrize("name", BY_NAME)
def test_the_precondition_occurs_and_the_reference_is_clean(name: str) -> None:
    """In most examples what the scenario is about really happens; nothing of ours breaks, and nothing is found."""
    scenario = BY_NAME[name]
    counted = Counter[bool]()
    for example in played(scenario, drawn(scenario, EXAMPLES)):
        assert example.trouble is None
        assert example.findings == [], example.case
        assert example.history.entries[-1].kind in ("settled", "close", "closed", "socket-over", "control", "broken", "note", "frame")
        counted[example.not_counted is None] += 1
    assert counted[True] > counted[False]


def test_every_requirement_is_put_to_the_test() -> None:
    """Each has a scenario that says it can judge it, and in a handful of examples of those it is judged five times."""
    known = {requirement.id for requirement in CONTRACT.requirements}
    assert {name for scenario in RESULT_CHANNEL_SCENARIOS for name in scenario.judges} == known
    judged = Counter[str]()
    for scenario in RESULT_CHANNEL_SCENARIOS:
        if all(judged[name] >= 5 for name in scenario.judges):
            continue
        for example in played(scenario, drawn(scenario, 4 * EXAMPLES, seed=2)):
            judged.update(name for name in known if example.counts_as_judged(name))
            if all(judged[name] >= 5 for name in scenario.judges):
                break
    assert {name for name in known if judged[name] < 5} == set()


@pytest.mark.parametrize(
    ("name", "requirement"), [("late-hello-acks", "WSR-RPL-3"), ("false-hello-acks", "WSR-HELLO-3"), ("unread", "WSR-CONN-4")]
)
def test_what_only_one_scenario_can_judge_it_judges_nearly_always(name: str, requirement: str) -> None:
    """So that a short search is enough for the five examples that a verdict needs."""
    judged = [example.counts_as_judged(requirement) for example in played(BY_NAME[name], drawn(BY_NAME[name], 2 * EXAMPLES, seed=3))]
    assert judged.count(True) > len(judged) - EXAMPLES


@pytest.mark.parametrize("name", ["steady", "identities", "crash-frames"])
def test_real_sockets_play_the_same(name: str) -> None:
    """The play, its waits and its faults do in real time what they do in the simulation."""
    for example in played(BY_NAME[name], drawn(BY_NAME[name], 1, world="loopback", seed=3), world="loopback"):
        assert example.trouble is None
        assert example.findings == []
        assert any(example.history.of_kind("settled"))


def test_the_same_seed_gives_the_same_history() -> None:
    """A case is the same to the byte when it is played again, though its folder and its signatures are others."""
    for name in ("swarm", "crashes", "replays"):
        cases = drawn(BY_NAME[name], 2)
        first, second = ([example.history.digest() for example in played(BY_NAME[name], cases)] for _ in range(2))
        assert first == second


def test_no_secret_is_in_a_history() -> None:
    """The private key is not there, nor is a command, which holds the name of a folder."""
    example = one(*in_turn([TEXT]))
    text = example.history.to_ndjson()
    assert key_pair().private_pem not in text
    assert "streamproof-emit <script-1>" in text
    assert '"value":"' not in text.replace("valid", "")


def test_without_the_capabilities_nothing_is_said_of_figures() -> None:
    """A target that declares neither goes by its own figures, and on real sockets no scenario waits them out."""
    for scenario in RESULT_CHANNEL_SCENARIOS:
        for each in drawn(scenario, 3, world="loopback", capabilities=()) if "loopback" in scenario.worlds else ():
            assert each.config["timing_ms"] is None
            assert each.config["limits"] is None
            if "polling" not in scenario.name and "duplicates" not in scenario.name:
                assert sum(args["ms"] for verb, args in each.workload if verb == "wait") < 20_000, each


# --- what the play writes down --------------------------------------------------------------------------------------


def test_what_a_task_is_to_come_to_is_known_before_it_is_delivered() -> None:
    """Its texts, its end and its writes; how often it was executed is counted at the end."""
    example = one(*in_turn([TEXT]))
    kinds = [entry.kind for entry in example.history.entries]
    (row,) = example.history.of_kind("task")
    assert {**row.data} == {
        "task": "task-1", "attempt": "attempt-1", "via": "socket", "stdout": "out\n", "stderr": "err\n", "status": "failed", "exit_code": 3,
        "steps": [[0, "stdout", 4], [5, "stderr", 4]], "discardable": False,
    }  # fmt: skip
    assert kinds.index("task") < kinds.index("final-look") < kinds.index("settled")
    assert of_kind(example, "executions", "task", "attempt", "count") == [("task-1", "attempt-1", 1)]


def test_a_crash_is_told_between_two_lives() -> None:
    """What was executed is counted when all is dead, and the next life has the same handle."""
    example = one(task(script(drips(5, 40))), until("output"), CRASH, until("acked"))
    told = [entry.kind for entry in example.history.of_kind("crash", "executions", "gone", "back", "settled")]
    assert told == ["crash", "executions", "gone", "back", "executions", "settled"]
    assert of_kind(example, "gone", "life") + of_kind(example, "back", "life") == [(1,), (2,)]


def test_an_agent_that_is_stopped_is_started_for_the_last_look() -> None:
    """And one that runs is not started twice."""
    example = one(START, task(TEXT), until("acked"), STOP, STOP)
    assert [verb for (verb,) in of_kind(example, "call", "verb")] == ["start", "stop", "start"]


def test_the_last_drop_brings_another_hello() -> None:
    """Behind `final-look` the connection ends once, and the agent tells what it still keeps."""
    example = one(*in_turn([TEXT]))
    look = next(example.history.of_kind("final-look")).number
    hellos = [entry for entry in example.history.of_kind("frame") if entry.number > look and entry.data["type"] == "agent.hello"]
    assert len(hellos) == 1
    payload = hellos[0].data["envelope"]["payload"]
    assert (payload["unacked_finals"], payload["unacked_output"]) == ([], [])


@pytest.mark.parametrize("world", ["sim", "loopback"])
def test_the_last_session_stands_long_enough_to_be_judged(world: str) -> None:
    """All that is kept has been sent on it by then, also where upper bounds have an allowance."""
    (example,) = played(BY_NAME["steady"], [case("steady", SETTING, in_turn([TEXT]), timing=SHRUNK_TIMING)], world=world)
    assert stood_to_the_end(View(example.history))


def test_a_task_that_has_told_its_end_is_not_waited_for() -> None:
    """Nine outputs are too many for it, so the wait is over with its final, and not only at its bound."""
    example = one(task(TEXT), until("output", count=9), faults=[DropFrame(endpoint="ack", times=50)])
    final = next(entry for entry in example.history.of_kind("frame") if entry.data["type"] == "task.final")
    assert next(example.history.of_kind("heal")).at_us - final.at_us == 1_000 * LAST_FAULTS_MS


def test_operations_on_what_is_not_there_are_not_performed() -> None:
    """So that a smaller case is a case as well: no such task, no socket, a task of the same name."""
    example = one(deliver(7), until("acked", 7), drop(), task(TEXT), task(script([write(0, "other")])), until("acked"))
    assert of_kind(example, "task", "stdout") == [("out\n",)]
    assert of_kind(example, "delivered-again") == []


# --- tasks ----------------------------------------------------------------------------------------------------------


def made(given: dict[str, Any]) -> Any:
    return task_of({"task": "t", "attempt": "a", "script": given}, Path("/marks/1"))


def test_a_script_is_what_the_driver_protocol_describes() -> None:
    """One word of base64 over JSON, with a version and a marker."""
    command = made(TEXT).command
    program, word = command.split(" ")
    fields = json.loads(base64.b64decode(word, validate=True))
    assert program == "streamproof-emit"
    assert (fields["v"], fields["marker"], fields["exit"]) == (1, "/marks/1", 3)


def test_steps_are_put_in_order_and_a_closed_stream_takes_no_more() -> None:
    """However a reducer has shortened them."""
    steps = [write(50, "late"), write(10, "early "), {"at_ms": 60, "close": "stdout"}, write(70, "never")]
    assert made(script(steps)).texts["stdout"] == "early late"


def test_a_stream_that_is_no_text_has_none() -> None:
    """A character in two writes is one; bytes that are none make the stream one that cannot be compared."""
    parted = made(script([write(0, b"\xc3"), write(5, b"\xa9"), write(0, b"\xff", "stderr")]))
    assert parted.texts == {"stdout": "é", "stderr": None}


@pytest.mark.parametrize(
    ("given", "expected"), [({"exit": 0}, ("completed", 0)), ({"exit": 255}, ("failed", 255)), ({"signal": "SIGKILL"}, ("failed", -1))]
)
def test_how_a_command_ends_is_its_status(given: dict[str, Any], expected: tuple[str, int]) -> None:
    """A signal is -1."""
    task = made({"steps": [], **given})
    assert (task.status, task.exit_code) == expected


def test_a_command_that_is_too_long_is_refused() -> None:
    """It is given to a shell, perhaps, so 96 KiB is the most."""
    with pytest.raises(UsageError, match="too long"):
        made(script([write(0, "x" * 80_000)]))


def test_an_id_of_dots_only_fits_no_scenario() -> None:
    """A path has another meaning for it; a reducer must not end there."""
    scenario = BY_NAME["steady"]
    (good, *_) = drawn(scenario, 1)
    assert fits(scenario, good)
    for wrong in ("", ".", ".."):
        workload = tuple((verb, {**args, "task": wrong} if verb == "task" else args) for verb, args in good.workload)
        assert not fits(scenario, good.with_changes(workload=workload))
