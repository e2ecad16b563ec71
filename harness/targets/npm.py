"""Fetches one published npm package, with what it needs to run, for a built-in target.

The packages under test can be huge (a tree of dependencies, programs of other people inside) while the class that is judged is
one file of it. So nothing is installed in npm's sense: the tarball of the package and of each dependency that it runs with is
fetched at a pinned version, checked against its pinned hash, and the few files that are needed are taken out. A package that is
published as JavaScript runs as it is, so that its file and line are those of the registry; of TypeScript sources a pinned
bundler makes one module. No script of any package is run.

All is built in a temporary folder inside the cache and renamed at the end: the cache holds a whole target or none of it. The name
of the folder holds a digest of everything that decides its content, so that a new version of Streamproof never uses an old build.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path

from ..values.errors import HarnessFault, UsageError
from .cache import Say, build_once, cache_folder, last_lines, run_tool

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


@dataclass(frozen=True)
class NpmPackage:
    """One tarball of the registry, and those it runs with.

    ``integrity``: as the registry states it (``sha512-`` and base64). ``keep``: the files and folders (with a trailing slash)
    that are needed. ``entry``: the module, or the source that the module is built of; a dependency needs none. ``megabytes``: what
    is downloaded, dependencies included, rounded up. ``is_source``: the entry is no JavaScript that Node runs. ``dependencies``:
    all of them, also those of a dependency: nothing that is not listed is fetched.
    """

    name: str
    version: str
    integrity: str
    keep: tuple[str, ...]
    entry: str = ""
    megabytes: int = 1
    is_source: bool = False
    dependencies: tuple[NpmPackage, ...] = ()

    @property
    def spec(self) -> str:
        return f"{self.name}@{self.version}"

    @property
    def module(self) -> str:
        """The file to import, within the folder of the target."""
        return _BUNDLE if self.is_source else self.entry


def module_path(target: str, package: NpmPackage) -> Path:
    """Where the module of an installed target is, or would be."""
    return _target_folder(target, package) / package.module


def _target_folder(target: str, package: NpmPackage) -> Path:
    lock = (NODE_FOLDER / _BUNDLER_FILES[1]).read_bytes()
    recipe = hashlib.sha256(repr((package, _BUNDLER_OPTIONS)).encode() + lock).hexdigest()[:12]
    return cache_folder() / "targets" / f"{target}-{package.version}-{recipe}"


def installed_module(target: str, package: NpmPackage) -> Path:
    """The module of an installed target. Raises UsageError, naming the command that installs it."""
    path = module_path(target, package)
    if not path.is_file():
        raise UsageError(
            f"target {target!r} is not installed: {path} does not exist. "
            f"Run `streamproof install {target}` (it fetches {package.spec} from the npm registry, {package.megabytes} MB, once)"
        )
    return path


def node_program() -> str:
    """The path of a Node that is new enough. Raises UsageError when there is none."""
    node = _program("node")
    version = run_tool([node, "--version"], NODE_FOLDER, _TOOL_S_MAX).stdout.strip()
    found = re.match(r"v(\d+)\.", version)
    if found is None or int(found[1]) < NODE_MAJOR_MIN:
        raise UsageError(
            f"{node} is version {version or 'unknown'}; this target needs Node {NODE_MAJOR_MIN} or later: put a newer one first on PATH"
        )
    return node


def install_package(target: str, package: NpmPackage, say: Say = lambda line: None) -> Path:
    """Makes sure that the target is in the cache and returns the path of its module. Does nothing when it is there.

    ``say`` is told what goes on, a line each. Raises UsageError: Node or npm missing or too old, no network, cache not writable.
    """

    def build(scratch: Path) -> Path:
        node_program()
        return _build(package, _program("npm"), scratch, say)

    build_once(_target_folder(target, package), build)
    return module_path(target, package)


def _build(package: NpmPackage, npm: str, scratch: Path, say: Say) -> Path:
    """The folder of the target: the files of the package, ``node_modules`` with its dependencies, and the module."""
    say(f"fetching {package.spec} from the npm registry ({package.megabytes} MB)")
    finished = scratch / "finished"
    _add(package, npm, scratch, finished)
    for dependency in package.dependencies:
        say(f"fetching {dependency.spec}, which it needs")
        _add(dependency, npm, scratch, finished / "node_modules" / dependency.name)
    if package.is_source:
        say("bundling its sources")
        _bundle(package, _install_bundler(npm, scratch), finished)
    if not (finished / package.module).is_file():
        raise HarnessFault(f"{package.spec} has no file {package.module}")
    return finished


def _add(package: NpmPackage, npm: str, scratch: Path, destination: Path) -> None:
    tarball = _fetch(package, npm, scratch)
    _verify(package, tarball)
    _extract(package, tarball, destination)
    tarball.unlink()


def _fetch(package: NpmPackage, npm: str, scratch: Path) -> Path:
    folder = scratch / "tarball"
    folder.mkdir(exist_ok=True)
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
    done = run_tool([str(bundler), package.entry, *_BUNDLER_OPTIONS], finished, _TOOL_S_MAX)
    if done.returncode or not (finished / _BUNDLE).is_file():
        raise HarnessFault(f"the sources of {package.spec} could not be bundled:\n{last_lines(done.stderr)}")


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise UsageError(f"`{name}` is not on PATH; this target needs Node {NODE_MAJOR_MIN} or later with npm: install it, then try again")
    return path


def _run_npm(command: list[str], folder: Path) -> None:
    # Few retries: without a network, npm's own defaults wait for minutes before they say so.
    quick = ["--ignore-scripts", "--loglevel=error", "--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"]
    done = run_tool([*command, *quick], folder, _FETCH_S_MAX)
    if done.returncode == 0:
        return
    said = f"`npm {command[1]}` ended with {done.returncode} and said:\n{last_lines(done.stderr)}"
    code = re.search(r"code (\w+)", done.stderr)
    if code is not None and code[1] in _OFFLINE_CODES:
        raise UsageError(f"the npm registry cannot be reached ({code[1]}): installing needs the network once. {said}")
    raise UsageError(said)
