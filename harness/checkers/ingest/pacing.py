"""Time and patience: NBLK-1, RETRY-1, TMO-1, CMP-2, AUTH-1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from ...values.verdict import Finding, Judgement, judged, not_judged
from .intent import Enqueue, Stop
from .view import LifeView, View
from .wire import Answer, Request

HOT_REQUESTS = 4
"""So many requests within one retry_delay, all refused for good, are a hot loop."""


def check_enqueue_returns(view: View) -> Judgement:
    troubled = [enqueue for enqueue in view.intent.enqueues if enqueue.outcome != "driver_error" and _network_busy(view, enqueue)]
    if not troubled or not any(life.sent for life in view.lives):
        return not_judged("precondition never met: no enqueue while a request was under way or failing, or nothing was sent")
    return judged(finding for enqueue in troubled for finding in _enqueue_findings(view, enqueue))


def _network_busy(view: View, enqueue: Enqueue) -> bool:
    """A request of this life was unanswered, or something had failed, when enqueue was called."""
    if view.wire.faults and view.wire.faults[0].number < enqueue.call_entry:
        return True
    last = next(life for life in view.lives if life.number == enqueue.life).request_before(enqueue.call_entry)
    return last is not None and (last.delivered is None or last.delivered.delivered_entry > enqueue.call_entry)


def _enqueue_findings(view: View, enqueue: Enqueue) -> Iterator[Finding]:
    evidence = (enqueue.call_entry, *((enqueue.reply_entry,) if enqueue.reply_entry else ()))
    if enqueue.outcome in ("fail", "unknown") and not enqueue.late and not _cut_off(view, enqueue):
        yield Finding("ING-NBLK-1", f"enqueue answered {enqueue.outcome!r} while the network was in trouble", evidence)
        return
    replied_us = enqueue.replied_us if enqueue.replied_us is not None else view.wire.end_us
    took_ms = (replied_us - enqueue.called_us) / 1000
    if took_ms > view.allowance_ms and not _cut_off(view, enqueue):
        yield Finding("ING-NBLK-1", f"enqueue returned after {took_ms:g} ms; it must not wait for the network", evidence, upper_bound=True)


def _cut_off(view: View, enqueue: Enqueue) -> bool:
    """The life was killed while the call was pending: that is no answer of the implementation."""
    killed = next(life.life.killed_entry for life in view.lives if life.number == enqueue.life)
    return bool(killed) and killed <= (enqueue.reply_entry or killed)


# --- RETRY-1 ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Attempt:
    """A request, or a connection that was refused. ``failed``: no 2xx was delivered. ``paced``: the pause after it is judged."""

    entry: int
    at_us: int
    failed: bool
    paced: bool


def check_retry_pause(view: View) -> Judgement:
    seen = False
    findings: list[Finding] = []
    for life in view.lives:
        attempts = _attempts(view, life)
        if any(before.paced for before in attempts[:-1]):
            seen = True
            findings.extend(_pause_findings(view, life, attempts))
    return judged(findings) if seen else not_judged("precondition never met: no attempt followed a failed one")


def _attempts(view: View, life: LifeView) -> list[Attempt]:
    attempts = [_attempt(life, request) for request in life.requests]
    end = life.life.killed_entry or view.history.entries[-1].number
    start = life.requests[0].entry if life.requests else end
    attempts += [Attempt(e.number, e.at_us, True, True) for e in view.wire.refused if start <= e.number <= end]
    return sorted(attempts, key=lambda attempt: attempt.entry)


def _attempt(life: LifeView, request: Request) -> Attempt:
    if request.succeeded:
        return Attempt(request.begun_entry, request.begun_us, False, False)
    answer = request.delivered
    progress = answer is not None and (answer.status == 409 or _advanced(life, answer))
    return Attempt(request.begun_entry, request.begun_us, True, not progress and not request.redirected)


def _advanced(life: LifeView, answer: Answer) -> bool:
    before = life.position_before(answer.delivered_entry, certain_only=False) or 0
    return answer.position is not None and answer.position > before


def _pause_findings(view: View, life: LifeView, attempts: list[Attempt]) -> Iterator[Finding]:
    pause_us = (view.timing_ms["retry_delay"] - view.jitter_ms) * 1000
    early_left = 1
    exempt = _StopExemptions(view, life.life.stop, pause_us)
    for before, after in pairwise(attempts):
        if not before.failed:
            early_left = 1
            continue
        gap_us = after.at_us - before.at_us
        if not before.paced or gap_us >= pause_us or exempt.allows(before, after):
            continue
        if early_left:
            early_left -= 1
            continue
        pause_ms = view.timing_ms["retry_delay"]
        message = f"an attempt follows a failed one after {gap_us / 1000:g} ms, a second time in this streak; retry_delay is {pause_ms} ms"
        yield Finding("ING-RETRY-1", message, (before.entry, after.entry))
        return


class _StopExemptions:
    """One early attempt when stop is called and one at its deadline are allowed."""

    def __init__(self, view: View, stop: Stop | None, pause_us: int) -> None:
        self.stop = stop
        self.at_call = self.at_deadline = stop is not None
        self.deadline_us = 0 if stop is None else stop.called_us + view.timing_ms["stop_timeout"] * 1000
        self.pause_us = pause_us

    def allows(self, before: Attempt, after: Attempt) -> bool:
        if self.stop is None:
            return False
        if self.at_call and before.entry < self.stop.call_entry < after.entry:
            self.at_call = False
            return True
        if self.at_deadline and after.at_us >= self.deadline_us - self.pause_us:
            self.at_deadline = False
            return True
        return False


# --- TMO-1 --------------------------------------------------------------------------------------------------------


def check_timeout(view: View) -> Judgement:
    timeout_us = view.timing_ms["request_timeout"] * 1000
    stalled = [request for life in view.lives for request in life.requests if _stalled_us(view, life, request) >= timeout_us]
    if not stalled:
        return not_judged("precondition never met: no answer stayed away for longer than request_timeout")
    return judged(finding for request in stalled for finding in _timeout_findings(view, request, timeout_us))


def _stalled_us(view: View, life: LifeView, request: Request) -> int:
    """How long the answer stayed away while the connection was open for all the target knew."""
    if request.body_end != "end" or request.body_end_us is None or life.life.killed_entry:
        return 0
    connection = view.wire.connections.get(request.connection)
    ends = [view.wire.end_us]
    if request.delivered is not None and request.delivered.delivered_us is not None:
        ends.append(request.delivered.delivered_us)
    if connection is not None and connection.closed_us is not None:
        ends.append(connection.closed_us)
    return min(ends) - request.body_end_us


def _timeout_findings(view: View, request: Request, timeout_us: int) -> Iterator[Finding]:
    connection = view.wire.connections.get(request.connection)
    limit_us = (request.body_end_us or 0) + timeout_us + view.allowance_ms * 1000
    closed_us = connection.closed_us if connection is not None else None
    if closed_us is not None and closed_us <= limit_us:
        return
    if closed_us is None and view.wire.end_us <= limit_us:
        return
    if request.delivered is not None and (request.delivered.delivered_us or 0) <= limit_us:
        return
    message = f"a request without an answer was not abandoned within {timeout_us // 1000} ms of the end of its body"
    evidence = (request.entry, *((connection.closed_entry,) if connection is not None and connection.closed_entry else ()))
    yield Finding("ING-TMO-1", message, evidence, upper_bound=True)


# --- hot loops ----------------------------------------------------------------------------------------------------


def check_completed_loop(view: View) -> Judgement:
    return _hot_loop(view, "ING-CMP-2", "already complete", lambda answer: answer.already_complete)


def check_refused_loop(view: View) -> Judgement:
    return _hot_loop(view, "ING-AUTH-1", "401, 403 or 404", lambda answer: answer.status in (401, 403, 404))


def _hot_loop(view: View, requirement: str, what: str, concerns: Callable[[Answer], bool]) -> Judgement:
    seen = False
    findings: list[Finding] = []
    span_us = (view.timing_ms["retry_delay"] - view.jitter_ms) * 1000
    for life in view.lives:
        refused = [request for request in life.requests if request.delivered is not None and concerns(request.delivered)]
        if not refused or not _time_to_loop(view, refused[0], span_us):
            continue
        seen = True
        for first, last in zip(refused, refused[HOT_REQUESTS - 1 :], strict=False):
            if last.at_us - first.at_us < span_us:
                message = f"{HOT_REQUESTS} requests within {(last.at_us - first.at_us) / 1000:g} ms were each answered {what}: a hot loop"
                findings.append(Finding(requirement, message, (first.entry, last.entry)))
                break
    return judged(findings) if seen else not_judged(f"precondition never met: no answer of {what}, or no time left to loop")


def _time_to_loop(view: View, request: Request, span_us: int) -> bool:
    return view.wire.end_us - request.at_us >= span_us
