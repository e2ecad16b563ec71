"""The control: the reference, played on the same case in ``sim``.

A reduced case is worth keeping only if a correct implementation is still judged on it and passes: then a replay can say
FIXED. Without this, a reducer happily drops the very operation (a stop, say) that lets a requirement be judged at all.
"""

from __future__ import annotations

from ..targets.base import Target
from ..targets.names import reference_target
from ..values.case import Case
from ..worlds.base import World
from ..worlds.table import make_world
from .catalog import Catalog
from .example import run_example
from .roles import served


class Control:
    """Made for one worker; starts its world when it is first asked."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._target: Target = reference_target(catalog.targets)
        self._world: World | None = None
        self.entries_played = 0
        """How much was played: what its answers cost."""

    def passes(self, case: Case, requirement: str) -> bool:
        """Whether the reference is judged by this requirement on this case, and without a finding."""
        scenario = self._catalog.scenarios[case.scenario]
        contract = self._catalog.contracts[case.contract]
        if "sim" not in scenario.worlds or not served(contract, scenario.roles, self._target):
            return False
        if self._world is None:
            self._world = make_world("sim")
        example = run_example(contract, scenario, case, self._target, self._world)
        self.entries_played += len(example.history.entries)
        return example.counts_as_judged(requirement) and not example.fails(requirement)

    def close(self) -> None:
        if self._world is not None:
            self._world.close()
