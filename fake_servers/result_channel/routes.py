"""What a request asks for, read from the raw request target: the id of a task is one segment, decoded once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import unquote

Kind = Literal["socket", "tasks", "report"]
_TAILS: dict[tuple[str, ...], Kind] = {("api", "v1", "agents", "ws"): "socket", ("api", "v1", "tasks"): "tasks"}
_REPORT = ("api", "v1", "tasks")


@dataclass(frozen=True, slots=True)
class Route:
    """``task``: decoded, empty where the route has none."""

    kind: Kind
    task: str = ""


@lru_cache(maxsize=512)
def parse_request(method: str, target: str, base: str | None) -> Route | None:
    """The route of a request, or None when it is none of this contract's.

    ``base``: the path below which everything is, its slashes at the end not counted; None: any path without an empty segment.
    """
    segments = target.partition("?")[0].split("/")
    if method == "GET":
        for tail, kind in _TAILS.items():
            if tuple(segments[-len(tail) :]) == tail and _is_base(segments[: -len(tail)], base):
                return Route(kind)
    if method == "PUT" and tuple(segments[-4:-1]) == _REPORT and _is_base(segments[:-4], base):
        task = _decoded(segments[-1])
        return Route("report", task) if task else None
    return None


def _is_base(segments: list[str], base: str | None) -> bool:
    if base is not None:
        return "/".join(segments) == base.rstrip("/")
    return segments[:1] == [""] and "" not in segments[1:]


def _decoded(segment: str) -> str:
    """The id, or "" for what is no text."""
    try:
        return unquote(segment, errors="strict")
    except UnicodeDecodeError:
        return ""
