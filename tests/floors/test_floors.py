"""The floors of the code: no import runs upward, there is no cycle, and the lowest floor needs nothing but Python."""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FOLDERS: dict[str, str] = PYPROJECT["tool"]["setuptools"]["package-dir"]


@pytest.fixture
def installed_tree(tmp_path: Path) -> Path:
    """The packages where an installation has them, since import-linter does not see the folder mapping of an editable one.

    Without the templates: those are files for users, which import what a user imports.
    """
    for package, folder in sorted(FOLDERS.items()):
        shutil.copytree(ROOT / folder, tmp_path.joinpath(*package.split(".")), ignore=shutil.ignore_patterns("__pycache__", "templates"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def run(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(tree)}, check=False)


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    return run(tree, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache")


def find_cycle(tree: Path) -> subprocess.CompletedProcess[str]:
    return run(tree, str(Path(__file__).with_name("find_cycle.py")))


def add_line(tree: Path, module: str, line: str) -> None:
    with (tree / "streamproof" / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")


def test_no_import_runs_upward(installed_tree: Path) -> None:
    """The contracts in pyproject.toml are kept by every module."""
    done = lint(installed_tree)
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_is_no_cycle(installed_tree: Path) -> None:
    """No module imports itself by way of others."""
    done = find_cycle(installed_tree)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("harness/values/history.py", "from ..worlds import plan"),
        ("harness/engine/draw.py", "from ...scenarios import SCENARIOS"),
        ("reports/text.py", "from ..fake_servers import SERVERS"),
        ("scenarios/__init__.py", "from ..reports import REPORTS"),
    ],
)
def test_a_wrong_import_is_found(installed_tree: Path, module: str, line: str) -> None:
    """The check has teeth: an import upward or between leaves breaks it."""
    add_line(installed_tree, module, line)
    done = lint(installed_tree)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN" in done.stdout


def test_a_cycle_is_found(installed_tree: Path) -> None:
    """The other check has teeth too, and names the circle."""
    add_line(installed_tree, "harness/values/errors.py", "from . import nearest")
    done = find_cycle(installed_tree)
    assert (done.returncode, "values.errors" in done.stdout, "values.nearest" in done.stdout) == (1, True, True)


def test_every_package_has_a_floor() -> None:
    """A new package cannot be left out of the picture by accident."""
    layers = next(row["layers"] for row in PYPROJECT["tool"]["importlinter"]["contracts"] if row["type"] == "layers")
    floors = {name.strip() for layer in layers for name in layer.replace("|", ":").split(":")}
    parents = {"streamproof", "streamproof.harness"}
    packages = set(PYPROJECT["tool"]["setuptools"]["packages"]) - parents
    assert [name for name in sorted(packages) if not any(name == floor or name.startswith(f"{floor}.") for floor in floors)] == []


def imported_roots(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield (node.module or "").split(".")[0]


@pytest.mark.parametrize("folder", ["harness/values", "harness/faults", "streamproof/schemas"])
def test_the_lowest_floor_is_standard_library_only(folder: str) -> None:
    """Values, faults and schemas need nothing that is installed."""
    foreign = {
        (path.name, root) for path in (ROOT / folder).rglob("*.py") for root in imported_roots(path) if root not in sys.stdlib_module_names
    }
    assert foreign == set()


def test_imports_of_our_own_are_relative() -> None:
    """An absolute import of our own would work in one layout only; a template is a user's file, so it is left out."""
    absolute = {
        (str(path.relative_to(ROOT)), root)
        for folder in FOLDERS.values()
        for path in (ROOT / folder).rglob("*.py")
        for root in imported_roots(path)
        if root in ("streamproof", *FOLDERS.values()) and "templates" not in path.parts
    }
    assert absolute == set()
