"""What a request to the executions routes asks for, read from the raw request target: one segment is one id, decoded once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import unquote

Kind = Literal["create", "status", "stream", "approve"]
BASE = ("", "run", "api", "executions")


@dataclass(frozen=True, slots=True)
class Route:
    """``run`` and ``call`` are decoded, and empty where the route has none."""

    kind: Kind
    run: str = ""
    call: str = ""


@lru_cache(maxsize=256)
def parse_request(method: str, target: str) -> Route | None:
    """The route of a request, or None when it is none of this contract's."""
    segments = target.partition("?")[0].split("/")
    if tuple(segments[: len(BASE)]) != BASE:
        return None
    ids = [unquote(segment) for segment in segments[len(BASE) :]]
    if method == "POST" and not ids:
        return Route("create")
    if not ids or not ids[0]:
        return None
    if method == "GET" and len(ids) == 1:
        return Route("status", ids[0])
    if method == "GET" and segments[len(BASE) + 1 :] == ["stream"]:
        return Route("stream", ids[0])
    if method == "POST" and len(ids) == 3 and segments[len(BASE) + 1] == "approvals":
        return Route("approve", ids[0], ids[2])
    return None


def classify(method: str, target: str, headers: Mapping[str, str]) -> str:
    """The endpoint of a request, for the positions of faults: "create", "status", "stream", "approve" or "other"."""
    route = parse_request(method, target)
    return "other" if route is None else route.kind
