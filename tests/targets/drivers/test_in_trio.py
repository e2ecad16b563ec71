"""Targets written on trio, as guests of the simulation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import trio
from aiohttp import web

from streamproof import Failed
from streamproof.harness.targets.base import Instance
from streamproof.harness.targets.in_trio import TrioTarget
from streamproof.harness.values.errors import TargetProblem
from streamproof.harness.values.requirement import Verb
from streamproof.harness.worlds.base import Scene

Note = Callable[..., None]


async def opened(factory: Any, scene: Scene, notes: list[Any] | None = None, **config: Any) -> Instance:
    target = TrioTarget("toy", lambda contract, role: factory)
    heard: list[Any] = [] if notes is None else notes
    return await target.open(scene, "s1", "ingest", "sender", config, lambda *note: heard.append(note))


class Toy:
    def __init__(self, config: dict[str, Any], note: Note) -> None:
        self.note = note
        self.ended: list[str] = []

    def now(self) -> dict[str, Any]:
        return {"now": trio.current_time()}

    async def wait(self, seconds: float) -> dict[str, Any]:
        try:
            await trio.sleep(seconds)
        finally:
            self.ended.append("wait")
        self.note("log", {"message": "waited"})
        return {"waited": seconds}

    async def refuse(self) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._refuse)

    async def _refuse(self) -> None:
        raise Failed("full", "full")


def test_verbs_run_in_trio_on_the_scenes_clock(play: Any) -> None:
    """Synchronous and asynchronous verbs see trio's clock, which is the scene's, and a nursery's one exception is taken for itself."""
    notes: list[Any] = []
    replies: list[Any] = []

    async def main(scene: Scene) -> None:
        instance = await opened(Toy, scene, notes)
        for verb, args in (("now", {}), ("wait", {"seconds": 2}), ("now", {}), ("refuse", {})):
            replies.append(await instance.call(Verb(verb), args, 5_000))

    play(main)
    first, waited, second, refused = replies
    assert second.value["now"] - first.value["now"] == pytest.approx(2)
    assert waited.value == {"waited": 2}
    assert (refused.outcome, refused.error["kind"]) == ("fail", "full")
    assert notes == [(1, "log", {"message": "waited"})]


def test_a_crash_leaves_no_code_running(play: Any) -> None:
    """The pending call is unknown, its clean-up does not run during the example, and the next life is a fresh one."""
    made: list[Toy] = []
    seen: list[Any] = []

    def factory(config: dict[str, Any], note: Note) -> Toy:
        made.append(Toy(config, note))
        return made[-1]

    async def main(scene: Scene) -> None:
        instance = await opened(factory, scene)
        pending = asyncio.ensure_future(instance.call(Verb("wait"), {"seconds": 1}, 5_000))
        await scene.sleep(10)
        await instance.crash()
        seen.append((await pending).outcome)
        await scene.sleep(5_000)
        seen.append(list(made[0].ended))
        again = await opened(factory, scene)
        seen.append((await again.call(Verb("wait"), {"seconds": 1}, 5_000)).outcome)

    play(main)
    assert seen == ["unknown", [], "ok"]


def test_a_context_manager_is_held_open_until_close(play: Any) -> None:
    """A nursery around the object works in the background, and is left when the object is closed."""
    steps: list[str] = []

    class Worker(Toy):
        async def work(self) -> None:
            while True:
                await trio.sleep(1)
                self.note("log", {"message": "tick"})

        async def close(self) -> None:
            steps.append("close")

    @asynccontextmanager
    async def factory(config: dict[str, Any], note: Note) -> AsyncIterator[Worker]:
        async with trio.open_nursery() as nursery:
            worker = Worker(config, note)
            nursery.start_soon(worker.work)
            yield worker
            nursery.cancel_scope.cancel()
        steps.append("left")

    notes: list[Any] = []

    async def main(scene: Scene) -> None:
        instance = await opened(factory, scene, notes)
        await scene.sleep(3_500)
        await instance.close()

    history = play(main)
    assert [number for number, _, _ in notes] == [1, 2, 3]
    assert steps == ["close", "left"]
    assert list(history.of_kind("driver-problem")) == []


@pytest.mark.parametrize("where", ["factory", "context"])
def test_a_factory_that_raises_is_a_target_problem(play: Any, where: str) -> None:
    """Whether it raises itself or when its context is entered."""

    @asynccontextmanager
    async def context(config: dict[str, Any], note: Note) -> AsyncIterator[None]:
        raise RuntimeError("not today")
        yield

    async def factory(config: dict[str, Any], note: Note) -> None:
        raise RuntimeError("not today")

    async def main(scene: Scene) -> None:
        await opened(context if where == "context" else factory, scene)

    with pytest.raises(TargetProblem, match="RuntimeError: not today"):
        play(main)


def test_a_sender_on_trio_reaches_the_servers_of_the_scene(play: Any) -> None:
    """An unmodified httpx client inside trio talks to an aiohttp server outside of it."""
    replies: list[Any] = []

    class Client:
        def __init__(self, config: dict[str, Any], note: Note) -> None:
            self.url = config["url"]

        async def stop(self) -> dict[str, Any]:
            async with httpx.AsyncClient(verify=False) as client:
                answer: dict[str, Any] = (await client.get(self.url)).json()
                return answer

    async def handle(request: web.Request) -> web.Response:
        return web.json_response({"last_accepted_seq": 3})

    async def main(scene: Scene) -> None:
        app = web.Application()
        app.router.add_get("/", handle)
        site = await scene.serve(app, server="backend", classify=lambda *_: "any")
        instance = await opened(Client, scene, url=site.url)
        replies.append(await instance.call(Verb("stop"), {}, 5_000))

    play(main)
    assert (replies[0].outcome, replies[0].value) == ("ok", {"last_accepted_seq": 3})
