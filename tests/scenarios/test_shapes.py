"""The shapes of operations and configs agree with what the scenarios really draw, so that every repro file can be read again."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from streamproof.harness.contracts import CONTRACTS
from streamproof.harness.engine.draw import draw_cases
from streamproof.harness.engine.files import load_repro, save_repro
from streamproof.harness.engine.repro_text import repro_text
from streamproof.harness.engine.scenario import Scenario, Setting
from streamproof.harness.engine.shapes import fits
from streamproof.harness.values.case import Case
from streamproof.harness.values.requirement import Contract
from streamproof.harness.values.result import Repro
from streamproof.scenarios import SCENARIOS

CASES = 10


@dataclass(frozen=True)
class Names:
    contracts: dict[str, Contract]
    scenarios: dict[str, Scenario]


NAMES = Names(dict(CONTRACTS), dict(SCENARIOS))


def drawn(scenario: Scenario, world: str) -> list[Case]:
    roles = [CONTRACTS[scenario.contract].roles[role] for role in scenario.roles]
    capabilities = tuple(name for name in roles[0].capabilities if all(name in role.capabilities for role in roles))
    settings = [Setting(profile, world, capabilities, {}, scenario.roles) for profile in scenario.profiles]
    return [case for setting in settings for case in draw_cases(scenario, setting, 1, CASES)]


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_is_drawn_can_be_saved_and_read(name: str, tmp_path: Path) -> None:
    """A case of any scenario survives the way through a repro file, with every name and argument checked."""
    scenario = SCENARIOS[name]
    path = tmp_path / "repro.json"
    for case in drawn(scenario, scenario.worlds[0]):
        saved = Repro(case, scenario.judges[:1], "drawn")
        save_repro(saved, path)
        assert repro_text(load_repro(path, NAMES)) == repro_text(saved)
        assert fits(scenario, case)


def test_every_scenario_says_what_its_play_performs() -> None:
    """No scenario leaves its operations or config unchecked."""
    assert [name for name, scenario in SCENARIOS.items() if not scenario.operations or not scenario.config] == []


def test_a_case_that_no_file_could_hold_does_not_fit() -> None:
    """Unknown verbs, wrong arguments and wrong configs do not fit, so a reducer never ends at one."""
    scenario = SCENARIOS["ingest-steady"]
    case = drawn(scenario, "sim")[0]
    assert fits(scenario, case)
    for wrong in (
        replace(case, workload=(("enqueu", {"event": {}}),)),
        replace(case, workload=(("stop", {}),)),
        replace(case, workload=(("wait", {"ms": -1}),)),
        replace(case, config={**case.config, "run_id": None}),
    ):
        assert not fits(scenario, wrong)
