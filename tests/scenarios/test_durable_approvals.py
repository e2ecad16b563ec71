"""The scenarios of approvals, tenants and crashes: what they draw is what they mean, and the reference is clean in them."""

from __future__ import annotations

from collections import Counter

import pytest

from streamproof.harness.engine.shapes import fits
from streamproof.scenarios.durable_execution.approval_draws import gated_calls, script
from streamproof.scenarios.durable_execution.approval_table import APPROVAL_SCENARIOS

from .durable_playing import EVERYTHING, IMPLIED, drawn, flat, played

BY_NAME = {scenario.name.removeprefix("durable-"): scenario for scenario in APPROVAL_SCENARIOS}
EXAMPLES = 3


@pytest.mark.parametrize("name", BY_NAME)
def test_the_precondition_occurs_and_the_reference_is_clean(name: str) -> None:
    """In most examples what the scenario is about really happens; nothing of ours breaks, and nothing is found."""
    scenario = BY_NAME[name]
    counted = Counter[bool]()
    for example in played(scenario, drawn(scenario, EXAMPLES)):
        assert example.trouble is None
        assert example.findings == [], example.case
        counted[example.not_counted is None] += 1
    assert counted[True] >= counted[False]


@pytest.mark.parametrize("name", BY_NAME)
def test_what_is_drawn_can_be_written_and_read_again(name: str) -> None:
    """Each case, for a target that can do everything and for one that can do nothing, is of the shape of its scenario."""
    for world in ("sim", "loopback"):
        for capabilities in (EVERYTHING, ("tools", *IMPLIED), ()):
            cases = drawn(BY_NAME[name], 10, world=world, capabilities=capabilities)
            assert cases
            assert all(fits(BY_NAME[name], case) for case in cases)


def test_what_a_target_lacks_is_not_asked_of_it() -> None:
    """No approval without tools, no chat without the routes of a chat, no time-out that nobody obeys."""
    for scenario in APPROVAL_SCENARIOS:
        for case in drawn(scenario, 10, capabilities=IMPLIED):
            assert not any(verb in ("approve", "batch") for verb, _ in flat(case.workload))
        for case in drawn(scenario, 10, capabilities=("tools", *IMPLIED)):
            assert not any(verb in ("batch", "pending") or "chat" in args.get("via", "") for verb, args in flat(case.workload))
            assert case.config["timing_ms"]["approval_timeout"] is None


def test_every_scenario_judges_what_it_says() -> None:
    """Each requirement that a scenario names is judged in one of its first examples."""
    for scenario in APPROVAL_SCENARIOS:
        missing = set(scenario.judges)
        for example in played(scenario, drawn(scenario, 24, seed=2)):
            missing -= {name for name in scenario.judges if example.counts_as_judged(name)}
            if not missing:
                break
        assert missing == set(), scenario.name


def test_a_crash_case_is_the_same_when_it_is_played_again() -> None:
    """The same case gives the same history to the byte, restarts and all."""
    scenario = BY_NAME["crash-points"]
    cases = drawn(scenario, 2)
    first, second = ([example.history.digest() for example in played(scenario, cases)] for _ in range(2))
    assert first == second


@pytest.mark.parametrize("name", ["races", "crash-points"])
def test_real_sockets_play_the_same(name: str) -> None:
    """The reference is clean in real time too."""
    scenario = BY_NAME[name]
    for example in played(scenario, drawn(scenario, 1, world="loopback", seed=3), "loopback"):
        assert example.trouble is None
        assert example.findings == []


def test_a_script_numbers_its_calls() -> None:
    """The ids of the calls are their places in the script, over all turns."""
    turns = script([["pay", "note"], ["pay"]])
    assert [[call["id"] for call in turn.get("calls", ())] for turn in turns] == [["call-1", "call-2"], ["call-3"], []]
    assert gated_calls(turns) == ["call-1", "call-3"]
