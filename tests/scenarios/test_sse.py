"""The scenarios of a client in the worlds: good clients are clean, whatever they can do; every planted bug has its requirement."""

from __future__ import annotations

import re
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from streamproof.harness.contracts import CONTRACTS
from streamproof.harness.contracts.sse import REQUIREMENTS
from streamproof.harness.engine.draw import draw_cases
from streamproof.harness.engine.example import Example, run_example
from streamproof.harness.engine.scenario import Scenario, Setting
from streamproof.harness.targets.base import Target
from streamproof.harness.targets.declared import serves_from_json
from streamproof.harness.targets.in_process import InProcessTarget
from streamproof.harness.targets.mutants.base import Mutant
from streamproof.harness.targets.mutants.sse_reader import SSE_READER_MUTANTS
from streamproof.harness.targets.null_table import NULLS
from streamproof.harness.targets.nulls import NullTarget
from streamproof.harness.targets.references.sse_reader import ReferenceSseReader
from streamproof.harness.worlds.table import make_world
from streamproof.scenarios.sse import SSE_SCENARIOS

ALL = {row.id for row in REQUIREMENTS}
ONLY_WITHOUT_RECONNECT = {"SSE-TELL-1"}
NEED_RECONNECT = {row.id for row in REQUIREMENTS if "reconnect" in row.needs}
NEED_MORE = {"SSE-STO-1"}
BY_NAME = {scenario.name: scenario for scenario in SSE_SCENARIOS}


class ReadsOnce(ReferenceSseReader):
    """A client that does not connect again, and says so."""

    serves = ({"contract": "sse", "role": "reader", "capabilities": ["headers"]},)

    async def work(self) -> None:
        try:
            await self.connect()
        except Exception as error:
            self.note("error", {"message": repr(error)})
        self.worker = None
        self.note("ended", {})


def in_process(factory: Any) -> Target:
    return InProcessTarget("under test", lambda contract, role: factory, serves=serves_from_json(factory.serves))


def examples(target: Target, world: str, count: int, scenarios: tuple[Scenario, ...] = SSE_SCENARIOS, seed: int = 1) -> Iterator[Example]:
    """``count`` examples of each scenario, played one after the other."""
    made = make_world(world)
    capabilities = target.capabilities("sse", "reader") or ()
    try:
        for scenario in scenarios:
            for case in draw_cases(scenario, Setting("plain", world, capabilities, {}), seed, count):
                yield run_example(CONTRACTS["sse"], scenario, case, target, made)
    finally:
        made.close()


def judged_and_clean(target: Target, world: str, count: int, **more: Any) -> Counter[str]:
    judged: Counter[str] = Counter()
    for example in examples(target, world, count, **more):
        assert example.trouble is None
        assert example.findings == [], example.case
        judged.update(name for name in ALL if example.counts_as_judged(name))
    return judged


def test_the_reference_is_clean_and_everything_is_judged() -> None:
    """No finding, no trouble of ours, and each requirement that concerns it put to the test even by a small session."""
    judged = judged_and_clean(in_process(ReferenceSseReader), "sim", 8)
    assert set(judged) == ALL - ONLY_WITHOUT_RECONNECT
    assert min(judged.values()) >= 5


def test_a_client_that_does_not_reconnect_is_clean() -> None:
    """What it does not claim is not held against it, and the rest is judged all the same."""
    judged = judged_and_clean(in_process(ReadsOnce), "sim", 8)
    assert set(judged) == ALL - NEED_RECONNECT - NEED_MORE
    assert min(judged.values()) >= 5


@pytest.mark.parametrize("name", ["sse-steady", "sse-framing", "sse-resume", "sse-unwatch"])
def test_real_sockets_give_the_same_verdict(name: str) -> None:
    """A few of the scenarios over loopback, where time is real."""
    judged = judged_and_clean(in_process(ReferenceSseReader), "loopback", 2, scenarios=(BY_NAME[name],))
    assert set(BY_NAME[name].judges) <= {*judged, "SSE-OPEN-1"}


def test_megabytes_leave_a_small_history_and_nothing_traced() -> None:
    """An endless stream is written down in brief, the same for the same seed, and tracing ends with it."""
    first, again = (next(examples(in_process(ReferenceSseReader), "sim", 1, (BY_NAME["sse-endless"],))).history for _ in range(2))
    (measure,) = first.of_kind("memory")
    assert measure.data["streamed_bytes"] > 5_000_000
    assert measure.data["exceeded"] is False
    assert len(first.to_ndjson()) < 500_000
    assert first.digest() == again.digest()
    assert not tracemalloc.is_tracing()


@pytest.mark.parametrize("null", NULLS)
def test_a_null_driver_is_judged_by_nothing(null: str) -> None:
    """Who does nothing has shown nothing, in any scenario."""
    for example in examples(NullTarget(NULLS[null]), "sim", 1):
        assert [name for name in ALL if example.counts_as_judged(name) and not example.fails(name)] == []


@pytest.mark.parametrize("mutant", SSE_READER_MUTANTS, ids=lambda mutant: mutant.name)
def test_each_mutant_is_caught_by_its_requirement(mutant: Mutant) -> None:
    """Within the scenarios that judge the requirement, by a finding of that requirement."""
    scenarios = tuple(scenario for scenario in SSE_SCENARIOS if set(mutant.requirements) & set(scenario.judges))
    target = in_process(mutant.factory)
    assert any(
        example.fails(name) for seed in range(8) for example in examples(target, "sim", 12, scenarios, seed) for name in mutant.requirements
    )


def test_every_requirement_has_a_mutant() -> None:
    """Each is broken by at least one; names are unique and kebab-case."""
    assert {name for mutant in SSE_READER_MUTANTS for name in mutant.requirements} == ALL
    names = [mutant.name for mutant in SSE_READER_MUTANTS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"sse(-[a-z0-9]+)+", name) for name in names)


def test_every_requirement_is_judged_by_a_scenario() -> None:
    """And every scenario says which it judges."""
    assert {name for scenario in SSE_SCENARIOS for name in scenario.judges} == ALL
