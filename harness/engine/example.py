"""One example from case to judgements: play it in a world, judge its history, and suspect ourselves first."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..targets.base import Target
from ..values.case import Case
from ..values.errors import HarnessFault, TargetProblem
from ..values.history import Header, History
from ..values.requirement import Contract
from ..values.verdict import Finding, Judgement
from ..worlds.base import Scene, World
from .cast import Cast
from .interrupts import INTERRUPTS
from .judge import judge_history
from .roles import capabilities
from .scenario import Scenario

STRAY_LINE = "stray-line"


@dataclass(frozen=True)
class Example:
    """``trouble`` names our own fault or the driver's: then nothing in it counts as judged. ``not_counted``: its scenario's reason."""

    case: Case
    history: History
    judgements: Mapping[str, Judgement]
    not_counted: str | None = None
    trouble: str | None = None
    driver_fault: bool = False
    warnings: tuple[str, ...] = ()
    simulated_us: int = 0
    faults: Mapping[str, int] = field(default_factory=dict)

    @property
    def findings(self) -> list[Finding]:
        return [finding for judgement in self.judgements.values() for finding in judgement.findings]

    def fails(self, requirement: str) -> bool:
        judgement = self.judgements.get(requirement)
        return judgement is not None and bool(judgement.findings)

    def counts_as_judged(self, requirement: str) -> bool:
        judgement = self.judgements.get(requirement)
        return judgement is not None and judgement.judged and self.trouble is None and self.not_counted is None


def run_example(
    contract: Contract, scenario: Scenario, case: Case, target: Target, world: World, stand_in: Target | None = None
) -> Example:
    """Never raises for what a target, a server or a checker does wrong; UsageError (a target that cannot be had) passes.

    ``stand_in`` plays the roles that are not under test; without one the target plays them all.
    """
    INTERRUPTS.check()
    header = make_header(contract, scenario, case, target, world)

    async def main(scene: Scene) -> None:
        cast = Cast(scene, contract, target, stand_in or target)
        try:
            await scenario.play(scene, cast)
        finally:
            await cast.close()

    trouble, driver_fault = None, False
    try:
        history = world.run(main, case=case, header=header, quota=scenario.quota)
    except TargetProblem as problem:
        history, trouble, driver_fault = _partial(problem, header), str(problem), True
    except HarnessFault as fault:
        history, trouble = _partial(fault, header), f"{type(fault).__name__}: {fault}"
    except Exception as crash:  # our own play or server broke: named as such, never a verdict
        where = traceback.format_exc(limit=-3).strip().replace("\n", " | ")
        history, trouble = _partial(crash, header), f"fault of the harness: {where}"
    return _judged(contract, scenario, case, history, trouble, driver_fault=driver_fault)


def make_header(contract: Contract, scenario: Scenario, case: Case, target: Target, world: World) -> Header:
    """What the history is about. The world fills in its allowance."""
    return Header(
        contract=scenario.contract,
        roles=case.roles,
        profile=case.profile,
        scenario=scenario.name,
        world=world.name,
        target=target.name,
        seed=case.seed,
        capabilities=capabilities(contract, case.roles, target) or (),
        config=case.config,
        workload=case.workload,
        faults=tuple(fault.to_json() for fault in case.faults),
        internal=target.internal,
    )


def _partial(error: BaseException, header: Header) -> History:
    history = getattr(error, "history", None)
    return history if isinstance(history, History) else History(header, sealed=True)


def _judged(contract: Contract, scenario: Scenario, case: Case, history: History, trouble: str | None, *, driver_fault: bool) -> Example:
    problem, warnings = _driver_problems(history)
    judgements = judge_history(contract, history)
    not_counted = scenario.counts(history) if trouble is None else None
    crash = next(history.of_kind("harness-fault"), None)
    if crash is not None and trouble is None:
        trouble = f"{crash.data['where']}: {crash.data['error']}"
    if problem is not None and trouble is None:
        trouble, driver_fault = problem, True
    if driver_fault:
        # A driver that breaks the protocol proves nothing about the implementation behind it.
        judgements = {name: Judgement(False, f"the driver was at fault: {trouble}") for name in judgements}
    return Example(
        case=case,
        history=history,
        judgements=judgements,
        not_counted=not_counted,
        trouble=trouble,
        driver_fault=driver_fault,
        warnings=warnings,
        simulated_us=history.entries[-1].at_us if history.entries else 0,
        faults=_injected(history),
    )


def _driver_problems(history: History) -> tuple[str | None, tuple[str, ...]]:
    """What the driver did wrong, and what is only worth a warning (one stray line)."""
    problems = list(history.of_kind("driver-problem"))
    stray = [entry for entry in problems if entry.data["problem"] == STRAY_LINE]
    serious = [entry for entry in problems if entry.data["problem"] != STRAY_LINE] or stray[1:]
    if serious:
        return str(serious[0].data["message"]), ()
    for entry in history.of_kind("reply"):
        # Every verb of a declared role is declared with it: `unsupported` contradicts what the driver said in `hello`.
        if entry.data["outcome"] in ("driver_error", "unsupported"):
            return f"{entry.data['outcome']}: {(entry.data['error'] or {}).get('message', 'no message')}", ()
    return None, tuple(str(entry.data["message"]) for entry in stray)


def _injected(history: History) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for entry in history.of_kind("fault"):
        counts[entry.data["fault"]] = counts.get(entry.data["fault"], 0) + 1
    return counts
