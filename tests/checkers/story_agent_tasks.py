"""Literal histories of an agent with all that is beside its socket: HTTP, ends of connections, executions, stops. Times in milliseconds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

from streamproof.harness.contracts.result_channel import RESULT_CHANNEL
from streamproof.harness.engine.judge import judge_history
from streamproof.harness.values.history import History

from . import story_result_channel
from .story_result_channel import ALL, ATTEMPT, TASK

FIGURES = {
    "flush_interval": 100,
    "reconnect_min": 100,
    "reconnect_max": 1_000,
    "ping_interval": 1_000,
    "poll_interval": 1_000,
    "polling_fallback": 3_000,
}
PUTS_FROM = 1_000
"""Numbers of plain requests, which are not those of sockets."""
Write = tuple[int, str, str]
"""(ms, stream, text)"""


class Story(story_result_channel.Story):
    """Begins with the call of ``start``. `says` and what it says is surely read only with `read` behind it."""

    def __init__(self, world: str = "sim", timing: dict[str, int] | None = None, **config: Any) -> None:
        super().__init__(world, ALL, timing_ms={**FIGURES, **(timing or {})}, **config)
        self.plain = PUTS_FROM
        self.calls = 0
        self.call("start")

    def unknown(self, *names: str, of: str = "timing_ms") -> Self:
        """These figures are left to the agent; without a name all of them, as a null in place of the object."""
        given = {**(self.header.config[of] or {}), **dict.fromkeys(names)} if names else None
        self.header = replace(self.header, config={**self.header.config, of: given})
        return self

    def call(self, verb: str) -> Self:
        self.calls += 1
        self.add("call", call=self.calls, handle="a1", life=1, verb=verb, args={})
        self.add("reply", call=self.calls, outcome="ok", value={}, error=None, late=False)
        return self

    # --- the play

    def command(self, *writes: Write, code: int = 0, exit_ms: int = 0, task: str = TASK, attempt: str = ATTEMPT) -> Self:
        """A task whose command makes these writes, and ends ``exit_ms`` after its start."""
        texts = {name: "".join(text for _, stream, text in writes if stream == name) for name in ("stdout", "stderr")}
        steps = [[at_ms, stream, len(text.encode())] for at_ms, stream, text in writes]
        operation = ("task", {"task": task, "attempt": attempt, "script": {"steps": [], "exit_at_ms": exit_ms}})
        self.header = replace(self.header, workload=(*self.header.workload, operation))
        status = "completed" if code == 0 else "failed"
        self.add(
            "task", task=task, attempt=attempt, via="socket", **texts, status=status, exit_code=code, steps=steps, discardable=False
        )  # fmt: skip
        return self

    def executed(self, count: int = 1) -> Self:
        self.add("executions", task=TASK, attempt=ATTEMPT, count=count)
        return self

    # --- ends of connections

    def closes(self) -> Self:
        """The agent ends the connection."""
        self.add("control", socket=self.socket, by="agent", what="close", data="", code=1000)
        self.over("agent", 1000)
        self.add("closed", connection=self.socket, by="target", how="fin")
        return self

    def drops(self) -> Self:
        """The control plane ends it, without a word."""
        self.add("closed", connection=self.socket, by="server", how="rst")
        self.over(code=None)
        return self

    def fresh(self, *ranges: story_result_channel.Range, **more: Any) -> Self:
        """A session that was surely begun at once."""
        self.session(*ranges, **more).read()
        return self

    # --- what the control plane says

    def hello_ack(self, id: str | None = None, delivery: bool = True, **directives: Any) -> Self:
        super().hello_ack(id, **directives)
        self.entries[-1][2]["envelope"]["payload"]["delivery_enabled"] = delivery
        return self

    def deliver(self, task: str = TASK, attempt: str = ATTEMPT, *, illegal: bool = False) -> Self:
        self.say("task.deliver", "illegal" if illegal else "deliver", {"command": "x", "priority": 0}, illegal=illegal)
        self.entries[-1][2]["envelope"].update(task_id=task, execution_attempt_id=attempt)
        return self

    def error(self, related: str | None, code: str = "internal") -> Self:
        """A retryable one."""
        self.say("error", "error", {"code": code, "retryable": True, "related_message_id": related})
        return self

    # --- the agent

    def received(self, task: str = TASK, attempt: str = ATTEMPT) -> Self:
        self.frame("task.received", f"received {self.frames}", {}, task_id=task, execution_attempt_id=attempt)
        return self

    def waiting(self, *, finals: tuple[str, ...] = ()) -> Self:
        """A hello that lists the task as received and not started."""
        self.hello(finals=finals)
        self.entries[-1][2]["envelope"]["payload"]["received_not_started"] = [{"task_id": TASK, "execution_attempt_id": ATTEMPT}]
        return self

    # --- HTTP

    def ask(self, endpoint: str, method: str, target: str, *, delivered: bool = True, status: int = 200, **told: Any) -> Self:
        """A request with its answer; ``told``: the entry that the control plane writes of it."""
        self.plain += 1
        where = {"server": "control-plane", "endpoint": endpoint, "nth": self.plain, "method": method, "target": target}
        self.add("request", request=self.plain, connection=self.plain, headers=[], **where)
        for kind, data in told.items():
            self.add(kind, request=self.plain, **data)
        self.add("answer", request=self.plain, status=status, headers=[], body="", early=False)
        if delivered:
            self.add("delivered", request=self.plain, certain=True)
        return self

    def poll(self, *tasks: tuple[str, str]) -> Self:
        return self.ask("tasks", "GET", "/api/v1/tasks", listed={"tasks": [list(task) for task in tasks]})

    def put(self, status: int = 200, *, delivered: bool = True, **body: Any) -> Self:
        """``status``: what the agent is told; a 200 or a 5xx behind the commit."""
        fields = {"status": "completed", "output": "", "error": "", "exit_code": 0, **body}
        told = {"task": TASK, "body": fields, "problems": [], "status": 200, "again": False}
        return self.ask("report", "PUT", f"/api/v1/tasks/{TASK}", delivered=delivered, status=status, reported=told)

    # --- judging

    def broken(self) -> set[str]:
        """The requirements that are found broken."""
        judgements = judge_history(RESULT_CHANNEL, History.from_entries(self.header, self.entries))
        assert not any(judgement.inconclusive for judgement in judgements.values())
        return {name.removeprefix("WSR-") for name, judgement in judgements.items() if judgement.findings}
