"""What goes wrong on the socket of the control plane: each fault of a message, each shape of a hello_ack, and what a play has said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from streamproof.harness.faults.close_socket import CloseSocket
from streamproof.harness.faults.crash_at_frame import CrashAtFrame
from streamproof.harness.faults.delay_frame import DelayFrame
from streamproof.harness.faults.drop_frame import DropFrame
from streamproof.harness.faults.refuse_frame import RefuseFrame
from streamproof.harness.faults.repeat_frame import RepeatFrame
from streamproof.harness.faults.restart import Restart
from streamproof.harness.faults.status import Status
from streamproof.harness.faults.stray_ack import StrayAck

from .result_channel_agent import NOBODY, Agent, final, output, plain, plane_for, said, serve, signed_headers, taken

Runner = Callable[..., Any]


def outputs(reading: Runner, fault: Any, heard: int, *frames: Any) -> tuple[Any, Agent]:
    """A session on which three outputs are sent, or ``frames``; ``heard``: how many messages the agent then has."""
    agents = []

    async def play(r: Any) -> None:
        agent = await Agent.welcome(r, await serve(r, plane_for(r)))
        agents.append(agent)
        await agent.say(*(frames or (output("o1", 1), output("o2", 2), output("o3", 3))))
        await r.until(lambda: len(agent.heard) == heard)
        await r.scene.sleep(500)
        assert len(agent.heard) == heard
        agent.reading.cancel()  # what comes of the end of the example is not of interest

    history = reading(play, (fault,))
    assert len(list(history.of_kind("fault"))) == 1
    return history, agents[0]


# --- faults of a frame that arrives


def test_a_dropped_output_makes_a_gap(reading: Runner) -> None:
    """Nothing comes of it, not even an answer; the ones behind it are ahead."""
    history, agent = outputs(reading, DropFrame(endpoint="task.output", nth=2), 3)
    assert taken(history) == ["accepted", "dropped", "gap"]
    assert agent.acked == ["o1"]
    where = next(history.of_kind("fault")).data
    assert (where["socket"], where["number"], where["type"], where["nth"]) == (1, 3, "task.output", 2)


def test_a_delayed_output_is_overtaken(reading: Runner) -> None:
    """It is looked at when its time has come."""
    history, agent = outputs(reading, DelayFrame(endpoint="task.output", nth=1, for_ms=100), 4)
    assert taken(history) == ["gap", "gap", "accepted"]
    assert agent.acked == ["o1"]
    assert [entry.at_us for entry in history.of_kind("taken")][2] >= 100_000


def test_a_repeated_output_is_answered_as_a_duplicate(reading: Runner) -> None:
    """So often more."""
    history, agent = outputs(reading, RepeatFrame(endpoint="task.output", nth=1, count=2), 6)
    assert taken(history) == ["accepted", "duplicate", "duplicate", "accepted", "accepted"]
    assert agent.acked == ["o1", "o1", "o1", "o2", "o3"]


@pytest.mark.parametrize(("moment", "first"), [("before", "ignored"), ("after", "accepted")])
def test_a_close_at_an_output(reading: Runner, moment: Any, first: str) -> None:
    """Before it takes effect or after it, without an answer; what is behind it is not looked at, and can be told of."""
    history, agent = outputs(reading, CloseSocket(endpoint="task.output", code=1013, moment=moment), 2)
    assert taken(history)[0] == first
    assert set(taken(history)[1:]) <= {"ignored"}
    assert agent.heard[-1] == (1013,)
    over = next(history.of_kind("socket-over")).data
    assert (over["by"], over["code"], over["problem"]) == ("server", 1013, None)


@pytest.mark.parametrize(("commit", "expected"), [("none", ["refused", "gap", "gap"]), ("all", ["accepted", "accepted", "accepted"])])
def test_a_refused_output(reading: Runner, commit: Any, expected: list[str]) -> None:
    """The error names it, and stands in place of the ack."""
    history, agent = outputs(reading, RefuseFrame(endpoint="task.output", code="busy", commit=commit), 4)
    error = agent.of_type("error")[0]
    assert (error["code"], error["retryable"], error["related_message_id"]) == ("busy", True, "o1")
    assert taken(history) == expected
    assert "o1" not in agent.acked


@pytest.mark.parametrize(("related", "named"), [("nothing", None), ("unknown", NOBODY)])
def test_a_refusal_that_names_no_message(reading: Runner, related: Any, named: str | None) -> None:
    """Or one that nobody sent."""
    _, agent = outputs(reading, RefuseFrame(endpoint="task.final", related=related, retryable=False), 2, final("f"))
    assert agent.of_type("error")[0].get("related_message_id") == named
    assert agent.of_type("error")[0]["retryable"] is False


def test_a_stray_ack_of_a_message_that_nobody_sent(reading: Runner) -> None:
    """It names the place of the message, and comes before the true answer."""
    history, agent = outputs(reading, StrayAck(endpoint="task.output", nth=2), 5)
    assert agent.acked == ["o1", NOBODY, "o2", "o3"]
    assert said(history) == ["hello-ack", "ack", "stray", "ack", "ack"]
    assert agent.of_type("ack")[1]["highest_output_sequence"] == 2


def test_a_stray_ack_of_an_acknowledged_message(reading: Runner) -> None:
    """The newest one of that stream."""
    _, agent = outputs(reading, StrayAck(endpoint="task.output", nth=3, of="acked"), 5)
    assert agent.acked == ["o1", "o2", "o2", "o3"]


def test_a_stray_ack_needs_one_that_was_acknowledged(reading: Runner) -> None:
    """At the first message there is none, so the fault does not act."""

    async def play(r: Any) -> None:
        agent = await Agent.welcome(r, await serve(r, plane_for(r)))
        await agent.say(output("o1", 1))
        await r.until(lambda: agent.acked == ["o1"])
        assert r.injected() == []

    reading(play, (StrayAck(endpoint="task.output", of="acked"),))


@pytest.mark.parametrize(
    ("moment", "first", "acked"), [("arrived", "ignored", []), ("committed", "accepted", []), ("answered", "accepted", ["o1"])]
)
def test_a_crash_at_an_output(reading: Runner, moment: Any, first: str, acked: list[str]) -> None:
    """The play is told once, and nothing more on that socket is looked at."""
    crashes = []

    async def play(r: Any) -> None:
        r.scene.plan.on_crash = lambda: crashes.append(moment)
        plane = plane_for(r)
        agent = await Agent.welcome(r, await serve(r, plane))
        await agent.say(output("o1", 1), output("o2", 2))
        await r.until(lambda: len(r.entries("frame")) == 3)
        await r.scene.sleep(100)
        assert agent.acked == acked
        assert plane.facts("t", "a").outputs == (first == "accepted")

    history = reading(play, (CrashAtFrame(endpoint="task.output", moment=moment),))
    assert crashes == [moment]
    assert taken(history) == [first, "ignored"]


# --- faults of what is said


@pytest.mark.parametrize(
    ("fault", "acked", "meant"),
    [
        (DropFrame(endpoint="ack", nth=2), ["o1", "o3"], ["ack", "ack"]),
        (DelayFrame(endpoint="ack", nth=1, for_ms=100), ["o2", "o3", "o1"], ["ack", "ack", "ack"]),
        (RepeatFrame(endpoint="ack", nth=3, count=1), ["o1", "o2", "o3", "o3"], ["ack", "ack", "ack", "ack-again"]),
        (CloseSocket(endpoint="ack", nth=2, moment="before"), ["o1", 1011], ["ack"]),
        (CloseSocket(endpoint="ack", nth=2, moment="after"), ["o1", "o2", 1011], ["ack", "ack"]),
        (CrashAtFrame(endpoint="ack", nth=2, moment="committed"), ["o1"], ["ack"]),
        (CrashAtFrame(endpoint="ack", nth=2, moment="answered"), ["o1", "o2"], ["ack", "ack"]),
    ],
)
def test_faults_of_an_ack(reading: Runner, fault: Any, acked: list[Any], meant: list[str]) -> None:
    """Lost, late, twice, or with the end of the socket; the outputs were all accepted, as long as they were looked at."""
    history, agent = outputs(reading, fault, len(acked) + 1)
    heard = [each[0] if isinstance(each, tuple) else each["payload"]["acked_message_id"] for each in agent.heard[1:]]
    assert heard == acked
    assert said(history)[1:] == meant
    assert taken(history)[:2] == ["accepted", "accepted"]


def test_a_final_is_acked_only_by_an_ack_that_was_sent(reading: Runner) -> None:
    """A lost one does not count; the one for the duplicate does."""

    async def play(r: Any) -> None:
        plane = plane_for(r)
        agent = await Agent.welcome(r, await serve(r, plane))
        await agent.say(final("f"))
        assert await plane.until(lambda: plane.facts("t", "a").final, 100)
        assert not await plane.until(lambda: plane.facts("t", "a").acked, 100)
        await agent.say(final("f"))
        assert await plane.until(lambda: plane.facts("t", "a").acked, 100)

    reading(play, (DropFrame(endpoint="ack"),))


# --- faults over HTTP


def test_a_request_for_the_socket_that_is_no_upgrade(reading: Runner) -> None:
    """It is answered 400."""

    async def play(r: Any) -> None:
        url = await serve(r, plane_for(r))
        assert (await r.client.get(url + "/api/v1/agents/ws", headers=signed_headers())).status == 400

    assert not list(reading(play).of_kind("socket"))


def test_false_answers_over_http(reading: Runner) -> None:
    """An upgrade that is refused, a report that takes effect though its answer says no, and one that does not."""

    async def play(r: Any) -> None:
        plane = plane_for(r)
        url = await serve(r, plane)
        plane.add_task("t", "a", "true", via="poll")
        assert (await r.client.get(url + "/api/v1/agents/ws", headers=signed_headers())).status == 502
        body = {"status": "completed", "output": "", "error": "", "exit_code": 0}
        for status, reported in ((503, False), (500, True), (200, True)):
            answer = await r.client.put(url + "/api/v1/tasks/t", json=body, headers=signed_headers())
            assert (answer.status, plane.facts("t", "a").reported) == (status, reported)

    faults = (
        Status(endpoint="socket", status=502),
        Status(endpoint="report", status=503, commit="none"),
        Status(endpoint="report", nth=2, status=500, commit="all"),
    )
    history = reading(play, faults)
    assert [(entry.data["status"], entry.data["again"]) for entry in history.of_kind("reported")] == [(200, False), (200, True)]


def test_a_restart_ends_every_socket(reading: Runner) -> None:
    """The ledger stays."""

    async def play(r: Any) -> None:
        plane = plane_for(r)
        url = await serve(r, plane)
        agent = await Agent.welcome(r, url)
        await agent.say(output("o1", 1), plain("task.started", "s"))
        await r.until(lambda: plane.facts("t", "a").started)
        with pytest.raises(aiohttp.ClientError):
            await r.client.post(url + "/elsewhere")
        assert await agent.ended() == (1006,)
        assert plane.facts("t", "a").outputs == 1
        assert not plane.session_active

    history = reading(play, (Restart(endpoint="other"),))
    assert [entry.data["by"] for entry in history.of_kind("socket-over")] == ["server"]
