"""Fetches one published PyPI package, with what it needs to run, for a built-in target.

Nothing goes into the environment of the user: `pip` puts pinned wheels, each checked against its pinned hash, into two folders
of the cache. ``package`` holds the package under test and nothing else, so it can stand first on the search path and hide
nothing; ``dependencies`` holds what it needs. A target in a process of its own gets both first. A target in this process gets
the second one last: what this Python has already goes before it, since two versions of one library cannot live in one process.
Only wheels without compiled code are pinned, so that one hash is right everywhere.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import importlib.util
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..values.errors import UsageError
from .cache import Say, build_once, cache_folder, last_lines, run_tool

_FETCH_S_MAX = 300
_PIP_OPTIONS = (
    "--no-deps",
    "--require-hashes",
    "--only-binary=:all:",
    "--quiet",
    "--no-input",
    "--disable-pip-version-check",
    # Few retries: without a network, pip's own defaults wait for long before they say so.
    "--retries=1",
    "--timeout=15",
)
_OFFLINE = re.compile(r"NewConnectionError|NameResolutionError|ConnectTimeoutError|Max retries exceeded|connection broken by")


@dataclass(frozen=True)
class Wheel:
    """One file of the registry. ``sha256``: of the file, in hexadecimal."""

    name: str
    version: str
    sha256: str

    @property
    def spec(self) -> str:
        return f"{self.name}=={self.version}"


@dataclass(frozen=True)
class PypiPackage:
    """``module``: its top-level module. ``needs``: wheels that are fetched with it, all of them: what is not listed is not fetched.
    ``uses``: distributions of Streamproof's own environment that it runs on instead. The first of both is its HTTP library."""

    wheel: Wheel
    module: str
    needs: tuple[Wheel, ...] = ()
    uses: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """Where it is in the cache, or would be."""
        recipe = hashlib.sha256(repr((self, _PIP_OPTIONS)).encode()).hexdigest()[:12]
        return cache_folder() / "targets" / f"pypi-{self.wheel.name}-{self.wheel.version}-{recipe}"

    @property
    def paths(self) -> tuple[Path, Path]:
        """The folders for the search path: of the package alone, and of what it needs."""
        return self.folder / "package", self.folder / "dependencies"


def check_installed(target: str, package: PypiPackage) -> None:
    """Raises UsageError, naming the command that installs it."""
    if not package.folder.is_dir():
        raise UsageError(
            f"target {target!r} is not installed: {package.folder} does not exist. "
            f"Run `streamproof install {target}` (it fetches {package.wheel.spec} from PyPI, once)"
        )


def install_package(package: PypiPackage, say: Say = lambda line: None) -> None:
    """Makes sure that it is in the cache. ``say`` is told what goes on, a line each. Raises UsageError: no pip, no network."""

    def build(scratch: Path) -> Path:
        say(f"fetching {', '.join(wheel.spec for wheel in (package.wheel, *package.needs))} from PyPI")
        finished = scratch / "finished"
        for path, wheels in zip(package.paths, ((package.wheel,), package.needs), strict=True):
            _fetch(wheels, scratch, finished / path.name)
        return finished

    build_once(package.folder, build)


def versions_here(package: PypiPackage) -> list[str]:
    """With which libraries it runs in this process, such as ``httpx 0.28.1``; its HTTP library first."""
    return [f"{name} {_version_here(name, package)}" for name in (*(wheel.name for wheel in package.needs), *package.uses)]


def load_here(package: PypiPackage) -> None:
    """Imports it into this process. Raises UsageError when this process has another copy of it already.

    The folders stay on the search path: libraries import parts of themselves when they are first needed.
    """
    own, needed = (str(path) for path in package.paths)
    if own not in sys.path:
        sys.path.insert(0, own)
    if needed not in sys.path:
        sys.path.append(needed)
    importlib.invalidate_caches()
    module = importlib.import_module(package.module)
    if own not in str(module.__file__):
        raise UsageError(
            f"this process has imported {package.module} from {module.__file__} already; the target is {package.wheel.spec} "
            f"in {own}: run it by itself, with `streamproof run`"
        )


def _fetch(wheels: Iterable[Wheel], scratch: Path, destination: Path) -> None:
    destination.mkdir(parents=True)
    lines = [f"{wheel.spec} --hash=sha256:{wheel.sha256}\n" for wheel in wheels]
    if not lines:
        return
    if importlib.util.find_spec("pip") is None:
        raise UsageError(f"{sys.executable} has no pip, which installs this target: run `{sys.executable} -m ensurepip`, then try again")
    requirements = scratch / f"{destination.name}.txt"
    requirements.write_text("".join(lines), "utf-8")
    command = [sys.executable, "-m", "pip", "install", *_PIP_OPTIONS, "--target", str(destination), "--requirement", str(requirements)]
    done = run_tool(command, scratch, _FETCH_S_MAX)
    if done.returncode:
        why = "PyPI cannot be reached: installing needs the network once. " if _OFFLINE.search(done.stderr) else ""
        raise UsageError(f"{why}`pip install` ended with {done.returncode}; nothing was installed. It said:\n{last_lines(done.stderr)}")


def _version_here(name: str, package: PypiPackage) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return next(wheel.version for wheel in package.needs if wheel.name == name)
