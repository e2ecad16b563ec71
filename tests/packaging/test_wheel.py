"""The wheel holds what the folders hold: no package is forgotten, no data file left behind."""

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FOLDERS: dict[str, str] = PYPROJECT["tool"]["setuptools"]["package-dir"]
NOT_SHIPPED = ("__pycache__", "node_modules")


@pytest.fixture(scope="module")
def wheel_files(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Built from a copy, so that nothing is left in the checkout; without the network."""
    source = tmp_path_factory.mktemp("source")
    for folder in FOLDERS.values():
        shutil.copytree(ROOT / folder, source / folder, ignore=shutil.ignore_patterns(*NOT_SHIPPED))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    out = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--no-build-isolation",
        "--wheel-dir",
        str(out),
        str(source),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = out.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def folder_files() -> set[str]:
    """Every file of the folders, under the name that it has in the wheel."""
    files = set()
    for package, folder in FOLDERS.items():
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and not set(NOT_SHIPPED) & set(path.parts):
                files.add(f"{package.replace('.', '/')}/{path.relative_to(ROOT / folder).as_posix()}")
    return files


def test_the_wheel_holds_every_file_of_the_folders(wheel_files: set[str]) -> None:
    """Code, schemas, templates and the type marker are all in the wheel, and nothing else is."""
    shipped = {name for name in wheel_files if ".dist-info/" not in name}
    assert (sorted(folder_files() - shipped), sorted(shipped - folder_files())) == ([], [])


def test_packages_are_listed_as_they_are() -> None:
    """The list in pyproject.toml names each folder with Python files, and only those."""
    found = set()
    for package, folder in FOLDERS.items():
        for path in (ROOT / folder).rglob("*.py"):
            found.add(".".join([package, *path.parent.relative_to(ROOT / folder).parts]))
    assert found == set(PYPROJECT["tool"]["setuptools"]["packages"])


def test_the_licence_is_in_the_wheel(wheel_files: set[str]) -> None:
    """Apache-2.0, whole."""
    (name,) = [name for name in wheel_files if name.endswith("/licenses/LICENSE")]
    assert "Apache License" in (ROOT / Path(name).name).read_text(encoding="utf-8")
