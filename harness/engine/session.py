"""A session: one use of `streamproof run`. Searches, shrinks what it finds, judges each requirement.

The work is cut into units (a batch of cases of one scenario and profile) whose cases depend on the seed alone; their
results are merged in a fixed order. So the findings do not depend on how many processes share the work.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ..targets.base import Target
from ..targets.names import parse_target
from ..values.errors import UsageError
from ..values.nearest import unknown_name
from ..values.requirement import Requirement
from ..values.result import RequirementResult, RunResult
from ..values.verdict import JUDGED_MIN
from ..worlds.base import World
from ..worlds.table import make_world
from .catalog import Catalog
from .findings import collect_findings
from .judge import not_applicable
from .pool import Pool
from .roles import capabilities, served
from .scenario import Scenario
from .unit import BATCH, Unit, UnitResult
from .workshop import Reduced, ReduceTask, SlowTask, Workshop

EXAMPLES_PER_SCENARIO = {"sim": 15, "loopback": 6}
"""Examples of each scenario and profile when neither a number nor a time is asked for."""
TOP_UPS = 3
"""Then so many rounds more, as long as a requirement was judged, but too rarely for a verdict: of the scenarios that judge it."""
TOP_UP_BATCH = 1_000


class Progress(Protocol):
    """Told how far a session is. ``total`` None: it goes on until its time is up."""

    def update(self, done: int, total: int | None, failures: int, label: str) -> None: ...


@dataclass(frozen=True)
class SessionOptions:
    """What `streamproof run` was asked for. Empty tuples mean: all. ``examples`` is a number a contract."""

    target: str = "reference"
    contracts: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    role: str | None = None
    world: str | None = None
    examples: int | None = None
    seconds: float | None = None
    seed: int = 0
    jobs: int = 1
    out_dir: Path = Path("streamproof-out")
    keep_histories: Path | None = None


def run_session(catalog: Catalog, options: SessionOptions, target_config: Mapping[str, Any], progress: Progress) -> RunResult:
    """Raises UsageError before anything was run; whatever goes wrong later is in the result."""
    started = time.perf_counter()
    target = parse_target(options.target, catalog.targets, target_config)
    world = make_world(choose_world(target, options.world))
    scenarios = select_scenarios(catalog, options, target, world)
    if options.keep_histories is not None:
        options.keep_histories.mkdir(parents=True, exist_ok=True)
    workshop = Workshop(catalog, target, world, options.seed, options.keep_histories, options.role)
    target.close()  # what was started to ask what it serves: each worker starts its own
    search = Search(options, scenarios, world, progress, started)
    jobs = 1 if target.one_at_a_time else _jobs(options, world)
    with Pool(workshop.do, workshop.close, jobs) as pool:
        interrupted = search.run(pool)
        if not interrupted:
            search.retry_slow(pool)
        reduced = {} if interrupted else search.reduce(pool)
    results = _requirement_results(catalog, options, target, world, scenarios, search, reduced)
    return RunResult(
        target=target.name,
        target_version=target.version,
        world=world.name,
        seed=options.seed,
        elapsed_s=time.perf_counter() - started,
        examples=search.result.examples,
        requirements=results,
        faults=dict(sorted(search.result.faults.items())),
        warnings=tuple(search.result.warnings),
        interrupted=interrupted or search.interrupted,
        simulated_s=search.result.simulated_us / 1e6,
    )


def choose_world(target: Target, asked: str | None) -> str:
    if asked is None:
        return target.worlds[0]
    if asked not in target.worlds:
        raise UsageError(
            f"target {target.name!r} cannot run in the world {asked!r}: it needs {' or '.join(target.worlds)}. Leave out --world."
        )
    return asked


def select_scenarios(catalog: Catalog, options: SessionOptions, target: Target, world: World) -> list[Scenario]:
    """The scenarios of a session, in the order of the table. Raises UsageError for unknown names and empty selections."""
    for name in options.contracts:
        if name not in catalog.contracts:
            raise unknown_name("contract", name, catalog.contracts)
    for name in options.scenarios:
        if name not in catalog.scenarios:
            raise unknown_name("scenario", name, catalog.scenarios)
    chosen = [
        scenario
        for scenario in catalog.scenarios.values()
        if (not options.contracts or scenario.contract in options.contracts)
        and (not options.scenarios or scenario.name in options.scenarios)
        and set(scenario.roles) & set(_roles(catalog, options, target, scenario.contract))
    ]
    if not chosen:
        raise UsageError("no scenario is left by --contract, --scenario and --role; see `streamproof list scenarios`")
    playable = [scenario for scenario in chosen if _played(catalog, options, scenario, target)]
    if not playable:
        roles = sorted({f"{scenario.contract}/{scenario.role}" for scenario in chosen})
        raise UsageError(f"target {target.name!r} serves none of the selected roles ({', '.join(roles)}); see `streamproof list targets`")
    here = [scenario for scenario in playable if world.name in scenario.worlds]
    if not here:
        names = ", ".join(scenario.name for scenario in playable)
        raise UsageError(f"{names}: played in {' and '.join(playable[0].worlds)} only, and this session is in {world.name}; see --world")
    return [scenario for scenario in here if target.internal or not scenario.internal]


def _played(catalog: Catalog, options: SessionOptions, scenario: Scenario, target: Target) -> tuple[str, ...]:
    """The roles of a scenario that the target plays."""
    roles = tuple(role for role in scenario.roles if options.role in (None, role))
    return served(catalog.contracts[scenario.contract], roles, target)


WAITING_JOBS = 8
"""In real time an example mostly waits, so that many workers a processor are of use."""


def _jobs(options: SessionOptions, world: World) -> int:
    return max(1, options.jobs) * (1 if world.name == "sim" else WAITING_JOBS)


class Search:
    """The search phase and, behind it, the reduction of each distinct violation."""

    def __init__(self, options: SessionOptions, scenarios: list[Scenario], world: World, progress: Progress, started: float) -> None:
        self.options = options
        self.scenarios = scenarios
        self.world = world
        self.progress = progress
        self.started = started
        self.result = UnitResult()
        self.interrupted = False

    def run(self, pool: Pool[Any]) -> bool:
        """Returns whether it was interrupted; what was found so far is in ``result``."""
        is_bounded = self.options.seconds is None
        try:
            self._play(pool, self._units(), sum(unit.count for unit in self._units()) if is_bounded else None)
            for round in range(TOP_UPS if is_bounded and self.options.examples is None else 0):
                more = self._scarce_units(round)
                self._play(pool, more, self.result.examples + sum(unit.count for unit in more))
        except KeyboardInterrupt:
            return True
        return False

    def _play(self, pool: Pool[Any], supply: Iterable[Unit], total: int | None) -> None:
        units: list[Unit] = []

        def taken() -> Iterator[Unit]:
            for unit in supply:
                if self._time_is_up():
                    return
                units.append(unit)
                yield unit

        for position, result in enumerate(pool.results(taken())):
            self.result.merge(result)
            self.progress.update(self.result.examples, total, len(self.result.violations), units[position].scenario)

    def _scarce_units(self, round: int) -> list[Unit]:
        scarce = {requirement for requirement, judged in self.result.judged.items() if 0 < judged < JUDGED_MIN}
        count = EXAMPLES_PER_SCENARIO[self.world.name]
        judging = [scenario for scenario in self.scenarios if scarce & set(scenario.judges)]
        return [Unit(scenario.name, profile, TOP_UP_BATCH + round, count) for scenario in judging for profile in scenario.profiles]

    def _time_is_up(self) -> bool:
        return self.options.seconds is not None and time.perf_counter() - self.started > self.options.seconds

    def _units(self) -> Iterator[Unit]:
        """Round after round over all scenarios and profiles, so that whatever ends the search has treated them alike."""
        lanes = [(scenario.name, profile) for scenario in self.scenarios for profile in scenario.profiles]
        endless = self.options.seconds is not None
        left = [BATCH if endless else share for share in self._shares(len(lanes))]
        batch = 0
        while any(left):
            for number, (scenario, profile) in enumerate(lanes):
                count = min(BATCH, left[number])
                if not endless:
                    left[number] -= count
                if count:
                    yield Unit(scenario, profile, batch, count)
            batch += 1

    def _shares(self, lanes: int) -> list[int]:
        """How many examples each lane gets; a given number is per contract and shared out evenly."""
        if self.options.examples is None:
            return [EXAMPLES_PER_SCENARIO[self.world.name]] * lanes
        total = self.options.examples * len({scenario.contract for scenario in self.scenarios})
        return [total // lanes + (number < total % lanes) for number in range(lanes)]

    def retry_slow(self, pool: Pool[Any]) -> None:
        """What took too long in real time is tried again alone: then it was the load, or it stays inconclusive."""
        for requirement, (message, case) in sorted(self.result.slow.items()):
            for again in pool.results([SlowTask(requirement, case)]):
                if not again:
                    del self.result.slow[requirement]
                    self.result.warnings.append(f"{requirement} was exceeded once under load, but not when tried again alone: {message}")

    def reduce(self, pool: Pool[Any]) -> dict[tuple[str, str], Reduced]:
        """Shrinks and confirms each distinct violation."""
        keys = sorted(self.result.violations)
        reduced = {}
        try:
            tasks = [ReduceTask(self.result.violations[key].case, key) for key in keys]
            for key, result in zip(keys, pool.results(tasks), strict=True):
                reduced[key] = result
                self.progress.update(len(reduced), len(keys), len(keys), f"shrinking {key[0]}")
        except KeyboardInterrupt:
            self.interrupted = True
        return reduced


def _roles(catalog: Catalog, options: SessionOptions, target: Target, contract: str) -> tuple[str, ...]:
    """The roles to play. A target that declares nothing is taken for what a contract is mostly about: its first role."""
    roles = tuple(catalog.contracts[contract].roles)
    if options.role is not None:
        return (options.role,)
    return roles if target.declares else roles[:1]


def _requirement_results(
    catalog: Catalog,
    options: SessionOptions,
    target: Target,
    world: World,
    scenarios: list[Scenario],
    search: Search,
    reduced: Mapping[tuple[str, str], Reduced],
) -> tuple[RequirementResult, ...]:
    contracts = sorted({name for name in catalog.contracts if not options.contracts or name in options.contracts})
    findings = collect_findings(target, options.target, options.out_dir, search.result, reduced)
    judged_by = {requirement for scenario in scenarios for requirement in scenario.judges}
    elsewhere = _judged_elsewhere(catalog, options, world)
    rows = []
    for name in contracts:
        for row in catalog.contracts[name].requirements:
            if options.role is None or options.role in row.roles:
                declared = capabilities(catalog.contracts[name], row.roles, target)
                unplayed = None if row.id in judged_by else elsewhere.get(row.id, "no selected scenario judges it")
                rows.append(_verdict(row, declared, target, world, search.result, unplayed, findings.get(row.id, ())))
    return tuple(rows)


def _judged_elsewhere(catalog: Catalog, options: SessionOptions, world: World) -> dict[str, str]:
    """Requirement -> why it is not judged, of those whose scenarios are played in another world."""
    return {
        requirement: f"judged in {' and '.join(scenario.worlds)} only"
        for scenario in catalog.scenarios.values()
        if world.name not in scenario.worlds and (not options.scenarios or scenario.name in options.scenarios)
        for requirement in scenario.judges
    }


def _verdict(
    row: Requirement,
    declared: tuple[str, ...] | None,
    target: Target,
    world: World,
    result: UnitResult,
    unplayed: str | None,
    findings: tuple[Any, ...],
) -> RequirementResult:
    """``declared``: the capabilities of the target for the roles of the row; None when it serves none of them. ``unplayed``: why no
    scenario that was played judges it."""
    judged = result.judged[row.id]
    reason: str | None
    if declared is None:
        reason = f"the target does not serve the role {row.role}"
    else:
        reason = not_applicable(row, declared, world.name, internal=target.internal)
    if reason is None:
        reason = unplayed
    required = reason is None and row.level == "MUST"

    def verdict(word: Any, why: str | None, *, fault: bool = False) -> RequirementResult:
        return RequirementResult(row.id, row.contract, row.role, row.level, required, word, judged, why, findings, fault)

    if findings:
        return verdict("fail", None)
    if reason is not None:
        return verdict("not_run", reason)
    if row.id in result.trouble:
        return verdict("inconclusive", result.trouble[row.id][0], fault=True)
    if row.id in result.slow:
        return verdict("inconclusive", f"too slow in real time, which is no verdict: {result.slow[row.id][0]}")
    if judged < JUDGED_MIN:
        return verdict("not_run", _why_not_judged(result, row.id, judged))
    return verdict("pass", None)


def _why_not_judged(result: UnitResult, requirement: str, judged: int) -> str:
    reasons = result.reasons.get(requirement)
    common = reasons.most_common(1)[0][0] if reasons else "precondition never met"
    return common if judged == 0 else f"judged in {judged} examples, {JUDGED_MIN} are needed; else: {common}"
