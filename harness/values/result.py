"""What a session found. Aggregated reports print these and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .case import Case
from .requirement import Level
from .verdict import VerdictWord


@dataclass(frozen=True)
class Repro:
    """One example that anyone can replay; a repro file is this as JSON. ``expect``: the requirements it broke."""

    case: Case
    expect: tuple[str, ...]
    title: str
    source: str | None = None
    digest: str | None = None


@dataclass(frozen=True)
class SessionFinding:
    """A violation as a session reports it: shrunk, confirmed, saved.

    ``excerpt``: the first entries of the shrunk history that prove it, one printable line each.
    ``repro_path`` is None when nothing could be written. ``replay_command`` is what a user types to see it again.
    """

    message: str
    scenario: str
    repro: Repro
    repro_path: Path | None
    excerpt: tuple[str, ...] = ()
    replay_command: str = ""
    examples_until_found: int = 0


@dataclass(frozen=True)
class RequirementResult:
    id: str
    contract: str
    role: str
    level: Level
    required: bool
    verdict: VerdictWord
    judged: int
    reason: str | None = None
    findings: tuple[SessionFinding, ...] = ()
    harness_fault: bool = False
    """True when ``inconclusive`` is our own fault or the driver's (exit 4), not the world's."""


@dataclass(frozen=True)
class RunResult:
    target: str
    world: str
    seed: int
    elapsed_s: float
    examples: int
    requirements: tuple[RequirementResult, ...]
    faults: Mapping[str, int]
    warnings: tuple[str, ...] = ()
    interrupted: bool = False
    simulated_s: float = 0.0
    tool_version: str = ""
    target_version: str = ""
    """As the target tells it; empty where it tells none."""

    @property
    def verdict(self) -> VerdictWord:
        return {0: "pass", 1: "fail", 3: "inconclusive", 4: "inconclusive", 130: "inconclusive"}[self.exit_code]  # type: ignore[return-value]  # a table of words

    @property
    def exit_code(self) -> int:
        """1 a MUST failed; 4 the harness or the driver was at fault; 3 something required was not judged; 0 else; 130 interrupted."""
        required = [row for row in self.requirements if row.required]
        if any(row.verdict == "fail" and row.level == "MUST" for row in self.requirements):
            code = 1
        elif any(row.harness_fault for row in required):
            code = 4
        elif any(row.verdict in ("inconclusive", "not_run") for row in required) or not self._judged_any:
            code = 3
        else:
            code = 0
        return 130 if self.interrupted else code

    @property
    def _judged_any(self) -> bool:
        return any(row.verdict in ("pass", "fail") for row in self.requirements)


ReplayWord = Literal["FIXED", "FAILED", "CHANGED"]


@dataclass(frozen=True)
class ReplayResult:
    path: Path
    verdict: ReplayWord
    message: str
    times: int
    failed_times: int
    digest: str
    digest_matches: bool | None
    findings: tuple[str, ...] = ()
    excerpt: tuple[str, ...] = ()


@dataclass(frozen=True)
class MutantResult:
    name: str
    contract: str
    requirements: tuple[str, ...]
    killed: bool
    killed_by: tuple[str, ...]
    examples: int
    operations: int | None
    faults: int | None
    seconds: float


@dataclass(frozen=True)
class NullResult:
    name: str
    contract: str
    passed: tuple[str, ...]


@dataclass(frozen=True)
class ReferenceResult:
    contract: str
    examples: int
    violations: tuple[str, ...]


@dataclass(frozen=True)
class SelftestResult:
    elapsed_s: float
    mutants: tuple[MutantResult, ...]
    null_drivers: tuple[NullResult, ...]
    reference: tuple[ReferenceResult, ...]
    untested: tuple[tuple[str, str], ...] = ()
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        if self.interrupted:
            return 130
        lives = any(not row.killed for row in self.mutants)
        return int(lives or any(row.passed for row in self.null_drivers) or any(row.violations for row in self.reference))
