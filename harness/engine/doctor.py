"""Is a driver sound? It is started, asked what every driver must answer, and ended; advice line by line.

Nothing here says anything about the implementation behind the driver: its servers are dead.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..contracts import CONTRACTS
from ..targets.base import Serves, Target
from ..targets.in_process import InProcessTarget
from ..targets.names import TargetTables, parse_target
from ..targets.stdio.process import Patience
from ..targets.stdio.target import StdioTarget
from ..targets.url import UrlTarget
from ..values.case import Case
from ..values.errors import TargetProblem, UsageError
from ..values.history import Header
from ..values.nearest import unknown_name
from ..values.requirement import Role, Verb
from ..worlds.base import Quota, Scene, World
from ..worlds.loopback.world import LoopbackWorld
from ..worlds.sim.world import SimWorld
from .dead_server import dead_server
from .doctor_stdio import examine_driver

Level = Literal["ok", "mend", "broken"]
NOWHERE = "http://127.0.0.1:9"
URL_S_MAX = 10


@dataclass(frozen=True)
class Advice:
    """``mend``: the driver works, but breaks the protocol here. ``broken``: it did not start at all."""

    level: Level
    text: str

    def __str__(self) -> str:
        return f"{self.level:<6}  {self.text}"


@dataclass(frozen=True)
class DoctorResult:
    advice: tuple[Advice, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(str(advice) for advice in self.advice)

    @property
    def exit_code(self) -> int:
        """0 sound, 1 something must be mended, 4 it did not start."""
        levels = {advice.level for advice in self.advice}
        return 4 if "broken" in levels else 1 if "mend" in levels else 0


class Report:
    """Advice as it is gathered."""

    def __init__(self) -> None:
        self.advice: list[Advice] = []

    def ok(self, text: str) -> None:
        self.advice.append(Advice("ok", text))

    def mend(self, text: str) -> None:
        self.advice.append(Advice("mend", text))

    def broken(self, text: str) -> None:
        self.advice.append(Advice("broken", text))
