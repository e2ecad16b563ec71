"""Builds literal histories of an agent of the result channel, one line a step, for tests of the checkers. Times in milliseconds.

The story plays one task ("t", attempt "a") unless told otherwise; message ids are "o1" (stdout 1), "e1" (stderr 1) and "f" by default.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streamproof.harness.checkers.result_channel import AGENT_CHECKERS
from streamproof.harness.checkers.result_channel.view import View
from streamproof.harness.values.history import Header, History
from streamproof.harness.values.verdict import Judgement

ALL = ("timing", "limits")
TIMING = {"flush_interval": 20, "reconnect_min": 100, "reconnect_max": 1_000, "ping_interval": 5_000, "poll_interval": 1_000}
TASK, ATTEMPT = "t", "a"
READ_MS = 300
Range = tuple[str, int, int]


class Story:
    """Each method appends entries at the present time; `at` and `later` move the time on."""

    def __init__(self, world: str = "sim", capabilities: tuple[str, ...] = ALL, **config: Any) -> None:
        self.now_ms = 0
        self.entries: list[tuple[int, str, dict[str, Any]]] = []
        self.socket = self.frames = self.said = self.pings = self.dials = self.lives = 0
        self.hello_id = ""
        settings = {"features": {"results": True, "delivery": True}, "timing_ms": TIMING, "limits": None, "hello_acks": [], **config}
        self.header = Header("result-channel", ("agent",), "websocket", "test", world, "test", 0, capabilities, settings, (), ())

    def add(self, kind: str, **data: Any) -> Story:
        self.entries.append((self.now_ms * 1_000, kind, data))
        return self

    def at(self, now_ms: int) -> Story:
        self.now_ms = now_ms
        return self

    def later(self, ms: int) -> Story:
        return self.at(self.now_ms + ms)

    # --- the play

    def task(
        self, stdout: str | None = "", stderr: str | None = "", status: str = "completed", exit_code: int = 0, steps: Any = None
    ) -> Story:
        sizes = [(0, stream, len((text or "").encode())) for stream, text in (("stdout", stdout), ("stderr", stderr)) if text]
        return self.add(
            "task", task=TASK, attempt=ATTEMPT, via="socket", stdout=stdout, stderr=stderr, status=status, exit_code=exit_code,
            steps=[list(step) for step in (sizes if steps is None else steps)], discardable=False,
        )  # fmt: skip

    def killed(self, pause_ms: int = 500) -> Story:
        """Killed, and back with the same state."""
        self.lives += 1
        self.add("crash", handle="a1", life=self.lives, lost=True).later(pause_ms).add("gone", life=self.lives)
        return self.add("back", life=self.lives + 1)

    def settle(self, ms: int = 2_000) -> Story:
        return self.later(ms).add("settled")

    # --- the wire

    def dial(self, nonce: str | None = None, skew_ms: int | None = 0, problems: tuple[str, ...] = ()) -> Story:
        """An upgrade that is accepted."""
        self.dials += 1
        self.socket, self.frames, self.said = self.dials, 0, 0
        number = self.socket
        where = {"server": "control-plane", "endpoint": "socket", "nth": number, "method": "GET", "target": "/api/v1/agents/ws"}
        self.add("connect", connection=number, server="control-plane")
        self.add("request", request=number, connection=number, headers=[], **where)
        told = {"agent": "agent-1", "timestamp": "1", "nonce": nonce or f"nonce {number}", "skew_ms": skew_ms}
        self.add("signed", request=number, endpoint="socket", **told, problems=list(problems))
        return self.add("socket", socket=number, connection=number)

    def over(self, by: str = "server", code: int | None = 1001) -> Story:
        return self.add("socket-over", socket=self.socket, by=by, code=code, problem=None)

    def fault(self, fault: str) -> Story:
        return self.add("fault", index=0, fault=fault, connection=self.socket, request=self.socket)

    def report(self, status: int = 200, **body: Any) -> Story:
        content = {"status": "completed", "exit_code": 0, "output": "", "error": "", **body}
        return self.add("reported", request=900, task=TASK, body=content, problems=[], status=status, again=False)

    # --- the agent

    def frame(self, type: str, id: str, payload: Mapping[str, Any], problems: tuple[str, ...] = (), **more: Any) -> Story:
        self.frames += 1
        task = {"task_id": TASK, "execution_attempt_id": ATTEMPT} if type.startswith("task.") else {}
        envelope = {"protocol_version": 1, "message_id": id, "type": type, "agent_id": "agent-1", **task, **more, "payload": dict(payload)}
        return self.add("frame", socket=self.socket, number=self.frames, type=type, envelope=envelope, problems=list(problems))

    def hello(self, *ranges: Range, finals: tuple[str, ...] = (), id: str | None = None) -> Story:
        self.hello_id = id or f"hello {self.socket}"
        which = {"task_id": TASK, "execution_attempt_id": ATTEMPT}
        listed = [{**which, "stream": s, "first_sequence": a, "last_sequence": b, "truncated_locally": False} for s, a, b in ranges]
        unacked = [{**which, "message_id": final, "status": "completed", "exit_code": 0} for final in finals]
        return self.frame("agent.hello", self.hello_id, {"unacked_output": listed, "unacked_finals": unacked})

    def started(self) -> Story:
        return self.frame("task.started", f"started {self.socket}", {})

    def out(
        self, sequence: int, data: str = "x", stream: str = "stdout", id: str | None = None, taken: str = "accepted", **more: Any
    ) -> Story:
        """A chunk of output, and what the ledger makes of it ("" for nothing)."""
        message = id or f"{'o' if stream == 'stdout' else 'e'}{sequence}"
        payload = {"stream": stream, "data": data, "byte_count": len(data.encode()), **more}
        self.frame("task.output", message, payload, sequence=sequence)
        return self._taken(taken, message, stream, sequence)

    def outs(self, *sequences: int, **more: Any) -> Story:
        for sequence in sequences:
            self.out(sequence, **more)
        return self

    def final(self, id: str = "f", taken: str = "accepted", **content: Any) -> Story:
        payload = {"status": "completed", "exit_code": 0, "output": "", "error": "", **content}
        return self.frame("task.final", id, payload)._taken(taken, id, None, None)

    def _taken(self, how: str, message: str, stream: str | None, sequence: int | None) -> Story:
        if not how:
            return self
        where = {"socket": self.socket, "number": self.frames, "task": TASK, "attempt": ATTEMPT}
        return self.add("taken", **where, **{"as": how}, stream=stream, sequence=sequence, highest=sequence, message=message)

    # --- the control plane

    def say(self, type: str, meant: str, payload: Mapping[str, Any], *, illegal: bool = False) -> Story:
        self.said += 1
        envelope = {"type": type, "message_id": f"said {self.socket} {self.said}", "payload": dict(payload)}
        where = {"socket": self.socket, "number": self.said, "answers": None, "text": None}
        return self.add("said", **where, type=type, envelope=envelope, meant=meant, illegal=illegal)

    def hello_ack(self, id: str | None = None, **directives: Any) -> Story:
        """``directives``: finals_acked (ids), discarded, replay ({stream: next})."""
        lists: dict[str, Any] = {
            "acknowledged_final_message_ids": directives.get("finals_acked"),
            "discarded_attempts": directives.get("discarded"),
        }
        which = {"task_id": TASK, "execution_attempt_id": ATTEMPT}
        replay = directives.get("replay")
        lists["output_replay"] = replay and [{**which, "stream": stream, "next_sequence": at} for stream, at in replay.items()]
        if replay == {}:
            lists["output_replay"] = []
        return self.say("agent.hello_ack", "hello-ack", {"acked_message_id": id or self.hello_id, "acked_type": "agent.hello", **lists})

    def ack(self, *ids: str, meant: str = "ack") -> Story:
        for id in ids:
            self.say("ack", meant, {"acked_message_id": id, "acked_type": "task.output"})
        return self

    def gap(self, id: str, highest: int) -> Story:
        payload = {"code": "output_sequence_gap", "retryable": True, "related_message_id": id, "highest_accepted_sequence": highest}
        return self.say("error", "gap", payload)

    def illegal(self) -> Story:
        """A frame on which the agent must close."""
        return self.say("task.deliver", "illegal", {}, illegal=True)

    def fatal(self, id: str) -> Story:
        return self.say("error", "error", {"code": "no", "retryable": False, "related_message_id": id})

    def pong(self) -> Story:
        """A ping that the agent answers: everything before has arrived."""
        self.pings += 1
        for by, what in (("server", "ping"), ("agent", "pong")):
            self.add("control", socket=self.socket, by=by, what=what, data=str(self.pings), code=None)
        return self

    def read(self) -> Story:
        """It answers a ping, and goes on for long enough to have surely read everything before."""
        return self.pong().later(READ_MS)

    def session(self, *ranges: Range, finals: tuple[str, ...] = (), **directives: Any) -> Story:
        """A new connection up to its hello_ack."""
        return self.later(100).dial().hello(*ranges, finals=finals).hello_ack(**directives)

    # --- judging

    def judge(self, requirement: str) -> Judgement:
        return AGENT_CHECKERS[f"WSR-{requirement}"](View(History.from_entries(self.header, self.entries)))
