"""Fetches one published npm package and builds one module from its sources, for a built-in target.

The packages under test can be huge (a tree of dependencies, programs of other people inside) while the class that is judged is
one file of it. So nothing is installed in npm's sense: the package's own tarball is fetched at a pinned version, checked against
its pinned hash, the few files that are needed are taken out, and a pinned bundler makes one module of them. No script of any
package is run.

All is built in a temporary folder inside the cache and renamed at the end: the cache holds a whole target or none of it. The name
of the folder holds a digest of everything that decides its content, so that a new version of Streamproof never uses an old build.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from ..values.errors import HarnessFault, UsageError

CACHE_VARIABLE = "STREAMPROOF_CACHE"
NODE_MAJOR_MIN = 20
NODE_FOLDER = Path(__file__).with_name("node")
_BUNDLER_FILES = ("package.json", "package-lock.json")
_BUNDLE = "bundle.mjs"
_BUNDLER_OPTIONS = (
    "--bundle",
    "--platform=node",
    "--format=esm",
    f"--target=node{NODE_MAJOR_MIN}",
    f"--outfile={_BUNDLE}",
    "--log-level=warning",
)
_FETCH_S_MAX = 900
_TOOL_S_MAX = 60
_OFFLINE_CODES = {
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "ETIMEDOUT",
    "ENETUNREACH",
    "EHOSTUNREACH",
    "ENOTCACHED",
    "ERR_SOCKET_TIMEOUT",
}

Say = Callable[[str], None]


@dataclass(frozen=True)
class NpmPackage:
    """``integrity``: as the registry states it (``sha512-`` and base64). ``keep``: the files and folders (with a trailing slash)
    that the build needs. ``entry``: the source whose exports the bundle has. ``megabytes``: what is downloaded."""

    name: str
    version: str
    integrity: str
    keep: tuple[str, ...]
    entry: str
    megabytes: int

    @property
    def spec(self) -> str:
        return f"{self.name}@{self.version}"


def cache_folder() -> Path:
    """Where installed targets live: ``STREAMPROOF_CACHE``, or the user's cache folder."""
    return Path(os.environ.get(CACHE_VARIABLE) or platformdirs.user_cache_dir("streamproof"))


def bundle_path(target: str, package: NpmPackage) -> Path:
    """Where the module of an installed target is, or would be."""
    lock = (NODE_FOLDER / _BUNDLER_FILES[1]).read_bytes()
    recipe = hashlib.sha256(repr((package, _BUNDLER_OPTIONS)).encode() + lock).hexdigest()[:12]
    return cache_folder() / "targets" / f"{target}-{package.version}-{recipe}" / _BUNDLE


def installed_bundle(target: str, package: NpmPackage) -> Path:
    """The module of an installed target. Raises UsageError, naming the command that installs it."""
    path = bundle_path(target, package)
    if not path.is_file():
        raise UsageError(
            f"target {target!r} is not installed: {path} does not exist. "
            f"Run `streamproof install {target}` (it fetches {package.spec} from the npm registry, {package.megabytes} MB, once)"
        )
    return path


def node_program() -> str:
    """The path of a Node that is new enough. Raises UsageError when there is none."""
    node = _program("node")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=_TOOL_S_MAX, check=False).stdout.strip()  # noqa: S603 - a fixed argument, no shell
    found = re.match(r"v(\d+)\.", version)
    if found is None or int(found[1]) < NODE_MAJOR_MIN:
        raise UsageError(
            f"{node} is version {version or 'unknown'}; this target needs Node {NODE_MAJOR_MIN} or later: put a newer one first on PATH"
        )
    return node


def install_bundle(target: str, package: NpmPackage, say: Say = lambda line: None) -> Path:
    """Makes sure that the target is in the cache and returns the path of its module. Does nothing when it is there.

    ``say`` is told what goes on, a line each. Raises UsageError: Node or npm missing or too old, no network, cache not writable.
    """
    path = bundle_path(target, package)
    if path.is_file():
        return path
    node_program()
    npm = _program("npm")
    targets = path.parent.parent
    try:
        targets.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".installing-", dir=targets) as scratch:
            finished = _build(package, npm, Path(scratch), say)
            _move_into_place(finished, path.parent)
    except OSError as error:
        raise UsageError(
            f"cannot write to the cache at {targets}: {error}. Name another folder in the environment variable {CACHE_VARIABLE}"
        ) from error
    return path


def _build(package: NpmPackage, npm: str, scratch: Path, say: Say) -> Path:
    say(f"fetching {package.spec} from the npm registry ({package.megabytes} MB)")
    tarball = _fetch(package, npm, scratch)
    _verify(package, tarball)
    finished = scratch / "finished"
    _extract(package, tarball, finished)
    tarball.unlink()
    say("bundling its sources")
    bundler = _install_bundler(npm, scratch)
    _bundle(package, bundler, finished)
    return finished


def _fetch(package: NpmPackage, npm: str, scratch: Path) -> Path:
    folder = scratch / "tarball"
    folder.mkdir()
    _run_npm([npm, "pack", package.spec, "--pack-destination", str(folder)], scratch)
    tarballs = list(folder.glob("*.tgz"))
    if len(tarballs) != 1:
        raise HarnessFault(f"`npm pack {package.spec}` left {len(tarballs)} tarballs instead of one")
    return tarballs[0]


def _verify(package: NpmPackage, tarball: Path) -> None:
    with tarball.open("rb") as file:
        digest = hashlib.file_digest(file, "sha512").digest()
    got = "sha512-" + base64.b64encode(digest).decode()
    if got != package.integrity:
        raise UsageError(
            f"the registry sent another {package.spec} than the one this version of Streamproof was made for: got {got}, "
            f"expected {package.integrity}. Nothing was installed; look at the registry that npm is configured to use"
        )


def _extract(package: NpmPackage, tarball: Path, destination: Path) -> None:
    with tarfile.open(tarball) as archive:
        for member in archive:
            name = member.name.removeprefix("package/")
            content = archive.extractfile(member) if _is_kept(package, name) else None
            if content is None:  # not wanted, or no regular file
                continue
            path = destination / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.read())


def _is_kept(package: NpmPackage, name: str) -> bool:
    if ".." in name.split("/"):
        return False
    return any(name == kept or (kept.endswith("/") and name.startswith(kept)) for kept in package.keep)


def _install_bundler(npm: str, scratch: Path) -> Path:
    folder = scratch / "bundler"
    folder.mkdir()
    for name in _BUNDLER_FILES:
        shutil.copy(NODE_FOLDER / name, folder / name)
    _run_npm([npm, "ci", "--no-audit", "--no-fund"], folder)
    return folder / "node_modules" / ".bin" / "esbuild"


def _bundle(package: NpmPackage, bundler: Path, finished: Path) -> None:
    done = _run([str(bundler), package.entry, *_BUNDLER_OPTIONS], finished, _TOOL_S_MAX)
    if done.returncode or not (finished / _BUNDLE).is_file():
        raise HarnessFault(f"the sources of {package.spec} could not be bundled:\n{_tail(done.stderr)}")


def _move_into_place(finished: Path, folder: Path) -> None:
    try:
        finished.rename(folder)
    except OSError:
        # Another process was quicker; a folder that is there is whole.
        if not (folder / _BUNDLE).is_file():
            raise


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise UsageError(f"`{name}` is not on PATH; this target needs Node {NODE_MAJOR_MIN} or later with npm: install it, then try again")
    return path


def _run_npm(command: list[str], folder: Path) -> None:
    # Few retries: without a network, npm's own defaults wait for minutes before they say so.
    quick = ["--ignore-scripts", "--loglevel=error", "--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"]
    done = _run([*command, *quick], folder, _FETCH_S_MAX)
    if done.returncode == 0:
        return
    said = f"`npm {command[1]}` ended with {done.returncode} and said:\n{_tail(done.stderr)}"
    code = re.search(r"code (\w+)", done.stderr)
    if code is not None and code[1] in _OFFLINE_CODES:
        raise UsageError(f"the npm registry cannot be reached ({code[1]}): installing needs the network once. {said}")
    raise UsageError(said)


def _run(command: list[str], folder: Path, seconds_max: int) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 - programs found on PATH with arguments of ours, no shell
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=seconds_max,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"`{' '.join(command[:2])}` did not end within {seconds_max} s; nothing was installed, try again") from error


def _tail(text: str, lines: int = 12) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])
