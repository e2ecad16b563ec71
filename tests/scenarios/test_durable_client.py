"""The scenarios of a durable client: the reference is clean and judged, each planted bug has its requirement, nulls show nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from streamproof.harness.contracts import CONTRACTS
from streamproof.harness.contracts.durable_execution_client import CLIENT_REQUIREMENTS
from streamproof.harness.engine.draw import draw_cases
from streamproof.harness.engine.example import Example, run_example
from streamproof.harness.engine.scenario import Scenario, Setting
from streamproof.harness.targets.base import Target
from streamproof.harness.targets.declared import serves_from_json
from streamproof.harness.targets.in_process import InProcessTarget
from streamproof.harness.targets.mutants.base import Mutant
from streamproof.harness.targets.mutants.durable_client import DURABLE_CLIENT_MUTANTS
from streamproof.harness.targets.null_table import NULLS
from streamproof.harness.targets.nulls import NullTarget
from streamproof.harness.targets.references.durable_client import ReferenceDurableClient
from streamproof.harness.worlds.table import make_world
from streamproof.scenarios.durable_execution.client_table import CLIENT_SCENARIOS

ALL = {row.id for row in CLIENT_REQUIREMENTS}
BY_NAME = {scenario.name: scenario for scenario in CLIENT_SCENARIOS}


def in_process(factory: Any) -> Target:
    serves = serves_from_json(ReferenceDurableClient.serves)
    return InProcessTarget("under test", lambda contract, role: factory, serves=serves)


def examples(
    target: Target, world: str, count: int, scenarios: tuple[Scenario, ...] = CLIENT_SCENARIOS, seed: int = 1
) -> Iterator[Example]:
    """``count`` examples of each scenario, played one after the other."""
    made = make_world(world)
    try:
        for scenario in scenarios:
            for case in draw_cases(scenario, Setting("executions", world, (), {}, ("client",)), seed, count):
                yield run_example(CONTRACTS["durable-execution"], scenario, case, target, made)
    finally:
        made.close()


def judged_and_clean(world: str, count: int, scenarios: tuple[Scenario, ...] = CLIENT_SCENARIOS) -> Counter[str]:
    """How often each requirement was judged for the reference, of which nothing was found."""
    judged: Counter[str] = Counter()
    for example in examples(in_process(ReferenceDurableClient), world, count, scenarios):
        assert example.trouble is None
        assert example.findings == [], (example.case, example.findings)
        judged.update(name for name in ALL if example.counts_as_judged(name))
    return judged


@pytest.mark.parametrize("name", BY_NAME)
def test_the_reference_is_clean_and_each_scenario_judges_what_it_says(name: str) -> None:
    """Every requirement that a scenario names is judged in it."""
    assert set(BY_NAME[name].judges) <= set(judged_and_clean("sim", 12, (BY_NAME[name],)))


@pytest.mark.parametrize("name", ["durable-client-steady", "durable-client-cuts", "durable-client-lost-creates", "durable-client-unfollow"])
def test_real_sockets_give_the_same_verdict(name: str) -> None:
    """A few of the scenarios over loopback, where time is real."""
    judged = judged_and_clean("loopback", 3, (BY_NAME[name],))
    assert judged[BY_NAME[name].judges[0]] > 0


def test_the_same_seed_gives_the_same_history() -> None:
    """Byte for byte, in simulated time."""

    def digests() -> list[str]:
        target = in_process(ReferenceDurableClient)
        return [example.history.digest() for example in examples(target, "sim", 2, (BY_NAME["durable-client-swarm"],))]

    assert digests() == digests()


@pytest.mark.parametrize("null", NULLS)
def test_a_null_driver_is_judged_by_nothing(null: str) -> None:
    """Who does nothing has shown nothing, in any scenario."""
    for example in examples(NullTarget(NULLS[null]), "sim", 1):
        assert [name for name in ALL if example.counts_as_judged(name) and not example.fails(name)] == []


@pytest.mark.parametrize("mutant", DURABLE_CLIENT_MUTANTS, ids=lambda mutant: mutant.name)
def test_each_mutant_is_caught_by_its_requirement(mutant: Mutant) -> None:
    """Within the scenarios that judge the requirement, by a finding of that requirement."""
    scenarios = tuple(scenario for scenario in CLIENT_SCENARIOS if set(mutant.requirements) & set(scenario.judges))
    target = in_process(mutant.factory)
    assert any(
        example.fails(name) for seed in range(6) for example in examples(target, "sim", 8, scenarios, seed) for name in mutant.requirements
    )


def test_every_requirement_has_a_mutant_and_a_scenario() -> None:
    """Names are unique and kebab-case."""
    assert {name for mutant in DURABLE_CLIENT_MUTANTS for name in mutant.requirements} == ALL
    assert {name for scenario in CLIENT_SCENARIOS for name in scenario.judges} == ALL
    names = [mutant.name for mutant in DURABLE_CLIENT_MUTANTS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"durable-client(-[a-z0-9]+)+", name) for name in (*names, *BY_NAME))
