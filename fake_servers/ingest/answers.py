"""The contract's own answers, true and false."""

from __future__ import annotations

from dataclasses import replace

from ...harness.faults.decisions import Answer
from ..answers import Wire, false_answer, json_answer, phrase
from .upload import Reply

_ERROR_BY_STATUS = {
    401: "Invalid event ingest token",
    403: "Token does not match run",
    404: "Task run not found",
    408: "Client disconnected",
    413: "Request body is too large",
    429: "Too many requests",
    500: "Internal server error",
    503: "Service unavailable",
}


def contract_answer(reply: Reply) -> Wire:
    """The contract's own answer."""
    if not reply.error and reply.last is not None:
        # The one answer of the hot path; all three are integers, so this is what json.dumps would write.
        text = f'{{"accepted":{reply.accepted},"duplicate":{reply.duplicate},"last_accepted_seq":{reply.last}}}'
        return Wire(reply.status, text.encode(), text=text)
    body: dict[str, object] = {"error": reply.error} if reply.error else {"accepted": reply.accepted, "duplicate": reply.duplicate}
    if reply.code:
        body["code"] = reply.code
    if reply.last is not None:
        body["last_accepted_seq"] = reply.last
    return json_answer(reply.status, body, {"Allow": "POST"} if reply.status == 405 else {})


def faulty_answer(order: Answer, true: Reply, last: int | None, location: str | None) -> Wire:
    """What an `Answer` fault sends in place of the true reply. ``last``: the true position, ``location``: of a redirect."""
    told = last if order.acknowledge else None
    if order.status < 300:
        reply = replace(true, status=order.status, error="", last=told)
    else:
        reply = Reply(order.status, _error_text(order.status, last), told)
    return false_answer(order, location, lambda: contract_answer(reply))


def _error_text(status: int, last: int | None) -> str:
    """A 409 names a gap, so that nobody reads it as "already complete"."""
    if status == 409 and last is not None:
        return f"Expected sequence {last + 1}, got {last + 2}"
    return _ERROR_BY_STATUS.get(status) or phrase(status)
