"""Fault ``refuse``: a connection is not accepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from .base import Family, Fault
from .decisions import Refuse as RefuseDecision


@dataclass(frozen=True, kw_only=True)
class Refuse(Fault):
    """``nth`` is the number of the connection, counted over all servers of the example; ``times`` in a row from there."""

    name: ClassVar[str] = "refuse"
    family: ClassVar[Family] = "wire"
    summary: ClassVar[str] = "a connection is refused (loopback: reset as soon as it stands)"
    choices: ClassVar[Mapping[str, tuple[Any, ...]]] = {"endpoint": ("any",)}

    def connecting(self, connection: int) -> RefuseDecision | None:
        return RefuseDecision() if self.nth <= connection < self.nth + self.times else None
