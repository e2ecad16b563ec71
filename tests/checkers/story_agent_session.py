"""Builds literal histories of a runner, one line a step, for tests of the checkers. Times in milliseconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streamproof.harness.checkers.agent_session import RUNNER_CHECKERS
from streamproof.harness.checkers.agent_session.view import View
from streamproof.harness.contracts import CONTRACTS
from streamproof.harness.engine.judge import judge_history
from streamproof.harness.values.history import Header, History
from streamproof.harness.values.verdict import Judgement

ALL = ("timing", "fail_emits", "fail_schedules")
SESSION, PROMPT = "sesn_1", "Work."
PATH = f"/v1/sessions/{SESSION}"
STREAM_TYPE = "text/event-stream; charset=utf-8"
STATUS = {"running": "running", "rescheduled": "rescheduling", "idle": "idle", "terminated": "terminated"}
SAID = ("one", "two")
EVENT_BYTES = 100


class Story:
    """Each method appends entries at the present time; `later` moves the time on. Events have the ids e1, e2 .. in their order."""

    def __init__(self, mode: str = "poll", *, world: str = "sim", terminal: str | None = "idle", owed: Sequence[str] = SAID, **config: Any):
        self.now_ms = 0
        self.entries: list[tuple[int, str, dict[str, Any]]] = []
        self.calls = self.requests = self.notes = self.events = self.stream_bytes = 0
        self.stream = 0
        self.listed: list[str] = []
        capabilities = config.pop("capabilities", ALL)
        given = {"persist_session": False, "timing_ms": None, **config}
        self.header = Header(
            "agent-session", ("runner",), mode, "test", world, "test", 0, capabilities, given, (), (), allowance_ms=1, internal=True
        )
        self.script = {"prompt": PROMPT, "terminal": terminal, "messages": list(owed)}

    def add(self, kind: str, **data: Any) -> Story:
        self.entries.append((self.now_ms * 1_000, kind, data))
        return self

    def later(self, ms: int) -> Story:
        self.now_ms += ms
        return self

    # --- the application

    def call(self, verb: str, **args: Any) -> Story:
        self.calls += 1
        return self.add("call", call=self.calls, handle="r1", life=1, verb=verb, args=args)

    def reply(self, outcome: str = "ok", *, call: int | None = None) -> Story:
        return self.add("reply", call=call or self.calls, outcome=outcome, value={}, error=None, late=False)

    def begin(self, *before: str, failing: str = "") -> Story:
        """Up to the reply of `run`. ``before``: events of the session from before the prompt. ``failing``: a verb that is called first."""
        if failing:
            self.call(failing, count=1).reply()
        self.add("script", run="a", handle="r1", session=None, **self.script).call("run", prompt=PROMPT)
        self.ask("create", "/v1/sessions", "POST").add("session", request=self.requests, session=SESSION, run="a").answer()
        for type in before:
            self.event(f"session.status_{type}")
        self.metadata("running")
        return self.prompt().reply(call=self.calls)

    def cancel(self) -> Story:
        return self.call("cancel").reply()

    def crash(self) -> Story:
        return self.add("crash", handle="r1", life=1).add("gone", life=1)

    # --- the runner

    def note(self, note: str, **data: Any) -> Story:
        self.notes += 1
        return self.add("note", handle="r1", life=1, number=self.notes, note=note, data=data)

    def emit(self, *messages: str, status: str = "idle", **more: Any) -> Story:
        last = messages[-1] if messages else ""
        return self.note("emit", **{"status": status, "session_id": SESSION, "last_message": last, "messages": list(messages), **more})

    def failed(self, message: str = "it failed") -> Story:
        return self.note("failed", message=message)

    def metadata(self, status: str) -> Story:
        return self.note("metadata", session={"id": SESSION, "status": status})

    def scheduled(self, delay_ms: Any = 15_000, action: str = "poll") -> Story:
        return self.note("scheduled", action=action, delay_ms=delay_ms)

    def poll(self, status: str, delay_ms: int = 15_000) -> Story:
        """One that is scheduled, waited for, and read."""
        return self.scheduled(delay_ms).later(delay_ms).read(status)

    def done(self, *messages: str, status: str = "idle") -> Story:
        """The right end: emit, metadata, clean-up, and time for what must not come."""
        return self.emit(*messages, status=status).metadata(status).end()

    def end(self) -> Story:
        return self.interrupt().delete().settle()

    def settle(self, ms: int = 30_000) -> Story:
        return self.later(ms).add("settled")

    # --- requests

    def ask(self, endpoint: str, target: str, method: str = "GET", fault: str = "") -> Story:
        self.requests += 1
        self.add("connect", connection=self.requests, server="sessions")
        where = {"server": "sessions", "endpoint": endpoint, "nth": self.requests, "method": method, "target": target, "headers": []}
        self.add("request", request=self.requests, connection=self.requests, **where)
        return self.add("fault", index=0, fault=fault, request=self.requests) if fault else self

    def answer(self, status: int = 200, media_type: str = "application/json") -> Story:
        headers = [["Content-Type", media_type]]
        self.add("answer", request=self.requests, status=status, headers=headers, body="", early=False)
        return self if media_type == STREAM_TYPE else self.add("delivered", request=self.requests, certain=True)

    def fail(self, endpoint: str, status: int = 503) -> Story:
        """A request that a fault answers."""
        targets = {"list": f"{PATH}/events?limit=20&order=desc", "stream": f"{PATH}/events/stream", "send": f"{PATH}/events?beta=true"}
        method = {"send": "POST", "create": "POST", "delete": "DELETE"}.get(endpoint, "GET")
        return self.ask(endpoint, targets.get(endpoint, PATH), method, "status").answer(status)

    def prompt(self) -> Story:
        self.ask("send", f"{PATH}/events?beta=true", "POST").add("prompted", request=self.requests, session=SESSION, text=PROMPT)
        return self.event("user.message").status("running").answer()

    def read(self, status: str) -> Story:
        return self.ask("read", PATH).add("told", request=self.requests, session=SESSION, status=status).answer()

    def list(self, *ids: str, token: str | None = None, next: str | None = None) -> Story:
        """A page with those ids, newest first; without any, of all that is shown."""
        query = "" if token is None else f"&page={token}"
        self.ask("list", f"{PATH}/events?limit=20&order=desc{query}")
        shown = list(ids) or self.listed[::-1]
        return self.add("page", request=self.requests, session=SESSION, ids=shown, token=token, next=next).answer()

    def interrupt(self) -> Story:
        self.ask("send", f"{PATH}/events?beta=true", "POST")
        return self.add("interrupted", request=self.requests, session=SESSION, running=False).answer()

    def delete(self) -> Story:
        return self.ask("delete", PATH, "DELETE").add("deleted", request=self.requests, session=SESSION).answer()

    def refused(self) -> Story:
        self.ask("delete", PATH, "DELETE").add("delete-refused", request=self.requests, session=SESSION, status="running")
        return self.answer(409)

    # --- what the session does

    def event(self, type: str, *, listed: bool = True, streamed: bool = True, **more: Any) -> Story:
        self.events += 1
        id = f"e{self.events}"
        self.add("recorded", session=SESSION, event={"id": id, "type": type, **more})
        if listed:
            self.shown(id)
        return self.send(id) if streamed and self.stream else self

    def say(self, *texts: str, type: str = "agent.message", **more: Any) -> Story:
        for text in texts:
            self.event(type, content=[{"type": "text", "text": text}], **more)
        return self

    def status(self, word: str, *, stop: str | None = None, told: bool = True, **more: Any) -> Story:
        """A status event; ``told``: the endpoint of the status tells it, too."""
        if stop is not None:
            more["stop_reason"] = {"type": stop}
        self.event(f"session.status_{word}", **more)
        return self.add("status", session=SESSION, status=STATUS[word]) if told else self

    def error(self, message: str = "no model") -> Story:
        return self.event("session.error", error={"type": "e", "message": message})

    def shown(self, id: str) -> Story:
        self.listed = sorted({*self.listed, id}, key=lambda id: int(id[1:]))
        return self.add("shown", session=SESSION, id=id)

    # --- its stream

    def open(self, fault: str = "") -> Story:
        self.ask("stream", f"{PATH}/events/stream", fault=fault)
        self.stream, self.stream_bytes = self.requests, 0
        return self.add("stream-open", request=self.requests, session=SESSION).answer(media_type=STREAM_TYPE)

    def send(self, id: str) -> Story:
        self.stream_bytes += EVENT_BYTES
        return self.add("streamed", request=self.stream, session=SESSION, id=id, again=False, body_bytes=self.stream_bytes)

    def cut(self, lost: int = 0) -> Story:
        """The connection of the stream ends inside the answer; so many bytes of it did not pass."""
        number, self.stream = self.stream, 0
        self.add("closed", connection=number, by="link", how="rst")
        return self.add("broken", request=number, bytes=self.stream_bytes - lost, certain=False)

    def close(self) -> Story:
        """The runner lets go of the stream."""
        number, self.stream = self.stream, 0
        return self.add("closed", connection=number, by="target", how="fin")

    # --- the judge

    def history(self) -> History:
        return History.from_entries(self.header, self.entries)

    def judge(self, requirement: str) -> Judgement:
        return RUNNER_CHECKERS[f"SES-{requirement}"](View(self.history()))

    def broken(self) -> set[str]:
        """The requirements that are found broken, without their prefix."""
        judgements = judge_history(CONTRACTS["agent-session"], self.history())
        assert not [judgement.reason for judgement in judgements.values() if judgement.inconclusive]
        return {name.removeprefix("SES-") for name, judgement in judgements.items() if judgement.findings}

    def passes(self, *requirements: str) -> bool:
        """Nothing is broken, and those were judged."""
        return self.broken() == set() and all(self.judge(requirement).judged for requirement in requirements)


def polled(*texts: str, end: str = "idle", **more: Any) -> Story:
    """A session that has said that and come to its end, and the poll that finds it so. What follows from it is still to be told."""
    story = Story(**more).begin().later(1_000).say(*(texts or SAID)).status(end)
    return story.poll(end).list()


def streaming(**more: Any) -> Story:
    """A run whose stream is open, and whose list was read once."""
    return Story("sse", **more).begin().scheduled(1_000, "stream").later(1_000).open().list()
