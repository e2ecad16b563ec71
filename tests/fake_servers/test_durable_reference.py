"""The durable reference from outside: what it answers, and what its readers see, as long as nothing breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from multidict import CIMultiDict

from .durable_fakes import message
from .durable_reference import DONE, EXECUTIONS, NOTE, PAY, Bench, envelopes, frames_of, kinds, text_of

Runner = Callable[..., Any]
BAD_INDEXES = ["-1", "-0", "+1", "1.5", "0x10", "1e3", "NaN", "abc", "1, 2", "1_0", str(2**31), str(2**63), "9" * 5_000, "١"]
TWO_PAYS = {"calls": [{"id": "c1", "name": "pay", "arguments": {"n": 1}}, {"id": "c2", "name": "pay", "arguments": {"n": 2}}]}


@pytest.mark.parametrize("world", ["sim", "loopback"])
def test_a_run_from_its_creation_to_its_end(reading: Runner, world: str) -> None:
    """Text, a request for an approval, the effect, the rest; every replay is a suffix of the whole."""

    async def play(r: Any) -> None:
        bench = await Bench(r).start()
        first = await bench.create(PAY, DONE, conversation="c")
        assert (first.status, text_of(first.text), kinds(first.text)) == (200, "Let me see. ", ["tool-approval-request"])
        assert first.headers is not None
        assert (first.headers["Content-Type"], first.headers["Cache-Control"]) == ("text/event-stream", "no-cache")
        asked = {"type": "tool-approval-request", "approvalId": "aitxt-c1", "toolCallId": "c1", "toolName": "pay", "input": {"amount": 7}}
        assert envelopes(first.text) == [asked]
        assert await bench.status(first.run) == "suspended"
        assert bench.effects() == []
        approved = await bench.approve(first.run, "c1")
        assert (approved.status, approved.json) == (200, {"success": True})
        rest = await bench.follow(first.run, str(len(frames_of(first.text))))
        assert (text_of(rest.text), kinds(rest.text)) == ("Done.", ["tool-output-available", "finish"])
        assert await bench.status(first.run) == "completed"
        assert bench.effects() == [("c1", False)]
        whole = frames_of(first.text) + frames_of(rest.text)
        for index in range(len(whole) + 2):
            told = await bench.follow(first.run, str(index))
            assert (told.status, frames_of(told.text), told.run) == (200, whole[index:], "")
        assert bench.logs == []
        await bench.server.close()

    reading(play, world=world)


def test_what_a_status_says(reading: Runner) -> None:
    """Its six fields; times are ISO and do not go back."""

    async def play(r: Any) -> None:
        bench = await Bench(r).start()
        created = await bench.create(DONE, conversation="c")
        status = (await bench.ask("GET", f"{EXECUTIONS}/{created.run}")).json
        assert {key: status[key] for key in ("id", "status", "conversationId", "agentId")} == {
            "id": created.run,
            "status": "completed",
            "conversationId": "c",
            "agentId": "agent-1",
        }
        assert status["createdAt"] <= status["updatedAt"]
        assert status["createdAt"].endswith("Z")

    reading(play)


def test_a_denied_call_has_no_effect(reading: Runner) -> None:
    """The readers and the model are told, and the run goes on."""

    async def play(r: Any) -> None:
        bench = await Bench(r).start()
        first = await bench.create(PAY, DONE)
        assert (await bench.approve(first.run, "c1", False, reason="too much")).status == 200
        assert kinds((await bench.follow(first.run)).text) == ["tool-approval-request", "tool-output-denied", "finish"]
        assert bench.effects() == []
        assert "too much" in bench.turns()[-1]["tools"][0]["content"]

    reading(play)


def test_the_calls_of_a_turn_are_settled_in_order(reading: Runner) -> None:
    """One round for each gated one; then the model hears of all at once. A decision for a later one is refused and not kept."""

    async def play(r: Any) -> None:
        bench = await Bench(r).start()
        run = (await bench.create({"calls": [*TWO_PAYS["calls"], *NOTE["calls"]]}, DONE)).run
        assert (await bench.approve(run, "c2")).status == 409
        assert (await bench.approve(run, "n1")).status == 409
        assert (await bench.approve(run, "c1")).status == 200
        await bench.follow(run, "5")
        assert await bench.status(run) == "suspended"
        assert (await bench.approve(run, "c2", False)).status == 200
        assert kinds((await bench.follow(run)).text) == [
            *("tool-approval-request", "tool-output-available", "tool-approval-request", "tool-output-denied"),
            *("tool-output-available", "finish"),
        ]
        assert [turn["turn"] for turn in bench.turns()] == [0, 1]
        assert [tool["id"] for tool in bench.turns()[1]["tools"]] == ["c1", "c2", "n1"]

    reading(play)


def test_what_an_approval_is_answered(reading: Runner) -> None:
    """Forged, malformed, given, repeated, opposite, too late; what is refused leaves the run as it is."""

    async def play(r: Any) -> None:
        bench = await Bench(r).start()
        hold = {**DONE, "gate": "hold"}
        run = (await bench.create(PAY, hold)).run
        assert (await bench.approve(run, "forged")).status == 404
        for approved in ("true", 1, None):
            assert (await bench.approve(run, "c1", approved)).status == 400
        assert await bench.status(run) == "suspended"
        assert (await bench.approve(run, "c1")).json == {"success": True}
        assert await bench.status(run) == "running"
        assert (await bench.approve(run, "c1")).json == {"success": True, "alreadyProcessed": True, "approved": True}
        assert (await bench.approve(run, "c1", False)).status == 409
        assert (await bench.approve(run, "forged")).status == 404
        bench.fakes.servers.open_gate("hold")
        await bench.follow(run)
        assert [(await bench.approve(run, "c1", approved)).status for approved in (True, False)] == [409, 409]
        assert bench.effects() == [("c1", False)]

    reading(play)


def test_of_many_decisions_at_once_one_is_applied(reading: Runner) -> None:
    """Who said the same is told so, who said the other is refused; the effect agrees."""

    async def play(r: Any) -> None:
        bench = await Bench(r).start()
        run = (await bench.create(PAY, {**DONE, "gate": "hold"})).run
        wanted = [True, False, False, True, False]
        answers = await asyncio.gather(*(bench.approve(run, "c1", approved) for approved in wanted))
        first = answers[0].status == 200
        assert [answer.status for answer in answers] == [200 if approved is first else 409 for approved in wanted]
        assert sum(answer.json == {"success": True} for answer in answers) == 1
        bench.fakes.servers.open_gate("hold")
        await bench.follow(run)
        assert len(bench.effects()) == int(first)

    reading(play)


def test_a_decision_belongs_to_its_call(reading: Runner) -> None:
    """The same tool, called three times under one id: each call has its own id, decision and effect."""

    async def play(r: Any) -> None:
        bench = await Bench(r).start()
        calls = [{"id": "c", "name": "pay", "arguments": {"n": n}} for n in range(3)]
        run = (await bench.create({"calls": calls}, DONE)).run
        decided = []
        for approved in (True, False, True):
            asked = [row for row in envelopes((await bench.follow(run)).text) if row["type"] == "tool-approval-request"][-1]
            decided.append((asked["toolCallId"], asked["input"]["n"]))
            assert (await bench.approve(run, asked["toolCallId"], approved)).status == 200
        assert kinds((await bench.follow(run)).text)[-1] == "finish"
        assert decided == [("c", 0), ("c-2", 1), ("c-3", 2)]
        assert [(effect.call, effect.arguments) for effect in bench.fakes.servers.effects] == [("c", {"n": 0}), ("c-3", {"n": 2})]

    reading(play)


@pytest.mark.parametrize("index", BAD_INDEXES)
def test_an_index_is_digits_and_nothing_else(reading: Runner, index: str) -> None:
    """Anything else is 400, and a right one works afterwards."""

    async def play(r: Any) -> None:
        bench = await Bench(r).start()
        created = await bench.create(DONE)
        assert (await bench.follow(created.run, index)).status == 400
        assert (await bench.follow(created.run)).text == created.text

    reading(play)


def test_indexes_that_are_allowed(reading: Runner) -> None:
    """Leading zeros, blanks around it, an empty value; twice is not, whatever it says."""

    async def play(r: Any) -> None:
        bench = await Bench(r).start()
        created = await bench.create(DONE)
        whole = frames_of(created.text)
        for index, begin in (("002", 2), (" 1 ", 1), ("", 0), ("0" * 50, 0), (str(2**31 - 1), 2**31)):
            told = await bench.follow(created.run, index)
            assert (told.status, frames_of(told.text)) == (200, whole[begin:])
        path = f"{EXECUTIONS}/{created.run}/stream"
        twice = CIMultiDict([("x-stream-start-index", "1")] * 2)
        assert (await bench.ask("GET", path, headers=twice)).status == 400

    reading(play)


def test_nothing_below_the_index_on_an_open_stream(reading: Runner) -> None:
    """Readers of a run that goes on wait for their frame, each for its own; all end with the run."""

    async def play(r: Any) -> None:
        bench = await Bench(r).start()
        creating = asyncio.ensure_future(bench.create(NOTE, {**DONE, "gate": "hold"}))
        await r.until(lambda: len(bench.turns()) == 2)
        (run,) = bench.server.store.unfinished()
        readers = [asyncio.ensure_future(bench.follow(run, str(index))) for index in (0, 3, 5, 6, 99)]
        await r.scene.sleep(50)
        assert not any(reader.done() for reader in readers)
        bench.fakes.servers.open_gate("hold")
        whole = frames_of((await creating).text)
        assert [frames_of((await reader).text) for reader in readers] == [whole, whole[3:], whole[5:], [], []]
        assert len(whole) == 6

    reading(play)


def test_foreign_is_unknown(reading: Runner) -> None:
    """Another tenant, another project: the very answer of a run that is not there, and the run stays as it is."""

    async def play(r: Any) -> None:
        bench = await Bench(r).start()
        run = (await bench.create(PAY, DONE)).run
        for key in ("key-2", "key-3"):
            for method, suffix, body in (("GET", "", None), ("GET", "/stream", None), ("POST", "/approvals/c1", {"approved": True})):
                foreign, unknown = [await bench.ask(method, f"{EXECUTIONS}/{id}{suffix}", body, key) for id in (run, "wrun_none")]
                assert (foreign.status, foreign.text) == (unknown.status, unknown.text)
                assert foreign.json["status"] == 404
        assert await bench.status(run) == "suspended"

    reading(play)


@pytest.mark.parametrize("key", [None, "wrong", ""])
def test_without_a_key_nothing_answers(reading: Runner, key: str | None) -> None:
    """On every path, known or not, and as problem+json."""

    async def play(r: Any) -> None:
        bench = await Bench(r).start()
        run = (await bench.create(PAY, DONE)).run
        for method, path in (
            *(("POST", EXECUTIONS), ("GET", f"{EXECUTIONS}/{run}"), ("GET", f"{EXECUTIONS}/{run}/stream")),
            *(("POST", f"{EXECUTIONS}/{run}/approvals/c1"), ("GET", "/anything"), ("PUT", EXECUTIONS)),
        ):
            told = await bench.ask(method, path, {"approved": True} if method == "POST" else None, key)
            assert (told.status, told.json["code"]) == (401, "unauthorized")
            assert told.headers is not None
            assert told.headers["Content-Type"].startswith("application/problem+json")
        assert await bench.status(run) == "suspended"

    reading(play)


USER = {"role": "user", "content": "hello"}
MALFORMED: list[Any] = [
    *("", "no json", "[]", "null", b"\xff", '{"messages": [{"role": "user", "content": NaN}]}', "[" * 100_000),
    '{"messages": [{"role": "user", "content": "\\ud800"}]}',
    *({}, {"messages": None}, {"messages": {}}, {"messages": []}, {"messages": ["hello"]}),
    {"messages": [{"role": "robot", "content": "hello"}]},
    {"messages": [{"role": ["user"], "content": "hello"}]},
    *({"messages": [{"role": "user", "content": content}]} for content in (7, None, {}, ["x"], [{"type": "text"}], [{"type": "film"}])),
    *({"messages": [USER], "conversationId": id} for id in (7, [], {})),
    *({"messages": [USER], "forwardedHeaders": headers} for headers in ([], "x", {"a": 1})),
]


def test_a_malformed_body_does_nothing(reading: Runner) -> None:
    """400, no run, no conversation, no word to the model."""

    async def play(r: Any) -> None:
        bench = await Bench(r).start()
        for body in MALFORMED:
            given = {"conversationId": "c", **body} if isinstance(body, dict) else body
            assert (await bench.ask("POST", EXECUTIONS, given)).status == 400, body
        assert bench.server.store.newest_run(bench.server.access.tenant_by_key["key-1"].scope, "c") is None
        assert not bench.server.store.has_conversation(bench.server.access.tenant_by_key["key-1"].scope, "c")
        assert bench.turns() == []

    reading(play)


def test_bodies_that_are_allowed(reading: Runner) -> None:
    """Lists of items, an assistant that only called a tool, null for what may be left out; the text reaches the model as it is."""

    async def play(r: Any) -> None:
        bench = await Bench(r).start()
        script = message("a", DONE)
        items = {
            "role": "user",
            "content": [{"type": "text", "text": script["content"][:9]}, {"type": "text", "text": script["content"][9:]}],
        }
        for body in (
            {"messages": [{"role": "system", "content": "Be kind."}, script], "conversationId": None, "forwardedHeaders": None},
            {"messages": [USER, {"role": "assistant", "content": None}, items], "forwardedHeaders": {"a": "b"}, "more": 1},
        ):
            told = await bench.ask("POST", EXECUTIONS, body)
            assert (told.status, text_of(told.text)) == (200, "Done.")
        assert [turn["script"] for turn in bench.turns()] == ["a", "a"]

    reading(play)


def test_creations_at_once_are_one_conversation(reading: Runner) -> None:
    """All are answered, each with a run of its own."""

    async def play(r: Any) -> None:
        bench = await Bench(r).start()
        told = await asyncio.gather(*(bench.create(DONE, id=f"s{n}", conversation="c") for n in range(5)))
        assert [one.status for one in told] == [200] * 5
        assert len({one.run for one in told}) == 5
        await bench.create(DONE, id="last", conversation="c")
        assert sorted(bench.turns()[-1]["earlier"]) == [f"s{n}" for n in range(5)]

    reading(play)


def test_the_model_hears_the_conversation_of_its_own_tenant(reading: Runner) -> None:
    """What was said before in it, user and assistant; nothing of another tenant or project."""

    async def play(r: Any) -> None:
        bench = await Bench(r).start()
        for id, key in (("one", "key-1"), ("two", "key-2"), ("three", "key-3"), ("four", "key-1"), ("five", "key-2")):
            assert text_of((await bench.create(DONE, id=id, conversation="c", key=key)).text) == "Done."
        assert [(turn["script"], turn["earlier"]) for turn in bench.turns()] == [
            *(("one", []), ("two", []), ("three", []), ("four", ["one"]), ("five", ["two"])),
        ]
        scope = bench.server.access.tenant_by_key["key-1"].scope
        assert [said["role"] for said in bench.server.store.messages(scope, "c")] == ["user", "assistant"] * 2

    reading(play)


def test_operations_are_told_to_who_asked(reading: Runner) -> None:
    """At the creation; whoever replays it gets the same frames."""

    async def play(r: Any) -> None:
        bench = await Bench(r).start()
        told = await bench.ask("POST", EXECUTIONS, {"messages": [message("a", DONE)]}, headers={"x-emit-operations": "true"})
        assert [row["data"]["type"] for row in envelopes(told.text)] == ["agent_initializing", "completion"]
        assert (await bench.follow(told.run)).text == told.text

    reading(play)


def test_paths_and_methods_that_are_none(reading: Runner) -> None:
    """404 and 405 as problem+json; ids of calls may hold anything."""

    async def play(r: Any) -> None:
        bench = await Bench(r).start()
        assert [(await bench.ask(*asked)).json["status"] for asked in (("GET", "/x"), ("DELETE", EXECUTIONS))] == [404, 405]
        call = {"id": "a/b?c d%ü{}", "name": "pay", "arguments": {}}
        run = (await bench.create({"calls": [call]}, DONE)).run
        assert (await bench.approve(run, "a%2Fb%3Fc%20d%25%C3%BC%7B%7D")).status == 200

    reading(play)
