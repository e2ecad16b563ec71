"""Everything that can be named, as one value. The doors put it together; the engine only reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..faults.base import Fault
from ..targets.names import TargetTables
from ..values.requirement import Contract
from .scenario import Scenario


@dataclass(frozen=True)
class Catalog:
    """The tables that run; lists in the documentation and on the command line are printed from them."""

    contracts: Mapping[str, Contract]
    scenarios: Mapping[str, Scenario]
    faults: Mapping[str, type[Fault]]
    targets: TargetTables
    servers: Mapping[str, Any]
    reports: Mapping[str, Any]

    def scenarios_of(self, contract: str) -> list[Scenario]:
        return [scenario for scenario in self.scenarios.values() if scenario.contract == contract]
