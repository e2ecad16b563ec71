"""Cases of the server scenarios of ``durable-execution``, drawn and played, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from streamproof.fake_servers.durable_execution.reference import SERVES, reference_server
from streamproof.harness.contracts import CONTRACTS
from streamproof.harness.engine.draw import draw_cases
from streamproof.harness.engine.example import Example, run_example
from streamproof.harness.engine.scenario import Scenario, Setting
from streamproof.harness.targets.base import Target
from streamproof.harness.targets.declared import serves_from_json
from streamproof.harness.targets.in_process import InProcessTarget
from streamproof.harness.values.case import Case, Operation
from streamproof.harness.worlds.table import make_world

CONTRACT = CONTRACTS["durable-execution"]
DECLARED = tuple(str(name) for row in SERVES for name in row["capabilities"])
IMPLIED = CONTRACT.roles["server"].implied
EVERYTHING = (*DECLARED, *IMPLIED)


def drawn(scenario: Scenario, count: int, *, world: str = "sim", seed: int = 1, capabilities: tuple[str, ...] = EVERYTHING) -> list[Case]:
    chosen = [Setting(profile, world, capabilities, {}, ("server",)) for profile in scenario.profiles]
    return [case for setting in chosen for case in draw_cases(scenario, setting, seed, count)]


def in_process(factory: Any = reference_server) -> Target:
    return InProcessTarget("under test", lambda contract, role: factory, serves=serves_from_json(SERVES))


def played(scenario: Scenario, cases: list[Case], world: str = "sim", target: Target | None = None) -> Iterator[Example]:
    """One after the other, by the reference unless another target is given."""
    made = make_world(world)
    try:
        for case in cases:
            yield run_example(CONTRACT, scenario, case, target or in_process(), made)
    finally:
        made.close()


def flat(workload: tuple[Operation, ...]) -> Iterator[Operation]:
    """The operations, with those that are done together one by one."""
    for verb, args in workload:
        if verb == "together":
            yield from ((nested, inner) for nested, inner in args["operations"])
        else:
            yield verb, args
