"""How a sender stops: STOP-1 to STOP-6."""

from __future__ import annotations

from collections.abc import Iterator

from ...values.verdict import Finding, Judgement, judged, not_judged
from .intent import Stop
from .view import LifeView, View
from .wire import Line, Request

NO_STOP = "precondition never met: stop did not return after a request had been seen"


def _stopped(view: View) -> Iterator[tuple[LifeView, Stop]]:
    """Lives whose stop was called and that had spoken to the server."""
    for life in view.lives:
        if life.life.stop is not None and life.requests:
            yield life, life.life.stop


def _returned(view: View) -> Iterator[tuple[LifeView, Stop, int]]:
    """The same, where stop returned by itself; with the time of its return."""
    for life, stop in _stopped(view):
        if stop.replied_us is not None and stop.outcome in ("ok", "unknown") and not life.life.killed_entry:
            yield life, stop, stop.replied_us


def _deadline_us(view: View, stop: Stop) -> int:
    return stop.called_us + view.timing_ms["stop_timeout"] * 1000


def check_waits_for_answer(view: View) -> Judgement:
    seen = False
    findings: list[Finding] = []
    for life, stop, replied_us in _returned(view):
        after_stop = [request for request in life.requests if request.begun_entry > stop.call_entry]
        in_flight = [request for request in life.requests if _in_flight(view, request, stop)]
        if not after_stop and not in_flight:
            continue
        seen = True
        if in_flight and replied_us < _deadline_us(view, stop) - 1000:
            message = "stop returned before its deadline while a request was still unanswered"
            findings.append(Finding("ING-STOP-1", message, (stop.call_entry, in_flight[0].entry, stop.reply_entry)))
    return judged(findings) if seen else not_judged(NO_STOP)


def _in_flight(view: View, request: Request, stop: Stop) -> bool:
    """Begun before stop returned, and neither answered to the target nor cut by then."""
    if request.begun_entry > stop.reply_entry or request.held_up:
        return False
    if request.delivered is not None and request.delivered.delivered_entry < stop.reply_entry:
        return False
    if request.answer is not None and not request.lines and request.delivered is None and request.faults:
        return False
    connection = view.wire.connections.get(request.connection)
    return connection is None or connection.closed_us is None or connection.closed_entry > stop.reply_entry


def check_returns(view: View) -> Judgement:
    limit_us = (view.timing_ms["stop_timeout"] + view.timing_ms["request_timeout"] + view.allowance_ms) * 1000
    seen = False
    findings: list[Finding] = []
    for life, stop in _stopped(view):
        ended_us = stop.replied_us if stop.replied_us is not None else view.wire.end_us
        took_us = ended_us - stop.called_us
        if life.life.killed_entry or (stop.replied_us is None and took_us <= limit_us):
            continue
        seen = True
        if stop.given_up_us is not None:
            message = f"stop had not returned {(stop.given_up_us - stop.called_us) // 1000} ms after the call; it hangs"
            findings.append(Finding("ING-STOP-2", message, (stop.call_entry,)))
        elif took_us > limit_us:
            message = f"stop took {took_us // 1000} ms; stop_timeout and one request_timeout are {limit_us // 1000 - view.allowance_ms} ms"
            evidence = (stop.call_entry, *((stop.reply_entry,) if stop.reply_entry else ()))
            findings.append(Finding("ING-STOP-2", message, evidence, upper_bound=True))
    return judged(findings) if seen else not_judged(NO_STOP)


# --- STOP-3 -------------------------------------------------------------------------------------------------------


def check_completion_line(view: View) -> Judgement:
    completions = [(life, request, line) for life in view.lives for request in life.requests if (line := request.completion) is not None]
    drained = [(life, stop) for life, stop, _ in _returned(view) if not stop.complete and life.sent]
    if not completions and not drained and not _header_completion(view):
        return not_judged("precondition never met: no completion was sent, and no stop without one was asked for")
    findings = [finding for life, request, line in completions for finding in _line_findings(view, life, request, line)]
    findings.extend(_header_findings(view))
    return judged(findings[:1])


def _header_completion(view: View) -> list[Request]:
    return [request for request in view.wire.requests if "x-posthog-event-stream-complete" in request.headers]


def _header_findings(view: View) -> Iterator[Finding]:
    for request in _header_completion(view):
        yield Finding("ING-STOP-3", "the completion is sent as a header, not as the last line of a body", (request.entry,))


def _line_findings(view: View, life: LifeView, request: Request, line: Line) -> Iterator[Finding]:
    stop = life.life.stop
    if stop is None or stop.call_entry > line.entry or not stop.complete:
        yield Finding("ING-STOP-3", "a completion is sent although no stop(complete: true) was asked for", (line.entry,))
        return
    if request.lines[-1] is not line:
        yield Finding("ING-STOP-3", "a line follows the completion in the same body", (line.entry, request.lines[-1].entry))
        return
    missing = None if view.two_writers else _outstanding_before(view, life, request, line)
    if missing is not None:
        message = (
            f"the completion is sent although event {missing + 1} of the application is neither acknowledged nor before it in its body"
        )
        yield Finding("ING-STOP-3", message, (view.intent.events[missing].entry, request.entry, line.entry))
        return
    # An answer that comes while the body is still open may or may not have been worked in: both readings are legal.
    allowed = _allowed_final_numbers(life, line, request.begun_entry) | _allowed_final_numbers(life, line, line.entry)
    if line.final_seq not in allowed:
        wanted = " or ".join(str(number) for number in sorted(allowed))
        message = f"final_seq is {line.final_seq}; the highest number sent (or the server's position) is {wanted}"
        yield Finding("ING-STOP-3", message, (request.entry, line.entry))


def _outstanding_before(view: View, life: LifeView, request: Request, completion: Line) -> int | None:
    in_body = {view.index_of_line.get(line.entry) for line in request.events if line.entry < completion.entry}
    for event in view.owed(life):
        acked = life.acked_perhaps.get(event.index)
        if event.entry < completion.entry and event.index not in in_body and (acked is None or acked > completion.entry):
            return event.index
    return None


def _allowed_final_numbers(life: LifeView, completion: Line, known: int) -> set[int]:
    """max(highest number sent in the present numbering, last position told), for each possible set of delivered answers.

    ``known``: the entry up to which answers count. A completion that was refused at another position may be repeated as
    it was, or sent at the server's position.
    """
    allowed = set()
    for certain_only in (True, False):
        told_before = [ack for ack in life.acks if ack.entry < known and (ack.certain or not certain_only)]
        renumberings = [ack.entry for ack in told_before if ack.renumbers]
        since = renumberings[-1] if renumberings else 0
        lines = [sent for sent in life.sent if since < sent.line.entry < completion.entry]
        # Lines of an upload that began before the 409 may arrive behind it; they bear numbers of the time before.
        for numbered in (lines, [sent for sent in lines if sent.request.begun_entry > since]):
            told = life.position_before(known, certain_only=certain_only)
            allowed.add(max(max((sent.line.seq or 0 for sent in numbered), default=0), told or 0))
        if renumberings and not any(sent.request.begun_entry > since for sent in lines):
            allowed.update(_final_numbers_before(life, completion))
    return allowed


def _final_numbers_before(life: LifeView, completion: Line) -> Iterator[int]:
    for request in life.requests:
        line = request.completion
        if line is not None and line.entry < completion.entry and line.final_seq is not None:
            yield line.final_seq


# --- STOP-4, -5, -6 -----------------------------------------------------------------------------------------------


def check_empty_stop(view: View) -> Judgement:
    seen = False
    findings: list[Finding] = []
    for life in view.lives:
        stop = life.life.stop
        if stop is None or stop.outcome != "ok":
            continue
        healthy = not view.wire.faults and all(r.succeeded for r in life.requests if r.completion is None and r.entry < stop.reply_entry)
        if life.life.events or not stop.complete or not healthy:
            continue
        seen = True
        if not any(request.completion is not None for request in life.requests):
            message = "stop(complete: true) of a sender that never had an event sent no completion"
            findings.append(Finding("ING-STOP-4", message, (stop.call_entry, stop.reply_entry)))
    return judged(findings) if seen else not_judged("precondition never met: no stop without any event on a healthy network")


def check_stop_retries(view: View) -> Judgement:
    timing = view.timing_ms
    if timing["stop_timeout"] <= 2 * timing["retry_delay"] + timing["request_timeout"]:
        return not_judged("not judged: stop_timeout leaves no room for a retry")
    seen = False
    findings: list[Finding] = []
    for life, stop, replied_us in _returned(view):
        failed = _last_failure_in_time(view, life, stop)
        if failed is None or view.gave_up_entry(life) is not None or view.two_writers or _drained(view, life, stop):
            continue
        seen = True
        retried = any(failed.entry < request.entry for request in life.requests) or _refused_after(view, failed)
        if not retried and replied_us < _deadline_us(view, stop) - timing["retry_delay"] * 1000:
            message = f"stop gave up after a passing failure, {(_deadline_us(view, stop) - replied_us) // 1000} ms before its deadline"
            findings.append(Finding("ING-STOP-5", message, (stop.call_entry, failed.entry, stop.reply_entry)))
    return judged(findings) if seen else not_judged("precondition never met: nothing failed during stop with time left for a retry")


def _drained(view: View, life: LifeView, stop: Stop) -> bool:
    """Nothing is left to do: no completion was asked for, and even the failed answers had acknowledged every event."""
    return not stop.complete and all(event.index in life.acked_perhaps for event in view.owed(life))


def _last_failure_in_time(view: View, life: LifeView, stop: Stop) -> Request | None:
    """The last request of the stop's first attempts that failed early enough to be tried again."""
    latest_us = _deadline_us(view, stop) - (2 * view.timing_ms["retry_delay"] + view.timing_ms["request_timeout"]) * 1000
    failed = [
        request
        for request in life.requests
        if stop.call_entry < request.begun_entry < stop.reply_entry and not request.succeeded and request.at_us < latest_us
    ]
    return failed[-1] if failed else None


def _refused_after(view: View, failed: Request) -> bool:
    return any(entry.number > failed.entry for entry in view.wire.refused)


def check_silence(view: View) -> Judgement:
    seen = False
    findings: list[Finding] = []
    for life, stop, _ in _returned(view):
        seen = True
        late = next((request for request in life.requests if request.begun_entry > stop.reply_entry), None)
        if late is not None:
            findings.append(Finding("ING-STOP-6", "a request begins after stop has returned", (stop.reply_entry, late.entry)))
    return judged(findings) if seen else not_judged(NO_STOP)
