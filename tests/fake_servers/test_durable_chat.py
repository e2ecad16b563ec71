"""The chat routes of the reference, the decisions that come over them, and the routes of a conversation."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from streamproof.harness.faults.status import Status

from .durable_chats import DONE, PAY, Answered, Reference
from .durable_fakes import message

Runner = Callable[..., Any]
TWO = {"calls": [{"id": "c1", "name": "pay"}, {"id": "c2", "name": "pay"}]}


@pytest.fixture
def durable(reading: Runner) -> Callable[..., None]:
    """Runs a play against a reference of its own, in ``sim``: ``durable(play, faults=())``."""

    def run(play: Callable[[Reference], Awaitable[None]], faults: Any = (), world: str = "sim", **config: Any) -> None:
        async def main(r: Any) -> None:
            reference = await Reference(r).begin(**config)
            try:
                await play(reference)
            finally:
                await reference.server.close()

        reading(main, faults, world=world)

    return run


def part(call: str, approved: bool = True, **more: Any) -> dict[str, Any]:
    return {"type": "tool-pay", "toolCallId": call, "state": "approval-responded", "approval": {"approved": approved, **more}}


def shaped(shape: str, *parts: Any) -> list[dict[str, Any]]:
    """One message that carries them."""
    fields: dict[str, Any] = {
        "parts": {"content": "", "parts": list(parts)},
        "content": {"content": list(parts)},
        "text": {"content": json.dumps(list(parts))},
        "one": {"content": json.dumps(parts[0])},
    }[shape]
    return [{"role": "assistant", **fields}]


async def decide(d: Reference, *parts: Any, shape: str = "parts", conversation: Any = "c", key: str = "key-1") -> Answered:
    body = {"messages": shaped(shape, *parts), "executionMode": "durable"}
    return await d.send("POST", "/run/api/chat", body if conversation is None else {**body, "conversationId": conversation}, key)


def types(answered: Answered) -> list[str]:
    return [data["type"] for data in answered.datas]


def runs(d: Reference) -> int:
    """How many the model was asked for."""
    return len({row["script"] for row in d.reading.entries("turn")})


# --- durable chats


@pytest.mark.parametrize("world", ["sim", "loopback"])
def test_a_durable_chat(durable: Runner, world: str) -> None:
    """Its frames are parts of a message, the head tells the run and how to read it, and the stream of the run is the same bytes."""

    async def play(d: Reference) -> None:
        answer = await d.chat({"text": ["Let me. "], "calls": [{"id": "n1", "name": "note", "arguments": {"a": 1}}]}, DONE)
        assert answer.status == 200
        assert [answer.headers[name] for name in ("Content-Type", "Cache-Control", "x-vercel-ai-data-stream", "x-accel-buffering")] == [
            "text/event-stream",
            "no-cache",
            "v2",
            "no",
        ]
        assert types(answer) == [
            "start",
            "text-delta",
            "tool-input-start",
            "tool-input-available",
            "tool-output-available",
            "text-delta",
            "text-delta",
            "finish",
        ]
        assert "".join(data.get("delta", "") for data in answer.datas) == "Let me. All done."
        assert answer.datas[3]["input"] == {"a": 1}
        again = await d.send("GET", f"/run/api/executions/{answer.run}/stream")
        assert again.text == answer.text
        assert "x-workflow-run-id" not in again.headers

    durable(play, world=world)


def test_a_durable_completion(durable: Runner) -> None:
    """The completions route gives the frames of the executions route, and the run."""

    async def play(d: Reference) -> None:
        body = {"messages": [message("s", DONE)], "executionMode": "durable", "model": "any", "stream": True}
        answer = await d.send("POST", "/run/v1/chat/completions", body)
        assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in answer.datas) == "All done."
        assert answer.datas[-1]["choices"][0]["finish_reason"] == "stop"
        assert await d.status(answer.run) == "completed"

    durable(play)


def test_an_agent_failure_in_the_flavour_of_the_chat(durable: Runner) -> None:
    """An error operation stands before the finish."""

    async def play(d: Reference) -> None:
        answer = await d.chat({"status": 400})
        assert types(answer) == ["start", "data-operation", "finish"]
        assert answer.datas[1]["data"]["type"] == "error"
        assert await d.status(answer.run) == "failed"

    durable(play)


def test_the_text_of_a_message_in_any_shape(durable: Runner) -> None:
    """The model gets it word for word, from content, from a list of parts, and from parts, which go before content."""
    text = message("s", DONE)["content"]
    halves = [{"type": "text", "text": text[:20]}, {"type": "file", "url": "u"}, {"type": "text", "text": text[20:]}]

    async def play(d: Reference) -> None:
        for fields in ({"content": text}, {"content": halves}, {"parts": halves}, {"parts": halves, "content": "old"}):
            answer = await d.chat(messages=[{"role": "user", **fields}])
            assert types(answer)[-1] == "finish"
        assert [row["script"] for row in d.reading.entries("turn")] == ["s"] * 4

    durable(play)


# --- chats that are not durable


@pytest.mark.parametrize("path", ["/run/v1/chat/completions", "/run/api/chat"])
@pytest.mark.parametrize("mode", [{}, {"executionMode": "classic"}])
def test_a_classic_chat(durable: Runner, path: str, mode: dict[str, str]) -> None:
    """It streams the text, tells no run, and its conversation is there afterwards, with what was said but without a run."""

    async def play(d: Reference) -> None:
        answer = await d.send("POST", path, {"messages": [message("s", DONE)], "conversationId": "c", **mode})
        assert (answer.status, answer.headers["Content-Type"], answer.headers["Cache-Control"]) == (200, "text/event-stream", "no-cache")
        assert "x-workflow-run-id" not in answer.headers
        assert ("x-vercel-ai-data-stream" in answer.headers) == (path == "/run/api/chat")
        assert "All " in answer.text
        assert "done." in answer.text
        assert (await d.send("GET", "/run/v1/conversations/c/pending-approvals")).json == {"hasPending": False}
        assert (await d.send("GET", "/run/v1/conversations/c/stream")).status == 204
        await d.chat(DONE, script="s2")
        assert d.reading.entries("turn")[1]["earlier"] == ["s"]

    durable(play)


@pytest.mark.parametrize(("turn", "text"), [({"status": 500}, "The model failed."), (PAY, "has no tools")])
def test_a_classic_chat_that_fails(durable: Runner, turn: Any, text: str) -> None:
    """Its stream ends with an error and a finish; nothing is tried again, and no tool is used."""

    async def play(d: Reference) -> None:
        answer = await d.send("POST", "/run/api/chat", {"messages": [message("s", turn)]})
        assert types(answer) == ["start", "data-operation", "finish"]
        assert text in answer.datas[1]["data"]["message"]
        assert d.servers.effects == []

    durable(play)


# --- bodies


MESSAGE = {"role": "user", "content": "hello"}


@pytest.mark.parametrize("path", ["/run/v1/chat/completions", "/run/api/chat"])
@pytest.mark.parametrize(
    "body",
    [
        b"{",
        [],
        {},
        {"messages": 1},
        {"messages": []},
        {"messages": ["x"]},
        {"messages": [{"role": "boss", "content": "x"}]},
        {"messages": [{"role": "user"}]},
        {"messages": [{"role": "user", "content": 1}]},
        {"messages": [{"role": "user", "content": [{"type": "text"}]}]},
        {"messages": [{"role": "user", "content": ["x"]}]},
        {"messages": [MESSAGE], "forwardedHeaders": {"a": 1}},
        {"messages": [MESSAGE], "executionMode": "eternal"},
        {"messages": [MESSAGE], "conversationId": 1},
        b'{"conversationId": "c", "messages": [{"role": "user", "content": "\\ud800"}]}',
    ],
)
def test_a_malformed_body_has_no_effect(durable: Runner, path: str, body: Any) -> None:
    """It is refused before anything is stored or asked."""

    async def play(d: Reference) -> None:
        sent = {"conversationId": "c", "executionMode": "durable", **body} if isinstance(body, dict) else body
        answer = await d.send("POST", path, sent)
        assert answer.status == 400
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        assert d.reading.entries("turn") == []
        assert (await d.send("GET", "/run/v1/conversations/c/stream")).status == 404

    durable(play)


@pytest.mark.parametrize("mode", ["durable", "classic"])
def test_a_message_id_is_unique_in_its_conversation(durable: Runner, mode: str) -> None:
    """The same id again is 409 and nothing happens; in another conversation it is another message."""

    async def play(d: Reference) -> None:
        said = {**message("s", DONE), "id": "m1"}
        for conversation, status in (("c", 200), ("c", 409), ("c2", 200)):
            assert (await d.chat(messages=[said], executionMode=mode, conversationId=conversation)).status == status
        body = {"messages": [message("s", DONE)], "conversationId": "c", "executionMode": mode}
        for id, status in (("m1", 409), ("m2", 200), ("m2", 409)):
            assert (await d.send("POST", "/run/v1/chat/completions", {**body, "messageId": id})).status == status
        assert len(d.reading.entries("turn")) == 3

    durable(play)


# --- decisions in messages


@pytest.mark.parametrize("shape", ["parts", "content", "text", "one"])
@pytest.mark.parametrize("approved", [True, False])
def test_a_decision_in_each_shape(durable: Runner, shape: str, approved: bool) -> None:
    """It is applied, and the answer is the stream of what follows: the frames of the run behind those that were there."""

    async def play(d: Reference) -> None:
        first = await d.chat(PAY, DONE)
        assert types(first)[-1] == "tool-approval-request"
        answer = await decide(d, part("c1", approved, reason="no"), shape=shape)
        assert types(answer)[0] == ("tool-output-available" if approved else "tool-output-denied")
        assert types(answer)[-1] == "finish"
        assert "x-workflow-run-id" not in answer.headers
        assert (await d.send("GET", f"/run/api/executions/{first.run}/stream")).text == first.text + answer.text
        assert len(d.servers.effects) == approved
        assert runs(d) == 1

    durable(play)


def test_a_decision_on_a_run_of_the_executions_route(durable: Runner) -> None:
    """The continuation has the flavour of the run."""

    async def play(d: Reference) -> None:
        body = {"messages": [message("s", PAY, DONE)], "conversationId": "c"}
        first = await d.send("POST", "/run/api/executions", body)
        answer = await decide(d, part("c1"))
        assert [data["object"] for data in answer.datas] == ["chat.completion.chunk"] * 4
        assert await d.status(first.run) == "completed"

    durable(play)


@pytest.mark.parametrize("shape", ["parts", "content", "text"])
def test_a_decision_for_no_conversation(durable: Runner, shape: str) -> None:
    """Without one it is 400, with one that is unknown or another tenant's 404; it never begins a run."""

    async def play(d: Reference) -> None:
        first = await d.chat(PAY, DONE)
        assert (await decide(d, part("c1"), shape=shape, conversation=None)).status == 400
        unknown = await decide(d, part("c1"), shape=shape, conversation="nobody")
        foreign = await decide(d, part("c1"), shape=shape, key="key-2")
        assert (unknown.status, foreign.status) == (404, 404)
        assert unknown.text == foreign.text
        assert await d.status(first.run) == "suspended"
        assert (await d.send("GET", "/run/v1/conversations/nobody/stream")).status == 404
        assert len(d.reading.entries("turn")) == 1

    durable(play)


@pytest.mark.parametrize(
    "bad",
    [
        {"toolCallId": "c1", "state": "approval-responded"},
        {"toolCallId": "c1", "state": "approval-responded", "approval": {"approved": "yes"}},
        {"toolCallId": "c1", "state": "approval-responded", "approval": {"approved": True, "reason": 1}},
        {"toolCallId": 1, "state": "approval-responded", "approval": {"approved": True}},
        {"state": "approval-responded", "approval": {"approved": True}},
    ],
)
def test_a_decision_that_cannot_be_read(durable: Runner, bad: Any) -> None:
    """It is 400, and the good one beside it is not applied either: the body as a whole is malformed."""

    async def play(d: Reference) -> None:
        first = await d.chat(PAY, DONE)
        for shape in ("parts", "content", "text"):
            assert (await decide(d, part("c1"), bad, shape=shape)).status == 400
        assert await d.status(first.run) == "suspended"
        assert len(d.reading.entries("turn")) == 1

    durable(play)


@pytest.mark.parametrize("text", ["It says approval-responded.", '{"state": "approval-responded"', '["approval-responded"]'])
def test_talk_of_decisions_is_none(durable: Runner, text: str) -> None:
    """What is no part of that state begins a run like any other message."""

    async def play(d: Reference) -> None:
        assert types(await d.chat(messages=[{"role": "user", "content": text}]))[-1] == "finish"

    durable(play)


def test_a_batch_with_a_bad_item(durable: Runner) -> None:
    """The good one is applied, whichever comes first, and each outcome is told."""

    async def play(d: Reference) -> None:
        for number, parts in enumerate([(part("c1"), part("forged")), (part("forged"), part("c1"))]):
            first = await d.chat(PAY, DONE, conversationId=f"c{number}")
            answer = await decide(d, *parts, conversation=f"c{number}")
            assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json; charset=utf-8")
            assert answer.json["success"] is False
            by_call = {row["toolCallId"]: row for row in answer.json["results"]}
            assert by_call["c1"] == {"toolCallId": "c1", "approved": True, "alreadyProcessed": False, "deferred": False}
            assert by_call["forged"]["error"] == "Tool call not found"
            assert await d.settled(first.run) == "completed"

    durable(play)


def test_a_batch_for_the_calls_of_one_turn(durable: Runner) -> None:
    """The second call does not wait yet when the first is decided: that is said of it, and it is asked for afterwards."""

    async def play(d: Reference) -> None:
        first = await d.chat(TWO, DONE)
        answer = await decide(d, part("c1"), part("c2", False))
        assert [("error" in row) for row in answer.json["results"]] == [False, True]
        assert await d.settled(first.run) == "suspended"
        pending = (await d.send("GET", "/run/v1/conversations/c/pending-approvals")).json
        assert pending["approval"]["toolCallId"] == "c2"
        assert types(await decide(d, part("c2", False)))[-1] == "finish"

    durable(play)


def test_decisions_that_come_late_or_twice(durable: Runner) -> None:
    """In one batch the second is told that it was decided, and how; a run that is over takes none; no conversation without a run does."""

    async def play(d: Reference) -> None:
        first = await d.chat(PAY, DONE)
        both = (await decide(d, part("c1", False), part("c1", True))).json["results"]
        assert [(row["approved"], row["alreadyProcessed"], "error" in row) for row in both] == [(False, False, False), (False, True, True)]
        assert await d.settled(first.run) == "completed"
        late = await decide(d, part("c1", False))
        assert (late.json["success"], late.json["results"][0]["error"]) == (False, "The execution is over")
        await d.chat(DONE, conversationId="plain", executionMode="classic")
        assert (await decide(d, part("c1"), conversation="plain")).json["success"] is False
        assert d.servers.effects == []

    durable(play)


def test_a_decision_that_breaks_is_told(durable: Runner) -> None:
    """It neither hides nor blocks the others, and tells nothing of the inside."""

    async def play(d: Reference) -> None:
        first = await d.chat(PAY, DONE)
        decide_one = d.server.approvals.decide

        def breaks(run_id: str, call_id: str, decision: Any) -> Any:
            if call_id == "broken":
                raise RuntimeError("a secret of the store")
            return decide_one(run_id, call_id, decision)

        d.server.approvals.decide = breaks
        answer = await decide(d, part("broken"), part("c1"))
        assert ["error" in row for row in answer.json["results"]] == [True, False]
        assert "secret" not in answer.text
        assert await d.settled(first.run) == "completed"

    durable(play)


# --- the routes of a conversation


def test_the_pending_approval_of_a_conversation(durable: Runner) -> None:
    """It is that of the newest run, only for its tenant, and only as long as it waits."""

    async def play(d: Reference) -> None:
        path = "/run/v1/conversations/c/pending-approvals"
        first = await d.chat(PAY, DONE)
        approval = (await d.send("GET", path)).json["approval"]
        assert {**approval, "updatedAt": ""} == {
            "toolCallId": "c1",
            "toolName": "pay",
            "args": {"amount": 7},
            "isDelegated": False,
            "workflowRunId": first.run,
            "updatedAt": "",
        }
        foreign = await d.send("GET", path, key="key-2")
        unknown = await d.send("GET", "/run/v1/conversations/nobody/pending-approvals")
        assert (foreign.status, foreign.text) == (404, unknown.text)
        assert (await d.send("GET", path, key=None)).status == 401
        await d.chat(DONE, script="s2")
        assert (await d.send("GET", path)).json == {"hasPending": False}
        assert await d.status(first.run) == "suspended"

    durable(play)


def test_one_conversation_id_in_two_tenants(durable: Runner) -> None:
    """They are two conversations."""

    async def play(d: Reference) -> None:
        await d.chat(PAY, DONE)
        body = {"messages": [message("other", DONE)], "conversationId": "c", "executionMode": "durable"}
        other = await d.send("POST", "/run/api/chat", body, "key-2")
        assert d.reading.entries("turn")[1]["earlier"] == []
        assert (await d.send("GET", "/run/v1/conversations/c/stream", key="key-2")).text == other.text
        assert (await d.send("GET", "/run/v1/conversations/c/pending-approvals")).json["hasPending"] is True

    durable(play)


def test_the_stream_of_a_conversation(durable: Runner) -> None:
    """Behind the index that is named, all without one, 204 where nothing is and nothing comes; 400 for what is no index."""

    async def play(d: Reference) -> None:
        await d.chat(DONE, script="old")
        newest = await d.chat(DONE, DONE)
        path = "/run/v1/conversations/c/stream"
        frames = newest.text.split("\n\n")[:-1]
        assert len(frames) == 4
        for query, start in (("", 0), ("?afterIdx=", 0), ("?afterIdx=0", 1), ("?afterIdx=02", 3)):
            answer = await d.send("GET", path + query)
            assert (answer.status, answer.text.split("\n\n")[:-1]) == (200, frames[start:])
            assert answer.headers["Content-Type"] == "text/event-stream"
        for query in ("3", "4", "2147483647"):
            assert (await d.send("GET", f"{path}?afterIdx={query}")).status == 204
        for query in ("-1", "1.5", "abc", "0x1", "1e3", "2147483648", "1&afterIdx=1", "%2B1", "NaN"):
            assert (await d.send("GET", f"{path}?afterIdx={query}")).status == 400
        assert (await d.send("GET", path, key="key-2")).status == 404
        assert len(d.reading.entries("turn")) == 2

    durable(play)


def test_the_stream_of_a_conversation_waits_for_a_running_one(durable: Runner) -> None:
    """At its length it waits, and brings what comes until the run is at rest."""

    async def play(d: Reference) -> None:
        creating = asyncio.create_task(d.chat({"calls": [{"id": "n1", "name": "note"}]}, {"gate": "g", **DONE}))
        await d.reading.until(lambda: len(d.reading.entries("turn")) == 2)
        await d.reading.scene.sleep(100)
        following = asyncio.create_task(d.send("GET", "/run/v1/conversations/c/stream?afterIdx=3"))
        await d.reading.scene.sleep(1_000)
        assert not following.done()
        d.servers.open_gate("g")
        whole, rest = await creating, await following
        assert rest.text.split("\n\n") == whole.text.split("\n\n")[4:]

    durable(play)


def test_a_model_that_is_down_for_a_moment(durable: Runner) -> None:
    """A durable chat goes on with its next try."""

    async def play(d: Reference) -> None:
        answer = await d.chat(DONE)
        assert types(answer) == ["start", "text-delta", "text-delta", "finish"]

    durable(play, [Status(status=503, endpoint="completion")])
