"""The control plane of the result channel on its wire: signatures, envelopes, the sequence rule, finals, delivery, reports."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from yarl import URL

from .result_channel_agent import Agent, envelope, final, hello, output, plain, plane_for, serve, signed_headers

Runner = Callable[..., Any]


@pytest.mark.parametrize("world", ["sim", "loopback"])
def test_a_whole_session(reading: Runner, world: str) -> None:
    """Hello, a delivery, outputs of both streams and a final: all are taken and acknowledged, pings prove that the acks were read."""

    async def play(r: Any) -> None:
        plane = plane_for(r, base="/b//")
        url = await serve(r, plane)
        plane.add_task("t", "a", "true", via="socket", priority=3)
        agent = await Agent.dial(r, url, "/b/api/v1/agents/ws")
        await agent.say(hello("h"))
        assert await plane.until(lambda: plane.session_active, 5_000)
        await r.until(lambda: bool(agent.deliveries()))
        assert agent.of_type("task.deliver") == [{"command": "true", "priority": 3}]
        await agent.say(plain("task.received", "r"), plain("task.started", "s"))
        await agent.say(output("o1", 1, "é"), output("e1", 1, "w", "stderr"), output("o2", 2), final("f"))
        assert await plane.until(lambda: plane.facts("t", "a").acked, 5_000)
        await r.until(lambda: len(agent.acked) == 4)
        await agent.ws.close(code=1000)
        await r.until(lambda: not plane.sockets_open)
        assert agent.acked == ["o1", "e1", "o2", "f"]
        assert [payload.get("highest_output_sequence") for payload in agent.of_type("ack")] == [1, 1, 2, None]
        facts = plane.facts("t", "a")
        assert (facts.received, facts.started, facts.outputs, facts.final) == (True, True, 3, True)

    history = reading(play, world=world)
    entries = [(entry.kind, entry.data) for entry in history.entries]
    assert [data["problems"] for kind, data in entries if kind in ("frame", "signed")] == [[]] * 8
    assert [(data["as"], data["stream"], data["sequence"], data["highest"]) for kind, data in entries if kind == "taken"] == [
        ("accepted", "stdout", 1, 1), ("accepted", "stderr", 1, 1), ("accepted", "stdout", 2, 2), ("accepted", None, None, None),
    ]  # fmt: skip
    assert [(data["meant"], data["answers"]) for kind, data in entries if kind == "said"] == [
        ("hello-ack", 1), ("deliver", None), ("ack", 4), ("ack", 5), ("ack", 6), ("ack", 7),
    ]  # fmt: skip
    controls = [(data["by"], data["what"], data["data"]) for kind, data in entries if kind == "control"]
    pings = [data for by, what, data in controls if (by, what) == ("server", "ping")]
    assert pings == [str(number) for number in range(1, len(pings) + 1)]
    assert len(pings) > 1
    assert {("agent", "pong", "1"), ("agent", "close", "")} <= set(controls)
    assert [data["by"] for kind, data in entries if kind == "socket-over"] == ["agent"]
    heads = next(data["headers"] for kind, data in entries if kind == "request")
    assert dict(map(tuple, heads))["X-Signature"] == "valid"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"text": "something else"}, "X-Signature does not verify"),
        ({"agent": "agent-2"}, "X-Agent-ID is 'agent-2', not 'agent-1'"),
        ({"timestamp": "1"}, "ms from the clock"),
        ({"timestamp": "now"}, "not whole seconds"),
        ({"nonce": "AAAA"}, "not base64 of 16 bytes"),
    ],
)
def test_a_wrong_signature_is_a_finding(reading: Runner, changes: dict[str, str], problem: str) -> None:
    """It is written down with its reason, and the upgrade is accepted all the same."""

    async def play(r: Any) -> None:
        plane = plane_for(r)
        await Agent.dial(r, await serve(r, plane), **changes)
        assert plane.sockets_open == 1

    signed = next(reading(play).of_kind("signed")).data
    assert len(signed["problems"]) == 1
    assert problem in signed["problems"][0]


def test_a_nonce_is_for_one_upgrade(reading: Runner) -> None:
    """The second one with the same nonce is found; a request that is no upgrade may repeat it; missing headers are named."""

    async def play(r: Any) -> None:
        url = await serve(r, plane_for(r))
        headers = signed_headers()
        for _ in range(2):
            await r.client.ws_connect(url + "/api/v1/agents/ws", headers=headers)
        await r.client.get(url + "/api/v1/tasks", headers=headers)
        await r.client.get(url + "/api/v1/tasks")

    problems = [entry.data["problems"] for entry in reading(play).of_kind("signed")]
    assert [len(each) for each in problems] == [0, 1, 0, 4]
    assert "earlier upgrade" in problems[1][0]


def test_timestamps_stand_for_their_second(reading: Runner) -> None:
    """One that is 5 s old is fresh, one that is 6 s old is not."""

    async def play(r: Any) -> None:
        url = await serve(r, plane_for(r))
        await r.scene.sleep(700)

        for age in (0, 5, 6, -5, -6):
            await Agent.dial(r, url, timestamp=str(int(time.time()) - age))

    signed = [entry.data for entry in reading(play).of_kind("signed")]
    assert [bool(entry["problems"]) for entry in signed] == [False, False, True, False, True]
    assert [entry["skew_ms"] for entry in signed] == [0, 4_701, 5_701, 4_300, 5_300]


def test_the_sequence_rule(reading: Runner) -> None:
    """The expected one is accepted, a lower one is acknowledged again, a higher one is a gap behind the highest, 0 included; streams and
    attempts are apart; a place that is taken by another message is a conflict."""

    async def play(r: Any) -> None:
        agent = await Agent.welcome(r, await serve(r, plane_for(r)))
        await agent.say(output("o2", 2), output("o1", 1), output("o2", 2), output("o1", 1), output("x1", 1), output("o4", 4))
        await agent.say(output("e2", 2, stream="stderr"), output("b1", 1, attempt="b"), output("o1", 3), output("o2", 2, "other"))
        await r.until(lambda: len(agent.heard) == 11)
        gaps = [(payload["related_message_id"], payload["highest_accepted_sequence"]) for payload in agent.of_type("error")]
        assert gaps == [("o2", 0), ("o4", 2), ("e2", 0)]
        assert all(payload["code"] == "output_sequence_gap" and payload["retryable"] is True for payload in agent.of_type("error"))
        assert agent.acked == ["o1", "o2", "o1", "x1", "b1", "o1", "o2"]
        assert [payload["highest_output_sequence"] for payload in agent.of_type("ack")] == [1, 2, 2, 2, 1, 2, 2]

    taken = [entry.data["as"] for entry in reading(play).of_kind("taken")]
    assert taken == ["gap", "accepted", "accepted", "duplicate", "conflict", "gap", "gap", "accepted", "conflict", "conflict"]


def test_a_final_is_accepted_once_and_acknowledged_always(reading: Runner) -> None:
    """The same again is a duplicate; another id, or another ending, is a conflict."""

    async def play(r: Any) -> None:
        agent = await Agent.welcome(r, await serve(r, plane_for(r)))
        await agent.say(final("f"), final("f"), final("g"), final("f", "failed", 1), final("f", attempt="b"))
        await r.until(lambda: len(agent.acked) == 5)
        assert agent.acked == ["f", "f", "g", "f", "f"]

    taken = [entry.data["as"] for entry in reading(play).of_kind("taken")]
    assert taken == ["accepted", "duplicate", "conflict", "conflict", "conflict"]


@pytest.mark.parametrize(
    ("frame", "problem"),
    [
        (output("o", 1) | {"protocol_version": "1"}, "protocol_version is '1', not 1"),
        (output("", 1), "message_id is '', not a text that is not empty"),
        (output("o", 1) | {"agent_id": "other"}, "agent_id is 'other', not 'agent-1'"),
        (output("o", 1) | {"sent_at": "2026-01-02 03:04:05"}, "sent_at is '2026-01-02 03:04:05', not an RFC 3339 time in UTC"),
        (output("o", 1) | {"task_id": ""}, "task_id is '', not a text that is not empty"),
        (output("o", 0), "sequence is 0, not an integer from 1 on"),
        (final("f") | {"sequence": 1}, "sequence is 1, which only task.output has"),
        (output("o", 1) | {"payload": None}, "payload is missing or null, not an object"),
        (envelope("task.deliver", "d", {}, task_id="t", execution_attempt_id="a"), "type is 'task.deliver', which no agent sends"),
        (envelope("task.telemetry", "d", {}, task_id="t", execution_attempt_id="a"), "type is 'task.telemetry', none of the contract"),
        (envelope("agent.hello", "h", {}) | {"type": ["x"]}, "type is ['x'], none of the contract"),
        (output("o", 1, stream="stdin"), "payload.stream is not 'stdout' or 'stderr'"),
        (final("f", "done"), "payload.status is not 'completed', 'failed' or 'interrupted'"),
        (plain("task.started", "s") | {"payload": {"k": 1}}, "payload.k stands in a payload that is empty"),
        (hello("h", unacked_output=[{"stream": "stdout"}]), "payload.unacked_output[0].task_id is missing"),
        (hello("h", running_task={"task_id": "t"}), "payload.running_task.execution_attempt_id is missing"),
        (hello("h", capabilities={"results_enabled": 1}), "payload.capabilities.results_enabled is not true or false"),
        (hello("h", received_not_started=None), "payload.received_not_started is not a list"),
        ([1], "it is an array, not an object"),
        ({**output("o", 1, "?")} | {"payload": {"stream": "stdout", "data": "\ud800", "byte_count": 3}}, "half a surrogate pair"),
    ],
)
def test_what_is_wrong_with_an_envelope(reading: Runner, frame: Any, problem: str) -> None:
    """Each rule of the table, said exactly; the connection goes on."""

    async def play(r: Any) -> None:
        plane = plane_for(r)
        agent = await Agent.dial(r, await serve(r, plane))
        await agent.say(frame)
        await agent.say(hello("h2"))
        await r.until(lambda: plane.session_active)

    history = reading(play)
    first, second = (entry.data for entry in history.of_kind("frame"))
    assert problem in first["problems"][0]
    assert second["problems"] == []
    assert history.to_ndjson().isascii()


def test_frames_that_are_no_json_and_no_text(reading: Runner) -> None:
    """NaN is no JSON either; nothing comes of them."""

    async def play(r: Any) -> None:
        agent = await Agent.dial(r, await serve(r, plane_for(r)))
        await agent.ws.send_str("{")
        await agent.ws.send_str('{"a": NaN}')
        await agent.ws.send_bytes(b"{}")
        await r.until(lambda: len(r.entries("frame")) == 3)
        assert [entry["problems"][0].split(":")[0] for entry in r.entries("frame")] == [
            "it is no JSON", "it is no JSON", "it is a binary frame of 2 bytes, not a text",
        ]  # fmt: skip

    reading(play)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"\x83\x80\x00\x00\x00\x00", "opcode=3"),
        (b"\x81\x82\x00\x00\x00\x00\xff\xff", "UTF-8"),
        (b"\x01\x81\x00\x00\x00\x00a\x81\x81\x00\x00\x00\x00b", "non-fin frame"),
    ],
)
def test_what_is_no_websocket_is_a_finding(reading: Runner, raw: bytes, problem: str) -> None:
    """Unknown opcodes, broken UTF-8, frames inside one another: written down with the end of the socket, and nothing of ours breaks."""

    async def play(r: Any) -> None:
        agent = await Agent.dial(r, await serve(r, plane_for(r)))
        transport = agent.ws._response.connection.transport
        transport.write(raw)
        await r.until(lambda: bool(r.entries("socket-over")))

    history = reading(play)
    over = next(history.of_kind("socket-over")).data
    assert (over["by"], over["code"] in (1002, 1007)) == ("server", True)
    assert problem in over["problem"]
    assert not list(history.of_kind("harness-fault"))


def test_a_connection_that_breaks(reading: Runner) -> None:
    """Without a close it is over as broken; what the agent says with its own close is written down."""

    async def play(r: Any) -> None:
        plane = plane_for(r)
        url = await serve(r, plane)
        first = await Agent.dial(r, url)
        first.ws._response.connection.transport.abort()
        second = await Agent.dial(r, url)
        await second.ws.close(code=4_001, message=b"bye")
        await r.until(lambda: not plane.sockets_open)

    history = reading(play)
    assert [(entry.data["by"], entry.data["code"]) for entry in history.of_kind("socket-over")] == [("broken", None), ("agent", 4_001)]
    assert [(entry.data["data"], entry.data["code"]) for entry in history.of_kind("control")] == [("bye", 4_001)]


def test_a_delivery_comes_on_each_session_until_something_is_seen_of_it(reading: Runner) -> None:
    """And once more for each duplicate that a play wants, whatever its state; never to an agent that has delivery switched off."""

    async def play(r: Any) -> None:
        plane = plane_for(r)
        url = await serve(r, plane)
        plane.add_task("t", "a", "true", via="socket")
        off = {"capabilities": {"results_enabled": True, "delivery_enabled": False}}
        assert (await Agent.welcome(r, url, **off)).deliveries() == []
        for _ in range(2):
            agent = await Agent.welcome(r, url)
            await r.until(lambda: bool(agent.deliveries()))  # noqa: B023 - asked before the next round
        await agent.say(plain("task.received", "r"))
        await plane.until(lambda: plane.facts("t", "a").received, 1_000)
        plane.add_task("t2", "a", "true", via="socket")
        plane.deliver("t", "a", "socket")
        await r.until(lambda: len(agent.deliveries()) == 3)
        assert agent.deliveries() == [("t", "a"), ("t2", "a"), ("t", "a")]
        plane.drop("close", 1001)
        assert await agent.ended() == (1001,)
        plane.deliver("t", "a", "socket")
        later = await Agent.welcome(r, url)
        await r.until(lambda: len(later.deliveries()) == 2)
        assert later.deliveries() == [("t", "a"), ("t2", "a")]

    reading(play)


def test_polling_and_reports(reading: Runner) -> None:
    """A polled task is listed until it is over, then once for each duplicate; ids are one segment, decoded; reports are checked."""

    async def play(r: Any) -> None:
        plane = plane_for(r)
        url = (await serve(r, plane)) + "/api/v1/tasks"
        plane.add_task("a/b ?é", "", "true", via="poll", priority=1)
        plane.add_task("17", "x", "true", via="poll")

        async def listed() -> list[Any]:
            return [row["id"] for row in await (await r.client.get(url, headers=signed_headers())).json()]

        async def report(segment: str, **body: Any) -> int:
            target = URL(f"{url}/{segment}", encoded=True)
            return int((await r.client.put(target, json=body, headers=signed_headers())).status)

        rows = await (await r.client.get(url, headers=signed_headers())).json()
        assert rows[0] == {"id": "a/b ?é", "execution_attempt_id": "", "command": "true", "status": "pending", "priority": 1}
        assert [row["id"] for row in rows] == ["a/b ?é", 17]
        done = {"status": "completed", "output": "x" * 2_000_000, "error": "", "exit_code": 0}
        assert await report("a/b", **done) == 404
        assert await report("unknown", **done) == 404
        assert await report("17", status="done", output="") == 400
        assert [await report("a%2Fb%20%3F%C3%A9", **done) for _ in range(2)] == [200, 200]
        assert await listed() == [17]
        plane.deliver("a/b ?é", "", "poll")
        assert [await listed(), await listed()] == [["a/b ?é", 17], [17]]
        assert plane.facts("a/b ?é", "").reported
        assert not plane.facts("17", "x").reported

    history = reading(play)
    reports = [(entry.data["task"], entry.data["status"], entry.data["again"]) for entry in history.of_kind("reported")]
    assert reports == [("unknown", 404, False), ("17", 400, False), ("a/b ?é", 200, False), ("a/b ?é", 200, True)]
    problems = [entry.data["problems"] for entry in history.of_kind("reported")][1]
    assert problems == [
        "status is not 'completed', 'failed' or 'interrupted'",
        "exit_code is missing",
        "error is missing",
    ]
