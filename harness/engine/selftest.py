"""The harness judged as hard as it judges others: every mutant must be killed by its own requirement, null drivers must pass
nothing, the reference must be clean. A mutant meets first the scenarios that judge its requirement.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from ..targets.base import Target
from ..targets.mutants.base import Mutant
from ..targets.names import parse_target
from ..values.case import Case
from ..values.result import MutantResult, NullResult, ReferenceResult, SelftestResult
from ..worlds.table import make_world
from .catalog import Catalog
from .pool import Pool
from .roles import served
from .scenario import Scenario, Setting
from .session import Progress
from .unit import Unit, UnitResult, ViolationKey, run_cases, unit_cases
from .workshop import ReduceTask, Workshop

EXAMPLES_PER_MUTANT_MAX = 1_500
JOBS_AHEAD = 100
"""For each worker: a mutant that is hard to catch takes as long as many others."""
HUNT_BATCH, HUNT_SLICE = 20, 5
"""Small rounds over many scenarios, since most mutants fall in the first few examples of the right one; cases are drawn many at a time,
since those of a small batch are much alike."""
HEAD_START = 10
"""Rounds that the scenarios which judge the requirement have for themselves."""
ALL = slice(None)
NULL_EXAMPLES = 6
"""Examples of each scenario and profile that a null driver gets: enough for a pass, if it could pass."""


@dataclass(frozen=True)
class Job:
    """``kind``: mutant, null or reference. ``share``: which part of the reference's examples (first, count of examples)."""

    kind: str
    name: str
    contract: str
    share: int = 0
    count: int = 0


class Drawn:
    """What a worker has drawn for one mutant serves the others of its contract, too."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._contract = ""
        self._cases: dict[Hashable, list[Case]] = {}

    def cases(self, unit: Unit, scenario: Scenario, setting: Setting) -> list[Case]:
        assert not setting.options  # a mutant has none
        if scenario.contract != self._contract:
            self._contract = scenario.contract
            self._cases.clear()
        key = (unit, setting.capabilities, setting.roles)
        if key not in self._cases:
            self._cases[key] = unit_cases(unit, scenario, setting, self.seed)
        return self._cases[key]


def run_selftest(
    catalog: Catalog,
    contracts: Sequence[str],
    *,
    seed: int,
    jobs: int,
    examples: int,
    progress: Progress,
    examples_per_mutant_max: int = EXAMPLES_PER_MUTANT_MAX,
) -> SelftestResult:
    """``examples``: of the reference, for each contract. Raises UsageError for an unknown contract."""
    started = time.perf_counter()
    tasks = list(_jobs(catalog, contracts, examples))
    results: list[object] = []
    interrupted = False
    drawn = Drawn(seed)
    with Pool(lambda job: _do(catalog, job, drawn, examples_per_mutant_max), lambda: None, jobs, JOBS_AHEAD) as pool:
        try:
            for result in pool.results(tasks):
                results.append(result)
                failures = sum(isinstance(row, MutantResult) and not row.killed for row in results)
                progress.update(len(results), len(tasks), failures, tasks[len(results) - 1].name)
        except KeyboardInterrupt:
            interrupted = True
    return SelftestResult(
        elapsed_s=time.perf_counter() - started,
        mutants=tuple(row for row in results if isinstance(row, MutantResult)),
        null_drivers=tuple(row for row in results if isinstance(row, NullResult)),
        reference=_merged_references([row for row in results if isinstance(row, ReferenceResult)]),
        untested=_untested(catalog, contracts),
        interrupted=interrupted,
    )


REFERENCE_SHARES = 8
"""The reference's examples are run in so many parts, so that several processes can share them."""
REFERENCE_BATCH = 1_000
"""Cases that no mutant has met."""


def _jobs(catalog: Catalog, contracts: Sequence[str], examples: int) -> Iterator[Job]:
    for contract in contracts:
        yield from (Job("mutant", mutant.name, contract) for mutant in catalog.targets.mutants.values() if mutant.contract == contract)
        yield from (Job("null", name, contract) for name in catalog.targets.nulls)
        for share in range(REFERENCE_SHARES):
            count = examples // REFERENCE_SHARES + (share < examples % REFERENCE_SHARES)
            yield Job("reference", "reference", contract, share, count)


def _untested(catalog: Catalog, contracts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    rows = [row for contract in contracts for row in catalog.contracts[contract].requirements]
    return tuple((row.id, row.untested) for row in rows if row.untested is not None)


def _do(catalog: Catalog, job: Job, drawn: Drawn, examples_per_mutant_max: int) -> object:
    text = job.name if job.kind == "reference" else f"{job.kind}:{job.name}"
    target = parse_target(text, catalog.targets, {})
    workshop = Workshop(catalog, target, make_world("sim"), drawn.seed)
    try:
        if job.kind == "mutant":
            return _hunt(workshop, catalog.targets.mutants[job.name], job.contract, drawn, examples_per_mutant_max)
        if job.kind == "null":
            return _null(workshop, job, drawn)
        return _reference(workshop, job)
    finally:
        workshop.close()


def _scenarios(workshop: Workshop, contract: str) -> list[Scenario]:
    target: Target = workshop.target
    return [
        scenario
        for scenario in workshop.catalog.scenarios_of(contract)
        if served(workshop.catalog.contracts[contract], scenario.roles, target)
        and "sim" in scenario.worlds
        and (target.internal or not scenario.internal)
    ]


def _hunt(workshop: Workshop, mutant: Mutant, contract: str, drawn: Drawn, examples_max: int) -> MutantResult:
    started = time.perf_counter()
    result = UnitResult()
    for unit, first in _units(_scenarios(workshop, contract), mutant):
        if _killing(result, mutant) is not None or result.examples >= examples_max:
            break
        cases = slice(first, first + HUNT_SLICE)
        result.merge(_played(workshop, drawn, unit, cases, stop=lambda so_far: _killing(so_far, mutant) is not None))
    key = _killing(result, mutant)
    size: tuple[int | None, int | None] = (None, None)
    confirmed = False
    if key is not None:
        reduced = workshop.reduce(ReduceTask(result.violations[key].case, key, values=False))  # only its size is told
        confirmed, size = reduced.confirmed, reduced.case.size
    killed_by = tuple(sorted({requirement for requirement, _ in result.violations}))
    seconds = time.perf_counter() - started
    return MutantResult(mutant.name, contract, mutant.requirements, confirmed, killed_by, result.examples, size[0], size[1], seconds)


def _units(scenarios: list[Scenario], mutant: Mutant) -> Iterator[tuple[Unit, int]]:
    """Round after round, some cases of each: a unit, and its first case that is to be played. The scenarios that do not judge the
    requirement join after some rounds."""
    playable = [scenario for scenario in scenarios if mutant.role in scenario.roles]
    judging = [scenario for scenario in playable if set(mutant.requirements) & set(scenario.judges)]
    others = [scenario for scenario in playable if scenario not in judging]
    for round in count() if playable else ():
        yield from _round(judging, round)
        if round >= HEAD_START or not judging:
            yield from _round(others, round)


def _round(scenarios: list[Scenario], round: int) -> Iterator[tuple[Unit, int]]:
    batch, part = divmod(round, HUNT_BATCH // HUNT_SLICE)
    for scenario in scenarios:
        for profile in scenario.profiles:
            yield Unit(scenario.name, profile, batch, HUNT_BATCH), part * HUNT_SLICE


def _killing(result: UnitResult, mutant: Mutant) -> ViolationKey | None:
    """The violation of one of the requirements that the mutant must be killed by, or None while it lives."""
    return next((key for key in sorted(result.violations) if key[0] in mutant.requirements), None)


def _null(workshop: Workshop, job: Job, drawn: Drawn) -> NullResult:
    """Stricter than a session: a single judged example without a finding already counts as passed."""
    result = UnitResult()
    for scenario, profile in _lanes(workshop, job.contract):
        result.merge(_played(workshop, drawn, Unit(scenario.name, profile, 0, NULL_EXAMPLES)))
    failed = {requirement for requirement, _ in result.violations}
    passed = tuple(sorted(requirement for requirement in result.judged if requirement not in failed))
    return NullResult(job.name, job.contract, passed)


def _reference(workshop: Workshop, job: Job) -> ReferenceResult:
    """A part of the lanes, so that all parts together play all of them."""
    lanes = _lanes(workshop, job.contract)
    mine = lanes[job.share % len(lanes) :: REFERENCE_SHARES]
    result = UnitResult()
    for number, (scenario, profile) in enumerate(mine):
        examples = job.count // len(mine) + (number < job.count % len(mine))
        if examples:
            result.merge(workshop.search(Unit(scenario.name, profile, REFERENCE_BATCH, examples)))
    troubled = set(result.trouble)
    return ReferenceResult(job.contract, result.examples, tuple(sorted({requirement for requirement, _ in result.violations} | troubled)))


def _lanes(workshop: Workshop, contract: str) -> list[tuple[Scenario, str]]:
    return [(scenario, profile) for scenario in _scenarios(workshop, contract) for profile in scenario.profiles]


def _played(
    workshop: Workshop, drawn: Drawn, unit: Unit, which: slice = ALL, stop: Callable[[UnitResult], bool] = lambda result: False
) -> UnitResult:
    scenario = workshop.catalog.scenarios[unit.scenario]
    cases = drawn.cases(unit, scenario, workshop.setting(scenario, unit.profile))[which]
    return run_cases(workshop.contract_of(scenario), scenario, cases, workshop.target, workshop.world, workshop.stand_in, stop=stop)


def _merged_references(parts: list[ReferenceResult]) -> tuple[ReferenceResult, ...]:
    merged: dict[str, ReferenceResult] = {}
    for part in parts:
        before = merged.get(part.contract)
        if before is None:
            merged[part.contract] = part
        else:
            violations = tuple(sorted({*before.violations, *part.violations}))
            merged[part.contract] = ReferenceResult(part.contract, before.examples + part.examples, violations)
    return tuple(merged.values())
