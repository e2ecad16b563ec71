"""The JUnit report: valid for the schema that continuous-integration servers use, whatever a finding holds."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st

from streamproof.harness.values.result import RunResult, SelftestResult
from streamproof.reports import REPORTS
from streamproof.reports.printable import one_line, printable

SCHEMA = xmlschema.XMLSchema(str(Path(__file__).parents[1] / "data" / "junit-10.xsd"))


@pytest.fixture
def run_report(run_result: RunResult, tmp_path: Path) -> ElementTree.Element:
    return ElementTree.fromstring(REPORTS["junit"].run(run_result, tmp_path))


def test_run_is_valid_whatever_a_finding_holds(run_report: ElementTree.Element) -> None:
    """Escape sequences, NUL, lone surrogates and non-characters in a message still give a valid document."""
    assert list(SCHEMA.iter_errors(run_report)) == []


def test_selftest_is_valid(selftest_result: SelftestResult, tmp_path: Path) -> None:
    """A selftest as JUnit XML is valid too."""
    assert list(SCHEMA.iter_errors(ElementTree.fromstring(REPORTS["junit"].selftest(selftest_result, tmp_path)))) == []


def test_one_case_a_requirement_with_the_contract_as_class(run_report: ElementTree.Element) -> None:
    """Each requirement is one test case, whose class name says contract and role."""
    names = [(case.get("classname"), case.get("name")) for case in run_report.iter("testcase")]
    assert names[1] == ("streamproof.ingest.sender", "ING-LOSS-1")
    assert len(names) == 6


def test_verdicts_map_one_to_one(run_report: ElementTree.Element) -> None:
    """fail is a failure, inconclusive an error, not_run is skipped, pass has no child; the counts agree."""
    children = {case.get("name"): [child.tag for child in case] for case in run_report.iter("testcase")}
    assert children == {
        "ING-ORD-1": [],
        "ING-LOSS-1": ["failure"],
        "ING-DROP-3": ["skipped"],
        "ING-CMP-2": ["skipped"],
        "ING-TMO-1": ["error"],
        "ING-SRV-1": ["skipped"],
    }
    assert [run_report.get(name) for name in ("tests", "failures", "errors")] == ["6", "1", "1"]


def test_failure_tells_message_repro_and_replay(run_report: ElementTree.Element) -> None:
    """A failure names every finding with its repro file, workload, faults and the command that replays it."""
    failure = next(run_report.iter("failure"))
    assert "and 1 more" in failure.get("message", "")
    text = failure.text or ""
    for part in (
        "repro: out/ing-loss-1.json",
        "replay: streamproof replay out/ing-loss-1.json",
        "early-answer",
        "second",
        "stop complete=true",
    ):
        assert part in text


def test_skipped_and_error_carry_their_reason(run_report: ElementTree.Element) -> None:
    """Why something was not run or stayed open is in the report."""
    assert next(run_report.iter("skipped")).get("message") == "capability not declared: limits"
    assert next(run_report.iter("error")).get("message") == "too few examples (3 of 5)"


def test_a_living_mutant_a_passing_null_and_a_caught_reference_are_failures(selftest_result: SelftestResult, tmp_path: Path) -> None:
    """What makes a selftest red is red in the report, and nothing else is."""
    root = ElementTree.fromstring(REPORTS["junit"].selftest(selftest_result, tmp_path))
    red = [case.get("name") for case in root.iter("testcase") if case.find("failure") is not None]
    assert red == ["ingest-b", "null-ok", "ingest"]
    assert len(list(root.iter("testcase"))) == 5


def test_a_result_without_requirements_is_valid(run_result: RunResult, tmp_path: Path) -> None:
    """Nothing judged at all is an empty document, not a broken one."""
    assert list(SCHEMA.iter_errors(ElementTree.fromstring(REPORTS["junit"].run(replace(run_result, requirements=()), tmp_path)))) == []


@given(st.text(alphabet=st.characters()))
def test_printable_text_is_legal_xml(text: str) -> None:
    """Any string, surrogates included, comes back from an XML parser as it was printed."""
    element = ElementTree.Element("e", {"a": one_line(text)})
    element.text = printable(text)
    read = ElementTree.fromstring(ElementTree.tostring(element, encoding="utf-8"))
    assert (read.get("a"), read.text or "") == (one_line(text), printable(text))
