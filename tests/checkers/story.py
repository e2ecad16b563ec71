"""Builds literal histories of an ingest sender, one line a step, for tests of the checkers. Times in milliseconds."""

from __future__ import annotations

import json
from typing import Any

from streamproof.harness.checkers.ingest import SENDER_CHECKERS
from streamproof.harness.checkers.ingest.view import View
from streamproof.harness.values.history import Header, History
from streamproof.harness.values.verdict import Judgement

TIMING = {"flush_delay": 0, "retry_delay": 1_000, "request_timeout": 3_000, "stop_timeout": 10_000, "upload_window": 20_000}
URL = "/v1/runs/run-1/ingest"
HEADERS = [["Authorization", "Bearer <run-token>"], ["Content-Type", "application/x-ndjson"]]


class Story:
    """Each method appends entries at the present time; `at` moves the time on."""

    def __init__(self, profile: str = "proxy", faults: tuple[dict[str, Any], ...] = (), **config: Any) -> None:
        self.now_ms = 0
        self.entries: list[tuple[int, str, dict[str, Any]]] = []
        self.calls = 0
        self.requests = 0
        self.life = 0
        settings = {
            "project_id": 7,
            "task_id": "task-1",
            "run_id": "run-1",
            "timing_ms": TIMING,
            "limits": {"max_event_bytes": 100},
            **config,
        }
        self.header = Header(
            "ingest",
            ("sender",),
            profile,
            "test",
            "sim",
            "test",
            0,
            ("timing", "limits"),
            settings,
            (),
            faults,
            allowance_ms=1,
            internal=True,
        )
        self.open()

    def add(self, kind: str, **data: Any) -> Story:
        self.entries.append((self.now_ms * 1_000, kind, data))
        return self

    def at(self, now_ms: int) -> Story:
        self.now_ms = now_ms
        return self

    def open(self) -> Story:
        self.life += 1
        return self.add("open", handle="s1", contract="ingest", role="sender", life=self.life)

    def call(
        self, verb: str, *, reply_at: int | None = None, outcome: str = "ok", value: dict[str, Any] | None = None, **args: Any
    ) -> Story:
        self.begin(verb, **args)
        if reply_at is not None:
            self.at(reply_at)
        return self.reply(outcome, value)

    def begin(self, verb: str, **args: Any) -> Story:
        self.calls += 1
        return self.add("call", call=self.calls, handle="s1", life=self.life, verb=verb, args=args)

    def reply(self, outcome: str = "ok", value: dict[str, Any] | None = None) -> Story:
        return self.add("reply", call=self.calls, outcome=outcome, value=value or {}, error=None, late=False)

    def enqueue(self, *marks: int, **more: Any) -> Story:
        for mark in marks:
            self.call("enqueue", event={"k": mark, **more})
        return self

    def stop(self, complete: bool = True, **more: Any) -> Story:
        return self.call("stop", complete=complete, **more)

    def request(self, *, target: str = URL, server: str = "proxy", headers: list[list[str]] | None = None) -> Story:
        """The head of a request, on a connection of its own."""
        self.requests += 1
        self.add("connect", connection=self.requests, server=server)
        number = self.requests
        return self.add(
            "request",
            request=number,
            connection=number,
            server=server,
            endpoint="upload",
            nth=1,
            method="POST",
            target=target,
            headers=headers or HEADERS,
        )

    def line(self, index: int, text: str) -> Story:
        return self.add("line", request=self.requests, index=index, bytes=len(text.encode()), text=text, ended=True)

    def body(self, *items: tuple[int, Any] | int, accept: bool = True) -> Story:
        """(seq, mark or event) for event lines, a number for a completion; then the end of the body."""
        size = 0
        for index, item in enumerate(items, 1):
            if isinstance(item, tuple):
                seq, event = item[0], item[1] if isinstance(item[1], dict) else {"k": item[1]}
                text = json.dumps({"seq": seq, "event": event}, ensure_ascii=False, separators=(",", ":"))
            else:
                text = json.dumps({"type": "_posthog/stream_complete", "final_seq": item}, separators=(",", ":"))
            size += len(text.encode()) + 1
            self.line(index, text)
            if accept and isinstance(item, tuple):
                self.add("accept", run="run-1", request=self.requests, index=index, seq=item[0])
            elif accept:
                self.add("complete", run="run-1", request=self.requests, final_seq=item, repeated=False)
        return self.add("body-end", request=self.requests, how="end", bytes=size)

    def answer(
        self, position: int | None = None, status: int = 200, error: str = "", delivered: bool = True, certain: bool = True
    ) -> Story:
        body: dict[str, Any] = {} if position is None else {"last_accepted_seq": position}
        if error:
            body["error"] = error
        self.add("answer", request=self.requests, status=status, headers=[], body=json.dumps(body), early=False)
        if delivered:
            self.add("delivered", request=self.requests, certain=certain)
        return self

    def sync(self, position: int = 0, status: int = 200) -> Story:
        return self.request().body().answer(position, status)

    def upload(self, *items: Any, position: int, status: int = 200, accept: bool = True) -> Story:
        return self.request().body(*items, accept=accept).answer(position, status)

    def fault(self, fault: str, **where: Any) -> Story:
        return self.add("fault", index=0, fault=fault, **where)

    def judge(self, requirement: str) -> Judgement:
        view = View(History.from_entries(self.header, self.entries))
        return SENDER_CHECKERS[f"ING-{requirement}"](view)


def steady() -> Story:
    """A sync, one event, its upload, and a stop with its completion: nothing is wrong with it."""
    story = Story().enqueue(1).sync().upload((1, 1), position=1).at(500)
    story.begin("stop", complete=True).request().body(1).answer(1)
    return story.reply().at(3_000).add("settled")
