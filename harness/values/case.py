"""A case: everything that decides one example. It is what Hypothesis draws, the reducer shrinks and a repro file holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..faults.base import Fault

Operation = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Case:
    """``workload``: operations in order, each a verb of the role or of the play (``wait``, ``restart`` ..) with its arguments.

    ``config``: the plain configuration of the role as in the driver protocol; URLs and secrets are filled in by the play.
    """

    contract: str
    roles: tuple[str, ...]
    profile: str
    scenario: str
    config: Mapping[str, Any] = field(default_factory=dict)
    workload: tuple[Operation, ...] = ()
    faults: tuple[Fault, ...] = ()
    seed: int = 0

    def with_changes(self, **changes: Any) -> Case:
        return replace(self, **changes)

    @property
    def size(self) -> tuple[int, int]:
        """(operations, faults), as reports print them."""
        return len(self.workload), len(self.faults)
