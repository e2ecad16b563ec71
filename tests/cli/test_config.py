"""Configuration: the command line comes before the environment, the environment before the file; a wrong file is named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from streamproof.cli import run_command
from streamproof.harness.engine.session import SessionOptions
from streamproof.harness.values.result import RunResult

Command = Callable[..., Any]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, run_result: RunResult) -> list[tuple[SessionOptions, Any]]:
    """What the session was asked for: (options, targets of the configuration)."""
    seen: list[tuple[SessionOptions, Any]] = []

    def run_session(catalog: Any, options: SessionOptions, target_config: Any, progress: Any) -> RunResult:
        seen.append((options, target_config))
        return run_result

    monkeypatch.setattr(run_command, "run_session", run_session)
    return seen


def test_the_nearest_place_wins(command: Command, asked: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Command line before environment before file, option by option."""
    (tmp_path / "pyproject.toml").write_text("[tool.streamproof]\nseed = 1\nexamples = 10\nworld = 'loopback'\n", encoding="utf-8")
    monkeypatch.setenv("STREAMPROOF_SEED", "2")
    monkeypatch.setenv("STREAMPROOF_EXAMPLES", "20")
    command("run", "--seed", "3")
    options, _ = asked[0]
    assert (options.seed, options.examples, options.world) == (3, 20, "loopback")


def test_every_option_can_stand_in_the_file(command: Command, asked: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All options of a run are read from the file, lists or single texts, and the tables of targets with them."""
    monkeypatch.setenv("MY_TOKEN", "s3cret")
    text = """
    [tool.streamproof]
    target = "mine"
    contract = "ingest"
    scenario = ["ingest-steady", "ingest-cuts"]
    role = "sender"
    examples = 7
    jobs = 3
    report = ["json=out/r.json"]
    out = "found"
    keep_histories = "histories"

    [tool.streamproof.targets.mine]
    target = "cmd:node driver.mjs"
    token_env = "MY_TOKEN"
    """
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    command("run", "--seed", "1")
    options, targets = asked[0]
    assert options == SessionOptions(
        target="mine",
        contracts=("ingest",),
        scenarios=("ingest-steady", "ingest-cuts"),
        role="sender",
        examples=7,
        seed=1,
        jobs=3,
        out_dir=Path("found"),
        keep_histories=Path("histories"),
    )
    assert targets == {"mine": {"target": "cmd:node driver.mjs", "token_env": "MY_TOKEN"}}
    assert (tmp_path / "out" / "r.json").is_file()


def test_streamproof_toml_stands_instead_of_the_table(command: Command, asked: list[Any], tmp_path: Path) -> None:
    """A file of our own needs no table header, and is not mixed with pyproject.toml."""
    (tmp_path / "pyproject.toml").write_text("[tool.streamproof]\nseed = 1\nexamples = 9\n", encoding="utf-8")
    (tmp_path / "streamproof.toml").write_text("seed = 5\n[targets.x]\ntarget = 'reference'\n", encoding="utf-8")
    command("run")
    options, targets = asked[0]
    assert (options.seed, options.examples, list(targets)) == (5, None, ["x"])


def test_a_number_of_examples_beats_a_time_from_farther_away(command: Command, asked: list[Any], tmp_path: Path) -> None:
    """``--examples`` on the command line replaces ``seconds`` in the file, and the other way round."""
    (tmp_path / "streamproof.toml").write_text("seconds = 5.5\n", encoding="utf-8")
    command("run", "--examples", "3")
    command("run")
    assert [(options.examples, options.seconds) for options, _ in asked] == [(3, None), (None, 5.5)]


def test_without_a_seed_one_is_drawn_and_told(command: Command, asked: list[Any]) -> None:
    """The drawn seed is printed before anything is run, so that it is known whatever happens."""
    outcome = command("run")
    assert outcome.err.startswith(f"seed {asked[0][0].seed} (drawn; ")


def test_a_file_without_our_table_is_none_of_our_business(command: Command, asked: list[Any], tmp_path: Path) -> None:
    """Any Python project has a pyproject.toml."""
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n", encoding="utf-8")
    command("run")
    assert asked[0][0].target == "reference"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[tool.streamproof]\nsed = 1", "pyproject.toml: [tool.streamproof]: unknown key 'sed'; did you mean 'seed'"),
        ("[tool.streamproof]\nseed = 'x'", "pyproject.toml: [tool.streamproof]: 'seed' must be an integer, got 'x'"),
        ("[tool.streamproof]\nseed = true", "'seed' must be an integer, got True"),
        ("[tool.streamproof]\nscenario = [1]", "'scenario' must be a text or a list of texts, got [1]"),
        ("[tool.streamproof]\ntargets = 1", "'targets' must hold one table for each target"),
        ("[tool]\nstreamproof = 1", "[tool.streamproof]: expected a table, got 1"),
        ("[tool.streamproof\nseed = 1", "pyproject.toml: not valid TOML: "),
        ("[tool.streamproof]\ntarget = 'cmd:x'\n[tool.streamproof.targets.a]\nsecret_env = 'NOT_SET'", None),
    ],
)
def test_a_wrong_file_is_named(command: Command, asked: list[Any], tmp_path: Path, text: str, complaint: str | None) -> None:
    """File and key are told, and nothing is run; a target that is not used is not looked at."""
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    outcome = command("run", "--seed", "1")
    if complaint is None:
        assert len(asked) == 1
    else:
        assert complaint in outcome.err
        assert (outcome.code, outcome.out, asked) == (2, "", [])


def test_a_secret_that_is_not_in_the_environment(command: Command, tmp_path: Path) -> None:
    """The message names the variable, the table and the key."""
    (tmp_path / "streamproof.toml").write_text(
        "[targets.mine]\ntarget = 'http://127.0.0.1:9'\ntoken_env = 'NO_SUCH_VARIABLE'\n", encoding="utf-8"
    )
    outcome = command("run", "--target", "mine", "--seed", "1")
    assert outcome.code == 2
    assert "token_env names the environment variable 'NO_SUCH_VARIABLE', which is not set" in outcome.err
