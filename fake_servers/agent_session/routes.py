"""What a request to the service asks for, read from the raw request target: one segment is one id, decoded once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import unquote

Kind = Literal["create", "read", "send", "list", "stream", "delete", "files", "other"]
_SESSION = re.compile(r"(.*?)/v1/sessions(?:/([^/]*)(/events(?:/stream)?)?)?")
_FILES = re.compile(r"(.*?)/v1/files")
_KINDS: Mapping[tuple[str, str | None], Kind] = {
    ("GET", None): "read",
    ("DELETE", None): "delete",
    ("GET", "/events"): "list",
    ("POST", "/events"): "send",
    ("GET", "/events/stream"): "stream",
}


@dataclass(frozen=True, slots=True)
class Route:
    """``base``: what stands before ``/v1``. ``session``: decoded; empty where the route has none."""

    kind: Kind
    base: str = ""
    session: str = ""


@lru_cache(maxsize=256)
def parse_request(method: str, target: str) -> Route:
    """The route of a request; ``other`` when it is none of this contract's."""
    path = target.partition("?")[0]
    files = _FILES.fullmatch(path)
    if files is not None and method == "GET":
        return Route("files", files[1])
    match = _SESSION.fullmatch(path)
    if match is None:
        return Route("other")
    base, id, rest = match.groups()
    if id is None:
        return Route("create" if method == "POST" else "other", base)
    return Route(_KINDS.get((method, rest), "other") if id else "other", base, unquote(id))


def classify(method: str, target: str, headers: Mapping[str, str]) -> str:
    """The endpoint of a request, for the positions of faults."""
    return parse_request(method, target).kind
