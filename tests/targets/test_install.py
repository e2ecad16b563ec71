"""Installing a package from npm into the cache, with programs named `npm` and `node` of our own in the place of the real ones."""

from __future__ import annotations

import base64
import hashlib
import io
import sys
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from streamproof.harness.targets.cache import cache_folder
from streamproof.harness.targets.npm import NpmPackage, install_package, installed_module, module_path, node_program
from streamproof.harness.values.errors import HarnessFault, UsageError

SOURCES = {
    "package/src/sender.ts": b"export class Sender {}",
    "package/dist/huge.bin": b"not needed",
    "package/LICENSE": b"MIT",
    "package/src/../../outside.ts": b"escapes",
}
PUBLISHED = {"package/dist/index.js": b'import "@y/parser";', "package/package.json": b'{"type": "module"}'}
PARSER = {"package/index.js": b"export {};", "package/package.json": b"{}", "package/huge.bin": b"not needed"}
NPM = """
import json, os, pathlib, shutil, sys
with open({calls!r}, "a") as calls:
    print(sys.argv[1], file=calls)
if {failure!r}:
    sys.stderr.write({failure!r})
    sys.exit(1)
if sys.argv[1] == "pack":
    served = pathlib.Path({registry!r}) / sys.argv[2].replace("/", "-")
    shutil.copy(served, pathlib.Path(sys.argv[sys.argv.index("--pack-destination") + 1]) / "package.tgz")
else:
    assert json.load(open("package-lock.json"))["packages"][""]["dependencies"]["esbuild"]
    program = pathlib.Path("node_modules/.bin/esbuild")
    program.parent.mkdir(parents=True)
    program.write_text({bundler!r})
    program.chmod(0o755)
"""
BUNDLER = """#!{python}
import pathlib, sys
if {broken!r}:
    sys.exit("error: syntax")
pathlib.Path("bundle.mjs").write_text("bundled " + pathlib.Path(sys.argv[1]).read_text())
"""


def tarball(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


class Bench:
    """A PATH with our programs only, a cache of its own, and the packages that our npm serves."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._programs = folder / "bin"
        self._programs.mkdir()
        self._calls = folder / "calls.txt"
        self._registry = folder / "registry"
        self._registry.mkdir()
        monkeypatch.setenv("PATH", str(self._programs))
        monkeypatch.setenv("STREAMPROOF_CACHE", str(folder / "cache"))
        integrity = self._publish("@x/sender@1.2.3", SOURCES)
        self.package = NpmPackage("@x/sender", "1.2.3", integrity, ("LICENSE", "src/"), "src/sender.ts", 5, is_source=True)
        parser = NpmPackage("@y/parser", "3.0.0", self._publish("@y/parser@3.0.0", PARSER), ("package.json", "index.js"))
        integrity = self._publish("reader@4.0.0", PUBLISHED)
        self.reader = NpmPackage("reader", "4.0.0", integrity, ("package.json", "dist/"), "dist/index.js", dependencies=(parser,))

    def _publish(self, spec: str, files: Mapping[str, bytes]) -> str:
        """Puts it where our npm looks, and returns its integrity."""
        content = tarball(files)
        (self._registry / spec.replace("/", "-")).write_bytes(content)
        return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()

    def program(self, name: str, source: str) -> None:
        path = self._programs / name
        path.write_text(f"#!{sys.executable}\n{source}", "utf-8")
        path.chmod(0o755)

    def node(self, version: str = "v20.20.2") -> None:
        self.program("node", f"print({version!r})")

    def npm(self, *, failure: str = "", broken_bundler: bool = False) -> None:
        bundler = BUNDLER.format(python=sys.executable, broken=broken_bundler)
        self.program("npm", NPM.format(calls=str(self._calls), failure=failure, registry=str(self._registry), bundler=bundler))

    def remove_programs(self) -> None:
        for path in self._programs.iterdir():
            path.unlink()

    def npm_calls(self) -> list[str]:
        return self._calls.read_text().splitlines()


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


def left_over() -> list[str]:
    targets = cache_folder() / "targets"
    return sorted(path.name for path in targets.iterdir()) if targets.exists() else []


def test_an_install_leaves_the_bundle_and_what_was_kept(bench: Bench) -> None:
    """The folder in the cache holds the module, the sources named and the licence, and nothing else stays behind."""
    bench.node()
    bench.npm()
    said: list[str] = []
    path = install_package("x", bench.package, said.append)
    assert path.read_text() == "bundled export class Sender {}"
    assert sorted(str(file.relative_to(path.parent)) for file in path.parent.rglob("*") if file.is_file()) == [
        "LICENSE",
        "bundle.mjs",
        "src/sender.ts",
    ]
    assert left_over() == [path.parent.name]
    assert bench.npm_calls() == ["pack", "ci"]
    assert said[0] == "fetching @x/sender@1.2.3 from the npm registry (5 MB)"
    assert installed_module("x", bench.package) == path


def test_a_published_package_is_taken_as_it_is_with_what_it_needs(bench: Bench) -> None:
    """JavaScript of the registry is not bundled; its dependencies lie in `node_modules` beside it, where Node looks for them."""
    bench.node()
    bench.npm()
    said: list[str] = []
    path = install_package("r", bench.reader, said.append)
    assert path.read_text() == 'import "@y/parser";'
    folder = path.parent.parent
    assert sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()) == [
        "dist/index.js",
        "node_modules/@y/parser/index.js",
        "node_modules/@y/parser/package.json",
        "package.json",
    ]
    assert bench.npm_calls() == ["pack", "pack"]
    assert said == ["fetching reader@4.0.0 from the npm registry (1 MB)", "fetching @y/parser@3.0.0, which it needs"]
    assert installed_module("r", bench.reader) == path


def test_a_dependency_is_checked_against_its_hash(bench: Bench) -> None:
    """A dependency with another content than the pinned one is refused, and nothing is installed."""
    bench.node()
    bench.npm()
    changed = replace(bench.reader.dependencies[0], integrity="sha512-AAAA")
    with pytest.raises(UsageError, match=r"another @y/parser@3\.0\.0.*expected sha512-AAAA"):
        install_package("r", replace(bench.reader, dependencies=(changed,)))
    assert left_over() == []


def test_an_entry_that_the_package_does_not_have_is_our_fault(bench: Bench) -> None:
    """A pin that names a file that is not there leaves nothing in the cache."""
    bench.node()
    bench.npm()
    with pytest.raises(HarnessFault, match=r"reader@4\.0\.0 has no file dist/other\.js"):
        install_package("r", replace(bench.reader, entry="dist/other.js"))
    assert left_over() == []


def test_installing_twice_does_nothing_the_second_time(bench: Bench) -> None:
    """What is in the cache is used as it is, also when npm and node have gone."""
    bench.node()
    bench.npm()
    path = install_package("x", bench.package)
    bench.remove_programs()
    assert install_package("x", bench.package) == path
    assert bench.npm_calls() == ["pack", "ci"]


def test_another_pin_is_another_folder(bench: Bench) -> None:
    """What decides the content decides the place, so an old build is never taken for a new one."""
    assert module_path("x", bench.package) != module_path("x", replace(bench.package, version="1.2.4"))
    assert module_path("x", bench.package) != module_path("x", replace(bench.package, keep=("src/",)))
    assert module_path("r", bench.reader) != module_path("r", replace(bench.reader, dependencies=()))


def test_a_target_that_is_not_installed_names_the_command(bench: Bench) -> None:
    """Using a built-in target before it was installed says which command installs it."""
    with pytest.raises(UsageError, match=r"`streamproof install x`.*@x/sender@1\.2\.3.*5 MB"):
        installed_module("x", bench.package)


def no_programs(bench: Bench) -> None:
    """Nothing is on PATH."""


def no_npm(bench: Bench) -> None:
    bench.node()


def old_node(bench: Bench) -> None:
    bench.node("v18.19.1")
    bench.npm()


def strange_node(bench: Bench) -> None:
    bench.node("surprise")
    bench.npm()


def offline(bench: Bench) -> None:
    bench.node()
    bench.npm(failure="npm error code ENOTFOUND\nnpm error network request failed\n")


def no_such_version(bench: Bench) -> None:
    bench.node()
    bench.npm(failure="npm error code ETARGET\nnpm error No matching version found\n")


def other_content(bench: Bench) -> None:
    bench.node()
    bench.npm()
    bench.package = replace(bench.package, integrity="sha512-AAAA")


@pytest.mark.parametrize(
    ("trouble", "message"),
    [
        (no_programs, "`node` is not on PATH"),
        (no_npm, "`npm` is not on PATH"),
        (old_node, r"version v18\.19\.1; this target needs Node 20"),
        (strange_node, "version surprise; this target needs Node 20"),
        (offline, r"cannot be reached \(ENOTFOUND\).*network request failed"),
        (no_such_version, r"`npm pack` ended with 1.*No matching version"),
        (other_content, "got sha512-.*expected sha512-AAAA"),
    ],
)
def test_an_install_that_cannot_be_done_says_why_and_leaves_nothing(bench: Bench, trouble: Callable[[Bench], None], message: str) -> None:
    """Missing or old programs, no network and a tarball that was changed are usage errors; the cache stays empty."""
    trouble(bench)
    with pytest.raises(UsageError, match=f"(?s){message}"):
        install_package("x", bench.package)
    assert left_over() == []


def test_sources_that_cannot_be_bundled_are_our_fault(bench: Bench) -> None:
    """The package has been checked against its hash, so a bundler that fails is no mistake of the user."""
    bench.node()
    bench.npm(broken_bundler=True)
    with pytest.raises(HarnessFault, match="error: syntax"):
        install_package("x", bench.package)
    assert left_over() == []


def test_a_cache_that_cannot_be_written_is_named(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says which folder, and which variable names another."""
    bench.node()
    bench.npm()
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("STREAMPROOF_CACHE", str(tmp_path / "file"))
    with pytest.raises(UsageError, match="STREAMPROOF_CACHE"):
        install_package("x", bench.package)


def test_node_of_a_fitting_version_is_found(bench: Bench) -> None:
    """The program found on PATH is returned with its whole path."""
    bench.node("v22.1.0")
    assert Path(node_program()).name == "node"
