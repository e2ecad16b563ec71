"""What goes wrong on the way out: each kind of error has its exit code and one message, and never a traceback."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest

from streamproof.cli import run_command
from streamproof.cli.errors import exit_code_of
from streamproof.harness.values.errors import Deadlock, HarnessFault, TargetProblem, UsageError
from streamproof.harness.values.result import RunResult

Command = Callable[..., Any]


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (UsageError("wrong"), 2, "streamproof: wrong\n"),
        (click.UsageError("wrong"), 2, "streamproof: wrong\n"),
        (click.FileError("x.json", "gone"), 2, "streamproof: Could not open file 'x.json': gone\n"),
        (TargetProblem("it exited"), 4, "streamproof: the driver is at fault: it exited\n"),
        (HarnessFault("it broke"), 4, "streamproof: Streamproof itself is at fault: it broke\n"),
        (Deadlock("nothing moves"), 4, "streamproof: Streamproof itself is at fault: nothing moves\n"),
        (KeyboardInterrupt(), 130, "streamproof: interrupted\n"),
        (click.Abort(), 130, "streamproof: interrupted\n"),
    ],
)
def test_each_kind_of_error_has_its_exit_code(capsys: pytest.CaptureFixture[str], error: BaseException, code: int, message: str) -> None:
    """The documented exit code, and one message on standard error."""

    def fails() -> None:
        raise error

    assert exit_code_of(fails) == code
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", message)


def test_the_unexpected_is_our_own_fault(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug of ours is named as such, in one line, and its traceback lies in a file that the line names."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def fails() -> None:
        raise ZeroDivisionError("first line\nsecond line")

    assert exit_code_of(fails) == 4
    message = capsys.readouterr().err
    found = re.fullmatch(
        r"streamproof: Streamproof itself is at fault: unexpected ZeroDivisionError: first line\. Please report it with (.*)\n", message
    )
    assert found is not None
    assert "Traceback" in Path(found[1]).read_text(encoding="utf-8")


def test_an_integer_is_the_exit_code() -> None:
    """What a command returns becomes the exit code; nothing is 0."""
    assert (exit_code_of(lambda: 3), exit_code_of(lambda: None)) == (3, 0)


def test_a_report_that_cannot_be_written_later_keeps_the_others(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_result: RunResult
) -> None:
    """A folder that vanishes during the run costs its own report only; the exit code of the verdict stays."""

    def run_session(*arguments: Any) -> RunResult:
        (tmp_path / "gone").rmdir()
        return run_result

    monkeypatch.setattr(run_command, "run_session", run_session)
    outcome = command("run", "--seed", "1", "--report", "json=gone/r.json", "--report", "junit=r.xml", "--report", "text=r.txt")
    assert outcome.code == run_result.exit_code == 1
    assert "the report gone/r.json could not be written: No such file or directory" in outcome.err
    assert (tmp_path / "r.xml").is_file()
    assert (tmp_path / "r.txt").read_text(encoding="utf-8").rstrip().endswith("seed 42")
    assert "FAIL ING-LOSS-1" in outcome.out


def test_a_missing_report_is_never_a_success(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_result: RunResult
) -> None:
    """Where the verdict alone would be exit 0, a report that is missing makes it 4."""
    passing = replace(run_result, requirements=run_result.requirements[:1])

    def run_session(*arguments: Any) -> RunResult:
        (tmp_path / "gone").rmdir()
        return passing

    monkeypatch.setattr(run_command, "run_session", run_session)
    outcome = command("run", "--seed", "1", "--report", "json=gone/r.json")
    assert (passing.exit_code, outcome.code) == (0, 4)
