"""A unit of work: one batch of cases of one scenario and profile, run in one process. Its result is plain and mergeable."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ..targets.base import Target
from ..values.case import Case
from ..values.requirement import Contract
from ..values.verdict import Finding
from ..worlds.base import World
from .draw import derived_seed, draw_cases
from .example import Example, run_example
from .scenario import Scenario, Setting

ViolationKey = tuple[str, str]
"""(requirement, shape of the message): what makes two findings the same violation."""

BATCH = 25


@dataclass(frozen=True)
class Unit:
    scenario: str
    profile: str
    batch: int
    count: int


@dataclass(frozen=True)
class Violation:
    """The smallest case so far that shows a violation, and after how many examples of its unit it was first seen."""

    finding: Finding
    case: Case
    example: int


@dataclass
class UnitResult:
    """Counts and violations of some examples. ``trouble`` maps a requirement to what kept it from being judged by our fault."""

    examples: int = 0
    simulated_us: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    judged: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, Counter[str]] = field(default_factory=dict)
    trouble: dict[str, tuple[str, bool]] = field(default_factory=dict)
    """Requirement -> (what happened, whether the driver was at fault)."""
    slow: dict[str, tuple[str, Case]] = field(default_factory=dict)
    """Requirement -> an upper bound that was exceeded in real time (which is no verdict), and in which case."""
    violations: dict[ViolationKey, Violation] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def merge(self, other: UnitResult) -> None:
        """Adds the result of a later unit; the order of merging decides nothing but which equal case is kept."""
        for key, violation in other.violations.items():
            known = self.violations.get(key)
            if known is None:
                self.violations[key] = Violation(violation.finding, violation.case, self.examples + violation.example)
            elif _weight(violation.case) < _weight(known.case):
                self.violations[key] = Violation(violation.finding, violation.case, known.example)
        self.examples += other.examples
        self.simulated_us += other.simulated_us
        self.faults.update(other.faults)
        self.judged.update(other.judged)
        for requirement, reasons in other.reasons.items():
            self.reasons.setdefault(requirement, Counter()).update(reasons)
        for requirement, trouble in other.trouble.items():
            self.trouble.setdefault(requirement, trouble)
        for requirement, slow in other.slow.items():
            self.slow.setdefault(requirement, slow)
        self.warnings.extend(warning for warning in other.warnings if warning not in self.warnings)


def violation_key(finding: Finding) -> ViolationKey:
    """Numbers, ids with digits in them and quoted values do not make another violation: a target may draw its ids afresh in each life."""
    shape = re.sub(r"'[^']*'|\"[^\"]*\"|<[^>]*>|[\w%.-]*\d[\w%.-]*", "_", finding.message)
    return finding.requirement, shape


def _weight(case: Case) -> tuple[int, int, int]:
    return len(case.faults), len(case.workload), len(str(case.workload))


def unit_cases(unit: Unit, scenario: Scenario, setting: Setting, seed: int) -> list[Case]:
    """The cases of a unit depend on the session's seed and the unit's name alone."""
    return draw_cases(scenario, setting, derived_seed(seed, unit.scenario, unit.profile, unit.batch), unit.count)


def run_cases(
    contract: Contract,
    scenario: Scenario,
    cases: list[Case],
    target: Target,
    world: World,
    stand_in: Target,
    *,
    keep: Path | None = None,
    stop: Callable[[UnitResult], bool] = lambda result: False,
) -> UnitResult:
    """Runs the cases one after the other until ``stop`` says so."""
    result = UnitResult()
    for case in cases:
        example = run_example(contract, scenario, case, target, world, stand_in)
        if keep is not None:
            name = f"{scenario.name}-{case.profile}-{case.seed}.ndjson"
            (keep / name).write_text(example.history.to_ndjson(), encoding="utf-8")
        count_example(result, scenario, example, target, world)
        if stop(result):
            break
    return result


def count_example(result: UnitResult, scenario: Scenario, example: Example, target: Target, world: World) -> None:
    result.examples += 1
    result.simulated_us += example.simulated_us
    result.faults.update(example.faults)
    result.warnings.extend(warning for warning in example.warnings if warning not in result.warnings)
    if example.trouble is not None:
        for requirement in scenario.judges:
            result.trouble.setdefault(requirement, (example.trouble, example.driver_fault))
    for requirement, judgement in example.judgements.items():
        if judgement.inconclusive:
            result.trouble.setdefault(requirement, (judgement.reason or "", False))
        elif example.counts_as_judged(requirement):
            result.judged[requirement] += 1
        elif requirement in scenario.judges:
            reason = judgement.reason or example.not_counted or example.trouble or ""
            result.reasons.setdefault(requirement, Counter())[reason] += 1
    for finding in example.findings:
        _count_finding(result, finding, example, world)


def _count_finding(result: UnitResult, finding: Finding, example: Example, world: World) -> None:
    if finding.upper_bound and world.name != "sim":
        result.slow.setdefault(finding.requirement, (finding.message, example.case))
        return
    key = violation_key(finding)
    known = result.violations.get(key)
    if known is None or _weight(example.case) < _weight(known.case):
        result.violations[key] = Violation(finding, example.case, known.example if known else result.examples)
