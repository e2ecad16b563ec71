"""The scenarios of a runner in the worlds: the reference is clean, all is judged, and the play does what its operations say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import pytest

from streamproof.harness.contracts import CONTRACTS
from streamproof.harness.contracts.agent_session import REQUIREMENTS
from streamproof.harness.engine.draw import draw_cases
from streamproof.harness.engine.example import Example, run_example
from streamproof.harness.engine.scenario import Scenario, Setting
from streamproof.harness.faults.crash import Crash
from streamproof.harness.targets.base import Target
from streamproof.harness.targets.declared import serves_from_json
from streamproof.harness.targets.in_process import InProcessTarget
from streamproof.harness.targets.mutants.agent_session import RUNNER_MUTANTS
from streamproof.harness.targets.null_table import NULLS
from streamproof.harness.targets.nulls import NullTarget
from streamproof.harness.targets.references.agent_session.runner import reference_runner
from streamproof.harness.values.case import Case, Operation
from streamproof.harness.values.history import Entry
from streamproof.harness.worlds.table import make_world
from streamproof.scenarios.agent_session import AGENT_SESSION_SCENARIOS
from streamproof.scenarios.agent_session.draws import IDLE, error, message, numbered, paced, script, steps

CONTRACT = CONTRACTS["agent-session"]
ALL = {row.id for row in REQUIREMENTS}
BY_NAME = {scenario.name: scenario for scenario in AGENT_SESSION_SCENARIOS}
SLOW = {"session-timeouts", "session-never-listed", "session-endless-pages", "session-huge"}
"""Few cases each, which take as long as all the others."""
CONFIG: Mapping[str, Any] = {
    "persist_session": False, "agent": "agent-1", "environment_id": "environment-1", "base": "", "page_size": 20, "ids": "plain",
    "timing_ms": {"first_poll": 1_000, "poll_max": 8_000, "list_delay": 200}, "cyclic": False, "next_page_end": None,
    "delete_running": "refuse",
}  # fmt: skip


def reference() -> Target:
    return in_process(reference_runner)


def in_process(factory: Any) -> Target:
    return InProcessTarget("under test", lambda contract, role: factory, serves=serves_from_json(factory.serves))


def settings(scenario: Scenario, target: Target, world: str) -> Iterator[Setting]:
    capabilities = target.capabilities("agent-session", "runner") or ()
    return (Setting(profile, world, capabilities, {}, ("runner",)) for profile in scenario.profiles)


def examples(target: Target, world: str, count: int, scenarios: Sequence[Scenario] = AGENT_SESSION_SCENARIOS) -> Iterator[Example]:
    """``count`` examples of each scenario and profile, played one after the other."""
    made = make_world(world)
    try:
        for scenario in scenarios:
            for setting in settings(scenario, target, world):
                for case in draw_cases(scenario, setting, 1, count):
                    yield run_example(CONTRACT, scenario, case, target, made)
    finally:
        made.close()


def judged_and_clean(target: Target, world: str, count: int, scenarios: Sequence[Scenario]) -> Counter[str]:
    judged: Counter[str] = Counter()
    for example in examples(target, world, count, scenarios):
        assert example.trouble is None, example.case
        assert example.findings == [], example.case
        judged.update(name for name in ALL if example.counts_as_judged(name))
    return judged


# --- sessions of the tool


def test_the_reference_is_clean_and_everything_is_judged() -> None:
    """No finding, no trouble of ours, and each requirement put to the test even by a small session."""
    quick = [scenario for scenario in AGENT_SESSION_SCENARIOS if scenario.name not in SLOW]
    judged = judged_and_clean(reference(), "sim", 4, quick)
    judged += judged_and_clean(reference(), "sim", 3, [BY_NAME["session-huge"]])
    assert set(judged) == ALL
    assert min(judged[row.id] for row in REQUIREMENTS if row.level == "MUST") >= 5


@pytest.mark.parametrize("name", sorted(SLOW - {"session-huge"}))
def test_runs_without_an_end_come_to_one(name: str) -> None:
    """Within a simulated day, and at most a thousand pages a listing."""
    for example in examples(reference(), "sim", 1, [BY_NAME[name]]):
        assert example.trouble is None
        assert example.findings == []
        assert [note["note"] for note in notes(example) if note["note"] in ("emit", "failed")] == ["emit"]
        assert example.history.entries[-1].at_us < 26 * 3_600_000_000


@pytest.mark.parametrize("name", ["session-steady", "session-lagging", "session-stream-cuts", "session-cancels"])
def test_real_sockets_give_the_same_verdict(name: str) -> None:
    """A few of the scenarios over loopback, where time is real."""
    judged = judged_and_clean(reference(), "loopback", 2, [BY_NAME[name]])
    assert judged


def test_the_same_seed_gives_the_same_history() -> None:
    """Byte for byte, in simulated time."""

    def digests() -> list[str]:
        return [example.history.digest() for example in examples(reference(), "sim", 2, [BY_NAME["session-swarm"]])]

    assert digests() == digests()


@pytest.mark.parametrize("null", NULLS)
def test_a_null_driver_is_judged_by_nothing(null: str) -> None:
    """Who does nothing has shown nothing, in any scenario."""
    for example in examples(NullTarget(NULLS[null]), "sim", 1):
        assert [name for name in ALL if example.counts_as_judged(name) and not example.fails(name)] == []


def test_every_requirement_is_judged_by_a_scenario() -> None:
    """And every scenario says which it judges, under a name of its own."""
    assert {name for scenario in AGENT_SESSION_SCENARIOS for name in scenario.judges} == ALL
    assert len(BY_NAME) == len(AGENT_SESSION_SCENARIOS)
    assert all(re.fullmatch(r"session(-[a-z]+)+", name) for name in BY_NAME)


def test_what_is_cut_short_is_no_wish_of_a_target_without_timing() -> None:
    """Who does not declare that it obeys figures is sent none, so no case draws any."""
    for scenario in AGENT_SESSION_SCENARIOS:
        for profile in scenario.profiles:
            drawn = draw_cases(scenario, Setting(profile, scenario.worlds[0], (), {}, ("runner",)), 1, 2)
            assert {case.config["timing_ms"] is None for case in drawn} <= {True} or scenario.name == "session-never-listed"


@pytest.mark.parametrize(
    ("mutant", "scenario", "requirement"),
    [
        ("comment-ends", "session-framing", "SES-SSE-1"),
        ("long-lines-skipped", "session-huge", "SES-SSE-2"),
        ("pages-overlap", "session-shifted-pages", "SES-PAGE-1"),
        ("failed-page-ends", "session-pages", "SES-PAGE-1"),
        ("requests-unbounded", "session-permanent", "SES-END-4"),
    ],
)
def test_what_only_one_scenario_comes_to(mutant: str, scenario: str, requirement: str) -> None:
    """A comment within an event, an event of megabytes, pages that overlap or fail, silence: each within a few examples."""
    planted = next(row for row in RUNNER_MUTANTS if row.name == f"agent-session-{mutant}")
    assert any(example.fails(requirement) for example in examples(in_process(planted.factory), "sim", 12, [BY_NAME[scenario]]))


def test_a_beat_is_no_longer_than_a_poll() -> None:
    """Unless the waits are the contract's own."""
    hasty = {"timing_ms": {"first_poll": 100, "poll_max": 400, "list_delay": 20}}
    assert [paced(ms, hasty) for ms in (40, 3_000)] == [40, 400]
    assert paced(3_000, hasty, 8) == 3_000
    assert paced(9_000_000, {"timing_ms": None}) == 9_000_000


# --- the play


def played(workload: Sequence[Operation], *, factory: Any = reference_runner, mode: str = "poll", **more: Any) -> Example:
    """One case of its own. ``more``: faults, and keys of the config."""
    faults = tuple(more.pop("faults", ()))
    case = Case("agent-session", ("runner",), mode, "session-steady", {**CONFIG, **more}, tuple(workload), faults, seed=7)
    world = make_world("sim")
    try:
        return run_example(CONTRACT, BY_NAME["session-steady"], case, in_process(factory), world)
    finally:
        world.close()


def run(*drafts: Mapping[str, Any], label: str = "a", **more: Any) -> Operation:
    return "run", {"run": label, "prompt": f"do {label}", "script": script([dict(draft) for draft in drafts], 2_000), **more}


def entries(example: Example, *kinds: str) -> list[Entry]:
    return list(example.history.of_kind(*kinds))


def notes(example: Example) -> list[Mapping[str, Any]]:
    return [entry.data for entry in entries(example, "note")]


def emitted(example: Example) -> list[list[str]]:
    return [note["data"]["messages"] for note in notes(example) if note["note"] == "emit"]


def test_drafts_become_steps() -> None:
    """Gaps and lags are beats; every message says which it is, but for those that are to be alike."""
    rows = steps([message("x"), message("alike", gap=0), message("y", gap=3, lag=2), {**IDLE, "status_lag": -1}], 10)
    assert rows == [
        {"after_ms": 10, "type": "message", "text": "1. x"},
        {"after_ms": 10, "type": "message", "text": "alike"},
        {"after_ms": 40, "type": "message", "text": "2. y", "lag_ms": 20},
        {"after_ms": 50, "type": "idle", "status_lag_ms": -10},
    ]
    assert numbered([error("z")]) == [error("z")]


def test_a_run_from_its_script_to_its_end() -> None:
    """What it is to come to is written down before it begins; the target gets the key, and the record does not."""
    example = played([run(message("hello"), IDLE), ("until", {"run": "a", "what": "done"})])
    (asked,) = entries(example, "script")
    assert (asked.data["terminal"], asked.data["messages"], asked.data["handle"]) == ("idle", ["1. hello"], "r1")
    assert emitted(example) == [["1. hello"]]
    kinds = [entry.kind for entry in entries(example, "script", "session", "prompted", "heal", "deleted", "settled")]
    assert kinds == ["script", "session", "prompted", "deleted", "heal", "settled"]
    (request,) = [entry for entry in entries(example, "request") if entry.data["endpoint"] == "create"]
    assert ["x-api-key", "<api-key>"] in [[name.lower(), value] for name, value in request.data["headers"]]


def test_waits_end_when_it_has_come_to_be() -> None:
    """For a note, for what the session records, for a stream, and never behind the end of the run."""
    workload = [
        run(message("a"), message("b"), IDLE),
        ("until", {"run": "a", "what": "recorded", "count": 3}),
        ("heal", {}),
        ("until", {"run": "a", "what": "stream-open"}),
        ("until", {"run": "a", "what": "scheduled", "count": 99}),
        ("until", {"run": "nobody", "what": "done"}),
    ]
    example = played(workload, mode="sse")
    (heal,) = entries(example, "heal")
    assert len([entry for entry in entries(example, "recorded") if entry.number < heal.number]) == 3
    assert emitted(example) == [["1. a", "2. b"]]


def test_a_crash_ends_every_run_and_the_next_is_fresh() -> None:
    """By an operation or by a fault; what was lost is not run again under the same handle."""
    workload = [run(message("a"), IDLE), ("crash", {}), ("crash", {}), run(message("b"), IDLE, label="b")]
    for faults in ((), (Crash(endpoint="send", point="after-answer"),)):
        example = played(workload, faults=faults)
        assert emitted(example) == [["1. b"]]
        assert [entry.data["life"] for entry in entries(example, "gone")] == [1]
        assert [(entry.data["handle"], entry.data["life"]) for entry in entries(example, "open")] == [("r1", 1), ("r2", 1)]


def test_cancels_reach_only_runs_that_have_begun() -> None:
    """While the run begins, twice, and behind its end; an opened handle without a run is nothing to cancel."""
    workload = [
        ("fail_emits", {"run": "a", "count": 1}),
        ("cancel", {"run": "a"}),
        ("cancel", {"run": "nobody"}),
        run(message("x"), IDLE, hurry=True),
        ("cancel", {"run": "a"}),
        ("cancel", {"run": "a"}),
    ]
    example = played(workload)
    assert [entry.data["verb"] for entry in entries(example, "call")] == ["fail_emits", "run", "cancel", "cancel"]
    assert emitted(example) == []
    assert example.findings == []


def test_runs_that_hurry_get_their_own_sessions() -> None:
    """One is begun behind the other, however quick the play is."""
    labels = ("a", "b", "c")
    example = played([run(message(label), IDLE, label=label, hurry=True) for label in labels])
    assert [entry.data["run"] for entry in entries(example, "session")] == list(labels)
    assert sorted(emitted(example)) == [[f"1. {label}"] for label in labels]


class Mute:
    """A runner that never says anything."""

    serves: ClassVar = ({"contract": "agent-session", "role": "runner", "capabilities": []},)

    def __init__(self, config: Mapping[str, Any], note: Callable[[str, dict[str, Any]], None]) -> None:
        assert "timing_ms" not in config

    def run(self, prompt: str) -> dict[str, Any]:
        return {"session_id": None}

    def cancel(self) -> None:
        return None


def test_a_run_that_never_ends_ends_the_play() -> None:
    """Behind a day, and another one behind the healing; a call that it does not know is the driver's fault."""
    example = played([run(IDLE), ("until", {"run": "a", "what": "done"})], factory=Mute)
    assert 48 * 3_600 <= entries(example, "settled")[0].at_us / 1e6 < 49 * 3_600
    assert len(example.history.entries) < 20
    assert played([run(IDLE), ("fail_emits", {"run": "a", "count": 1})], factory=Mute).driver_fault
