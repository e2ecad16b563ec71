"""Several runs side by side."""

from __future__ import annotations

from typing import Any

from streamproof.reports.matrix import markdown, print_matrix, requirement_rows
from streamproof.reports.text import plain_text


def row(id: str, verdict: str, reason: str | None = None, contract: str = "sse") -> dict[str, Any]:
    findings = [{"message": "an event was lost", "scenario": "s", "repro": None}] if verdict == "fail" else []
    return {"id": id, "contract": contract, "level": "MUST", "verdict": verdict, "reason": reason, "findings": findings}


def run(target: str, *rows: dict[str, Any]) -> dict[str, Any]:
    return {
        "target": target,
        "target_version": "1.2",
        "world": "sim",
        "seed": 1,
        "examples": 30,
        "verdict": "fail",
        "requirements": list(rows),
    }


RUNS = [
    run("a", row("SSE-1", "pass"), row("SSE-2", "fail"), row("ING-1", "not_run", "not served", "ingest")),
    run("b", row("SSE-1", "inconclusive", "too slow"), row("SSE-2", "not_run", "capability not declared"), row("SSE-3", "pass")),
]


def test_a_requirement_that_nobody_was_judged_by_is_left_out() -> None:
    """A row needs one verdict; a run that knows nothing of a requirement leaves its cell empty."""
    assert requirement_rows(RUNS, ()) == [
        ("SSE-1", "MUST", ["pass", "inconclusive"]),
        ("SSE-2", "MUST", ["fail", "not_run"]),
        ("SSE-3", "MUST", ["", "pass"]),
    ]
    assert requirement_rows(RUNS, ("ingest",)) == []


def test_the_table_names_targets_and_explains_what_is_no_pass() -> None:
    """Columns are numbers with the names and versions above; findings and reasons stand below."""
    text = plain_text(lambda console: print_matrix(console, RUNS))
    assert "  1 a 1.2: sim, seed 1, 30 examples\n" in text
    assert [line.split() for line in text.splitlines() if line.startswith("SSE-")] == [
        ["SSE-1", "MUST", "pass", "open"],
        ["SSE-2", "MUST", "FAIL", "-"],
        ["SSE-3", "MUST", "pass"],
    ]
    assert "    FAIL SSE-2 (MUST): an event was lost\n" in text
    assert "    not run: SSE-2: capability not declared\n" in text
    assert "    open: SSE-1: too slow\n" in text
    assert "not served" not in text


def test_as_markdown() -> None:
    """One table, and a point for each explanation."""
    lines = markdown(RUNS).splitlines()
    assert lines[0] == "| requirement | level | a 1.2 | b 1.2 |"
    assert "| SSE-2 | MUST | FAIL | - |" in lines
    assert "* FAIL SSE-2 (MUST): an event was lost" in lines
