"""Advice about a driver, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "mend", "broken"]


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
        self._advice: list[Advice] = []

    def ok(self, text: str) -> None:
        self._advice.append(Advice("ok", text))

    def mend(self, text: str) -> None:
        self._advice.append(Advice("mend", text))

    def broken(self, text: str) -> None:
        self._advice.append(Advice("broken", text))

    def check(self, sound: bool, good: str, bad: str) -> None:
        if sound:
            self.ok(good)
        else:
            self.mend(bad)

    def result(self) -> DoctorResult:
        return DoctorResult(tuple(self._advice))
