"""`streamproof explain`: one requirement, fault, mutant or scenario in full."""

from __future__ import annotations

from collections.abc import Iterator

import click

from ..catalog import catalog
from ..harness.checkers import CHECKERS
from ..harness.engine.catalog import Catalog
from ..harness.engine.scenario import Scenario
from ..harness.faults.base import Fault
from ..harness.faults.fields import parameters
from ..harness.targets.mutants.base import Mutant
from ..harness.values.nearest import unknown_name
from ..harness.values.requirement import Requirement
from .terminal import say


@click.command("explain")
@click.argument("name", metavar="ID")
def command(name: str) -> int:
    """A requirement, fault, mutant or scenario: its text, level and source, what breaks it, what judges it."""
    names = catalog()
    requirements = {row.id: row for contract in names.contracts.values() for row in contract.requirements}
    wanted = name.removeprefix("mutant:")
    if wanted.upper() in requirements:
        lines = _requirement(names, requirements[wanted.upper()])
    elif wanted in names.faults:
        lines = _fault(names.faults[wanted])
    elif wanted in names.targets.mutants:
        lines = _mutant(names.targets.mutants[wanted])
    elif wanted in names.scenarios:
        lines = _scenario(names.scenarios[wanted])
    else:
        known = (*requirements, *names.faults, *names.targets.mutants, *names.scenarios)
        raise unknown_name("requirement, fault, mutant or scenario", name, known)
    for line in lines:
        say(line)
    return 0


def _requirement(names: Catalog, row: Requirement) -> Iterator[str]:
    yield f"{row.id}: {row.level}, contract {row.contract}, role {row.role}"
    yield f"  {row.text}"
    yield f"  source: {row.source}"
    if row.needs:
        yield f"  needs the capabilities: {', '.join(row.needs)}"
    if row.internal:
        yield "  internal: only an implementation that runs in process can be judged"
    if row.worlds != ("sim", "loopback"):
        yield f"  judged only in: {', '.join(row.worlds)}"
    if row.untested is not None:
        yield f"  untested: {row.untested}"
    for mutant in names.targets.mutants.values():
        if row.id in mutant.requirements:
            yield f"  broken by mutant:{mutant.name}: {mutant.planted}"
    for scenario in names.scenarios.values():
        if row.id in scenario.judges:
            yield f"  judged in {scenario.name}: {scenario.summary}"
    checker = CHECKERS[row.contract, row.role][1].get(row.id)
    if checker is not None:
        yield f"  checker: {checker.__module__}.{getattr(checker, '__qualname__', type(checker).__name__)}"


def _fault(row: type[Fault]) -> Iterator[str]:
    yield f"{row.name}: a fault of the family {row.family}"
    yield f"  {row.summary}"
    for line in (row.__doc__ or "").strip().split("\n"):
        yield f"  {line.strip()}".rstrip()
    yield "  parameters:"
    for parameter in parameters(row).values():
        yield f"    {parameter.name} ({parameter.default!r}): {parameter.expected}"


def _mutant(row: Mutant) -> Iterator[str]:
    yield f"{row.name}: a mutant of the reference, contract {row.contract}, role {row.role}"
    yield f"  {row.planted}"
    yield f"  must be caught by: {' or '.join(row.requirements)}"
    yield f"  origin: {row.origin}"
    yield f"  see it fail: streamproof run --target mutant:{row.name}"


def _scenario(row: Scenario) -> Iterator[str]:
    yield f"{row.name}: a scenario of the contract {row.contract}, role {row.role}"
    yield f"  {row.summary}"
    yield f"  profiles: {', '.join(row.profiles)}; worlds: {', '.join(row.worlds)}"
    yield f"  judges: {', '.join(row.judges)}"
    yield f"  operations: {', '.join(row.operations)}"
