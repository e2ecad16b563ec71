"""Answers as they go over the wire: the contract's own bodies, and the spoilt ones that faults ask for."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from ...harness.faults.decisions import Answer, Rewrite
from .upload import Reply

JSON_TYPE = "application/json"
HTML_TYPE = "text/html"

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


@dataclass(frozen=True)
class Wire:
    """One answer: ``text`` is the body for the history, ``body`` its bytes (they differ when compressed)."""

    status: int
    body: bytes
    content_type: str | None = JSON_TYPE
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""

    def header_list(self) -> list[list[str]]:
        named = [["Content-Type", self.content_type]] if self.content_type is not None else []
        return named + [[name, value] for name, value in self.headers.items()]


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
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return Wire(reply.status, text.encode(), text=text, headers={"Allow": "POST"} if reply.status == 405 else {})


def faulty_answer(order: Answer, true: Reply, last: int | None, location: str | None) -> Wire:
    """What an `Answer` fault sends in place of the true reply. ``last``: the true position, ``location``: of a redirect."""
    headers = {} if location is None else {"Location": location}
    if order.retry_after_s is not None:
        headers["Retry-After"] = str(order.retry_after_s)
    if order.body == "empty" or order.status in (204, 304):
        return Wire(order.status, b"", None, headers)
    if order.body == "html":
        page = _page(order.status)
        return Wire(order.status, page.encode(), HTML_TYPE, headers, page)
    told = last if order.acknowledge else None
    if order.status < 300:
        reply = replace(true, status=order.status, error="", last=told)
    else:
        reply = Reply(order.status, _error_text(order.status, last), told)
    return replace(contract_answer(reply), headers=headers)


def rewrite(wire: Wire, order: Rewrite, *, gzip_asked: bool) -> Wire:
    """The true answer, spoilt on its way out; the same object when this order has nothing to act on."""
    if order.body != "keep":
        if not 200 <= wire.status < 300:
            return wire
        return _spoil(wire, order.body)
    if order.content_type is not None:
        return replace(wire, content_type=order.content_type)
    if order.gzip and gzip_asked and wire.body:
        return replace(wire, body=gzip.compress(wire.body, mtime=0), headers={**wire.headers, "Content-Encoding": "gzip"})
    return wire


def _spoil(wire: Wire, body: str) -> Wire:
    if body == "empty":
        return replace(wire, body=b"", text="", content_type=None)
    if body == "html":
        page = _page(wire.status)
        return replace(wire, body=page.encode(), text=page, content_type=HTML_TYPE)
    half = wire.text[: len(wire.text) // 2]
    return replace(wire, body=half.encode(), text=half)


def _error_text(status: int, last: int | None) -> str:
    """A 409 names a gap, so that nobody reads it as "already complete"."""
    if status == 409 and last is not None:
        return f"Expected sequence {last + 1}, got {last + 2}"
    return _ERROR_BY_STATUS.get(status) or _phrase(status)


def _page(status: int) -> str:
    """A page as a load balancer shows it."""
    title = f"{status} {_phrase(status)}"
    return f"<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>\n"


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in _STATUSES else "Unknown status"


_STATUSES = {status.value for status in HTTPStatus}
