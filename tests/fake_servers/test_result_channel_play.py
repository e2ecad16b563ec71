"""What a case and a play make of the control plane: each shape of a hello_ack, and what is said, dropped, held or poisoned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from streamproof.fake_servers.result_channel.frames_to_say import HARMLESS, ILLEGAL
from streamproof.harness.faults.drop_frame import DropFrame

from .result_channel_agent import NOBODY, Agent, final, hello, output, plane_for, said, serve, signed_headers, taken

Runner = Callable[..., Any]
RANGE = {"task_id": "t", "execution_attempt_id": "a", "stream": "stdout", "truncated_locally": False}


# --- shapes of hello_acks


def welcomed(reading: Runner, shape: dict[str, Any], heard: int = 1, faults: Any = (), **listed: Any) -> tuple[Any, Agent, Any]:
    """Two outputs are accepted on a plain session; then comes one with the shape, whose hello lists this."""
    found: list[Any] = []

    async def play(r: Any) -> None:
        plane = plane_for(r, hello_acks=[{}, shape])
        url = await serve(r, plane)
        first = await Agent.welcome(r, url)
        await first.say(output("o1", 1), output("o2", 2))
        await r.until(lambda: len(first.acked) == 2)
        await first.ws.close()
        second = await Agent.dial(r, url)
        await second.say(hello("h2", **listed))
        await r.until(lambda: len(second.heard) >= heard)
        await r.scene.sleep(1_000)
        assert len(second.heard) == heard
        found.extend((second, plane))

    history = reading(play, faults)
    return history, found[0], found[1]


def test_directives_that_are_absent_and_empty(reading: Runner) -> None:
    """Null, left out, or an empty list are three things."""
    names = ("acknowledged_final_message_ids", "discarded_attempts", "output_replay")
    plain_ack = welcomed(reading, {"delivery": False})[1].of_type("agent.hello_ack")[0]
    assert [plain_ack[name] for name in names] == [None] * 3
    assert (plain_ack["acked_message_id"], plain_ack["acked_type"], plain_ack["delivery_enabled"]) == ("h2", "agent.hello", False)
    assert not set(names) & set(welcomed(reading, {"omit": True})[1].of_type("agent.hello_ack")[0])
    empty = welcomed(reading, {"finals": "empty", "discarded": "empty", "replay": "empty"})[1].of_type("agent.hello_ack")[0]
    assert [empty[name] for name in names] == [[]] * 3


def test_finals_that_a_hello_lists_are_taken_from_it(reading: Runner) -> None:
    """They are accepted and count as acknowledged, once."""
    row = {"message_id": "f", "task_id": "t", "execution_attempt_id": "a", "status": "failed", "exit_code": 3}
    history, agent, plane = welcomed(reading, {"finals": "listed"}, unacked_finals=[row, {"broken": 1}])
    assert agent.of_type("agent.hello_ack")[0]["acknowledged_final_message_ids"] == ["f"]
    assert plane.facts("t", "a").final
    assert plane.facts("t", "a").acked
    assert taken(history) == ["accepted", "accepted", "accepted"]
    assert plane.ledger.take_final("t", "a", "f", {"status": "failed", "exit_code": 3, "output": "x"}).taken_as == "duplicate"
    assert plane.ledger.take_final("t", "a", "f", {"status": "completed", "exit_code": 0}).taken_as == "conflict"


@pytest.mark.parametrize(
    ("replay", "first", "last", "expected"),
    [("missing", 1, 5, 3), ("missing", 3, 3, 3), ("missing", 4, 5, None), ("missing", 1, 2, None), ("from-one", 2, 5, 1)],
)
def test_what_is_to_be_replayed(reading: Runner, replay: str, first: int, last: int, expected: int | None) -> None:
    """From behind the highest accepted one, where that is within the listing; or from 1 on, whatever is listed."""
    listed = [{**RANGE, "first_sequence": first, "last_sequence": last}]
    _, agent, _ = welcomed(reading, {"replay": replay}, unacked_output=listed)
    place = {name: value for name, value in RANGE.items() if name != "truncated_locally"}
    rows = [] if expected is None else [{**place, "next_sequence": expected}]
    assert agent.of_type("agent.hello_ack")[0]["output_replay"] == rows


def test_a_discarded_attempt_is_not_delivered_again(reading: Runner) -> None:
    """The hello lists it as not started, the hello_ack discards it."""

    async def play(r: Any) -> None:
        plane = plane_for(r, hello_acks=[{"discarded": "not-started"}])
        url = await serve(r, plane)
        plane.add_task("t", "a", "true", via="socket")
        row = {"task_id": "t", "execution_attempt_id": "a", "received_at": "2026-01-02T03:04:05Z"}
        agent = await Agent.welcome(r, url, received_not_started=[row])
        [discarded] = agent.of_type("agent.hello_ack")[0]["discarded_attempts"]
        assert (discarded["task_id"], discarded["execution_attempt_id"]) == ("t", "a")
        await r.scene.sleep(100)
        assert agent.deliveries() == []
        assert plane.facts("t", "a").discarded

    reading(play)


def test_false_and_missing_hello_acks_make_no_session(reading: Runner) -> None:
    """The connection stays until the faults stop, and is then closed as going away; a right one, once or twice, begins a session."""

    async def play(r: Any) -> None:
        plane = plane_for(r, hello_acks=[{"ack": "wrong-id", "finals": "listed"}, {"ack": "never"}, {"ack": "twice", "after_ms": 200}])
        url = await serve(r, plane)
        plane.add_task("t", "a", "true", via="socket")
        agents = []
        for number in range(2):
            agents.append(await Agent.dial(r, url))
            await agents[-1].say(hello(f"h{number}"))
            await r.scene.sleep(100)
            assert not plane.session_active
        assert [payload["acked_message_id"] == "h0" for payload in agents[0].of_type("agent.hello_ack")] == [False]
        assert agents[1].heard == []
        agents.append(await Agent.dial(r, url))
        await agents[2].say(hello("h2"))
        await r.scene.sleep(199)
        assert agents[2].heard == []
        await r.scene.sleep(10)
        assert [payload["acked_message_id"] for payload in agents[2].of_type("agent.hello_ack")] == ["h2", "h2"]
        assert agents[2].deliveries() == [("t", "a")]
        r.scene.plan.heal()
        assert [await agent.ended() for agent in agents[:2]] == [(1001,), (1001,)]
        assert plane.session_active
        assert await r.client.get(url + "/nothing") is not None

    history = reading(play)
    assert said(history) == ["hello-ack", "hello-ack", "deliver", "harmless"]
    assert [entry.data["by"] for entry in history.of_kind("socket-over")][:2] == ["server", "server"]


def test_after_the_faults_every_hello_ack_is_plain(reading: Runner) -> None:
    """Also one that is due already; a session that a lost hello_ack has kept from beginning is closed."""

    async def play(r: Any) -> None:
        plane = plane_for(r, hello_acks=[{}, {"ack": "wrong-id", "after_ms": 100, "replay": "empty"}])
        url = await serve(r, plane)
        lost = await Agent.dial(r, url)
        await lost.say(hello("h1"))
        due = await Agent.dial(r, url)
        await due.say(hello("h2"))
        await r.scene.sleep(50)
        r.scene.plan.heal()
        assert await lost.ended() == (1001,)
        await r.until(lambda: plane.session_active)
        await r.scene.sleep(1)
        [payload] = due.of_type("agent.hello_ack")
        assert (payload["acked_message_id"], payload["output_replay"]) == ("h2", None)

    reading(play, (DropFrame(endpoint="agent.hello_ack"),))


# --- what a play does


@pytest.mark.parametrize("what", ILLEGAL)
def test_what_an_agent_must_close_on(reading: Runner, what: str) -> None:
    """It goes out as it is, is written down as illegal, and no ping follows it."""

    async def play(r: Any) -> None:
        plane = plane_for(r)
        agent = await Agent.welcome(r, await serve(r, plane))
        await r.scene.sleep(10)
        pings = len([entry for entry in r.entries("control") if entry["what"] == "ping"])
        agent.reading.cancel()
        await r.scene.sleep(1)
        assert plane.say(what)
        heard = await agent.ws.receive()
        [entry] = [entry for entry in r.entries("said") if entry["illegal"]]
        assert entry["meant"] == "illegal"
        assert (entry["envelope"] is None) == (what in ("bad-json", "array", "binary"))
        assert isinstance(heard.data, bytes) == (what == "binary")
        assert len([entry for entry in r.entries("control") if entry["what"] == "ping"]) == pings

    reading(play)


def test_what_does_no_harm(reading: Runner) -> None:
    """Each is said; an ack can only be repeated once there was one; nothing is said to nobody."""

    async def play(r: Any) -> None:
        plane = plane_for(r)
        url = await serve(r, plane)
        assert not plane.say("ack-unknown")
        assert not plane.drop("fin")
        assert not plane.gap("t", "a", "stdout", 0)
        agent = await Agent.welcome(r, url)
        assert not plane.say("ack-again")
        assert not plane.gap("t", "a", "stdout", 0)
        await agent.say(output("o1", 1))
        await r.until(lambda: agent.acked == ["o1"])
        assert all(plane.say(what) for what in HARMLESS)
        assert plane.gap("t", "a", "stdout", "true")
        assert plane.gap("t", "a", "stdout", 0)
        await r.until(lambda: len(agent.heard) == 10)
        assert agent.acked == ["o1", NOBODY, "o1"]
        gaps = [payload for payload in agent.of_type("error") if payload["code"] == "output_sequence_gap"]
        assert [(payload["related_message_id"], payload["highest_accepted_sequence"]) for payload in gaps] == [
            (NOBODY, 0), ("o1", 1), ("o1", 0),
        ]  # fmt: skip

    assert said(reading(play))[2:] == ["stray", "ack-again", "harmless", "harmless", "harmless", "harmless", "gap", "gap"]


def test_a_poisoned_message_is_refused_until_the_faults_stop(reading: Runner) -> None:
    """With a fatal error, that one alone."""

    async def play(r: Any) -> None:
        plane = plane_for(r)
        agent = await Agent.welcome(r, await serve(r, plane))
        plane.poison("t", "a", "final")
        await agent.say(output("o1", 1), final("f"), final("g", attempt="b"))
        await r.until(lambda: len(agent.heard) == 4)
        [error] = agent.of_type("error")
        assert (error["retryable"], error["related_message_id"]) == (False, "f")
        assert agent.acked == ["o1", "g"]
        r.scene.plan.heal()
        await agent.say(final("f"))
        await r.until(lambda: "f" in agent.acked)

    assert taken(reading(play)) == ["accepted", "refused", "accepted", "accepted"]


@pytest.mark.parametrize("world", ["sim", "loopback"])
@pytest.mark.parametrize(("how", "code"), [("fin", 1006), ("rst", 1006), ("close", 1012)])
def test_a_drop(reading: Runner, world: str, how: Any, code: int) -> None:
    """The agent sees its connection end that way, and the record says who it was."""

    async def play(r: Any) -> None:
        plane = plane_for(r)
        agent = await Agent.welcome(r, await serve(r, plane))
        assert plane.drop(how, 1012)
        assert await agent.ended() == (code,)
        await r.until(lambda: bool(r.entries("socket-over", "closed")) and plane.moves and not plane._open)

    history = reading(play, world=world)
    assert next(history.of_kind("socket-over")).data["by"] == "server"
    if how != "close":
        assert next((entry.data["by"], entry.data["how"]) for entry in history.of_kind("closed")) == ("server", how)


def test_a_hold_refuses_upgrades(reading: Runner) -> None:
    """For its time, or until the faults stop; the open socket stays."""

    async def play(r: Any) -> None:
        plane = plane_for(r)
        url = await serve(r, plane)
        await Agent.welcome(r, url)

        async def dial() -> int:
            headers = {**signed_headers(), "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
            headers["Sec-WebSocket-Key"] = "AAAAAAAAAAAAAAAAAAAAAA=="
            async with r.client.get(url + "/api/v1/agents/ws", headers=headers) as answer:
                return int(answer.status)

        plane.hold(100)
        assert await dial() == 503
        assert plane.session_active
        await r.scene.sleep(101)
        assert await dial() == 101
        plane.hold(5_000)
        assert await dial() == 503
        r.scene.plan.heal()
        assert await dial() == 101

    assert [entry.data["on"] for entry in reading(play).of_kind("held")] == [True, False, True, False]
