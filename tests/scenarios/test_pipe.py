"""The pipe: who plays which end, and what its scenarios find."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from streamproof.catalog import catalog
from streamproof.harness.engine.draw import draw_cases
from streamproof.harness.engine.example import Example, run_example
from streamproof.harness.engine.roles import served
from streamproof.harness.engine.scenario import Setting
from streamproof.harness.targets.base import Serves
from streamproof.harness.targets.in_process import InProcessTarget
from streamproof.harness.targets.names import parse_target, reference_target
from streamproof.harness.worlds.table import make_world
from streamproof.scenarios.pipe import PIPE_SCENARIOS

TABLES = catalog()
PIPE = TABLES.contracts["pipe"]
BOTH = ("sender", "reader")


def examples(name: str, count: int, roles: tuple[str, ...] = BOTH, target: Any = None) -> list[Example]:
    scenario = TABLES.scenarios[name]
    world = make_world("sim")
    reference = reference_target(TABLES.targets)
    try:
        cases = draw_cases(scenario, Setting("proxy", "sim", ("timing",), {}, roles), 5, count)
        return [run_example(PIPE, scenario, case, target or reference, world, reference) for case in cases]
    finally:
        world.close()


@pytest.mark.parametrize("name", [scenario.name for scenario in PIPE_SCENARIOS])
def test_the_references_break_nothing_and_every_requirement_is_judged(name: str) -> None:
    """In each scenario, with no trouble of ours."""
    played = examples(name, 20)
    assert [example.trouble for example in played if example.trouble] == []
    assert [finding for example in played for finding in example.findings] == []
    for requirement in TABLES.scenarios[name].judges:
        assert sum(example.counts_as_judged(requirement) for example in played) >= 3, requirement


def silent(config: dict[str, Any], note: Callable[..., None]) -> Any:
    """An end of the pipe that does nothing."""

    class Silent:
        def enqueue(self, event: Any) -> None: ...
        def enqueue_many(self, events: Any) -> None: ...
        def stop(self, complete: bool) -> None: ...
        def watch(self) -> None: ...
        def unwatch(self) -> None: ...
        def retry(self) -> None: ...
        def close(self) -> None: ...

    return Silent()


@pytest.mark.parametrize(("contract", "role"), [("ingest", "sender"), ("run-stream", "reader")])
def test_what_a_target_does_not_serve_is_played_by_the_reference(contract: str, role: str) -> None:
    """A target with one of the roles is under test in that one alone; the other end works, so the failure is the target's."""
    target = InProcessTarget(
        "silent", lambda *key: silent if key == (contract, role) else None, serves=(Serves(contract, role, ("timing",)),)
    )
    assert served(PIPE, BOTH, target) == (role,)
    played = examples("pipe-steady", 6, (role,), target)
    assert all(example.history.header.roles == (role,) for example in played)
    assert all(example.trouble is None for example in played)
    broken = {finding.requirement for example in played for finding in example.findings}
    assert "PIPE-LIVE-1" in broken


@pytest.mark.parametrize(("target", "roles"), [("reference", BOTH), ("mutant:ingest-newest-first", ("sender",)), ("null:ok", BOTH)])
def test_which_ends_a_target_plays(target: str, roles: tuple[str, ...]) -> None:
    """What it declares under the names of the two contracts counts; nobody declares the pipe itself."""
    assert served(PIPE, BOTH, parse_target(target, TABLES.targets, {})) == roles
