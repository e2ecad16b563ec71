"""Builds literal histories of a server of durable executions, one line a step, for tests of the checkers. Times in milliseconds.

The run ``a`` has the id ``wrun_a`` and the script ``a-s``. What is asked last is the *current* ask, to which `head`, `sent` and
`over` belong unless they name another.
"""

from __future__ import annotations

import json
from typing import Any

from streamproof.harness.checkers.durable_execution import SERVER_CHECKERS
from streamproof.harness.checkers.durable_execution.view import View
from streamproof.harness.contracts.durable_execution import DURABLE_EXECUTION
from streamproof.harness.engine.judge import judge_history
from streamproof.harness.values.history import Header, History
from streamproof.harness.values.verdict import Judgement

ALL = ("tools", "effects", "timing", "classic", "vercel", "fail_reads", "fail_writes", "known_run", "crash")
STREAM_HEAD = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
CONFIG = {
    "tenants": 2,
    "tools": [{"name": "pay", "needs_approval": True}, {"name": "note", "needs_approval": False}],
    "timing_ms": {"approval_timeout": None},
    "fail_reads": None,
    "fail_writes": None,
}
SPEAKS = [{"text": ["Hello ", "world."]}]
PAYS = [{"text": ["See. "], "calls": [{"id": "c1", "name": "pay", "arguments": {}}]}, {"text": ["Done."]}]
FAILS = [{"text": [], "status": 500}]

# --- frames -----------------------------------------------------------------------------------------------------------


def chunk(finish: str | None = None, **delta: Any) -> str:
    return json.dumps({"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


def envelope(type: str, **more: Any) -> str:
    return chunk(content=json.dumps({"type": type, **more}))


ROLE = chunk(role="assistant")
FINISH = chunk("stop")
ERROR = envelope("data-operation", data={"type": "error", "message": "the model failed"})
REQUEST = envelope("tool-approval-request", approvalId="aitxt-c1", toolCallId="c1")
OUTPUT = envelope("tool-output-available", toolCallId="c1", output="pay:c1:1")
DENIAL = envelope("tool-output-denied", toolCallId="c1")
HELLO = (ROLE, chunk(content="Hello "), chunk(content="world."), FINISH)
ASKS = (ROLE, chunk(content="See. "), REQUEST)
PAID = (*ASKS, OUTPUT, chunk(content="Done."), FINISH)
DENIED = (*ASKS, DENIAL, chunk(content="Done."), FINISH)
FAILED = (ROLE, ERROR, FINISH)


def events(*data: str) -> str:
    return "".join(f"data: {each}\n\n" for each in data)


class Story:
    """Each method appends entries at the present time; `at` and `later` move the time on."""

    def __init__(self, capabilities: tuple[str, ...] = ALL, world: str = "sim", **config: Any) -> None:
        self.now_ms = 0
        self.entries: list[tuple[int, str, dict[str, Any]]] = []
        self.asks = self.requests = 0
        self.header = Header(
            "durable-execution",
            ("server",),
            "executions",
            "test",
            world,
            "test",
            0,
            capabilities,
            {**CONFIG, **config},
            (),
            (),
            allowance_ms=1,
            internal=True,
        )

    def add(self, kind: str, **data: Any) -> Story:
        self.entries.append((self.now_ms * 1_000, kind, data))
        return self

    def later(self, ms: int) -> Story:
        self.now_ms += ms
        return self

    # --- one ask, step by step

    def ask(self, op: str, method: str, path: str, **more: Any) -> Story:
        self.asks += 1
        given = {"tenant": 0, "run": "a", "call": None, "conversation": None, "headers": [], "body": None, "meant": None, "last": False}
        return self.add("ask", ask=self.asks, op=op, method=method, path=path, **{**given, "index": None, "leave": None, **more})

    def head(self, status: int = 200, ask: int | None = None, **headers: str) -> Story:
        rows = [[name.replace("_", "-"), value] for name, value in headers.items()]
        return self.add("head", ask=ask or self.asks, status=status, headers=rows)

    def stream(self, ask: int | None = None, run: str | None = None) -> Story:
        """The head of a stream; of a creation with the id of its run."""
        return self.head(200, ask, **STREAM_HEAD, **({} if run is None else {"x_workflow_run_id": run}))

    def sent(self, *data: str, ask: int | None = None, text: str | None = None) -> Story:
        """Frames, one piece each, or a piece of any text."""
        for piece in [text] if text is not None else [events(each) for each in data]:
            self.add("piece", ask=ask or self.asks, text=piece)
        return self

    def over(self, how: str = "end", ask: int | None = None, rest_ms: int | None = None) -> Story:
        return self.add("over", ask=ask or self.asks, how=how, rest_ms=rest_ms)

    # --- whole operations

    def create(
        self, turns: Any = SPEAKS, run: str = "a", *, via: str = "executions", durable: bool = True, answered: bool = True, **more: Any
    ) -> Story:
        """A creation up to its head; with ``answered=False`` not even that."""
        tenant, conversation = more.get("tenant", 0), more.get("conversation")
        paths = {"executions": "/run/api/executions", "chat": "/run/api/chat", "completions": "/run/v1/chat/completions"}
        said = {"run": run, "script": f"{run}-s", "turns": turns, "via": via, "durable": durable}
        self.add("run", **said, tenant=tenant, conversation=conversation, ask=self.asks + 1)
        self.ask("create", "POST", paths[via], run=run, **more)
        return self.stream(run=f"wrun_{run}" if durable else None) if answered else self

    def turn(self, turn: int = 0, run: str = "a", says: str = "text", **tools: str) -> Story:
        """The server asks the model. ``tools``: what it tells it of each call."""
        self.requests += 1
        told = [{"id": call, "content": content} for call, content in tools.items()]
        return self.add("turn", request=self.requests, script=f"{run}-s", turn=turn, tools=told, earlier=[], stream=True, says=says)

    def effect(self, call: str = "c1", run: str = "a") -> Story:
        """The tool of a call has done its work."""
        self.requests += 1
        what = {"tool": "pay", "run": f"wrun_{run}", "call": call, "key": f"key-{call}", "again": False, "arguments": {}}
        return self.add("effect", request=self.requests, **what)

    def json(self, value: Any, status: int = 200) -> Story:
        return self.head(status, content_type="application/json").sent(text=json.dumps(value)).over()

    def status(self, status: str = "completed", run: str = "a", updated: Any = "2026-01-01T00:00:00Z", **more: Any) -> Story:
        body = {"id": f"wrun_{run}", "status": status, "conversationId": "c", "createdAt": "2026-01-01T00:00:00Z", "updatedAt": updated}
        return self.ask("status", "GET", f"/run/api/executions/wrun_{run}", run=run, **more).json(body)

    def reader(self, index: Any = None, run: str = "a", **more: Any) -> Story:
        """An ask for the stream, without its answer."""
        values = [] if index is None else index if isinstance(index, list) else [index]
        headers = [["x-stream-start-index", str(value)] for value in values]
        return self.ask("follow", "GET", f"/run/api/executions/wrun_{run}/stream", run=run, headers=headers, index=index, **more)

    def follow(self, *data: str, index: Any = None, how: str = "end", run: str = "a", **more: Any) -> Story:
        return self.reader(index, run, **more).stream().sent(*data).over(how)

    def approve(self, status: int = 200, call: str = "c1", run: str = "a", *, approved: bool = True, **more: Any) -> Story:
        path = f"/run/api/executions/wrun_{run}/approvals/{call}"
        body = {"approved": approved}
        return self.ask("approve", "POST", path, run=run, call=call, body=body, **more).json({"success": status == 200}, status)

    def lookup(self, conversation: str, route: str = "pending-approvals", **more: Any) -> Story:
        """An ask by conversation, without its answer."""
        path = f"/run/v1/conversations/{conversation}/{route}"
        return self.ask("pending", "GET", path, run=None, conversation=conversation, **more)

    def crash(self) -> Story:
        return self.add("gone", life=1).add("crash", handle="server", life=1).add("back", life=2, url_changed=False)

    def finish(self, *data: str, status: str = "completed", run: str = "a") -> Story:
        """What the play does at the end: status, the whole stream, status."""
        return self.status(status, run, last=True).follow(*data, index=0, run=run, last=True).status(status, run, last=True)

    # --- judging

    def history(self) -> History:
        return History.from_entries(self.header, self.entries)

    def judge(self, requirement: str) -> Judgement:
        return SERVER_CHECKERS[f"EXE-{requirement}"](View(self.history()))

    def broken(self) -> set[str]:
        """The requirements that are found broken."""
        judgements = judge_history(DURABLE_EXECUTION, self.history())
        assert not any(judgement.inconclusive for judgement in judgements.values()), judgements
        return {name.removeprefix("EXE-") for name, judgement in judgements.items() if judgement.findings}


def spoken(*original: str, status: str = "completed") -> Story:
    """A run that only speaks, read by its creator, and at the end."""
    return Story().create().turn().sent(*HELLO).over().finish(*(original or HELLO), status=status)


def created() -> Story:
    """A run that only speaks, up to the end of its creation."""
    return Story().create().turn().sent(*HELLO).over()


def suspended(**config: Any) -> Story:
    """A run that waits for the approval of ``c1``, which its creator and its status tell."""
    return Story(**config).create(PAYS).turn(says="calls").sent(*ASKS).over().status("suspended")


def approved() -> Story:
    """The same, approved, and its model asked for the last turn."""
    return suspended().approve().effect().turn(1, c1="pay:c1:1")


def resumed(*second: str, first: int = 2) -> Story:
    """A reader that is cut behind so many frames, and another that goes on there."""
    return created().follow(*HELLO[:first], index=0, how="left").follow(*second, index=first)
