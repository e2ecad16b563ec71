"""Builds literal histories of a client of durable executions, one line a step, for tests of the checkers. Times in milliseconds."""

from __future__ import annotations

import json
from typing import Any

from streamproof.harness.checkers.durable_execution.client import CLIENT_CHECKERS
from streamproof.harness.checkers.durable_execution.client.view import View
from streamproof.harness.contracts import CONTRACTS
from streamproof.harness.engine.judge import judge_history
from streamproof.harness.values.history import Header, History
from streamproof.harness.values.verdict import Judgement

RUN = "wrun/1"
TARGET = "/run/api/executions"
STREAM = f"{TARGET}/wrun%2F1/stream"
STREAM_TYPE = "text/event-stream; charset=utf-8"
HEADERS = {"Authorization": "Bearer <credential>"}
FRAME_BYTES = 100
MESSAGES = [{"role": "user", "content": "hi"}]


def frame_text(index: int, sign: str = "") -> str:
    """A frame as a server sends it; ``sign``: "finish", "approval", "error" or nothing but words."""
    contents = {
        "approval": {"type": "tool-approval-request", "toolCallId": "call-1"},
        "error": {"type": "data-operation", "data": {"type": "error"}},
    }
    content = json.dumps(contents[sign]) if sign in contents else f"word {index}"
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": "stop" if sign == "finish" else None}
    return json.dumps({"created": index, "choices": [choice]})


class Story:
    """Each method appends entries at the present time; `later` moves the time on. The client is well-behaved unless it says otherwise."""

    def __init__(self, world: str = "sim") -> None:
        self.now_ms = 0
        self.entries: list[tuple[int, str, dict[str, Any]]] = []
        self.calls = self.requests = self.notes = self.sent_bytes = 0
        config = {"headers": HEADERS, "done": "none", "repeats": True}
        self.header = Header("durable-execution", ("client",), "executions", "test", world, "test", 0, (), config, (), (), allowance_ms=1)

    def add(self, kind: str, **data: Any) -> Story:
        self.entries.append((self.now_ms * 1_000, kind, data))
        return self

    def later(self, ms: int) -> Story:
        self.now_ms += ms
        return self

    # --- the application

    def call(self, verb: str, **args: Any) -> Story:
        self.calls += 1
        return self.add("call", call=self.calls, handle="c1", life=1, verb=verb, args=args)

    def reply(self, outcome: str = "ok", **value: Any) -> Story:
        return self.add("reply", call=self.calls, outcome=outcome, value=value, error=None, late=False)

    def follow(self, index: int = 0) -> Story:
        """The call, and the request that it makes."""
        return self.call("follow", run_id=RUN, start_index=index).reply().ask("stream", STREAM, index=str(index))

    def create(self) -> Story:
        """The call and its request, but no answer."""
        self.call("create", messages=MESSAGES, conversation_id=None)
        return self.ask("create", TARGET, method="POST").asked({"messages": MESSAGES})

    def approve(self, approved: bool = True, reason: str | None = None) -> Story:
        self.call("approve", run_id=RUN, tool_call_id="call 1", approved=approved, reason=reason)
        body = {"approved": approved} if reason is None else {"approved": approved, "reason": reason}
        return self.ask("approve", f"{TARGET}/wrun%2F1/approvals/call%201", method="POST").asked(body)

    def unfollow(self) -> Story:
        return self.call("unfollow").reply()

    # --- the wire

    def ask(
        self,
        endpoint: str,
        target: str,
        *,
        method: str = "GET",
        index: str | None = None,
        server: str = "durable",
        headers: dict[str, str] = HEADERS,
    ) -> Story:
        self.requests += 1
        self.sent_bytes = 0
        given = {"Host": f"{server}:80", **headers, **({"Content-Type": "application/json"} if method == "POST" else {})}
        given |= {} if index is None else {"x-stream-start-index": index}
        self.add("connect", connection=self.requests, server=server)
        where = {"server": server, "endpoint": endpoint, "nth": self.requests, "method": method, "target": target}
        return self.add("request", request=self.requests, connection=self.requests, headers=[[*pair] for pair in given.items()], **where)

    def asked(self, body: Any) -> Story:
        return self.add("asked", request=self.requests, body=json.dumps(body))

    def answer(self, status: int = 200, media_type: str = STREAM_TYPE, **headers: str) -> Story:
        pairs = [["Content-Type", media_type], *([name, value] for name, value in headers.items())]
        return self.add("answer", request=self.requests, status=status, headers=pairs, body="", early=False)

    def created(self, run: str = RUN) -> Story:
        return self.add("created", request=self.requests, run=run, conversation="c").answer()

    def sent(self, index: int, sign: str = "") -> Story:
        return self._frame("event", index, frame_text(index, sign))

    def done(self) -> Story:
        return self._frame("done", None, "[DONE]")

    def error_frame(self) -> Story:
        return self._frame("error", None, '{"error":"Stream error"}')

    def _frame(self, kind: str, index: int | None, data: str) -> Story:
        self.sent_bytes += FRAME_BYTES
        return self.add("frame", request=self.requests, run=RUN, frame=kind, index=index, data=data, body_bytes=self.sent_bytes)

    def ends(self) -> Story:
        """The answer ends, whole."""
        return self.add("delivered", request=self.requests, certain=True)

    def cut(self, lost: int = 0, how: str = "rst") -> Story:
        """The connection ends inside the answer; of what was sent ``lost`` bytes did not pass."""
        self.add("closed", connection=self.requests, by="link", how=how)
        return self.add("broken", request=self.requests, bytes=max(0, self.sent_bytes - lost), certain=how == "fin")

    def left(self) -> Story:
        """The client ends the connection of its last request."""
        return self.add("closed", connection=self.requests, by="target", how="fin")

    def decision(self, approved: bool = True, verdict: str = "recorded", *, by_others: bool = False) -> Story:
        request = 0 if by_others else self.requests
        return self.add("decision", request=request, run=RUN, call="call 1", approved=approved, verdict=verdict)

    # --- the client

    def note(self, note: str, **data: Any) -> Story:
        self.notes += 1
        return self.add("note", handle="c1", life=1, number=self.notes, note=note, data=data)

    def told(self, index: int, sign: str = "", **changes: Any) -> Story:
        return self.note("frame", **{"index": index, "data": frame_text(index, sign), **changes})

    def outcome(self, kind: str) -> Story:
        return self.note("outcome", kind=kind)

    def read(self, *signs: str, start: int = 0) -> Story:
        """Frames with these signs are sent, and told."""
        for index, sign in enumerate(signs, start):
            self.sent(index, sign)
        for index, sign in enumerate(signs, start):
            self.told(index, sign)
        return self

    def settle(self, ms: int = 20_000) -> Story:
        return self.later(ms).add("settled")

    # --- the judge

    def history(self) -> History:
        return History.from_entries(self.header, self.entries)

    def judge(self, number: int) -> Judgement:
        return CLIENT_CHECKERS[f"EXE-CLI-{number}"](View(self.history()))

    def broken(self) -> set[int]:
        """The numbers of the requirements that are found broken."""
        judgements = judge_history(CONTRACTS["durable-execution"], self.history())
        assert not any(judgement.inconclusive for judgement in judgements.values())
        return {int(name.rpartition("-")[2]) for name, judgement in judgements.items() if judgement.findings}
