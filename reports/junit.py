"""JUnit XML as continuous-integration servers read it: one test case a requirement, the class name says the contract.

The verdicts map one to one: ``fail`` is a failure, ``inconclusive`` an error, ``not_run`` is skipped. The ``type`` of
each says the level (MUST or SHOULD), since only a MUST decides the exit code.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from ..harness.values.result import RequirementResult, RunResult, SelftestResult, SessionFinding
from .base import Report
from .phrases import case_lines
from .printable import one_line, printable


class JUnitReport(Report):
    name = "junit"
    summary = "JUnit XML: one test case a requirement (for a selftest: a mutant, a null driver, a reference)"

    def run(self, result: RunResult, folder: Path) -> str:
        contracts = dict.fromkeys(row.contract for row in result.requirements)
        suites = [_contract_suite(result, contract, folder) for contract in contracts]
        return _document(suites, result.elapsed_s)

    def selftest(self, result: SelftestResult, folder: Path) -> str:
        suite = TestSuite("selftest")
        for mutant in result.mutants:
            message = f"lives: no check of {', '.join(mutant.requirements)} fired in {mutant.examples} examples"
            suite.add_testcase(_test(f"mutants.{mutant.contract}", mutant.name, None if mutant.killed else message))
        for null in result.null_drivers:
            message = f"passes {', '.join(null.passed)}"
            suite.add_testcase(_test(f"null_drivers.{null.contract}", null.name, message if null.passed else None))
        for reference in result.reference:
            message = f"caught by {', '.join(reference.violations)} in {reference.examples} examples"
            suite.add_testcase(_test("reference", reference.contract, message if reference.violations else None))
        return _document([suite], result.elapsed_s)


def _contract_suite(result: RunResult, contract: str, folder: Path) -> TestSuite:
    suite = TestSuite(one_line(f"streamproof {contract} {result.target} {result.world}"))
    for name, value in (("target", result.target), ("world", result.world), ("seed", result.seed), ("examples", result.examples)):
        suite.add_property(name, one_line(str(value)))
    for row in result.requirements:
        if row.contract == contract:
            suite.add_testcase(_requirement_test(row, folder))
    return suite


def _requirement_test(row: RequirementResult, folder: Path) -> TestCase:
    test = _test(f"{row.contract}.{row.role}", row.id)
    if row.verdict == "fail":
        _append(test, _failure(row, folder))
    elif row.verdict == "inconclusive":
        _append(test, Error(one_line(row.reason or "inconclusive"), row.level))
    elif row.verdict == "not_run":
        _append(test, Skipped(one_line(row.reason or "not run"), row.level))
    return test


def _failure(row: RequirementResult, folder: Path) -> Failure:
    """One element for all findings: readers of JUnit XML show the first and drop the others."""
    messages = [finding.message for finding in row.findings]
    more = f" (and {len(messages) - 1} more)" if len(messages) > 1 else ""
    failure = Failure(one_line(messages[0] + more if messages else row.reason or "failed"), row.level)
    failure.text = printable("\n\n".join("\n".join(_finding_lines(finding, folder)) for finding in row.findings))
    return failure


def _finding_lines(finding: SessionFinding, folder: Path) -> Iterable[str]:
    yield finding.message
    yield f"scenario: {finding.scenario}"
    if finding.repro_path is not None:
        yield f"repro: {Path(os.path.relpath(finding.repro_path, folder)).as_posix()}"
    if finding.replay_command:
        yield f"replay: {finding.replay_command}"
    yield from case_lines(finding.repro.case)
    yield from finding.excerpt


def _test(classname: str, name: str, failure: str | None = None) -> TestCase:
    test = TestCase(one_line(name), one_line(f"streamproof.{classname}"))
    if failure is not None:
        _append(test, Failure(one_line(failure), "MUST"))
    return test


def _append(test: TestCase, outcome: Failure | Error | Skipped) -> None:
    test.append(outcome)  # type: ignore[no-untyped-call]  # junitparser leaves it unannotated


def _document(suites: list[TestSuite], elapsed_s: float) -> str:
    document = JUnitXml("streamproof")
    for suite in suites:
        document.add_testsuite(suite)
    # Not by update_statistics: it adds an attribute that the schema does not know.
    document.tests = sum(suite.tests for suite in suites)
    document.failures = sum(suite.failures for suite in suites)
    document.errors = sum(suite.errors for suite in suites)
    document.time = round(elapsed_s, 3)
    text: str = document.tostring().decode("utf-8")  # type: ignore[no-untyped-call]  # the same
    return text + "\n"
