"""The result as JSON, for machines: shapes as in run.schema.json and selftest.schema.json. Keys may be added, none changed."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

from ..harness.values.result import RequirementResult, RunResult, SelftestResult, SessionFinding
from .base import Report

SCHEMA = 1


class JsonReport(Report):
    name = "json"
    summary = "the whole result as JSON, validated by the shipped JSON Schema"

    def run(self, result: RunResult, folder: Path) -> str:
        return _text(run_to_json(result, folder))

    def selftest(self, result: SelftestResult, folder: Path) -> str:
        return _text(selftest_to_json(result))


def run_to_json(result: RunResult, folder: Path) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "kind": "run",
        "tool_version": result.tool_version,
        "target": result.target,
        "target_version": result.target_version,
        "world": result.world,
        "seed": result.seed,
        "elapsed_s": round(result.elapsed_s, 3),
        "simulated_s": round(result.simulated_s, 3),
        "examples": result.examples,
        "verdict": result.verdict,
        "exit_code": result.exit_code,
        "interrupted": result.interrupted,
        "requirements": [_requirement(row, folder) for row in result.requirements],
        "faults": dict(result.faults),
        "warnings": list(result.warnings),
    }


def selftest_to_json(result: SelftestResult) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "kind": "selftest",
        "elapsed_s": round(result.elapsed_s, 3),
        "exit_code": result.exit_code,
        "interrupted": result.interrupted,
        "mutants": [_row(row) for row in result.mutants],
        "null_drivers": [_row(row) for row in result.null_drivers],
        "reference": [_row(row) for row in result.reference],
        "untested": [{"id": id, "reason": reason} for id, reason in result.untested],
    }


def _requirement(row: RequirementResult, folder: Path) -> dict[str, Any]:
    return {
        "id": row.id,
        "contract": row.contract,
        "role": row.role,
        "level": row.level,
        "required": row.required,
        "verdict": row.verdict,
        "judged": row.judged,
        "reason": row.reason,
        "findings": [_finding(finding, folder) for finding in row.findings],
    }


def _finding(finding: SessionFinding, folder: Path) -> dict[str, Any]:
    repro = finding.repro_path
    return {
        "message": finding.message,
        "scenario": finding.scenario,
        "repro": None if repro is None else Path(os.path.relpath(repro, folder)).as_posix(),
        "examples_until_found": finding.examples_until_found,
        "replay": finding.replay_command,
    }


def _row(row: Any) -> dict[str, Any]:
    """A flat dataclass whose fields are the keys of the report."""
    return dataclasses.asdict(row)


def _text(value: dict[str, Any]) -> str:
    # ASCII only: a finding may quote a lone surrogate, which no UTF-8 file can hold.
    return json.dumps(value, indent=2, ensure_ascii=True) + "\n"
