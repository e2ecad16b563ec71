"""What a report format is: it prints what a session found. It looks at the result and at nothing else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from ..harness.values.result import RunResult, SelftestResult


class Report(ABC):
    """One format. Each method returns the whole report as text; ``folder`` is where it will lie, paths in it are relative to that."""

    name: ClassVar[str]
    summary: ClassVar[str]

    @abstractmethod
    def run(self, result: RunResult, folder: Path) -> str:
        """The report of a `streamproof run`."""

    @abstractmethod
    def selftest(self, result: SelftestResult, folder: Path) -> str:
        """The report of a `streamproof selftest`."""
