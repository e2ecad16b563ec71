"""The scripted model: which turn it gives, how it streams it, and how a script or a fault makes it fail."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from streamproof.harness.faults.content_type import ContentType
from streamproof.harness.faults.cut import Cut
from streamproof.harness.faults.end_stream import EndStreamFault
from streamproof.harness.faults.lose_answer import LoseAnswer
from streamproof.harness.faults.restart import Restart
from streamproof.harness.faults.stall import Stall
from streamproof.harness.faults.status import Status
from streamproof.harness.faults.terminal import TerminalFault

from .durable_fakes import Fakes, message

Runner = Callable[..., Any]
AT = {"endpoint": "completion"}

TEXT = message("a-1", {"text": ["Hello ", "you."]})
CALLS = message(
    "b-1",
    {"text": ["Wait. "], "calls": [{"id": "c1", "name": "pay", "arguments": {"amount": 7}}, {"id": "c2", "name": "note"}]},
    {"text": ["Done."]},
)


def deltas(chunks: list[Any]) -> list[Any]:
    return [chunk["choices"][0]["delta"] for chunk in chunks if chunk is not None and chunk["choices"]]


async def all_of(answer: aiohttp.ClientResponse) -> tuple[bytes, str]:
    """What arrives of a body, and with which error it ends."""
    data = bytearray()
    try:
        async for piece in answer.content.iter_any():
            data += piece
    except aiohttp.ClientError as error:
        return bytes(data), type(error).__name__
    return bytes(data), ""


@pytest.mark.parametrize("world", ["sim", "loopback"])
def test_a_text_as_a_stream(reading: Runner, world: str) -> None:
    """The role, each piece in a chunk of its own, the finish, [DONE]; what was asked for is written down."""

    async def play(r: Any) -> None:
        fakes = await Fakes(r).start()
        chunks = await fakes.say([{"role": "system", "content": "Be kind."}, TEXT])
        assert deltas(chunks) == [{"role": "assistant", "content": ""}, {"content": "Hello "}, {"content": "you."}, {}]
        assert [chunk["choices"][0]["finish_reason"] for chunk in chunks[:-1]] == [None, None, None, "stop"]
        assert chunks[-1] is None
        assert r.entries("turn") == [{"request": 1, "script": "a-1", "turn": 0, "tools": [], "earlier": [], "stream": True, "says": "text"}]
        assert [row["endpoint"] for row in r.entries("request")] == ["completion"]
        assert [row["how"] for row in r.entries("stream-over")] == ["clean"]

    reading(play, world=world)


def test_calls_come_in_pieces(reading: Runner) -> None:
    """Id and name come first, then the arguments in two pieces, for each call in order; the finish says tool_calls."""

    async def play(r: Any) -> None:
        fakes = await Fakes(r).start()
        chunks = await fakes.say([CALLS])
        calls = [delta["tool_calls"][0] for delta in deltas(chunks) if "tool_calls" in delta]
        assert [(call["index"], call.get("id"), call["function"].get("name"), call["function"]["arguments"]) for call in calls] == [
            (0, "c1", "pay", ""),
            (0, None, None, '{"amou'),
            (0, None, None, 'nt":7}'),
            (1, "c2", "note", ""),
            (1, None, None, "{"),
            (1, None, None, "}"),
        ]
        assert chunks[-2]["choices"][0]["finish_reason"] == "tool_calls"

    reading(play)


def test_an_answer_in_one_piece(reading: Runner) -> None:
    """Without stream the same turn is one object, under the base without /v1, too."""

    async def play(r: Any) -> None:
        fakes = await Fakes(r).start()
        for path in ("/v1/chat/completions", "/chat/completions"):
            answer = await (await fakes.ask([CALLS], path)).json()
            assert answer["object"] == "chat.completion"
            assert answer["choices"][0]["finish_reason"] == "tool_calls"
            assert answer["choices"][0]["message"]["content"] == "Wait. "
            assert [call["function"]["arguments"] for call in answer["choices"][0]["message"]["tool_calls"]] == ['{"amount":7}', "{}"]
            assert answer["usage"]["total_tokens"] == 4
        assert [row["stream"] for row in r.entries("turn")] == [False, False]

    reading(play)


def test_usage_when_it_is_asked_for(reading: Runner) -> None:
    """Then a chunk without choices stands before [DONE]."""

    async def play(r: Any) -> None:
        fakes = await Fakes(r).start()
        chunks = await fakes.say([TEXT], stream_options={"include_usage": True})
        assert (chunks[-2]["choices"], chunks[-2]["usage"]["completion_tokens"]) == ([], 2)
        assert all("usage" not in chunk for chunk in chunks[:-2])

    reading(play)


def test_the_turn_is_counted_behind_the_last_user_message(reading: Runner) -> None:
    """Older messages do not count, the same turn is the same bytes again, and results of tools are written down in order."""
    before = [message("old-1", {"text": ["x"]}), {"role": "assistant", "content": "x"}, {"role": "user", "content": "script:%"}]
    behind = [
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "tool", "tool_call_id": "c1", "content": "paid"},
        {"role": "tool", "tool_call_id": "c2", "content": [{"type": "text", "text": "no"}, {"type": "text", "text": "ted"}]},
    ]

    async def play(r: Any) -> None:
        fakes = await Fakes(r).start()
        first = await fakes.say([*before, CALLS, *behind])
        assert deltas(first)[1] == {"content": "Done."}
        assert await fakes.say([*before, CALLS, *behind]) == first
        turn = r.entries("turn")[0]
        assert (turn["script"], turn["turn"], turn["earlier"]) == ("b-1", 1, ["old-1"])
        assert turn["tools"] == [{"id": "c1", "content": "paid"}, {"id": "c2", "content": "noted"}]

    reading(play)


def test_parts_no_script_and_beyond(reading: Runner) -> None:
    """The script may come in parts; without one there is a fixed text, behind its end a closing one, and no user is no script."""
    parts = {"role": "user", "content": [{"type": "text", "text": TEXT["content"]}, {"type": "image_url", "image_url": {"url": "data:,"}}]}

    async def play(r: Any) -> None:
        fakes = await Fakes(r).start()
        assert deltas(await fakes.say([parts]))[1:3] == [{"content": "Hello "}, {"content": "you."}]
        plain = await fakes.say([{"role": "user", "content": "hello"}])
        assert plain[-2]["choices"][0]["finish_reason"] == "stop"
        assert deltas(plain)[1]["content"].startswith("There is no script")
        beyond = await fakes.say([TEXT, {"role": "assistant", "content": "Hello you."}])
        assert [delta.get("content") for delta in deltas(beyond)] == ["", "That is all.", None]
        await fakes.say([])
        assert [row["says"] for row in r.entries("turn")] == ["text", "unknown", "beyond", "unknown"]

    reading(play)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/chat/completions", b"{", 400),
        ("/v1/chat/completions", b'{"messages": 1}', 400),
        ("/v1/chat/completions", b'{"messages": ["x"]}', 400),
        ("/v1/chat/completions", b'{"messages": [{"role": "user", "content": "script:e30="}]}', 400),
        ("/v1/models", b"{}", 404),
    ],
)
def test_what_is_no_question(reading: Runner, path: str, body: bytes, status: int) -> None:
    """It is refused with the error object of that API, and is no turn."""

    async def play(r: Any) -> None:
        fakes = await Fakes(r).start()
        answer = await r.client.post(fakes.url["model"] + path, data=body)
        assert answer.status == status
        assert (await answer.json())["error"]["type"] == "invalid_request_error"
        assert r.entries("turn") == []

    reading(play)


@pytest.mark.parametrize("stream", [True, False])
def test_a_turn_that_fails(reading: Runner, stream: bool) -> None:
    """Every time, with the status of the script."""

    async def play(r: Any) -> None:
        fakes = await Fakes(r).start()
        for _ in range(2):
            answer = await fakes.ask([message("a", {"status": 500})], stream=stream)
            assert (answer.status, (await answer.json())["error"]["type"]) == (500, "server_error")
        assert [row["says"] for row in r.entries("turn")] == ["error", "error"]

    reading(play)


@pytest.mark.parametrize("world", ["sim", "loopback"])
@pytest.mark.parametrize(("cut_after", "contents"), [(0, [""]), (1, ["", "Hello "]), (9, ["", "Hello ", "you."])])
def test_a_turn_that_is_cut(reading: Runner, world: str, cut_after: int, contents: list[str]) -> None:
    """Exactly so many pieces arrive, then the connection ends in the middle of the answer, every time."""

    async def play(r: Any) -> None:
        fakes = await Fakes(r).start()
        for _ in range(2):
            answer = await fakes.ask([message("a", {"text": ["Hello ", "you."], "cut_after": cut_after})], stream=True)
            data, error = await all_of(answer)
            assert error == "ClientPayloadError"
            assert data.count(b"data:") == len(contents)
            assert b"".join(f'"content":"{text}"'.encode() for text in contents[-1:]) in data
        assert [row["how"] for row in r.entries("stream-over")] == ["aborted", "aborted"]
        with pytest.raises(aiohttp.ClientError):
            await fakes.ask([message("a", {"text": ["x"], "cut_after": 0})])

    reading(play, world=world)


def test_a_pause_between_pieces(reading: Runner) -> None:
    """It lies between the pieces alone: n pieces take n - 1 pauses."""

    async def play(r: Any) -> None:
        fakes = await Fakes(r).start()
        before_us = r.scene.now_us()
        assert len(deltas(await fakes.say([message("a", {"text": ["1", "2", "3"], "pause_ms": 500})]))) == 5
        assert r.scene.now_us() - before_us == 1_000_000

    reading(play)


def test_a_gate(reading: Runner) -> None:
    """Nothing is answered until the harness opens it, healing does not, and then it stays open."""
    gated = message("a", {"text": ["in"], "gate": "g"})

    async def play(r: Any) -> None:
        fakes = await Fakes(r).start()
        waiting = asyncio.create_task(fakes.say([gated]))
        await r.until(lambda: bool(r.entries("turn")))
        r.scene.plan.heal()
        await r.scene.sleep(10_000)
        assert not waiting.done()
        fakes.servers.open_gate("g")
        fakes.servers.open_gate("g")
        assert deltas(await waiting)[1] == {"content": "in"}
        assert deltas(await fakes.say([gated]))[1] == {"content": "in"}
        assert r.entries("gate") == [{"gate": "g", "open": True}]

    reading(play)


def test_a_gate_without_a_harness(reading: Runner) -> None:
    """It opens by itself after its time."""

    async def play(r: Any) -> None:
        fakes = await Fakes(r, gate_open_ms=3_000).start()
        await fakes.say([message("a", {"text": ["in"], "gate": "g"})])
        assert r.scene.now_us() == 3_000_000
        assert len(r.entries("gate")) == 1

    reading(play)


@pytest.mark.parametrize(
    ("fault", "fails"),
    [
        (Status(status=503, commit="none", **AT), "status 503"),
        (Restart(**AT), "no answer"),
        (LoseAnswer(**AT), "no answer"),
        (Cut(direction="answer", after_bytes=300, **AT), "cut"),
        (ContentType(**AT), "content type"),
        (EndStreamFault(after_events=2, **AT), "no end"),
        (TerminalFault(terminal="missing", **AT), "no end"),
    ],
)
def test_faults_at_the_model(reading: Runner, fault: Any, fails: str) -> None:
    """Each acts once, and the next request for the same turn is answered as ever."""

    async def outcome(fakes: Fakes) -> str:
        try:
            answer = await fakes.ask([TEXT], stream=True)
        except aiohttp.ClientError:
            return "no answer"
        if answer.status != 200:
            assert "error" in await answer.json()
            return f"status {answer.status}"
        if answer.content_type != "text/event-stream":
            return "content type"
        try:
            text = await answer.text()
        except aiohttp.ClientError:
            return "cut"
        return "whole" if text.endswith("data: [DONE]\n\n") else "no end"

    async def play(r: Any) -> None:
        fakes = await Fakes(r).start()
        assert await outcome(fakes) == fails
        assert await outcome(fakes) == "whole"
        assert r.injected() == [fault.name]

    reading(play, [fault])


def test_a_stall_ends_when_healed(reading: Runner) -> None:
    """The answer is held in the middle, and comes whole once the faults stop."""

    async def play(r: Any) -> None:
        fakes = await Fakes(r).start()
        waiting = asyncio.create_task(fakes.say([TEXT]))
        await r.scene.sleep(1_000)
        assert not waiting.done()
        r.scene.plan.heal()
        assert (await waiting)[-1] is None

    reading(play, [Stall(where="in-body", after_bytes=300, **AT)])
