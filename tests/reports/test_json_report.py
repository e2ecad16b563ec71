"""The JSON report: the documented shape, paths relative to the report, and nothing that breaks a reader."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from streamproof.harness.values.result import RunResult, SelftestResult
from streamproof.reports import REPORTS
from streamproof.schemas import load_schema


def rendered(result: RunResult | SelftestResult, folder: Path) -> Any:
    report = REPORTS["json"]
    return json.loads(report.run(result, folder) if isinstance(result, RunResult) else report.selftest(result, folder))


def test_run_fits_the_shipped_schema(run_result: RunResult, tmp_path: Path) -> None:
    """A run report validates against the schema that is shipped with it."""
    assert list(Draft202012Validator(load_schema("run")).iter_errors(rendered(run_result, tmp_path))) == []


def test_selftest_fits_the_shipped_schema(selftest_result: SelftestResult, tmp_path: Path) -> None:
    """A selftest report validates against the schema that is shipped with it."""
    assert list(Draft202012Validator(load_schema("selftest")).iter_errors(rendered(selftest_result, tmp_path))) == []


def test_repro_path_is_relative_to_the_report(run_result: RunResult, tmp_path: Path) -> None:
    """The path of a repro file leads there from the folder of the report, wherever that is."""
    report = rendered(run_result, tmp_path / "build" / "reports")
    assert report["requirements"][1]["findings"][0]["repro"] == "../../out/ing-loss-1.json"


def test_repro_is_null_when_nothing_was_written(run_result: RunResult, tmp_path: Path) -> None:
    """A finding whose file could not be written says null, not a path that leads nowhere."""
    row = run_result.requirements[1]
    unwritten = replace(row, findings=(replace(row.findings[0], repro_path=None),))
    report = rendered(replace(run_result, requirements=(unwritten,)), tmp_path)
    assert report["requirements"][0]["findings"][0]["repro"] is None


def test_verdict_and_exit_code_agree_with_the_result(run_result: RunResult, tmp_path: Path) -> None:
    """The report carries the exit code that the command returns, and the verdict that goes with it."""
    report = rendered(run_result, tmp_path)
    assert (report["verdict"], report["exit_code"]) == ("fail", 1)
    passing = rendered(replace(run_result, requirements=run_result.requirements[:1]), tmp_path)
    assert (passing["verdict"], passing["exit_code"]) == ("pass", 0)


def test_hostile_text_survives_as_it_was(run_result: RunResult, tmp_path: Path, hostile: str) -> None:
    """A message with control characters and lone surrogates is read back exactly, from a file that is plain ASCII."""
    text = REPORTS["json"].run(run_result, tmp_path)
    assert text.isascii()
    assert json.loads(text)["requirements"][1]["findings"][0]["message"] == hostile
