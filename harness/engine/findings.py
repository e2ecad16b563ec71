"""From reduced violations to findings: each saved as a repro file, with its proof and the command that replays it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from ..targets.base import Target
from ..values.result import Repro, SessionFinding
from .example import Example
from .excerpt import excerpt
from .files import save_repro
from .unit import UnitResult, ViolationKey, violation_key
from .workshop import Reduced


def collect_findings(
    target: Target, target_text: str, out_dir: Path, result: UnitResult, reduced: Mapping[ViolationKey, Reduced]
) -> dict[str, tuple[SessionFinding, ...]]:
    """Requirement -> its findings. What could not be confirmed in a fresh life of the target goes to ``result.trouble``.

    A violation that was not reduced (the session was interrupted) is reported as it was found.
    """
    findings: dict[str, list[SessionFinding]] = {}
    for key in sorted(result.violations):
        violation = result.violations[key]
        outcome = reduced.get(key)
        if outcome is not None and not outcome.confirmed:
            message = f"seen once, but not again in a fresh life of the target: {violation.finding.message}"
            result.trouble.setdefault(key[0], (message, False))
            continue
        case = outcome.case if outcome is not None else violation.case
        message, digest = violation.finding.message, None
        lines: tuple[str, ...] = ()
        if outcome is not None:
            shown = [finding for finding in outcome.example.findings if violation_key(finding) == key]
            message, lines = shown[0].message, excerpt(outcome.example.history, shown)
            digest = _digest(outcome.example)
        repro = Repro(case, (key[0],), f"{key[0]}: {message}", None, digest)
        number = len(findings.get(key[0], ())) + 1
        path = _save(repro, out_dir, key[0], target.name, number, result)
        findings.setdefault(key[0], []).append(
            SessionFinding(message, case.scenario, repro, path, lines, replay_command(path, target_text), violation.example)
        )
    return {requirement: tuple(rows) for requirement, rows in findings.items()}


def replay_command(path: Path | None, target_text: str) -> str:
    if path is None:
        return ""
    return f"streamproof replay {shlex.quote(str(path))} --target {shlex.quote(target_text)}"


def _digest(example: Example) -> str | None:
    """Only in ``sim`` does the digest say anything: real sockets never give the same bytes twice."""
    return example.history.digest() if example.history.header.world == "sim" else None


def _save(repro: Repro, out_dir: Path, requirement: str, target: str, number: int, result: UnitResult) -> Path | None:
    """Where the repro file was written, or None with a warning: a full disk must not cost the verdict."""
    safe = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in target)[:60]
    path = out_dir / f"{requirement}-{safe}{'' if number == 1 else f'-{number}'}.json"
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        save_repro(repro, path)
    except OSError as error:
        result.warnings.append(f"the repro file {path} could not be written: {error.strerror or error}")
        return None
    return path
