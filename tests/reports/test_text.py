"""The report for people: what failed first, what was not run and why, the figures last; plain outside a terminal."""

from dataclasses import replace
from pathlib import Path

import pytest

from streamproof.harness.values.result import RunResult, SelftestResult
from streamproof.reports import REPORTS


@pytest.fixture
def text(run_result: RunResult, tmp_path: Path) -> str:
    return REPORTS["text"].run(run_result, tmp_path)


def test_failures_come_before_the_table(text: str) -> None:
    """A reader meets the broken requirement before the rows that pass."""
    assert text.index("FAIL ING-LOSS-1 (MUST, ingest sender)") < text.index("ING-ORD-1")


def test_failure_has_what_is_needed_to_act(text: str) -> None:
    """A failure shows how it was found, its workload and faults, the proof and the command that replays it."""
    for part in (
        "scenario steady, found after 17 examples, shrunk to 2 operations and 1 fault",
        "config: run_id=r1 project_id=7",
        'enqueue event={"text":"é🙂\\u2028 end"}',
        "stop complete=true",
        "early-answer endpoint=upload nth=2 status=503",
        "4 12.000 ms request sync",
        "replay: streamproof replay out/ing-loss-1.json",
    ):
        assert part in text


def test_not_run_names_the_reason_and_what_was_required(text: str) -> None:
    """Requirements with one reason share a line; a required one stands out."""
    assert "not run: ING-DROP-3, ING-CMP-2: capability not declared: limits" in text
    assert "NOT RUN though required: ING-SRV-1: precondition never met" in text


def test_last_line_is_verdict_and_figures(text: str) -> None:
    """The last line holds verdict, examples, seconds, the two rates and the seed."""
    assert text.rstrip().split("\n")[-1] == (
        "verdict fail (exit 1), 400 examples in 2.0 s, 200 examples/s, 4,500 simulated s per wall s, seed 42"
    )


def test_no_rate_without_simulated_time(run_result: RunResult, tmp_path: Path) -> None:
    """On real sockets there is no simulated time to boast of."""
    last = REPORTS["text"].run(replace(run_result, world="loopback"), tmp_path).rstrip().split("\n")[-1]
    assert "simulated" not in last


def test_nothing_from_a_target_acts_on_the_terminal(text: str) -> None:
    """Escape sequences and controls of a target are shown, not obeyed."""
    assert "\x1b" not in text
    assert "\x00" not in text
    assert "\\x1b[31mred\\x00 \\ud800" in text


def test_markup_of_a_target_is_text(run_result: RunResult, tmp_path: Path) -> None:
    """Square brackets in a name are not taken for markup."""
    assert "target cmd:[bold]x[/]" in REPORTS["text"].run(replace(run_result, target="cmd:[bold]x[/]"), tmp_path)


def test_interruption_is_said(run_result: RunResult, tmp_path: Path) -> None:
    """After Ctrl-C the last line says so, with the exit code 130."""
    assert "(exit 130), interrupted" in REPORTS["text"].run(replace(run_result, interrupted=True), tmp_path)


def test_a_long_value_says_how_long_it_is(run_result: RunResult, tmp_path: Path) -> None:
    """A huge event is shortened, and the report tells its full length."""
    finding = run_result.requirements[1].findings[0]
    huge = finding.repro.case.with_changes(workload=(("enqueue", {"event": {"text": "x" * 5_000}}),))
    row = replace(run_result.requirements[1], findings=(replace(finding, repro=replace(finding.repro, case=huge)),))
    assert ".. (5,011 characters in all)" in REPORTS["text"].run(replace(run_result, requirements=(row,)), tmp_path)


def test_selftest_names_the_living(selftest_result: SelftestResult, tmp_path: Path) -> None:
    """A selftest shows who lives, which null passes what, and who caught the reference."""
    text = REPORTS["text"].selftest(selftest_result, tmp_path)
    for part in (
        "null driver null-ok (ingest): PASSES ING-RED-1",
        "reference (ingest): CAUGHT by ING-ACK-1",
        "untested: ING-X-1: not visible",
    ):
        assert part in text
    assert "shrunk failures: median 3 operations and 1 faults, largest 3 operations and 1 faults" in text
    assert "1 of 2 mutants killed (exit 1) in 4.2 s" in text
    lives = next(line for line in text.split("\n") if line.startswith("ingest-b"))
    assert "lives" in lives
