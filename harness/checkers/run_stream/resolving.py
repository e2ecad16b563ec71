"""Where to follow a run is asked once a bootstrap: RD-TOK-1.

A bootstrap is walked through in the order of its entries: requests for ``stream_token``, what they were answered, and the
streams. Attempts that no server saw (refused, or cut before their head) may have been requests for it, and from 28
connections in a row on a self-healing may have asked anew: then nothing is known until the next answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ...values.verdict import Finding, Judgement, judged, not_judged
from ..wire import Request
from .facts import HEAL_MIN
from .log import Where, where_to_follow
from .streams import Stream
from .told import Bootstrap
from .view import View

Knowledge = Literal["none", "asking", "kept", "unkept", "used", "forgotten", "unknown"]
"""``unkept``: an answer for this round only; ``used``: its round has had its connection; ``forgotten``: a 401 came."""


@dataclass(frozen=True)
class Step:
    entry: int
    what: Literal["ask", "told", "connect", "refused", "anything"]
    request: Request | None = None
    where: Where = "unknown"


def check_resolve(view: View) -> Judgement:
    seen = False
    findings: list[Finding] = []
    for bootstrap in view.bootstraps:
        walk = _Walk()
        findings.extend(walk.run(_steps(view, bootstrap)))
        findings.extend(_gave_up_on_401(view, bootstrap))
        seen = seen or walk.reconnected
    if not findings and not seen:
        return not_judged("precondition never met: no reconnect followed an answer of stream_token")
    return judged(findings)


def _steps(view: View, bootstrap: Bootstrap) -> list[Step]:
    steps = [Step(ghost.entry, "anything") for ghost in view.ghosts_of(bootstrap) if ghost.server != "proxy"]
    steps += [Step(call.entry, "anything") for call in bootstrap.renewals]
    for request in view.requests_of(bootstrap, "token"):
        steps.append(Step(request.entry, "ask", request))
        over = _over_entry(view, request)
        if over is not None:
            steps.append(Step(over, "told", request, where_to_follow(request, closed=view.is_over(request))))
    before: Stream | None = None
    for number, stream in enumerate(view.streams_of(bootstrap)):
        again, before = before is not None and before.may_be_repeated_by(stream), stream
        if again:
            continue
        if number >= HEAL_MIN:
            steps.append(Step(stream.entry, "anything"))
        steps.append(Step(stream.entry, "connect", stream.request))
        if stream.status == 401 and stream.leg == "proxy" and stream.end_entry is not None:
            answer = stream.request.delivered
            sure = answer is not None and answer.certain
            steps.append(Step(stream.end_entry, "refused" if sure else "anything", stream.request))
    return sorted(steps, key=lambda step: step.entry)


def _over_entry(view: View, request: Request) -> int | None:
    if request.delivered is not None:
        return request.delivered.delivered_entry
    connection = view.wire.connections.get(request.connection)
    return connection.closed_entry if connection is not None and connection.closed_us is not None else None


class _Walk:
    def __init__(self) -> None:
        self.knowledge: Knowledge = "none"
        self.known_by: Request | None = None
        self.reconnected = False
        self._connected = False

    def run(self, steps: list[Step]) -> Iterator[Finding]:
        for step in steps:
            problem = self._take(step)
            if problem and step.request is not None:
                proof = (self.known_by.entry, step.request.entry) if self.known_by is not None else (step.request.entry,)
                yield Finding("RD-TOK-1", problem, proof)
                return

    def _take(self, step: Step) -> str:
        if step.what == "ask":
            return self._ask()
        if step.what == "connect":
            return self._connect()
        if step.what == "told":
            self._told(step)
        elif step.what == "refused":
            self.knowledge, self.known_by = "forgotten", step.request
        else:
            self.knowledge = "unknown"
        return ""

    def _ask(self) -> str:
        if self.knowledge == "kept":
            return "where to follow the run is asked again though the answer was to be kept for the whole bootstrap"
        self.knowledge = "asking"
        return ""

    def _told(self, step: Step) -> None:
        self.known_by = step.request
        self._connected = False
        if step.where == "transient":
            self.knowledge = "unkept"
        else:
            self.knowledge = "unknown" if step.where == "unknown" else "kept"

    def _connect(self) -> str:
        before, self.knowledge = self.knowledge, "used" if self.knowledge == "unkept" else self.knowledge
        if before == "none":
            return "a stream is asked for before it was asked where to follow the run"
        if before == "forgotten":
            return "the stream answered 401, and the next connect came without asking again where to follow the run"
        if before == "used":
            return "stream_token failed for the moment, and the next connect came without asking again: a passing failure was kept"
        self.reconnected = self.reconnected or self._connected or before == "unkept"
        self._connected = True
        return ""


def _gave_up_on_401(view: View, bootstrap: Bootstrap) -> Iterator[Finding]:
    """A 401 of the proxy is no reason to give up as long as other attempts are left."""
    streams: list[Stream] = view.streams_of(bootstrap)
    error = bootstrap.error
    if error is None or not streams or len(streams) >= 10 or any(view.ghosts_of(bootstrap)):
        return
    last = streams[-1]
    answer = last.request.delivered
    if last.status != 401 or last.leg != "proxy" or answer is None or not answer.certain or not bootstrap.snapshots:
        return
    since = [request for request in bootstrap.requests if answer.delivered_entry < request.entry < error.entry]
    if not since:
        yield Finding(
            "RD-TOK-1", "a 401 of the proxy ended the watch instead of asking again where to follow the run", (last.entry, error.entry)
        )
