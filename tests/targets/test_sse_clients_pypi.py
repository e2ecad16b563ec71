"""SSE clients from PyPI: how they get into the cache and into a process, what their drivers share, and each against a small server.

Nothing here asks the network: pip is pointed at a folder, and a client that is not in the cache is skipped.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
import threading
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from streamproof.harness.targets.base import Target
from streamproof.harness.targets.cache import cache_folder
from streamproof.harness.targets.names import Builtin
from streamproof.harness.targets.pypi import PypiPackage, Wheel, check_installed, install_package, load_here, versions_here
from streamproof.harness.targets.pypi_readers import PYPI_READERS
from streamproof.harness.targets.pypi_sse.asyncio_reader import AsyncioReader
from streamproof.harness.targets.pypi_sse.blocking_reader import BlockingReader
from streamproof.harness.targets.stdio.target import StdioTarget
from streamproof.harness.values.case import Case
from streamproof.harness.values.errors import UsageError
from streamproof.harness.values.history import Header
from streamproof.harness.values.requirement import Verb
from streamproof.harness.worlds.base import Quota, Scene
from streamproof.harness.worlds.loopback.world import LoopbackWorld
from streamproof.harness.worlds.sim.world import SimWorld

HANG_S = 20
CONFIG = {"url": "http://127.0.0.1:9/events", "headers": {"x-a": "1"}, "last_event_id": None}
Notes = list[tuple[str, dict[str, Any]]]


# --- fetching -----------------------------------------------------------------------------------------------------------


def make_wheel(folder: Path, name: str) -> Wheel:
    """A wheel with one module, which holds its own name."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    files = {
        f"{name}.py": f"NAME = {name!r}\n",
        f"{name}-1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{name}-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{name}-1.0.dist-info/RECORD": "",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for file, content in files.items():
            archive.writestr(file, content)
    return Wheel(name, "1.0", hashlib.sha256(path.read_bytes()).hexdigest())


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PypiPackage:
    """A client and what it needs, in a folder that pip takes for its only index; an empty cache."""
    served = tmp_path / "served"
    served.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(served))
    monkeypatch.setenv("STREAMPROOF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "path", list(sys.path))
    return PypiPackage(make_wheel(served, "toy_sse_client"), "toy_sse_client", (make_wheel(served, "toy_http"),), uses=("aiohttp",))


def in_cache() -> list[str]:
    targets = cache_folder() / "targets"
    return sorted(path.name for path in targets.iterdir()) if targets.exists() else []


def test_a_package_is_fetched_apart_from_what_it_needs(package: PypiPackage) -> None:
    """Two folders, so that the package can stand first on the search path and hide nothing else."""
    said: list[str] = []
    install_package(package, said.append)
    own, needed = package.paths
    assert (own / "toy_sse_client.py").is_file()
    assert (needed / "toy_http.py").is_file()
    assert not (own / "toy_http.py").exists()
    assert said == ["fetching toy_sse_client==1.0, toy_http==1.0 from PyPI"]
    assert in_cache() == [package.folder.name]


def test_what_is_in_the_cache_is_not_fetched_again(package: PypiPackage) -> None:
    """The second install asks nobody and says nothing."""
    package.folder.mkdir(parents=True)
    said: list[str] = []
    install_package(package, said.append)
    check_installed("toy", package)
    assert said == []


def test_a_file_with_another_hash_is_refused(package: PypiPackage) -> None:
    """The cache stays empty, and pip's own words are in the message."""
    changed = replace(package, wheel=replace(package.wheel, sha256="0" * 64))
    with pytest.raises(UsageError, match=r"(?s)`pip install` ended with 1; nothing was installed.*DO NOT MATCH THE HASHES"):
        install_package(changed)
    assert in_cache() == []


def test_a_registry_that_cannot_be_reached_is_named(package: PypiPackage, monkeypatch: pytest.MonkeyPatch) -> None:
    """An install without a network says that it needs one."""
    monkeypatch.setenv("PIP_NO_INDEX", "0")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.delenv("PIP_FIND_LINKS")
    with pytest.raises(UsageError, match="PyPI cannot be reached"):
        install_package(package)
    assert in_cache() == []


def test_a_target_that_is_not_installed_names_the_command(package: PypiPackage) -> None:
    """Using it before it was installed says which command installs it."""
    with pytest.raises(UsageError, match=r"`streamproof install toy` \(it fetches toy_sse_client==1\.0 from PyPI"):
        check_installed("toy", package)


def test_another_pin_is_another_folder(package: PypiPackage) -> None:
    """What decides the content decides the place, so an old install is never taken for a new one."""
    assert replace(package, needs=()).folder != package.folder
    assert replace(package, wheel=replace(package.wheel, version="1.1")).folder != package.folder


def test_pins_are_whole_hashes() -> None:
    """No row of the table is pinned by less than a SHA-256, and its name says its version."""
    assert len({builtin.name for builtin in PYPI_READERS}) == len(PYPI_READERS) == 6
    for builtin in PYPI_READERS:
        package = package_of(builtin)
        assert package.wheel.spec in builtin.summary
        for wheel in (package.wheel, *package.needs):
            assert len(bytes.fromhex(wheel.sha256)) == 32


# --- in this process ----------------------------------------------------------------------------------------------------


def lay_out(package: PypiPackage) -> None:
    """As an install leaves it, without pip."""
    for path, name in zip(package.paths, ("toy_sse_client", "toy_http"), strict=True):
        path.mkdir(parents=True)
        (path / f"{name}.py").write_text("")


def test_the_package_stands_first_and_its_needs_stand_last(package: PypiPackage, monkeypatch: pytest.MonkeyPatch) -> None:
    """What this Python has already goes before what was fetched; the package under test goes before all."""
    monkeypatch.delitem(sys.modules, "toy_sse_client", raising=False)
    lay_out(package)
    load_here(package)
    assert (sys.path[0], sys.path[-1]) == tuple(str(path) for path in package.paths)
    assert sys.modules["toy_sse_client"].__file__ == str(package.paths[0] / "toy_sse_client.py")
    load_here(package)
    assert sys.path.count(str(package.paths[0])) == 1
    assert versions_here(package)[0] == "toy_http 1.0"
    del sys.modules["toy_sse_client"]


def test_another_copy_in_this_process_is_not_taken_for_it(package: PypiPackage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A verdict about a pinned version is never one about what the user's own code has imported."""
    lay_out(package)
    (tmp_path / "toy_sse_client.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    import toy_sse_client

    assert toy_sse_client.__file__ == str(tmp_path / "toy_sse_client.py")
    with pytest.raises(UsageError, match=r"has imported toy_sse_client from .* already"):
        load_here(package)
    del sys.modules["toy_sse_client"]


def test_a_driver_in_its_own_process_finds_what_is_on_its_path(tmp_path: Path) -> None:
    """Folders named on its command line come first, and it says the name and version that it was given."""
    (tmp_path / "toy_sse_driver.py").write_text(
        "def reader(config, note): ...\nreader.serves = [{'contract': 'sse', 'role': 'reader', 'capabilities': []}]\n"
    )
    options = ("--path", str(tmp_path), "--name", "toy", "--version", "1.0 (toy-http 2)")
    target = StdioTarget("toy", (sys.executable, "-P", "-m", "streamproof.driver", "toy_sse_driver:reader", *options))
    try:
        hello = target.hello()
    finally:
        target.close()
    assert (hello.name, hello.version, [row.role for row in hello.serves]) == ("toy", "1.0 (toy-http 2)", ["reader"])


# --- what the drivers share ---------------------------------------------------------------------------------------------


class Scripted(AsyncioReader):
    """Reads what the test gives it."""

    script: Callable[[Scripted], Any]

    async def read(self) -> None:
        await self.script()


def scripted(script: Callable[[Scripted], Any]) -> tuple[Scripted, Notes]:
    notes: Notes = []
    reader = Scripted(dict(CONFIG), lambda name, data: notes.append((name, dict(data))))
    reader.script = lambda: script(reader)
    return reader, notes


def test_an_end_and_a_failure_are_told() -> None:
    """A client that returns has ended; one that raises has told its application why."""

    async def end(reader: Scripted) -> None:
        reader.tell_event("1", "message", "a")

    async def fail(reader: Scripted) -> None:
        raise ValueError("no stream")

    async def play(script: Callable[[Scripted], Any]) -> Notes:
        reader, notes = scripted(script)
        reader.watch()
        reader.watch()
        await settle()
        return notes

    assert asyncio.run(play(end)) == [("event", {"id": "1", "type": "message", "data": "a"}), ("ended", {})]
    assert asyncio.run(play(fail)) == [("error", {"message": "ValueError: no stream"}), ("ended", {})]


def test_unwatch_is_no_end_of_the_client() -> None:
    """What the application stops has not let go by itself; and it may watch again."""

    async def wait(reader: Scripted) -> None:
        reader.note("open", {})
        await asyncio.Event().wait()

    async def play() -> Notes:
        reader, notes = scripted(wait)
        reader.watch()
        await settle()
        await reader.unwatch()
        await reader.unwatch()
        await settle()
        reader.watch()
        await settle()
        await reader.close()
        return notes

    assert asyncio.run(play()) == [("open", {}), ("open", {})]


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class Blocking(BlockingReader):
    """Waits until it is stopped, and goes on: a client that is deaf to its own close."""

    def __init__(self, config: dict[str, Any], note: Callable[[str, Any], None]) -> None:
        super().__init__(config, note)
        self.stopped = threading.Event()
        self.thread: threading.Thread | None = None

    def read(self) -> None:
        self.thread = threading.current_thread()
        self.tell_open()
        self.stopped.wait(HANG_S)
        self.tell_event("1", "message", "late")
        raise ValueError("closed")

    def stop(self) -> None:
        self.stopped.set()

    def run(self, end: Callable[[], None]) -> None:
        """Watches, and ends it by ``end`` once it is open."""
        opened = threading.Event()
        note = self._note
        self._note = lambda name, data: (note(name, data), opened.set())[0]
        self.watch()
        assert opened.wait(HANG_S)
        end()
        assert self.thread is not None
        self.thread.join(HANG_S)


def test_what_a_deaf_client_still_dispatches_is_told() -> None:
    """After `unwatch` its events are its own fault and are noted; the error with which it ends is not."""
    notes: Notes = []
    reader = Blocking(dict(CONFIG), lambda name, data: notes.append((name, dict(data))))
    reader.run(lambda: asyncio.run(reader.unwatch()))
    assert notes == [("open", {}), ("event", {"id": "1", "type": "message", "data": "late"})]


def test_a_released_thread_ends_at_its_next_call() -> None:
    """Nothing of a closed handle reads on beside the next example."""
    notes: Notes = []
    reader = Blocking(dict(CONFIG), lambda name, data: notes.append((name, dict(data))))
    reader.run(reader.close)
    assert notes == [("open", {})]


# --- each client, where it is installed ---------------------------------------------------------------------------------


def package_of(builtin: Builtin) -> PypiPackage:
    from streamproof.harness.targets import pypi_pins

    packages = [value for value in vars(pypi_pins).values() if isinstance(value, PypiPackage)]
    return next(package for package in packages if package.wheel.spec in builtin.summary)


def watch_one_stream(target: Target) -> tuple[list[tuple[str, str | None]], Notes]:
    """(method, header x-a) of each request, and the notes, of a stream of two events that stays open until `unwatch`."""
    requests: list[tuple[str, str | None]] = []
    notes: Notes = []

    async def main(scene: Scene) -> None:
        two_events = asyncio.Event()

        async def stream(request: web.Request) -> web.StreamResponse:
            requests.append((request.method, request.headers.get("x-a")))
            response = web.StreamResponse(headers={"content-type": "text/event-stream"})
            await response.prepare(request)
            await response.write("id: 1\ndata: é🙂\n\nid: 2\nevent: x\ndata: b\ndata: c\n\n".encode())
            await two_events.wait()
            return response

        def hear(number: int, name: str, data: Any) -> None:
            notes.append((name, dict(data)))
            if [name for name, _ in notes].count("event") == 2:
                two_events.set()

        app = web.Application()
        app.router.add_get("/events", stream)
        site = await scene.serve(app, server="origin", classify=lambda *_: "stream")
        instance = await target.open(scene, "r1", "sse", "reader", {**CONFIG, "url": f"{site.url}/events"}, hear)
        assert (await instance.call(Verb("watch"), {}, 5_000)).outcome == "ok"
        await asyncio.wait_for(two_events.wait(), HANG_S)
        assert (await instance.call(Verb("unwatch"), {}, 5_000)).outcome == "ok"
        await instance.close()

    world = SimWorld() if target.worlds[0] == "sim" else LoopbackWorld()
    header = Header("sse", ("reader",), "", "", world.name, target.name, 0, (), {}, (), ())
    try:
        world.run(main, case=Case("sse", ("reader",), "", ""), header=header, quota=Quota())
    finally:
        target.close()
        world.close()
    return requests, notes


@pytest.mark.needs_install
@pytest.mark.parametrize("builtin", PYPI_READERS, ids=lambda builtin: builtin.name)
def test_each_client_hands_on_what_it_reads(builtin: Builtin) -> None:
    """With the headers of its application, and what it was given in the form that all readers share."""
    if not package_of(builtin).folder.is_dir():
        pytest.skip(f"not in the cache: streamproof install {builtin.name}")
    requests, notes = watch_one_stream(builtin.make({}))
    assert requests[0] == ("GET", "1")
    assert notes[:3] == [
        ("open", {}),
        ("event", {"id": "1", "type": "message", "data": "é🙂"}),
        ("event", {"id": "2", "type": "x", "data": "b\nc"}),
    ]


@pytest.mark.needs_install
@pytest.mark.parametrize("builtin", PYPI_READERS, ids=lambda builtin: builtin.name)
def test_each_client_declares_what_the_contract_knows(builtin: Builtin) -> None:
    """The role and nothing else; reconnecting only for those that do so as they are set up here."""
    if not package_of(builtin).folder.is_dir():
        pytest.skip(f"not in the cache: streamproof install {builtin.name}")
    target = builtin.make({})
    try:
        (row,) = target.serves()
    finally:
        target.close()
    assert (row.contract, row.role) == ("sse", "reader")
    assert ("reconnect" in row.capabilities) == (
        builtin.name in ("aiohttp-sse-client2", "requests-sse", "launchdarkly-eventsource-py-reconnecting")
    )
