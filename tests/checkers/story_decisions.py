"""Builds literal histories in which calls are decided, by several clients at once: asks go by number, and each step takes a millisecond.

Frames, config and capabilities are those of `story_durable`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from streamproof.harness.checkers.durable_execution import SERVER_CHECKERS
from streamproof.harness.checkers.durable_execution.view import View
from streamproof.harness.values.history import Header, History
from streamproof.harness.values.verdict import Judgement

from .story_durable import ALL, CONFIG, FINISH, chunk, envelope, events

EVENTS, PROBLEM = "text/event-stream", "application/problem+json"
NOT_FOUND = {"title": "Not Found", "status": 404, "detail": "no such execution"}


def says(text: str) -> str:
    return chunk(content=text)


def wants(call: str) -> str:
    return envelope("tool-approval-request", toolCallId=call, approvalId=f"aitxt-{call}")


def output(call: str, tool: str = "pay") -> str:
    return envelope("tool-output-available", toolCallId=call, output=f"{tool}:{call}:1")


def denied(call: str) -> str:
    return envelope("tool-output-denied", toolCallId=call)


def script(*calls: str, text: str = "Done.") -> list[dict[str, Any]]:
    """One turn with these calls of ``pay``, and one that ends the run."""
    return [{"text": ["So. "], "calls": [{"id": call, "name": "pay", "arguments": {"of": call}} for call in calls]}, {"text": [text]}]


class Story:
    """Each method appends entries and moves the time on; `wait` moves it further."""

    def __init__(self, faults: Sequence[str] = (), **config: Any) -> None:
        settings = {**CONFIG, "tenants": 3, **config}
        self.header = Header(
            "durable-execution", ("server",), "executions", "test", "sim", "test", 0, ALL, settings, (), (), allowance_ms=1
        )
        self.now_us = 0
        self.entries: list[tuple[int, str, dict[str, Any]]] = []
        self.asks = self.requests = 0
        self.tenant_of: dict[str, int] = {}
        self.conversation_of: dict[str, str | None] = {}
        for fault in faults:
            self.add("fault", index=0, fault=fault, server="model")

    def add(self, kind: str, **data: Any) -> Story:
        self.now_us += 1_000
        self.entries.append((self.now_us, kind, data))
        return self

    def wait(self, ms: int) -> Story:
        self.now_us += ms * 1_000
        return self

    # --- asks -------------------------------------------------------------------------------------------------------

    def ask(self, op: str, method: str, path: str, tenant: int | str = 0, **more: Any) -> int:
        """Begins one and returns its number."""
        self.asks += 1
        fields = {"run": None, "call": None, "conversation": None, "headers": [], "body": None, "meant": None, "last": False}
        self.add("ask", ask=self.asks, op=op, method=method, path=path, tenant=tenant, **{**fields, "index": None, "leave": None, **more})
        return self.asks

    def answer(self, ask: int, status: int, body: Any = None, media: str = "application/json", **headers: str) -> Story:
        rows = [["content-type", media if status < 400 else PROBLEM], *([name.replace("_", "-"), value] for name, value in headers.items())]
        self.add("head", ask=ask, status=status, headers=rows)
        return self.add("piece", ask=ask, text=body if isinstance(body, str) else json.dumps(body)).add(
            "over", ask=ask, how="end", rest_ms=None
        )

    def stream(self, ask: int, *frames: Any, how: str = "end", **headers: str) -> Story:
        self.add(
            "head", ask=ask, status=200, headers=[["content-type", EVENTS], *([name.replace("_", "-"), v] for name, v in headers.items())]
        )
        for frame in frames:
            self.add("piece", ask=ask, text=events(frame))
        return self.add("over", ask=ask, how=how, rest_ms=None)

    # --- runs -------------------------------------------------------------------------------------------------------

    def create(
        self, *frames: Any, run: str = "a", turns: Any = None, tenant: int = 0, conversation: str | None = "c1", how: str = "end"
    ) -> Story:
        """A creation with an answer of these frames. The run's id is ``wrun_<label>``, its script's ``script-<label>``."""
        self.tenant_of[run], self.conversation_of[run] = tenant, conversation
        fields = {"conversation": conversation, "via": "executions", "durable": True}
        turns = script("call-1") if turns is None else turns
        self.add("run", run=run, tenant=tenant, script=f"script-{run}", turns=turns, ask=self.asks + 1, **fields)
        ask = self.ask("create", "POST", "/run/api/executions", tenant, run=run, conversation=conversation, body={"messages": []})
        self.turn(0, run, says="calls" if turns[0].get("calls") else "text")
        return self.stream(ask, *frames, how=how, x_workflow_run_id=f"wrun_{run}")

    def status(self, status: str | int, run: str = "a", tenant: int | None = None, last: bool = False, body: Any = None) -> Story:
        """A number is the status of an error."""
        who = self.tenant_of[run] if tenant is None else tenant
        ask = self.ask("status", "GET", f"/run/api/executions/wrun_{run}", who, run=run, last=last)
        if isinstance(status, int):
            return self.answer(ask, status, NOT_FOUND if body is None else body)
        return self.answer(ask, 200, {"id": f"wrun_{run}", "status": status, "conversationId": self.conversation_of[run]})

    def follow(self, *frames: Any, run: str = "a", index: int | None = 0, last: bool = False, how: str = "end") -> Story:
        path = f"/run/api/executions/wrun_{run}/stream"
        return self.stream(self.ask("follow", "GET", path, self.tenant_of[run], run=run, index=index, last=last), *frames, how=how)

    def end(self, status: str, *frames: Any, run: str = "a") -> Story:
        """The last words of the play: status, whole stream, status."""
        return self.status(status, run, last=True).follow(*frames, run=run, last=True).status(status, run, last=True)

    # --- decisions --------------------------------------------------------------------------------------------------

    def begin(self, approved: bool, call: str = "call-1", run: str = "a", tenant: int | str | None = None) -> int:
        who = self.tenant_of[run] if tenant is None else tenant
        path = f"/run/api/executions/wrun_{run}/approvals/{call}"
        return self.ask("approve", "POST", path, who, run=run, call=call, body={"approved": approved})

    def decide(
        self, approved: bool, status: int = 200, call: str = "call-1", run: str = "a", tenant: int | str | None = None, **body: Any
    ) -> Story:
        ask = self.begin(approved, call, run, tenant)
        return self.answer(ask, status, {"success": True, **body} if status == 200 else {"title": "Conflict", "status": status})

    def chat(
        self, *items: tuple[str, bool], conversation: str | None = "c1", shape: str = "parts", run: str = "a", tenant: int | None = None
    ) -> int:
        parts = [{"toolCallId": call, "state": "approval-responded", "approval": {"approved": approved}} for call, approved in items]
        fields: Mapping[str, Any] = {
            "parts": {"content": "", "parts": parts},
            "content": {"content": parts},
            "text": {"content": json.dumps(parts)},
        }[shape]
        body = {"messages": [{"role": "user", **fields}], **({} if conversation is None else {"conversationId": conversation})}
        who = self.tenant_of[run] if tenant is None else tenant
        return self.ask("batch", "POST", "/run/api/chat", who, run=run, conversation=conversation, body=body)

    # --- model, tools, lives ----------------------------------------------------------------------------------------

    def turn(self, turn: int, run: str = "a", says: str = "text", script: str | None = "", tools: Any = (), earlier: Any = ()) -> Story:
        self.requests += 1
        rows = [{"id": id, "content": content} for id, content in tools]
        name = f"script-{run}" if script == "" else script
        return self.add("turn", request=self.requests, script=name, turn=turn, tools=rows, earlier=list(earlier), stream=True, says=says)

    def effect(self, call: str = "call-1", run: str = "a", key: str | None = "k1", again: bool = False, of: str | None = None) -> Story:
        self.requests += 1
        fields = {"tool": "pay", "run": f"wrun_{run}", "call": call, "key": key, "again": again}
        return self.add("effect", request=self.requests, arguments={"of": call if of is None else of}, **fields)

    def crash(self) -> Story:
        return self.add("gone", life=1).add("back", life=2, url_changed=True)

    def judge(self, requirement: str) -> Judgement:
        return SERVER_CHECKERS[f"EXE-{requirement}"](View(History.from_entries(self.header, self.entries)))


ASKED = (says("So. "), wants("call-1"))
APPROVED = (*ASKED, output("call-1"), says("Done."), FINISH)
DENIED = (*ASKED, denied("call-1"), says("Done."), FINISH)


def waiting(**config: Any) -> Story:
    """A run that is seen to wait for its only call."""
    return Story(**config).create(*ASKED).status("suspended")


def approved_end(story: Story) -> Story:
    """The effect, and the end of an approved run."""
    return story.effect().turn(1, tools=[("call-1", "pay:call-1:1")]).end("completed", *APPROVED)


def denied_end(story: Story) -> Story:
    return story.turn(1, tools=[("call-1", "denied by the user")]).end("completed", *DENIED)
