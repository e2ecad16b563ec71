"""From the name of a target to the target: every form, and the message for every mistake."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streamproof.harness.targets.base import Serves, Target
from streamproof.harness.targets.in_process import InProcessTarget
from streamproof.harness.targets.mutants.base import Mutant
from streamproof.harness.targets.names import Builtin, TargetTables, parse_target, target_tables
from streamproof.harness.targets.null_table import NULLS
from streamproof.harness.targets.stdio.target import StdioTarget
from streamproof.harness.targets.url import UrlTarget
from streamproof.harness.values.errors import UsageError


def reference(config: dict[str, Any], note: Any) -> object:
    return object()


def mutant(config: dict[str, Any], note: Any) -> object:
    return object()


def with_options(options: Any) -> Target:
    return StdioTarget("toy-agent", ["toy", options.get("mode", "none")])


@pytest.fixture
def tables() -> TargetTables:
    mutants = {"ingest-toy": Mutant("ingest-toy", "ingest", "sender", ("ING-ORD-1",), "planted", "here", mutant)}
    builtins = {"toy-agent": Builtin("toy-agent", "a toy", (("ingest", "sender"),), with_options)}
    return target_tables({("ingest", "sender"): reference}, mutants, builtins)


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A module `my_senders` in the current directory, which is no longer imported afterwards."""
    path = tmp_path / "my_senders.py"
    path.write_text(
        "def factory(config, note): ...\n"
        "def declared(config, note): ...\n"
        "declared.serves = [{'contract': 'ingest', 'role': 'sender', 'capabilities': ['limits']}]\n"
        "def wrong(config, note): ...\n"
        "wrong.serves = [{'contract': 'ingest'}]\n"
        "value = 3\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield path
    sys.modules.pop("my_senders", None)


def test_the_reference_and_the_mutants_serve_what_the_tables_say(tables: TargetTables) -> None:
    """One object plays every role of its table; a mutant plays its own."""
    target = parse_target("reference", tables, {})
    assert isinstance(target, InProcessTarget)
    assert (target.name, target.worlds, target.internal) == ("reference", ("sim", "loopback"), True)
    assert target.serves() == (Serves("ingest", "sender", ("timing", "limits")),)
    assert target.choose("ingest", "sender") is reference
    broken = parse_target("mutant:ingest-toy", tables, {})
    assert isinstance(broken, InProcessTarget)
    assert broken.choose("ingest", "sender") is mutant
    assert broken.choose("ingest", "server") is None


@pytest.mark.parametrize("name", ["silent", "null-silent"])
def test_null_drivers_go_by_either_name(tables: TargetTables, name: str) -> None:
    """With or without the prefix that the table has."""
    assert parse_target(f"null:{name}", tables, {}).name == "null:null-silent"
    assert set(tables.nulls) == set(NULLS)


def test_commands_and_urls_live_on_real_sockets_only(tables: TargetTables) -> None:
    """A command is split as a shell would, a URL loses its trailing slash."""
    command = parse_target("cmd:node 'my driver.mjs' --flag", tables, {})
    assert isinstance(command, StdioTarget)
    assert (command.command, command.worlds) == (("node", "my driver.mjs", "--flag"), ("loopback",))
    url = parse_target("http://127.0.0.1:8080/base/", tables, {})
    assert isinstance(url, UrlTarget)
    assert (url.url, url.worlds, url.capabilities("ingest", "server")) == ("http://127.0.0.1:8080/base", ("loopback",), ())
    assert url.capabilities("ingest", "sender") is None


def test_a_factory_is_imported_from_the_current_directory(tables: TargetTables, module: Path) -> None:
    """It serves what it declares, or, declaring nothing, whatever it is run for; on trio it lives in the simulation only."""
    silent = parse_target("python:my_senders:factory", tables, {})
    assert (silent.capabilities("ingest", "sender"), silent.worlds) == (("timing", "limits"), ("sim", "loopback"))
    assert parse_target("python:my_senders:declared", tables, {}).serves() == (Serves("ingest", "sender", ("limits",)),)
    assert parse_target("trio:my_senders:factory", tables, {}).worlds == ("sim",)


def test_the_configuration_names_targets_with_options_and_secrets(tables: TargetTables, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is the target, plain options are kept as text, and secrets come from the environment."""
    monkeypatch.setenv("MY_KEY", "s3cret")
    config = {"mine": {"target": "toy-agent", "mode": "fast", "count": 3, "live": True, "api_key_env": "MY_KEY"}}
    target = parse_target("mine", tables, config)
    assert isinstance(target, StdioTarget)
    assert (target.name, target.command) == ("mine", ("toy", "fast"))
    assert target.options == {"mode": "fast", "count": "3", "live": "true"}
    assert target.secrets == {"api_key": "s3cret"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("refernce", "unknown target 'refernce'; did you mean 'reference'?"),
        ("toy-agnet", "did you mean 'toy-agent'?"),
        ("mutant:ingest-tob", "unknown mutant 'ingest-tob'; did you mean 'ingest-toy'?"),
        ("null:silnet", "unknown null driver 'null-silnet'; did you mean 'null-silent'"),
        ("pyhton:a:b", "unknown kind of target 'pyhton'; did you mean 'python'?"),
        ("cmd:", "names no command"),
        ("cmd:node 'x", "cannot be split into words"),
        ("http://", "is not the base URL of a server"),
        ("http://127.0.0.1:99999", "is not the base URL of a server"),
        ("http://127.0.0.1:80/?a=b", "is not the base URL of a server"),
        ("python:my_senders", "expected MODULE:ATTRIBUTE"),
        ("python:my_sendres:factory", "there is no module 'my_sendres' .*; did you mean 'my_senders'?"),
        ("python:my_senders:factroy", "module 'my_senders' has no attribute 'factroy'; did you mean 'factory'?"),
        ("python:my_senders:value", "is int, not a factory"),
        ("python:my_senders:wrong", "row 1 of `serves` must be"),
        ("trio:my_senders:factroy", "did you mean 'factory'?"),
    ],
)
def test_a_wrong_name_gets_one_clear_message(tables: TargetTables, module: Path, text: str, message: str) -> None:
    """It says what was got, and what it probably should have been."""
    with pytest.raises(UsageError, match=message.replace("?", r"\?").replace(" .*", ".*")):
        parse_target(text, tables, {})


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def factory(:\n", "module 'my_broken' does not import: SyntaxError"),
        ("import no_such_module_at_all\n", "ModuleNotFoundError: No module named 'no_such_module_at_all' .at .*my_broken.py, line 1"),
        ("raise RuntimeError('no')\n", "does not import: RuntimeError: no .at .*my_broken.py, line 1"),
        ("raise SystemExit(3)\n", "exits when it is imported"),
    ],
)
def test_a_module_that_does_not_import_is_named_with_the_reason(tables: TargetTables, module: Path, source: str, message: str) -> None:
    """A module that is there but broken is not said to be missing."""
    module.with_name("my_broken.py").write_text(source)
    with pytest.raises(UsageError, match=message):
        parse_target("python:my_broken:factory", tables, {})


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("cmd:x", r'\[tool.streamproof.targets.mine\] needs the key "target"'),
        ({"mode": "fast"}, 'needs the key "target"'),
        ({"target": "toy-agent", "nested": {}}, "option 'nested' must be a string, a number or a truth value"),
        (
            {"target": "toy-agent", "key_env": "STREAMPROOF_NOT_SET"},
            "key_env names the environment variable 'STREAMPROOF_NOT_SET', which is not set",
        ),
        ({"target": "mine"}, "unknown target 'mine'"),
    ],
)
def test_a_wrong_configuration_gets_one_clear_message(tables: TargetTables, entry: Any, message: str) -> None:
    """It says which table and which key; a table cannot name itself."""
    with pytest.raises(UsageError, match=message):
        parse_target("mine", tables, {"mine": entry})
