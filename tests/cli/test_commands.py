"""The commands as a user meets them, with the real engine: what they print, what they write, and their exit codes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from streamproof.catalog import catalog
from streamproof.cli import selftest_command
from streamproof.cli.listing import TABLES
from streamproof.harness.values.result import SelftestResult
from streamproof.schemas import load_schema

Command = Callable[..., Any]


def red_mutant() -> str:
    """A mutant whose own requirement is judged by a quick scenario."""
    return next(f"mutant:{name}" for name, row in catalog().targets.mutants.items() if "ING-URL-1" in row.requirements)


@pytest.fixture
def failed(command: Command, tmp_path: Path) -> tuple[Any, Path]:
    """A run that finds something, and its first repro file."""
    outcome = command("run", "--target", red_mutant(), "--scenario", "ingest-identities", "--examples", "40", "--seed", "1", "--jobs", "1")
    return outcome, sorted((tmp_path / "streamproof-out").glob("ING-URL-1-*.json"))[0]


def test_a_clean_run_says_what_it_judged(command: Command, tmp_path: Path) -> None:
    """All that was judged passes; what no selected scenario judges is not required, so the exit code is 0."""
    arguments = ("--scenario", "ingest-identities", "--examples", "40", "--seed", "1", "--jobs", "1")
    outcome = command("run", *arguments, "--report", "json=r.json", "--report", "junit=r.xml")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.last_line.startswith("verdict pass (exit 0), 40 examples in ")
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert list(Draft202012Validator(load_schema("run")).iter_errors(report)) == []
    verdicts = {row["id"]: (row["verdict"], row["reason"]) for row in report["requirements"]}
    assert verdicts["ING-URL-1"] == ("pass", None)
    assert verdicts["ING-REB-1"] == ("not_run", "no selected scenario judges it")
    assert list(tmp_path.glob("streamproof-out/*")) == []


def test_what_another_world_judges_is_named(command: Command, tmp_path: Path) -> None:
    """A requirement whose scenarios take too long in real time is told so, and is not required."""
    arguments = ("--contract", "run-stream", "--scenario", "run-stream-pages", "--scenario", "run-stream-identities")
    command("run", *arguments, "--world", "loopback", "--examples", "2", "--seed", "1", "--jobs", "1", "--report", "json=r.json")
    rows = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["requirements"]
    reasons = {row["id"]: row["reason"] for row in rows if not row["required"]}
    assert reasons["RD-SNAP-1"] == "judged in sim only"
    assert reasons["RD-BACK-2"] == "no selected scenario judges it"


def test_too_few_examples_are_no_pass(command: Command) -> None:
    """A requirement that was judged less than five times is not run though required: exit 3."""
    outcome = command("run", "--scenario", "ingest-identities", "--examples", "2", "--seed", "1", "--jobs", "1")
    assert outcome.code == 3
    assert "NOT RUN though required" in outcome.out


def test_a_pipe_gets_plain_text(failed: tuple[Any, Path]) -> None:
    """No escape codes, no progress, no blanks at the ends of lines where no terminal is."""
    outcome, _ = failed
    assert "\x1b" not in outcome.out + outcome.err
    assert [line for line in outcome.out.split("\n") if line != line.rstrip()] == []
    assert outcome.err == ""


def test_a_failure_ends_as_a_file_and_one_command(failed: tuple[Any, Path], command: Command) -> None:
    """The command that the report names replays the failure, and the same file passes for the reference."""
    outcome, path = failed
    assert outcome.code == 1
    replay = next(line for line in outcome.out.split("\n") if line.startswith("  replay: ") and path.name in line)
    words = replay.removeprefix("  replay: streamproof ").split()
    again = command(*words)
    assert (again.code, again.out.startswith("FAILED ")) == (1, True)
    fixed = command("replay", str(path))
    assert (fixed.code, fixed.out.startswith("FIXED ")) == (0, True)


def test_several_files_one_exit_code(failed: tuple[Any, Path], command: Command, tmp_path: Path) -> None:
    """One FAILED among FIXED is exit 1; a bad file among good ones is told before anything is run."""
    _, path = failed
    outcome = command("replay", str(path), str(path), "--target", red_mutant(), "--times", "2")
    assert (outcome.code, outcome.out.count("(2 of 2 times)")) == (1, 2)
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    outcome = command("replay", str(path), "bad.json")
    assert (outcome.code, outcome.out) == (2, "")


def test_a_precondition_that_is_gone_is_changed(failed: tuple[Any, Path], command: Command, tmp_path: Path) -> None:
    """A file whose workload does not lead to a judgement any more is CHANGED, which is neither success nor failure."""
    _, path = failed
    data = json.loads(path.read_text(encoding="utf-8"))
    (tmp_path / "empty.json").write_text(json.dumps({**data, "workload": []}), encoding="utf-8")
    outcome = command("replay", "empty.json")
    assert (outcome.code, outcome.out.startswith("CHANGED ")) == (3, True)


def test_shrink_writes_a_smaller_file(failed: tuple[Any, Path], command: Command, tmp_path: Path) -> None:
    """What a user has blown up becomes small again, and still fails."""
    _, path = failed
    data = json.loads(path.read_text(encoding="utf-8"))
    more = [["enqueue", {"event": {"k": 7, "text": "x"}}], ["wait", {"ms": 400}]]
    (tmp_path / "big.json").write_text(
        json.dumps({**data, "workload": more + data["workload"] + [["stop", {"complete": True}]]}), encoding="utf-8"
    )
    outcome = command("shrink", "big.json", "--target", red_mutant())
    assert outcome.code == 0
    smaller = json.loads((tmp_path / "big.shrunk.json").read_text(encoding="utf-8"))
    assert len(smaller["workload"]) <= len(data["workload"])
    assert command("replay", "big.shrunk.json", "--target", red_mutant()).code == 1


def test_shrink_needs_a_failure(failed: tuple[Any, Path], command: Command) -> None:
    """A file that does not fail for the target cannot be shrunk; the message says so."""
    outcome = command("shrink", str(failed[1]), "--target", "reference")
    assert outcome.code == 2
    assert "there is nothing to shrink" in outcome.err


def test_kept_histories_can_be_checked(command: Command, tmp_path: Path) -> None:
    """Every history that a run keeps is judged by `check` as it was by the run."""
    options = ("--scenario", "ingest-identities", "--examples", "4", "--seed", "1", "--jobs", "1", "--keep-histories", "kept")
    command("run", *options)
    command("run", "--target", red_mutant(), *options[:-1], "bad")
    good, bad = (sorted((tmp_path / folder).glob("*.ndjson")) for folder in ("kept", "bad"))
    assert len(good) == len(bad) == 4
    assert {command("check", str(path)).code for path in good} == {0}
    outcomes = [command("check", str(path)) for path in bad]
    failing = [outcome for outcome in outcomes if outcome.code == 1]
    assert failing
    assert "FAIL ING-URL-1 (MUST): " in failing[0].out


def test_an_empty_history_judges_nothing(command: Command, tmp_path: Path) -> None:
    """Where nothing could be judged the exit code is 3, not success."""
    command("run", "--scenario", "ingest-identities", "--examples", "1", "--seed", "1", "--jobs", "1", "--keep-histories", "kept")
    (kept,) = (tmp_path / "kept").glob("*.ndjson")
    kept.write_text(kept.read_text(encoding="utf-8").split("\n")[0] + "\n", encoding="utf-8")
    assert command("check", str(kept)).code == 3


@pytest.mark.parametrize("what", TABLES)
def test_lists_are_json_of_the_shipped_shape(command: Command, what: str) -> None:
    """Each list validates against the schema, and its rows are those of the table for people."""
    outcome = command("list", what, "--format", "json")
    rows = json.loads(outcome.out)
    assert list(Draft202012Validator(load_schema("list")).iter_errors(rows)) == []
    assert (outcome.code, bool(rows)) == (0, True)
    text = command("list", what).out
    assert [row for row in rows if (row.get("id") or row["name"]) not in text] == []


def test_everything_listed_can_be_explained(command: Command) -> None:
    """Each requirement, fault, mutant and scenario of the tables has an explanation that names it."""
    names = catalog()
    requirements = [row.id for contract in names.contracts.values() for row in contract.requirements]
    for name in (*requirements, *names.faults, *names.targets.mutants, *names.scenarios):
        outcome = command("explain", name)
        assert (outcome.code, outcome.out.startswith(f"{name}: ")) == (0, True)


def test_a_requirement_is_explained_in_full(command: Command) -> None:
    """Its text, level, source, what breaks it, which scenarios judge it, and the checker function."""
    text = command("explain", "ing-stop-4").out
    for part in (
        "ING-STOP-4: MUST",
        "source: ",
        "broken by mutant:",
        "judged in ingest-empty-stop",
        "checker: streamproof.harness.checkers.ingest.",
    ):
        assert part in text


def test_install_says_what_there_is_to_install(command: Command) -> None:
    """A name that is no built-in target is answered with those that are."""
    outcome = command("install", "nothing-like-it")
    assert outcome.code == 2
    assert "posthog-agent" in outcome.err


def test_selftest_prints_and_writes_its_score(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, selftest_result: SelftestResult
) -> None:
    """The kill score goes to the terminal and to the reports, and decides the exit code; all contracts are its default."""
    asked: list[Any] = []

    def run_selftest(catalog: Any, contracts: Any, **options: Any) -> SelftestResult:
        asked.append((tuple(contracts), options["seed"], options["examples"]))
        return selftest_result

    monkeypatch.setattr(selftest_command, "run_selftest", run_selftest)
    outcome = command("selftest", "--report", "json=s.json", "--report", "junit=s.xml")
    assert outcome.code == 1
    assert asked == [(tuple(catalog().contracts), 0, 500)]
    assert "1 of 2 mutants killed (exit 1)" in outcome.out
    assert (
        list(Draft202012Validator(load_schema("selftest")).iter_errors(json.loads((tmp_path / "s.json").read_text(encoding="utf-8")))) == []
    )


def test_runs_side_by_side(command: Command) -> None:
    """The reports of runs become one table; a file that is no such report is a usage error that says so."""
    arguments = ("--scenario", "ingest-identities", "--examples", "40", "--seed", "1", "--jobs", "1")
    for target, file in (("reference", "a.json"), (red_mutant(), "b.json")):
        command("run", *arguments, "--target", target, "--report", f"json={file}")
    outcome = command("matrix", "a.json", "b.json")
    assert outcome.code == 0
    row = next(line for line in outcome.out.splitlines() if line.startswith("ING-URL-1"))
    assert row.split() == ["ING-URL-1", "MUST", "pass", "FAIL"]
    assert command("matrix", "a.json", "--format", "markdown").out.startswith("| requirement | level | reference")
    (Path.cwd() / "c.json").write_text('{"schema": 1, "kind": "selftest"}', encoding="utf-8")
    wrong = command("matrix", "c.json")
    assert (wrong.code, "expected a report of `streamproof run`, got a report of `streamproof selftest`" in wrong.err) == (2, True)
