"""Is a driver sound? It is started, asked what every driver must answer, and ended; advice line by line.

Nothing here says anything about the implementation behind the driver: its servers are dead.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

from ..contracts import CONTRACTS
from ..targets.base import Serves, Target
from ..targets.declared import example_config
from ..targets.names import TargetTables, parse_target
from ..targets.stdio.target import StdioTarget
from ..targets.url import UrlTarget
from ..values.case import Case
from ..values.errors import HarnessFault, TargetProblem
from ..values.history import Header, History
from ..values.nearest import unknown_name
from ..values.requirement import Role
from ..worlds.base import Quota, Scene, World
from ..worlds.loopback.world import LoopbackWorld
from ..worlds.sim.world import SimWorld
from .doctor_report import DoctorResult, Report
from .doctor_stdio import examine_driver

NOWHERE = "http://127.0.0.1:9"
"""Nothing listens there, in neither world."""
URL_S_MAX = 10


def doctor(target_text: str, tables: TargetTables, config: Mapping[str, Any]) -> DoctorResult:
    """``config``: the targets of the configuration file. Raises UsageError for what names no target."""
    target = parse_target(target_text, tables, config)
    report = Report()
    if isinstance(target, StdioTarget):
        examine_driver(target.command, target.patience, report, roles_of)
    elif isinstance(target, UrlTarget):
        _examine_url(target.url, report)
    else:
        _examine_in_process(target, report)
    return report.result()


def roles_of(serves: tuple[Serves, ...], report: Report) -> Iterator[tuple[Serves, Role]]:
    """The declared roles that exist. What does not is reported with the nearest name."""
    if not serves:
        report.mend(
            'it serves nothing: `serves` in hello must name a contract and a role, such as {"contract": "ingest", "role": "sender"}'
        )
    for row in serves:
        contract = CONTRACTS.get(row.contract)
        if contract is None:
            report.mend(f"it declares an {unknown_name('contract', row.contract, CONTRACTS)}")
        elif row.role not in contract.roles:
            report.mend(f"it declares an {unknown_name(f'role of {row.contract}', row.role, contract.roles)}")
        else:
            role = contract.roles[row.role]
            _check_capabilities(row, role, report)
            yield row, role


def _check_capabilities(row: Serves, role: Role, report: Report) -> None:
    for name in row.capabilities:
        if name not in role.capabilities:
            report.mend(f"{row.contract} {row.role} declares an {unknown_name('capability', name, role.capabilities)}")
    left_out = {name for name in role.capabilities if name not in row.capabilities}
    spared = [rule.id for rule in CONTRACTS[row.contract].requirements if row.role in rule.roles and left_out & set(rule.needs)]
    if spared:
        report.ok(f"{row.contract} {row.role} does not declare {', '.join(sorted(left_out))}: not judged then: {', '.join(spared)}")


def _examine_url(url: str, report: Report) -> None:
    try:
        with urllib.request.urlopen(url, timeout=URL_S_MAX) as response:  # noqa: S310 - http or https, checked with the target's name
            status = response.status
    except urllib.error.HTTPError as error:
        status = error.code
    except (OSError, ValueError) as error:
        report.broken(f"{url} does not answer: {error}; start the server, then try again")
        return
    report.ok(f"{url} answers (GET of its base: status {status}); it is judged over HTTP alone")


def _examine_in_process(target: Target, report: Report) -> None:
    report.ok(f"{target.name} imports; it runs in {' and '.join(target.worlds)}")
    if not target.declares:
        report.ok("its factory has no attribute `serves`: it is taken for whatever role it is run for, with timing and limits")
        return
    world = SimWorld() if target.worlds[0] == "sim" else LoopbackWorld()
    try:
        for row, role in roles_of(target.serves(), report):
            _try_role(target, row, role, world, report)
    finally:
        target.close()
        world.close()


def _try_role(target: Target, row: Serves, role: Role, world: World, report: Report) -> None:
    """Opens and closes it once, without any server."""

    async def main(scene: Scene) -> None:
        with example_config(role, NOWHERE) as config:
            instance = await target.open(scene, "d1", row.contract, row.role, config, lambda *note: None)
            await instance.close()

    case = Case(row.contract, (row.role,), "", "")
    header = Header(row.contract, (row.role,), "", "", world.name, target.name, 0, row.capabilities, {}, (), ())
    what = f"{row.contract} {row.role}"
    try:
        history = world.run(main, case=case, header=header, quota=Quota())
    except (TargetProblem, HarnessFault) as problem:
        report.mend(f"{what}: {problem}")
        return
    problems = _problems(history)
    report.check(not problems, f"{what}: opens and closes", f"{what}: {'; '.join(problems)}")


def _problems(history: History) -> list[str]:
    return [str(entry.data["message"]) for entry in history.of_kind("driver-problem")]
