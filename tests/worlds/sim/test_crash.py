"""A crash: the owner of a life is abandoned, and from then on nothing of it happens any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from streamproof.harness.worlds.base import Scene
from streamproof.harness.worlds.ownership import current_owner


def make_app(scene: Scene) -> web.Application:
    """Notes in the history how each upload ends."""

    async def upload(request: web.Request) -> web.Response:
        scene.history.add("begin")
        try:
            await request.read()
        except (asyncio.CancelledError, ConnectionError, web.RequestPayloadError):
            scene.history.add("gone", at_ms=scene.now_us() // 1_000)
            raise
        scene.history.add("whole")
        return web.Response(text="thanks")

    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response(text="at last")

    app = web.Application()
    app.add_routes([web.post("/upload", upload), web.get("/slow", slow)])
    return app


async def serve(scene: Scene) -> str:
    return (await scene.serve(make_app(scene), server="server", classify=lambda *_: "any")).url


def kinds(history: Any) -> list[str]:
    return [entry.kind for entry in history.entries if entry.kind not in ("connect", "closed", "delivered")]


def test_not_a_line_runs_after_a_crash(run_play: Any) -> None:
    """Tasks, timers, clean-up code and async generators of the owner are dead at once, in every state they may be in."""

    async def play(scene: Scene) -> None:
        owner = scene.new_owner("life")
        note = scene.history.add
        event, ready = asyncio.Event(), asyncio.Event()

        async def generator() -> AsyncIterator[int]:
            try:
                yield 1
                yield 2
            finally:
                note("generator ended")

        async def half_read() -> None:
            async for _ in generator():
                ready.set()
                await asyncio.sleep(1)
                note("woken by time")

        async def wait_for_event() -> None:
            try:
                await event.wait()
                note("woken by event")
            finally:
                note("cleaned up")

        async def spawn_for_ever() -> None:
            while True:
                await asyncio.sleep(0)
                owned = asyncio.get_running_loop().call_soon(note, "callback") if owner.abandoned.is_set() else None
                assert owned is None

        for coroutine in (half_read(), wait_for_event(), spawn_for_ever()):
            owner.create_task(coroutine)
        owner.run(asyncio.get_running_loop().call_later, 2, note, "timer")
        owner.run(asyncio.get_running_loop().call_soon, note, "soon")
        await ready.wait()
        owner.abandon()
        owner.abandon()
        event.set()
        await asyncio.sleep(100)

    assert kinds(run_play(play)) == ["soon"]


def test_a_crash_resets_the_connections_of_the_dead_alone(run_play: Any) -> None:
    """The server sees the upload of the dead break off, without a word to the dead; others are not touched."""

    async def endless() -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(1)
            yield b"x"

    async def play(scene: Scene) -> None:
        url = await serve(scene)
        owner = scene.new_owner("life")

        async def live() -> None:
            try:
                async with aiohttp.ClientSession() as session, session.post(f"{url}/upload", data=endless()):
                    pass
            except BaseException:
                scene.history.add("the dead spoke")
                raise

        owner.create_task(live())
        async with aiohttp.ClientSession() as session:
            other = asyncio.create_task(session.get(f"{url}/slow"))
            await asyncio.sleep(10.5)
            owner.abandon()
            await asyncio.sleep(0.1)
            scene.history.add("other", text=await (await other).text())

    history = run_play(play)
    assert kinds(history) == ["begin", "gone", "other"]
    assert [entry.data["at_ms"] for entry in history.of_kind("gone")] == [10_500]
    assert next((entry.data["by"], entry.data["how"]) for entry in history.of_kind("closed")) == ("target", "rst")


def test_a_crash_closes_the_listeners_of_the_dead(run_play: Any) -> None:
    """A server that a target had started refuses connections at once."""

    async def play(scene: Scene) -> None:
        owner = scene.new_owner("life")
        loop = asyncio.get_running_loop()
        await owner.create_task(loop.create_server(asyncio.Protocol, "127.0.0.1", 9000))  # type: ignore[arg-type]  # a coroutine
        _, writer = await asyncio.open_connection("127.0.0.1", 9000)
        owner.abandon()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", 9000)
        await asyncio.sleep(1)
        assert writer.transport.is_closing()

    run_play(play)


def test_what_an_owner_starts_belongs_to_it(run_play: Any) -> None:
    """Through tasks, callbacks, timers, threads and protocols; and what the harness starts belongs to nobody."""

    async def play(scene: Scene) -> None:
        owner = scene.new_owner("life")
        loop = asyncio.get_running_loop()
        seen: list[Any] = []

        class Protocol(asyncio.Protocol):
            def data_received(self, data: bytes) -> None:
                seen.append(current_owner())

        async def live() -> None:
            seen.append(current_owner())
            await asyncio.create_task(asyncio.to_thread(lambda: seen.append(current_owner())))
            loop.call_later(1, lambda: seen.append(current_owner()))
            await loop.create_connection(Protocol, "127.0.0.1", 9000)

        class Greeter(asyncio.Protocol):
            def connection_made(self, transport: Any) -> None:
                assert current_owner() is None
                transport.write(b"hello")

        await loop.create_server(Greeter, "127.0.0.1", 9000)
        await owner.create_task(live())
        await asyncio.sleep(2)
        assert seen == [owner] * 4
        assert current_owner() is None

    run_play(play)


def test_an_abandoned_owner_runs_nothing_more(run_play: Any) -> None:
    """To use it again is a mistake of the harness, and said so; who waits for its end is told."""

    async def never() -> None:
        raise AssertionError("this must not run")

    async def play(scene: Scene) -> None:
        owner = scene.new_owner("life")
        task = owner.create_task(asyncio.sleep(1_000))
        waiting = asyncio.create_task(owner.abandoned.wait())
        await asyncio.sleep(1)
        owner.abandon()
        await waiting
        assert not task.done()
        with pytest.raises(RuntimeError, match="life was abandoned"):
            owner.run(print)
        with pytest.raises(RuntimeError, match="life was abandoned"):
            owner.create_task(never())

    run_play(play)


def test_a_second_life_is_not_touched_by_the_death_of_the_first(run_play: Any) -> None:
    """Owners are told apart, also when they have the same name."""

    async def play(scene: Scene) -> None:
        first, second = scene.new_owner("life"), scene.new_owner("life")

        async def beat(number: int) -> None:
            for _ in range(3):
                await asyncio.sleep(1)
                scene.history.add(f"beat of {number}")

        first.create_task(beat(1))
        second.create_task(beat(2))
        await asyncio.sleep(1.5)
        first.abandon()
        await asyncio.sleep(10)

    assert kinds(run_play(play)) == ["beat of 1", "beat of 2", "beat of 2", "beat of 2"]


def test_stubborn_clean_up_of_the_dead_disturbs_nobody(run_play: Any) -> None:
    """Clean-up code that awaits or raises is disposed of silently when the example is over."""

    async def play(scene: Scene) -> None:
        owner = scene.new_owner("life")

        async def awaits() -> None:
            try:
                await asyncio.sleep(1_000)
            finally:
                await asyncio.sleep(1)
                await asyncio.sleep(1)

        async def raises() -> None:
            try:
                await asyncio.sleep(1_000)
            finally:
                raise ValueError("in clean-up")

        for coroutine in (awaits(), raises()):
            owner.create_task(coroutine)
        session = owner.run(aiohttp.ClientSession)
        owner.create_task(session.get(await serve(scene) + "/slow"))
        await asyncio.sleep(1)
        owner.abandon()
        await asyncio.sleep(1)
        scene.history.add("end")

    assert kinds(run_play(play)) == ["end"]
