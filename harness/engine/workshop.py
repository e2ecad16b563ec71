"""What a worker holds: the catalog, one target and one world; and the three tasks it can be given: search, reduce, confirm."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from ..targets.base import Target
from ..targets.names import reference_target
from ..values.case import Case
from ..values.requirement import Contract
from ..worlds.base import World
from .catalog import Catalog
from .control import Control
from .example import Example, run_example
from .reduce import StillFails, reduce_case
from .roles import capabilities, served
from .scenario import Scenario, Setting
from .shapes import fits
from .unit import Unit, UnitResult, ViolationKey, run_cases, unit_cases, violation_key

TRIES_MAX = {"sim": 600, "loopback": 40}
REDUCE_ENTRIES_MAX, SIZE_ENTRIES_MAX = 60_000, 12_000
"""Long examples get fewer tries; still fewer where only the size is asked for. The limit is one of work and not of time, so that it is
the same everywhere."""
REDUCE_SECONDS_MAX = 45
"""In real time an example may take half a minute (a stop that hangs); in ``sim`` only the number of tries counts."""
CONFIRMATIONS = {"sim": (1, 1), "loopback": (2, 2)}
"""(k, n): a candidate counts as failing when it fails in k of n runs. What comes out is confirmed in a fresh life of the target."""


@dataclass(frozen=True)
class ReduceTask:
    """``values``: whether values are simplified, too, or only operations and faults left out."""

    case: Case
    key: ViolationKey
    values: bool = True


@dataclass(frozen=True)
class SlowTask:
    requirement: str
    case: Case


@dataclass(frozen=True)
class Reduced:
    """A reduced case, the example that it gives, and whether that was confirmed in a fresh life of the target."""

    case: Case
    example: Example
    tries: int
    confirmed: bool


class Workshop:
    """One target in one world; `close` ends both. Tasks may be given in any order: each example is played from scratch."""

    def __init__(
        self, catalog: Catalog, target: Target, world: World, seed: int, keep: Path | None = None, role: str | None = None
    ) -> None:
        """``role``: the only one that the target is to play."""
        self.catalog = catalog
        self.target = target
        self.world = world
        self.seed = seed
        self.keep = keep
        self.role = role
        self.stand_in = reference_target(catalog.targets)
        self._entries_played = 0
        self.control = Control(catalog)

    def close(self) -> None:
        self.target.close()
        self.world.close()
        self.control.close()

    def do(self, task: Unit | ReduceTask | SlowTask) -> UnitResult | Reduced | bool:
        if isinstance(task, Unit):
            return self.search(task)
        if isinstance(task, ReduceTask):
            return self.reduce(task)
        return self.run(task.case).fails(task.requirement)

    def setting(self, scenario: Scenario, profile: str) -> Setting:
        contract = self.contract_of(scenario)
        roles = served(contract, scenario.roles if self.role is None else (self.role,), self.target)
        declared = capabilities(contract, roles, self.target) or ()
        return Setting(profile, self.world.name, declared, self.target.options, roles)

    def contract_of(self, scenario: Scenario) -> Contract:
        return self.catalog.contracts[scenario.contract]

    def search(self, unit: Unit) -> UnitResult:
        scenario = self.catalog.scenarios[unit.scenario]
        cases = unit_cases(unit, scenario, self.setting(scenario, unit.profile), self.seed)
        return run_cases(self.contract_of(scenario), scenario, cases, self.target, self.world, self.stand_in, keep=self.keep)

    def run(self, case: Case) -> Example:
        scenario = self.catalog.scenarios[case.scenario]
        example = run_example(self.contract_of(scenario), scenario, case, self.target, self.world, self.stand_in)
        self._entries_played += len(example.history.entries)
        return example

    @property
    def entries_played(self) -> int:
        """The work done so far, by target and control together."""
        return self._entries_played + self.control.entries_played

    def shows(self, case: Case, key: ViolationKey) -> bool:
        """Whether the violation is seen in k of n runs."""
        if not fits(self.catalog.scenarios[case.scenario], case):
            return False  # nobody could read the repro file of it
        wanted, runs = CONFIRMATIONS[self.world.name]
        seen = 0
        for run in range(runs):
            seen += any(violation_key(finding) == key for finding in self.run(case).findings)
            if seen >= wanted or seen + runs - run - 1 < wanted:
                break
        return seen >= wanted

    def reduce(self, task: ReduceTask) -> Reduced:
        entries_max = REDUCE_ENTRIES_MAX if task.values else SIZE_ENTRIES_MAX
        still_fails = self.still_fails(task.case, task.key, entries_max)
        reduction = reduce_case(task.case, still_fails, TRIES_MAX[self.world.name], values=task.values)
        reduced = self.confirm(reduction.case, task.key, reduction.tries)
        # In real time a smaller case may have failed by luck; then the one that was found is what counts.
        return reduced if reduced.confirmed else self.confirm(task.case, task.key, reduction.tries)

    def still_fails(self, original: Case, key: ViolationKey, entries_max: int = REDUCE_ENTRIES_MAX) -> StillFails:
        """The question that a reduction asks of each candidate: is the violation there, and can a fix still be told from it?"""
        give_up = time.monotonic() + REDUCE_SECONDS_MAX
        enough = self.entries_played + entries_max
        controlled = self.control.passes(original, key[0])

        def answer(case: Case) -> bool:
            if self.entries_played > enough or (self.world.name != "sim" and time.monotonic() > give_up):
                return False
            return (not controlled or self.control.passes(case, key[0])) and self.shows(case, key)

        return answer

    def confirm(self, case: Case, key: ViolationKey, tries: int) -> Reduced:
        """Runs a case in a fresh life of the target (in real time: in up to n of them), since only then it counts."""
        _, runs = CONFIRMATIONS[self.world.name]
        for _ in range(runs):
            self.target.close()
            example = self.run(case)
            if any(violation_key(finding) == key for finding in example.findings):
                return Reduced(case, example, tries, confirmed=True)
        return Reduced(case, example, tries, confirmed=False)
