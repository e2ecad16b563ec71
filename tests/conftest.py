"""Fixtures that several areas share: results as a session would return them, hostile text included."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from streamproof.harness.faults.early_answer import EarlyAnswer
from streamproof.harness.values.case import Case
from streamproof.harness.values.result import (
    MutantResult,
    NullResult,
    ReferenceResult,
    Repro,
    RequirementResult,
    RunResult,
    SelftestResult,
    SessionFinding,
)

HOSTILE = "lost \x1b[31mred\x00 \ud800 \ufffe ]]> <b>&amp;"
"""What a target can put into a message: an escape sequence, NUL, a lone surrogate, a non-character, markup."""


@pytest.fixture
def hostile() -> str:
    return HOSTILE


@pytest.fixture
def case() -> Case:
    return Case(
        contract="ingest",
        roles=("sender",),
        profile="proxy",
        scenario="steady",
        config={"run_id": "r1", "project_id": 7},
        workload=(("enqueue", {"event": {"text": "é🙂\u2028 end"}}), ("stop", {"complete": True})),
        faults=(EarlyAnswer(endpoint="upload", nth=2, status=503),),
        seed=7,
    )


@pytest.fixture
def repro(case: Case) -> Repro:
    return Repro(case, ("ING-LOSS-1",), "event 1 was never accepted", source="found by a session with seed 7", digest="ab" * 32)


@pytest.fixture
def run_result(repro: Repro, tmp_path: Path) -> RunResult:
    finding = SessionFinding(
        message=HOSTILE,
        scenario="steady",
        repro=repro,
        repro_path=tmp_path / "out" / "ing-loss-1.json",
        excerpt=("4 12.000 ms request sync", f"5 {HOSTILE}"),
        replay_command="streamproof replay out/ing-loss-1.json",
        examples_until_found=17,
    )
    rows = (
        RequirementResult("ING-ORD-1", "ingest", "sender", "MUST", True, "pass", 400),
        RequirementResult(
            "ING-LOSS-1", "ingest", "sender", "MUST", True, "fail", 398, findings=(finding, replace(finding, message="second"))
        ),
        RequirementResult("ING-DROP-3", "ingest", "sender", "SHOULD", False, "not_run", 0, reason="capability not declared: limits"),
        RequirementResult("ING-CMP-2", "ingest", "sender", "SHOULD", False, "not_run", 0, reason="capability not declared: limits"),
        RequirementResult("ING-TMO-1", "ingest", "sender", "MUST", True, "inconclusive", 3, reason="too few examples (3 of 5)"),
        RequirementResult("ING-SRV-1", "ingest", "server", "MUST", True, "not_run", 0, reason="precondition never met"),
    )
    return RunResult(
        "reference", "sim", 42, 2.0, 400, rows, {"cut": 12, "status": 3}, ("a stray line",), simulated_s=9_000, tool_version="0.1.0"
    )


@pytest.fixture
def selftest_result() -> SelftestResult:
    mutants = (
        MutantResult("ingest-a", "ingest", ("ING-LOSS-1",), True, ("ING-LOSS-1",), 12, 3, 1, 0.4),
        MutantResult("ingest-b", "ingest", ("ING-ORD-1", "ING-ORD-2"), False, (), 500, None, None, 3.5),
    )
    nulls = (NullResult("null-silent", "ingest", ()), NullResult("null-ok", "ingest", ("ING-RED-1",)))
    return SelftestResult(4.2, mutants, nulls, (ReferenceResult("ingest", 500, ("ING-ACK-1",)),), (("ING-X-1", "not visible"),))
