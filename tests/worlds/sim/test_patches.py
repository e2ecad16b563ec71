"""Clock and entropy inside an example, and that they are the machine's own again outside."""

from __future__ import annotations

import datetime
import os
import pickle
import random
import secrets
import ssl
import sys
import threading
import time
import types
import uuid
from typing import Any

import aiohttp.connector
import pytest
from aiohttp._websocket.writer import WebSocketWriter

from streamproof.harness.worlds.base import Scene
from streamproof.harness.worlds.sim.clock import EPOCH_S
from streamproof.harness.worlds.sim.entropy import hidden_generators
from streamproof.harness.worlds.sim.fake_socket import Readiness
from streamproof.harness.worlds.sim.loop import START_S
from streamproof.harness.worlds.sim.patches import Patches, substitute
from streamproof.harness.worlds.sim.world import patched_names

BEGIN_S = EPOCH_S + START_S


def test_every_clock_of_the_standard_library_shows_virtual_time(run_play: Any) -> None:
    """``time`` and ``datetime`` agree, to the microsecond, whichever function is asked."""

    async def play(scene: Scene) -> None:
        await scene.sleep(2_500)
        now = datetime.datetime.fromtimestamp(BEGIN_S + 2.5, datetime.UTC)
        assert time.time() == BEGIN_S + 2.5
        assert time.time_ns() == int((BEGIN_S + 2.5) * 1e9)
        assert time.monotonic() == START_S + 2.5
        assert time.monotonic_ns() == (START_S + 2.5) * 1e9
        assert datetime.datetime.now(datetime.UTC) == now
        assert datetime.datetime.now().astimezone(datetime.UTC) == now
        assert datetime.datetime.utcnow() == now.replace(tzinfo=None)
        assert datetime.date.today() == datetime.datetime.today().date()
        assert time.gmtime() == time.gmtime(BEGIN_S + 2.5)
        assert time.strftime("%S") == time.strftime("%S", time.localtime(BEGIN_S + 2.5))
        assert time.ctime() == time.ctime(BEGIN_S + 2.5)

    run_play(play)


def test_a_blocking_sleep_takes_virtual_time(run_play: Any) -> None:
    """``time.sleep`` holds up the whole loop, in virtual time."""

    async def play(scene: Scene) -> None:
        time.sleep(1_000)  # noqa: ASYNC251 (that it blocks is the point)
        assert scene.now_us() == 1_000_000_000

    run_play(play)


def test_dates_stay_what_they_were(run_play: Any) -> None:
    """Inside an example dates are made, compared and recognised as ever, and outlive it."""
    before = datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC)
    made: list[Any] = []

    async def play(scene: Scene) -> None:
        made.append(datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC))
        made.append(datetime.datetime.fromisoformat("2020-01-02T00:00:00+00:00"))
        made.append(datetime.datetime.now(datetime.UTC))
        assert isinstance(before, datetime.datetime)
        assert isinstance(before, datetime.date)
        assert issubclass(type(before), datetime.datetime)

    run_play(play)
    assert made[0] == made[1] == before
    assert all(type(value) is datetime.datetime for value in made)
    assert pickle.loads(pickle.dumps(made)) == made


def test_other_threads_see_the_real_clock(run_play: Any) -> None:
    """A thread that is no part of the example is not fooled."""

    async def play(scene: Scene) -> None:
        seen: list[Any] = []
        thread = threading.Thread(target=lambda: seen.append((time.time(), os.urandom(8), random.Random().random())))
        thread.start()
        thread.join()
        scene.history.add("seen", time=seen[0][0], urandom=seen[0][1].hex(), random=seen[0][2])

    first, second = (run_play(play).entries[0].data for _ in range(2))
    assert first["time"] > BEGIN_S + 1e7
    assert first["urandom"] != second["urandom"]
    assert first["random"] != second["random"]


def test_entropy_follows_the_seed(run_play: Any) -> None:
    """All that draws from the operating system by Python draws the same in each example of one seed."""

    async def play(scene: Scene) -> None:
        drawn = [os.urandom(3).hex(), os.getrandom(3).hex(), secrets.token_hex(3), random.SystemRandom().random(), random.Random().random()]
        drawn += [random.random(), str(uuid.uuid4()), str(uuid.uuid1()), next(hidden_generators()).random()]
        scene.history.add("seen", drawn=drawn)

    histories = [run_play(play, seed=seed) for seed in (3, 3, 4)]
    same, again, other = (history.entries[0].data["drawn"] for history in histories)
    assert same == again
    assert all(one != two for one, two in zip(same[:7], other[:7], strict=True))


def test_the_masks_of_aiohttp_are_found() -> None:
    """aiohttp draws the masks of WebSocket frames from a generator that is a default of a constructor."""
    assert list(hidden_generators()) == [WebSocketWriter.__init__.__kwdefaults__["random"]]


def test_global_random_state_is_put_back(run_play: Any) -> None:
    """An example neither uses nor changes the numbers that the process would have drawn."""

    async def play(scene: Scene) -> None:
        random.random()

    random.seed(5)
    expected = [random.random() for _ in range(3)]
    random.seed(5)
    drawn = [random.random()]
    run_play(play)
    assert [*drawn, random.random(), random.random()] == expected


def test_aliases_are_patched_and_listed() -> None:
    """The names by which libraries hold the functions are found, those of tools that work in real time are not."""
    names = patched_names()
    assert {"time.monotonic", "aiohttp.connector.monotonic", "os.urandom", "random._urandom", "ssl.create_default_context"} <= set(names)
    assert not [name for name in names if name.startswith(("threading.", "_pytest.", "hypothesis."))]


def test_a_module_imported_inside_an_example_gets_the_originals_back(run_play: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It took the substitutes for the originals; afterwards its names hold what they should."""
    (tmp_path / "late_module.py").write_text("from time import monotonic as clock\nfrom os import urandom\n")
    monkeypatch.syspath_prepend(tmp_path)
    seen: list[Any] = []

    async def play(scene: Scene) -> None:
        import late_module  # type: ignore[import-not-found]  # written above

        seen.append((late_module.clock(), late_module))

    try:
        run_play(play)
        late_module = seen[0][1]
        assert seen[0][0] == START_S
        assert late_module.clock is time.monotonic
        assert late_module.urandom is os.urandom
        run_play(play)
        assert seen[1][0] == START_S
        assert late_module.clock is time.monotonic
    finally:
        sys.modules.pop("late_module", None)


def test_a_substitute_that_leaked_behaves_as_the_original(run_play: Any) -> None:
    """A class may keep it as a default, beyond the reach of the patches."""
    leaked: list[Any] = []

    async def play(scene: Scene) -> None:
        leaked.extend([time.monotonic, os.urandom, datetime.datetime, ssl.create_default_context])

    run_play(play)
    clock, urandom, dates, create_context = leaked
    assert abs(clock() - time.monotonic()) < 60
    assert urandom(8) != urandom(8)
    assert abs((dates.now() - datetime.datetime.now()).total_seconds()) < 60
    assert create_context().get_ca_certs() == ssl.create_default_context().get_ca_certs()


def test_patches_are_applied_once_at_a_time() -> None:
    """A second application would take the substitutes for the originals."""
    place = types.SimpleNamespace(value=1)
    patches = Patches([substitute(place, "value", 2)])
    patches.apply()
    with pytest.raises(RuntimeError, match="patched already"):
        patches.apply()
    assert place.value == 2
    patches.restore()
    assert place.value == 1
    assert not patches.applied


def test_tls_contexts_are_the_same_but_for_when_they_read_certificates(run_play: Any) -> None:
    """Inside an example a default context is made without the certificates, which come with the first handshake."""
    real = ssl.create_default_context()

    async def play(scene: Scene) -> None:
        lazy = ssl.create_default_context()
        assert isinstance(lazy, ssl.SSLContext)
        assert type(lazy) is not type(real)
        for name in ("verify_mode", "check_hostname", "verify_flags", "options", "minimum_version", "maximum_version", "protocol"):
            assert getattr(lazy, name) == getattr(real, name), name
        assert lazy.cert_store_stats() == real.cert_store_stats()
        server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        assert server.verify_mode == ssl.CERT_NONE

    run_play(play)


@pytest.mark.parametrize("with_eventfd", [True, False])
def test_readiness_works_with_an_eventfd_and_with_a_pipe(monkeypatch: pytest.MonkeyPatch, with_eventfd: bool) -> None:
    """Elsewhere than on Linux there is no eventfd; a pipe does as well."""
    import select

    if not with_eventfd:
        monkeypatch.delattr(os, "eventfd", raising=False)

    def readable() -> bool:
        return bool(select.select([readiness.number], [], [], 0)[0])

    readiness = Readiness()
    seen = []
    for value in (False, True, True, False, True):
        readiness.set(value)
        seen.append(readable())
    readiness.close()
    assert seen == [False, True, True, False, True]
    assert aiohttp.connector.monotonic is time.monotonic
