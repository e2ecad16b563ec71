"""Builds literal histories of a run-stream reader, one line a step, for tests of the checkers. Times in milliseconds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from streamproof.harness.checkers.run_stream import RUN_STREAM_CHECKERS
from streamproof.harness.checkers.run_stream.view import View
from streamproof.harness.values.history import Header, History
from streamproof.harness.values.verdict import Judgement

TIMING = {"backoff_base": 100, "backoff_max": 1_000, "idle_timeout": 2_000, "batch_delay": 10}
CREDENTIALS = {"proxy": "Bearer <run-token>", "backend": "Bearer <session-token>"}
LEGS = {"proxy": "proxy", "direct": "backend", "legacy": "backend"}
FRAME_BYTES = 10
"""Every frame of a story has so many bytes."""


class ReaderStory:
    """Each method appends entries at the present time; `at` and `later` move the time on."""

    def __init__(
        self,
        profile: str = "proxy",
        faults: tuple[dict[str, Any], ...] = (),
        *,
        world: str = "sim",
        capabilities: tuple[str, ...] = ("timing",),
        **config: Any,
    ) -> None:
        self.now_ms = 0.0
        self.entries: list[tuple[int, str, dict[str, Any]]] = []
        self.calls = self.requests = self.connections = self.positions = self.total = self.stream_bytes = 0
        self.open_stream = 0
        self.leg = profile
        self.config = {"team_id": 7, "task_id": "task-1", "run_id": "run-1", "timing_ms": TIMING, **config}
        self.header = Header(
            "run-stream",
            ("reader",),
            profile,
            "test",
            world,
            "test",
            0,
            capabilities,
            self.config,
            (),
            faults,
            allowance_ms=1 if world == "sim" else 500,
        )

    def add(self, kind: str, **data: Any) -> ReaderStory:
        self.entries.append((round(self.now_ms * 1_000), kind, data))
        return self

    def at(self, now_ms: float) -> ReaderStory:
        self.now_ms = now_ms
        return self

    def later(self, ms: float) -> ReaderStory:
        return self.at(self.now_ms + ms)

    def settle(self) -> ReaderStory:
        """The faults stop, and far more time passes than recovery may take."""
        return self.add("heal").later(10_000).add("settled")

    # --- the application

    def call(self, verb: str) -> ReaderStory:
        self.calls += 1
        self.add("call", call=self.calls, handle="r1", life=1, verb=verb, args={})
        return self.add("reply", call=self.calls, outcome="ok", value={}, error=None, late=False)

    def note(self, note: str, **data: Any) -> ReaderStory:
        return self.add("note", handle="r1", life=1, number=1, note=note, data=data)

    def snapshot(self, *marks: Any, status: str = "in_progress") -> ReaderStory:
        self.total = len(marks)
        return self.note("snapshot", entries=[event(mark) for mark in marks], status=status)

    def logs(self, *marks: Any, total: int | None = None) -> ReaderStory:
        self.total += len(marks)
        return self.note("logs", entries=[event(mark) for mark in marks], total=self.total if total is None else total)

    def status(self, status: str = "completed") -> ReaderStory:
        return self.note("status", status=status, stage=None, output=None, error_message=None, branch=None)

    def error(self, retryable: Any = True) -> ReaderStory:
        return self.note("error", title="t", message="m", retryable=retryable)

    def ended(self) -> ReaderStory:
        return self.note("ended")

    # --- the run

    def append(self, *marks: Any) -> ReaderStory:
        for mark in marks:
            self.positions += 1
            self.add("append", run="run-1", position=self.positions, id=self.id_of(self.positions), event=event(mark))
        return self

    def finish(self) -> ReaderStory:
        return self.add("run-state", run="run-1", state={"status": "completed"}).add("finished", run="run-1")

    def id_of(self, position: int) -> str:
        return f"{'9' if LEGS[self.leg] == 'proxy' else '5'}00-{position}"

    def fault(self, fault: str, **where: Any) -> ReaderStory:
        return self.add("fault", index=0, fault=fault, **where)

    # --- requests

    def request(
        self,
        endpoint: str,
        target: str,
        *,
        server: str = "backend",
        headers: Mapping[str, str] | None = None,
        authorization: str | None = None,
    ) -> ReaderStory:
        """The head of a request, on a connection of its own."""
        self.requests += 1
        self.connections += 1
        credential = CREDENTIALS[server] if authorization is None else authorization
        pairs = [["Authorization", credential], *([name, value] for name, value in (headers or {}).items())]
        self.add("connect", connection=self.connections, server=server)
        return self.add(
            "request",
            request=self.requests,
            connection=self.connections,
            server=server,
            endpoint=endpoint,
            nth=1,
            method="GET",
            target=target,
            headers=pairs,
        )

    def answer(
        self, body: Any = None, status: int = 200, headers: Mapping[str, str] | None = None, *, delivered: bool = True, certain: bool = True
    ) -> ReaderStory:
        text = body if isinstance(body, str) else json.dumps(body)
        pairs = [[name, value] for name, value in (headers or {}).items()]
        self.add("answer", request=self.requests, status=status, headers=pairs, body=text)
        if delivered:
            self.add("delivered", request=self.requests, certain=certain)
        return self

    @property
    def base(self) -> str:
        task_id, run_id = (quote(str(self.config[name]), safe="") for name in ("task_id", "run_id"))
        return f"{self.prefix}/api/projects/7/tasks/{task_id}/runs/{run_id}/"

    @property
    def prefix(self) -> str:
        return str(self.config.get("base_suffix") or "").rstrip("/")

    def run(self, status: str = "in_progress", *, code: int = 200) -> ReaderStory:
        return self.request("run", self.base).answer({"status": status}, code)

    def history(self, *marks: Any, offset: int = 0, more: bool = False, code: int = 200) -> ReaderStory:
        self.request("history", f"{self.base}session_logs/?limit=5&offset={offset}")
        return self.answer([event(mark) for mark in marks], code, {"X-Has-More": "true" if more else "false"})

    def token(self, leg: str | None = None, *, code: int | None = None) -> ReaderStory:
        """Where to follow the run: a leg, or the status that is answered instead."""
        self.leg = leg or self.leg
        self.request("token", f"{self.base}stream_token/")
        if code is not None or self.leg == "legacy":
            return self.answer({}, code or 404)
        return self.answer({"token": "<run-token>", "stream_base_url": "http://proxy" if self.leg == "proxy" else None})

    # --- streams

    def stream(
        self,
        cursor: str | None = None,
        *,
        latest: bool = False,
        code: int = 200,
        content_type: str = "text/event-stream",
        leg: str | None = None,
    ) -> ReaderStory:
        self.leg = leg or self.leg
        server = LEGS[self.leg]
        path = f"{self.prefix}/v1/runs/{quote(str(self.config['run_id']), safe='')}/stream" if server == "proxy" else f"{self.base}stream/"
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": cursor} if cursor is not None else {})}
        self.request("stream", path + ("?start=latest" if latest else ""), server=server, headers=headers)
        self.open_stream, self.stream_bytes = self.requests, 0
        return self.answer("", code, {"Content-Type": content_type}, delivered=code != 200)

    def frame(self, kind: str, position: int = 0, id: str | None = None, *, again: bool = False) -> ReaderStory:
        self.stream_bytes += FRAME_BYTES
        return self.add("frame", request=self.open_stream, frame=kind, position=position, id=id, again=again, body_bytes=self.stream_bytes)

    def events(self, *positions: int, again: bool = False) -> ReaderStory:
        for position in positions:
            self.frame("event", position, self.id_of(position), again=again)
        return self

    def clean_end(self) -> ReaderStory:
        self.add("stream-over", request=self.open_stream, how="clean")
        return self.add("delivered", request=self.open_stream, certain=True)

    def cut(self, *, lost: int = 0, certain: bool = True, by: str = "link") -> ReaderStory:
        """The connection ends in the middle of the answer; ``lost`` bytes of what was written did not pass."""
        how = "fin" if certain else "rst"
        self.add("closed", connection=self._connection(), by=by, how=how)
        return self.add("broken", request=self.open_stream, bytes=self.stream_bytes - lost, certain=certain)

    def _connection(self) -> int:
        return next(row[2]["connection"] for row in self.entries if row[1] == "request" and row[2]["request"] == self.open_stream)

    def refuse(self, server: str = "proxy") -> ReaderStory:
        self.connections += 1
        self.add("refuse", connection=self.connections, server=server)
        return self.fault("refuse", connection=self.connections)

    # --- pieces of a usual history

    def watch(self, *old: Any, leg: str | None = None) -> ReaderStory:
        """A reader that watches a run with these old events, shows its snapshot and follows the stream."""
        self.append(*old).call("watch").run().token(leg).history(*old).stream(latest=True)
        return self.history(offset=len(old)).snapshot(*old)

    def live(self, *marks: Any) -> ReaderStory:
        """Events that are appended, sent and shown."""
        for mark in marks:
            self.append(mark).events(self.positions)
        return self.later(20).logs(*marks)

    def end(self) -> ReaderStory:
        """The run is over: stream-end, the final state, the final status, the end."""
        return self.finish().frame("stream-end").clean_end().run("completed").status().ended()

    def judge(self, requirement: str) -> Judgement:
        view = View(History.from_entries(self.header, self.entries))
        return RUN_STREAM_CHECKERS[f"RD-{requirement}"](view)


def event(mark: Any) -> Any:
    """An event with this mark, or the event itself."""
    return {"k": mark} if isinstance(mark, int) else mark


def steady() -> ReaderStory:
    """Nothing is wrong with it, and the run ends."""
    return ReaderStory().watch(1, 2).later(50).live(3).live(4, 5).later(50).end().settle()
