"""The tools: their effects are counted where they happen, whatever becomes of the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from streamproof.harness.faults.cut import Cut
from streamproof.harness.faults.lose_answer import LoseAnswer
from streamproof.harness.faults.restart import Restart
from streamproof.harness.faults.spoilt_body import SpoiltBody
from streamproof.harness.faults.status import Status

from .durable_fakes import Fakes

Runner = Callable[..., Any]
AT = {"endpoint": "tool"}


@pytest.mark.parametrize("world", ["sim", "loopback"])
def test_one_key_is_one_effect(reading: Runner, world: str) -> None:
    """The same key gets the same output and does nothing again; another key, run or call is another effect."""

    async def play(r: Any) -> None:
        fakes = await Fakes(r).start()
        used = [
            await fakes.use("pay", "r1", "c1", "k1", amount=7),
            await fakes.use("pay", "r1", "c1", "k2", amount=7),
            await fakes.use("pay", "r1", "c1", "k1", amount=7),
            await fakes.use("pay", "r2", "c1", "k1"),
        ]
        assert used == [(200, "pay:c1:1"), (200, "pay:c1:2"), (200, "pay:c1:1"), (200, "pay:c1:1")]
        assert [effect.again for effect in fakes.servers.effects] == [False, False, True, False]
        assert r.entries("effect")[2] == {
            "request": 3,
            "tool": "pay",
            "run": "r1",
            "call": "c1",
            "key": "k1",
            "again": True,
            "arguments": {"amount": 7},
        }
        assert fakes.servers.summary() == ["3 effects of tools"]

    reading(play, world=world)


def test_without_a_key_every_request_is_an_effect(reading: Runner) -> None:
    """Nothing tells a repetition from a second use."""

    async def play(r: Any) -> None:
        fakes = await Fakes(r).start()
        assert [await fakes.use("a b", "r1", "c1") for _ in range(2)] == [(200, "a b:c1:1"), (200, "a b:c1:2")]
        assert [effect["again"] for effect in r.entries("effect")] == [False, False]

    reading(play)


def test_a_tool_that_is_told_to_fail(reading: Runner) -> None:
    """It fails always and does nothing; only true means it."""

    async def play(r: Any) -> None:
        fakes = await Fakes(r).start()
        assert [(await fakes.use("pay", "r1", "c1", "k1", fail=True))[0] for _ in range(2)] == [500, 500]
        assert r.entries("effect") == []
        assert (await fakes.use("pay", "r1", "c1", "k1", fail="no"))[0] == 200

    reading(play)


@pytest.mark.parametrize(("body", "path"), [(b"{", "/pay"), (b'{"runId": "r"}', "/pay"), (b"{}", "/pay/again"), (b"{}", "/")])
def test_what_is_no_use_of_a_tool(reading: Runner, body: bytes, path: str) -> None:
    """It is refused and has no effect."""

    async def play(r: Any) -> None:
        fakes = await Fakes(r).start()
        answer = await r.client.post(fakes.url["tools"] + path, data=body)
        assert answer.status == (400 if path == "/pay" else 404)
        assert r.entries("effect") == []

    reading(play)


@pytest.mark.parametrize(
    ("fault", "effects"),
    [
        (Status(status=503, commit="none", **AT), 0),
        (Status(status=503, commit="all", **AT), 1),
        (LoseAnswer(**AT), 1),
        (SpoiltBody(body="html", **AT), 1),
        (Restart(**AT), 0),
    ],
)
def test_faults_before_and_after_the_commit(reading: Runner, fault: Any, effects: int) -> None:
    """Before it nothing has happened, behind it the effect is there although nobody was told; trying again does it once."""

    async def play(r: Any) -> None:
        fakes = await Fakes(r).start()
        told = True
        try:
            told = await fakes.use("pay", "r1", "c1", "k1") == (200, "pay:c1:1")
        except aiohttp.ClientError:
            told = False
        assert not told
        assert len(r.entries("effect")) == effects
        assert await fakes.use("pay", "r1", "c1", "k1") == (200, "pay:c1:1")
        assert [effect.again for effect in fakes.servers.effects] == [False, True][: effects + 1]
        assert r.injected() == [fault.name]

    reading(play, [fault])


def test_a_body_that_is_cut_has_no_effect(reading: Runner) -> None:
    """Only a whole request counts."""

    async def play(r: Any) -> None:
        fakes = await Fakes(r).start()
        with pytest.raises(aiohttp.ClientError):
            await fakes.use("pay", "r1", "c1", "k1", text="x" * 5_000)
        assert r.entries("effect") == []
        await r.until(lambda: [row["how"] for row in r.entries("body-end")] == ["cut"])

    reading(play, [Cut(after_bytes=2_000, **AT)])
