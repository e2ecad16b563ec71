"""Plain answers as they go over the wire: with a body of the contract's own, or spoilt as faults ask for it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

from aiohttp import web

from ..harness.faults.decisions import Answer, Rewrite

JSON_TYPE = "application/json"
HTML_TYPE = "text/html"

_STATUSES = {status.value for status in HTTPStatus}


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

    def response(self) -> web.Response:
        return web.Response(status=self.status, body=self.body, headers=self.headers, content_type=self.content_type)


def json_answer(status: int, value: Any, headers: dict[str, str] | None = None) -> Wire:
    return text_answer(status, json.dumps(value, separators=(",", ":"), ensure_ascii=False), headers)


def text_answer(status: int, text: str, headers: dict[str, str] | None = None) -> Wire:
    """``text`` is JSON already."""
    return Wire(status, text.encode("utf-8", "surrogatepass"), text=text, headers=headers or {})


def false_answer(order: Answer, location: str | None, contract: Callable[[], Wire]) -> Wire:
    """What an `Answer` fault sends in place of the true answer. ``contract``: with a body of the contract's own."""
    headers = {} if location is None else {"Location": location}
    if order.retry_after_s is not None:
        headers["Retry-After"] = str(order.retry_after_s)
    if order.body == "empty" or order.status in (204, 304):
        return Wire(order.status, b"", None, headers)
    if order.body == "html":
        page = _page(order.status)
        return Wire(order.status, page.encode(), HTML_TYPE, headers, page)
    return replace(contract(), headers=headers)


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


def _page(status: int) -> str:
    """A page as a load balancer shows it."""
    title = f"{status} {phrase(status)}"
    return f"<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>\n"


def phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in _STATUSES else "Unknown status"
