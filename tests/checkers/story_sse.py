"""Builds literal histories of an EventSource-style client, one line a step, for tests of the checkers. Times in milliseconds."""

from __future__ import annotations

from typing import Any

from streamproof.harness.checkers.sse import SSE_CHECKERS
from streamproof.harness.checkers.sse.view import View
from streamproof.harness.contracts.sse import SSE
from streamproof.harness.engine.judge import judge_history
from streamproof.harness.values.history import Header, History
from streamproof.harness.values.verdict import Judgement

ALL = ("reconnect", "headers", "stored_id")
STREAM_TYPE = "text/event-stream; charset=utf-8"


def frames(*numbers: int) -> str:
    """Events 1, 2 .. with their ids, as the server writes them."""
    return "".join(f"id: {number}\ndata: e{number}\n\n" for number in numbers)


class Story:
    """Each method appends entries at the present time; `at` and `later` move the time on."""

    def __init__(
        self, capabilities: tuple[str, ...] = ALL, world: str = "sim", workload: tuple[tuple[str, dict[str, Any]], ...] = (), **config: Any
    ) -> None:
        self.now_ms = 0
        self.entries: list[tuple[int, str, dict[str, Any]]] = []
        self.calls = self.requests = self.notes = 0
        self.sent_bytes = 0
        self.header = Header("sse", ("reader",), "plain", "test", world, "test", 0, capabilities, config, workload, (), allowance_ms=1)
        self.call("watch")

    def add(self, kind: str, **data: Any) -> Story:
        self.entries.append((self.now_ms * 1_000, kind, data))
        return self

    def at(self, now_ms: int) -> Story:
        self.now_ms = now_ms
        return self

    def later(self, ms: int) -> Story:
        return self.at(self.now_ms + ms)

    def call(self, verb: str) -> Story:
        self.calls += 1
        self.add("call", call=self.calls, handle="r1", life=1, verb=verb, args={})
        return self.add("reply", call=self.calls, outcome="ok", value={}, error=None, late=False)

    # --- the wire

    def ask(
        self, cursor: str | None = None, *, server: str = "origin", headers: list[list[str]] | None = None, method: str = "GET"
    ) -> Story:
        self.requests += 1
        number = self.requests
        self.sent_bytes = 0
        given = [["Host", f"{server}:80"], *([["Accept", "text/event-stream"]] if headers is None else headers)]
        given += [] if cursor is None else [["Last-Event-ID", cursor]]
        self.add("connect", connection=number, server=server)
        where = {"server": server, "endpoint": "stream", "nth": number, "method": method, "target": "/events"}
        return self.add("request", request=number, connection=number, headers=given, **where)

    def answer(self, status: int = 200, media_type: str = STREAM_TYPE, body: str = "", **headers: str) -> Story:
        pairs = [["Content-Type", media_type], *([name, value] for name, value in headers.items())]
        return self.add("answer", request=self.requests, status=status, headers=pairs, body=body, early=False)

    def open(self, cursor: str | None = None, **more: Any) -> Story:
        """A connection that is answered with a stream, and the note of it."""
        return self.ask(cursor, **more).answer().note("open")

    def sent(self, text: str, repeat: int = 1) -> Story:
        self.sent_bytes += len(text.encode("utf-8", "surrogateescape")) * repeat
        return self.add("sent", request=self.requests, text=text, **({"repeat": repeat} if repeat > 1 else {}))

    def source(self, *data: str) -> Story:
        return self.add("source", events=[{"data": text} for text in data])

    def memory(self, exceeded: bool | None) -> Story:
        return self.add("memory", streamed_bytes=6_000_000, limit_bytes=4_000_000, exceeded=exceeded)

    def ends(self) -> Story:
        """The answer ends, whole."""
        return self.add("delivered", request=self.requests, certain=True)

    def cut(self, how: str = "rst", lost: int = 0, by: str = "link") -> Story:
        """The connection ends inside the answer; of what was sent ``lost`` bytes did not pass."""
        self.add("closed", connection=self.requests, by=by, how=how)
        return self.add("broken", request=self.requests, bytes=self.sent_bytes - lost, certain=how == "fin")

    def refused(self) -> Story:
        return self.add("refuse", connection=99, server="origin")

    def fault(self, fault: str) -> Story:
        return self.add("fault", index=0, fault=fault, request=self.requests)

    # --- the client

    def note(self, note: str, **data: Any) -> Story:
        self.notes += 1
        return self.add("note", handle="r1", life=1, number=self.notes, note=note, data=data)

    def told(self, data: str, id: str | None = "", type: str = "message") -> Story:
        return self.note("event", id=id, type=type, data=data)

    def events(self, *numbers: int) -> Story:
        for number in numbers:
            self.told(f"e{number}", str(number))
        return self

    def settle(self, ms: int = 20_000) -> Story:
        return self.later(ms).add("settled")

    def view(self) -> View:
        return View(History.from_entries(self.header, self.entries))

    def judge(self, requirement: str) -> Judgement:
        return SSE_CHECKERS[f"SSE-{requirement}"](self.view())

    def broken(self) -> set[str]:
        """The requirements that are found broken."""
        judgements = judge_history(SSE, History.from_entries(self.header, self.entries))
        assert not any(judgement.inconclusive for judgement in judgements.values())
        return {name.removeprefix("SSE-") for name, judgement in judgements.items() if judgement.findings}
