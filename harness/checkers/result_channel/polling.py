"""Whether the agent asks for tasks over HTTP if and only if nothing delivers them: POLL-1.

Delivery is *surely* effective from the moment on at which the agent has shown that it read a hello_ack which promises it, until the first
sign that the socket is over. It is *surely not* effective while no session is perhaps active; and behind a session that delivered only once
the threshold has passed. What lies between says nothing.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import pairwise

from ...values.verdict import Finding, Judgement, judged, not_judged
from ..wire import Request
from .presence import HAMPERING, KNOWS_MS, Presence
from .sockets import Socket
from .view import View

IN_FLIGHT_MS = 1_000
"""A poll that was on its way when the session began."""
INTERVALS = 2
TIMEOUT_MS = 10_000
"""A poll without an answer is given up after so long; until then there need not be another one."""
Span = tuple[int, int]
"""(from, to), in microseconds."""


def check_polling(view: View) -> Judgement:
    presence = Presence(view)
    polls = _polls(view)
    findings = [*_while_delivered(view, presence, polls), *_before_the_threshold(view, presence, polls)]
    silent = list(_silent(view, presence, polls))
    findings.extend(silent)
    times = [poll.at_us for poll in polls]
    quiet = any(_long(view, span) for span in _delivered(view, presence))
    asked = any(_within(times, span) for span in _undelivered(view, presence))
    if not quiet and not asked and not findings:
        return not_judged("precondition never met: no session delivered for long, and no poll was due")
    return judged(findings[:1])


def _polls(view: View) -> list[Request]:
    return [request for request in view.wire.requests if request.endpoint == "tasks" and request.method == "GET"]


def _within(times: list[int], span: Span) -> bool:
    at = bisect_left(times, span[0])
    return at < len(times) and times[at] <= span[1]


def _long(view: View, span: Span) -> bool:
    interval_ms = view.timing_ms.get("poll_interval")
    return interval_ms is not None and span[1] - span[0] >= INTERVALS * interval_ms * 1000


def _promises_delivery(view: View, socket: Socket) -> bool:
    """What the agent goes by: its own feature, and the hello_ack."""
    ack = socket.hello_ack
    return ack is not None and bool(view.features.get("delivery")) and ack.payload.get("delivery_enabled") is True


# --- while something delivers ---------------------------------------------------------------------------------------


def _delivered(view: View, presence: Presence) -> Iterator[Span]:
    for socket in view.sockets:
        proof = presence.proof_of_session(socket)
        if proof is None or not _promises_delivery(view, socket) or socket.faults & HAMPERING:
            continue
        until_us = min(presence.until_us(socket), presence.runs_until_us(proof.entry))
        from_us = proof.at_us + IN_FLIGHT_MS * 1000 + view.allowance_us
        if from_us < until_us:
            yield from_us, until_us - 1


def _while_delivered(view: View, presence: Presence, polls: list[Request]) -> Iterator[Finding]:
    times = [poll.at_us for poll in polls]
    for span in _delivered(view, presence):
        if _within(times, span):
            poll = polls[bisect_left(times, span[0])]
            yield Finding(
                "WSR-POLL-1", "the agent polls for tasks while an active session delivers them", (_session_at(view, span), poll.entry)
            )
            return


def _session_at(view: View, span: Span) -> int:
    active = [socket.hello_ack.entry for socket in view.sockets if socket.hello_ack is not None and socket.hello_ack.at_us <= span[0]]
    return max(active)


# --- behind a session that delivered --------------------------------------------------------------------------------


def _before_the_threshold(view: View, presence: Presence, polls: list[Request]) -> Iterator[Finding]:
    """Once such a session is gone, polls wait for the threshold. (Not over a stop or a kill, nor a session that delivers nothing.)"""
    threshold_ms = view.timing_ms.get("polling_fallback")
    if threshold_ms is None:
        return
    times = [poll.at_us for poll in polls]
    threshold_us = threshold_ms * 1000 - presence.jitter_us
    acks = (socket.hello_ack for socket in view.sockets)
    begun = sorted((ack for ack in acks if ack is not None), key=lambda ack: ack.entry)
    for socket in view.sockets:
        end, proof = presence.end_of(socket), presence.proof_of_session(socket)
        if end is None or proof is None or not _promises_delivery(view, socket) or socket.faults & HAMPERING:
            continue
        at = bisect_right(begun, end.entry, key=lambda each: each.entry)
        other_us = [begun[at].at_us] if at < len(begun) else []
        until_us = min([end.at_us + threshold_us, presence.runs_until_us(proof.entry), *other_us])
        # One that was made before the session began may be late.
        from_us = max(end.at_us, proof.at_us + IN_FLIGHT_MS * 1000 + view.allowance_us)
        if from_us < until_us and _within(times, (from_us, until_us - 1)):
            poll = polls[bisect_left(times, from_us)]
            after_ms = (poll.at_us - end.at_us) / 1000
            message = f"the agent polls {after_ms:g} ms after a session that delivered; polling_fallback is {threshold_ms} ms"
            yield Finding("WSR-POLL-1", message, (end.entry, poll.entry))
            return


# --- while nothing delivers -----------------------------------------------------------------------------------------


def _undelivered(view: View, presence: Presence) -> Iterator[Span]:
    """The times in which the agent runs, and neither a session delivers nor one that did was there within the threshold."""
    blocked = sorted([*_perhaps_delivered(view, presence), *_not_running(view)])
    from_us = _started_us(view)
    for span in [*blocked, (view.end_us, view.end_us)]:
        if span[0] > from_us:
            yield from_us, span[0]
        from_us = max(from_us, span[1])


def _started_us(view: View) -> int:
    return next((entry.at_us for entry in view.history.of_kind("call") if entry.data["verb"] == "start"), view.end_us)


def _perhaps_delivered(view: View, presence: Presence) -> Iterator[Span]:
    """Without a threshold that is known nobody can say when such a session no longer counts."""
    threshold_ms = view.timing_ms.get("polling_fallback")
    for socket in view.sockets:
        if socket.hello_ack is not None and _promises_delivery(view, socket):
            gone_us = view.end_us if threshold_ms is None else presence.until_us(socket) + (KNOWS_MS + threshold_ms) * 1000
            yield socket.hello_ack.at_us, gone_us


def _not_running(view: View) -> Iterator[Span]:
    for pause in view.pauses:
        yield pause.from_us, view.end_us if pause.to_us is None else pause.to_us


def _silent(view: View, presence: Presence, polls: list[Request]) -> Iterator[Finding]:
    """Stretches without a poll that are too long."""
    interval_ms = view.timing_ms.get("poll_interval")
    if interval_ms is None:
        return
    times = [poll.at_us for poll in polls]
    patience_us = (INTERVALS * interval_ms + IN_FLIGHT_MS) * 1000 + view.allowance_us
    refused = [entry.at_us for entry in view.wire.refused]
    for from_us, to_us in _undelivered(view, presence):
        if to_us - from_us <= patience_us:
            continue
        inside = polls[bisect_left(times, from_us) : bisect_left(times, to_us)]
        slow_us = {poll.at_us for poll in inside if _is_slow(poll)}
        for before_us, after_us in pairwise([from_us, *(poll.at_us for poll in inside), to_us]):
            patient_us = patience_us + (TIMEOUT_MS * 1000 if before_us in slow_us else 0)
            if after_us - before_us > patient_us and not _within(refused, (before_us, after_us)):
                message = f"nothing delivers tasks, and for {(after_us - before_us) / 1000:g} ms the agent does not poll for them"
                yield Finding("WSR-POLL-1", message, _entries_around(view, before_us, after_us), upper_bound=True)
                return


def _is_slow(poll: Request) -> bool:
    """It got no answer soon."""
    answer = poll.delivered
    return answer is None or answer.delivered_us is None or answer.delivered_us - poll.at_us > IN_FLIGHT_MS * 1000


def _entries_around(view: View, from_us: int, to_us: int) -> tuple[int, ...]:
    entries = view.history.entries
    first = next(entry.number for entry in entries if entry.at_us >= from_us)
    last = next((entry.number for entry in entries if entry.at_us >= to_us), entries[-1].number)
    return first, last
