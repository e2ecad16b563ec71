"""Wrong usage: one clear message on standard error, exit 2, nothing was run, no traceback."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["rum"], "unknown command 'rum'; did you mean 'run'?"),
        (["run", "--targt", "x"], "No such option '--targt'. Did you mean '--target'?"),
        (["run", "--target", "refrence"], "unknown target 'refrence'; did you mean 'reference'"),
        (["run", "--target", "mutant:ingest-nothing-like-it"], "unknown mutant 'ingest-nothing-like-it'"),
        (["run", "--target", "null:silnt"], "did you mean 'null-silent'"),
        (["run", "--target", "cobra:x"], "unknown kind of target 'cobra"),
        (["run", "--target", "python:no_such_module:f"], "there is no module 'no_such_module'"),
        (["run", "--target", "python:json:nothing"], "module 'json' has no attribute 'nothing'"),
        (["run", "--target", "cmd:'"], "cannot be split into words"),
        (["run", "--target", "http://"], "is not the base URL of a server"),
        (["run", "--contract", "ingset"], "unknown contract 'ingset'; did you mean 'ingest'?"),
        (["run", "--scenario", "ingest-stead"], "unknown scenario 'ingest-stead'; did you mean 'ingest-steady'?"),
        (["run", "--role", "sendr"], "unknown role 'sendr'; did you mean 'sender'"),
        (["run", "--world", "moon"], "'moon' is not one of 'sim', 'loopback'"),
        (["run", "--target", "cmd:true", "--world", "sim"], "cannot run in the world 'sim'"),
        (["run", "--scenario", "result-channel-poison", "--world", "loopback"], "result-channel-poison: played in sim only"),
        (["run", "--examples", "0"], "'--examples'"),
        (["run", "--examples", "5", "--seconds", "5"], "--examples and --seconds are both given"),
        (["run", "--seed", "x"], "'x' is not a valid integer"),
        (["run", "--jobs", "0"], "'--jobs'"),
        (["run", "--report", "jsn=x"], "unknown report format 'jsn'; did you mean 'json'"),
        (["run", "--report", "json"], "expected FORMAT=PATH"),
        (["run", "--report", "json=a", "--report", "junit=a"], "two reports would be written to a"),
        (["selftest", "--contract", "ingset"], "unknown contract 'ingset'"),
        (["replay"], "Missing argument 'FILE..'"),
        (["replay", "missing.json"], "missing.json: cannot be read: No such file or directory"),
        (["shrink", "missing.json"], "missing.json: cannot be read: No such file or directory"),
        (["check", "missing.ndjson"], "missing.ndjson: cannot be read: No such file or directory"),
        (["list", "fault"], "unknown table 'fault'; did you mean 'faults'?"),
        (["explain", "ING-LOST-1"], "unknown requirement, fault, mutant or scenario 'ING-LOST-1'; did you mean 'ING-LOSS-1'"),
        (["serve", "ingst"], "unknown server 'ingst'; did you mean 'ingest'?"),
        (["serve", "ingest", "--port", "70000"], "70000 is not in the range"),
        (["serve", "ingest", "--plan", "missing.json"], "missing.json: cannot be read"),
        (["serve", "ingest", "--option", "token"], "expected KEY=VALUE"),
        (["serve", "ingest", "--option", "tokn=x"], "unknown option 'tokn'"),
        (["install", "posthog"], "unknown built-in target 'posthog'; did you mean 'posthog-agent'?"),
    ],
)
def test_wrong_usage_is_told_in_one_message(command: Command, arguments: list[str], complaint: str) -> None:
    """The message says what was got and what was expected; standard output stays empty."""
    outcome = command(*arguments)
    assert complaint in outcome.err
    assert (outcome.code, outcome.out) == (2, "")
    assert "Traceback" not in outcome.err


def test_without_a_command_the_help_is_shown(command: Command) -> None:
    """Typing nothing is answered with the list of commands."""
    outcome = command()
    assert outcome.code == 2
    assert "replay" in outcome.err


@pytest.mark.parametrize("name", ["run", "replay", "shrink", "selftest", "check", "list", "explain", "serve", "doctor", "install"])
def test_every_command_explains_itself(command: Command, name: str) -> None:
    """Each command has a help text, on standard output, with exit 0."""
    outcome = command(name, "--help")
    assert outcome.code == 0
    assert f"Usage: streamproof {name}" in outcome.out


@pytest.mark.parametrize("path", ["file/report.json", "folder"])
def test_an_unwritable_report_is_noticed_before_the_run(command: Command, tmp_path: Path, path: str) -> None:
    """A report below a file or in place of a folder is refused at once; an existing report is not touched by the trial."""
    (tmp_path / "file").write_text("kept", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    outcome = command("run", "--seed", "1", "--report", f"json={path}")
    assert (outcome.code, outcome.out) == (2, "")
    assert f"{path} cannot be written: " in outcome.err
    assert (tmp_path / "file").read_text(encoding="utf-8") == "kept"


def test_a_folder_for_histories_that_cannot_be_made(command: Command, tmp_path: Path) -> None:
    """It is noticed before the run."""
    (tmp_path / "file").write_text("kept", encoding="utf-8")
    outcome = command("run", "--seed", "1", "--keep-histories", "file/histories")
    assert (outcome.code, outcome.out) == (2, "")
    assert "file/histories cannot be made" in outcome.err
