"""The null drivers in process, and a server that is only a URL."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import ClientError, ClientSession

from streamproof.harness.targets.null_table import NULLS
from streamproof.harness.targets.nulls import NullTarget
from streamproof.harness.targets.url import UrlTarget
from streamproof.harness.values.errors import TargetProblem
from streamproof.harness.values.requirement import Verb
from streamproof.harness.worlds.base import Scene

STOP = Verb("stop", ("complete",), None)


def calls_of(play: Any, name: str) -> tuple[list[Any], Any]:
    """The replies to two calls, with the time in seconds when each came; and the history."""
    replies: list[Any] = []

    async def main(scene: Scene) -> None:
        instance = await NullTarget(NULLS[name]).open(scene, "s1", "ingest", "sender", {}, lambda *note: None)
        for complete in (True, False):
            reply = await instance.call(STOP, {"complete": complete}, 5_000)
            replies.append((scene.now_us() // 1_000_000, reply.outcome, dict(reply.value), reply.late))
        await scene.sleep(2_000)
        await instance.close()

    return replies, play(main)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("null-silent", [(5, "unknown", {}, True), (10, "unknown", {}, True)]),
        ("null-ok", [(0, "ok", {}, False), (0, "ok", {}, False)]),
        ("null-error", [(0, "fail", {}, False), (0, "fail", {}, False)]),
        ("null-exit", [(0, "driver_error", {}, False), (0, "driver_error", {}, False)]),
        ("null-late", [(5, "unknown", {}, True), (10, "unknown", {}, True)]),
        ("null-echo", [(0, "ok", {}, False), (0, "ok", {"complete": True}, False)]),
        ("null-missing", [(0, "unsupported", {}, False), (0, "unsupported", {}, False)]),
    ],
)
def test_each_null_driver_does_what_its_row_says(play: Any, name: str, expected: list[Any]) -> None:
    """The replies, and when they came in virtual time."""
    replies, history = calls_of(play, name)
    assert replies == expected
    assert len(list(history.of_kind("late-reply"))) == (2 if name == "null-late" else 0)
    assert [entry.data["problem"] for entry in history.of_kind("driver-problem")] == (["exit"] if name == "null-exit" else [])


def test_they_declare_everything() -> None:
    """So that no requirement is spared."""
    assert NullTarget(NULLS["null-ok"]).capabilities("ingest", "sender") == ("timing", "limits")
    assert NullTarget(NULLS["null-ok"]).capabilities("ingest", "server") is not None


def test_a_pending_call_ends_with_the_handle(play: Any) -> None:
    """A silent driver that is crashed or closed leaves nothing waiting."""
    outcomes: list[Any] = []

    async def main(scene: Scene) -> None:
        for end in ("crash", "close"):
            instance = await NullTarget(NULLS["null-silent"]).open(scene, "s1", "ingest", "sender", {}, lambda *note: None)
            pending = asyncio.ensure_future(instance.call(STOP, {"complete": True}, 5_000))
            await scene.sleep(1)
            await getattr(instance, end)()
            reply = await pending
            outcomes.append((reply.outcome, reply.late))

    play(main)
    assert outcomes == [("unknown", False)] * 2


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("null-silent", "TimeoutError"),
        ("null-ok", (200, "{}")),
        ("null-error", (500, '{"error": "a null server"}')),
        ("null-exit", "cut"),
        ("null-late", "TimeoutError behind 200 text/event-stream"),
        ("null-echo", (200, "x")),
        ("null-missing", (404, '{"error": "a null server"}')),
    ],
)
def test_as_servers_they_have_the_same_manners(play: Any, name: str, expected: Any) -> None:
    """No answer, a constant one, a connection that ends, a stream that does not, the request echoed."""
    seen: list[Any] = []
    head = ""

    async def main(scene: Scene) -> None:
        nonlocal head
        instance = await NullTarget(NULLS[name]).open(scene, "v1", "ingest", "server", {}, lambda *note: None)
        async with ClientSession() as session:
            try:
                async with asyncio.timeout(10), session.post(f"{instance.value['url']}/v1/runs/r/ingest", data=b"x") as response:
                    head = f" behind {response.status} {response.content_type}"
                    seen.append((response.status, await response.text()))
            except TimeoutError:
                seen.append(f"TimeoutError{head}")
            except ClientError:
                seen.append("cut")

    play(main)
    assert seen == [expected]


def test_a_server_that_runs_is_its_url(play: Any) -> None:
    """It is opened as it is; it has no verbs and cannot be crashed from here."""
    seen: list[Any] = []

    async def main(scene: Scene) -> None:
        target = UrlTarget("http://127.0.0.1:8080/")
        instance = await target.open(scene, "v1", "ingest", "server", {}, lambda *note: None)
        seen.append(dict(instance.value))
        seen.append((await instance.call(STOP, {"complete": True}, 5_000)).outcome)
        await instance.close()
        with pytest.raises(TargetProblem, match="was not started by Streamproof"):
            await instance.crash()
        with pytest.raises(TargetProblem, match="cannot play the role 'sender'"):
            await target.open(scene, "s1", "ingest", "sender", {}, lambda *note: None)

    play(main, "loopback")
    assert seen == [{"url": "http://127.0.0.1:8080"}, "unsupported"]
