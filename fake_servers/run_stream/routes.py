"""What a request to the backend or the proxy asks for, read from the raw request target.

The raw target is read byte for byte: one segment is one id, decoded once. A base path may stand before the route, but a
segment of it is never empty: ``//v1/..`` comes of a base whose trailing slash was not stripped, and is no route.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import unquote

Leg = Literal["proxy", "direct", "legacy"]
"""How a run is followed: by the proxy, or straight from the backend; ``legacy`` is a backend that does not know of the proxy."""

Kind = Literal["run", "history", "token", "stream"]

_BACKEND_KINDS: Mapping[str, Kind] = {"session_logs": "history", "stream_token": "token", "stream": "stream"}
_RUN_SEGMENTS = ("api", "projects", None, "tasks", None, "runs", None)
_PROXY_SEGMENTS = ("v1", "runs", None, "stream")


@dataclass(frozen=True, slots=True)
class Route:
    """``team_id`` and ``task_id`` are empty on the proxy, which does not know them."""

    kind: Kind
    on_proxy: bool
    run_id: str
    task_id: str = ""
    team_id: str = ""


@lru_cache(maxsize=256)
def parse_target(target: str) -> Route | None:
    """The route of a raw request target, or None when it is none of this contract's. An example asks for the same few."""
    segments = target.partition("?")[0].split("/")
    ids = _ids(segments, _PROXY_SEGMENTS)
    if ids is not None:
        return Route("stream", True, *ids)
    if segments[-1] == "":  # on the backend a slash at the end is usual
        segments.pop()
    kind: Kind = "run"
    ids = _ids(segments, _RUN_SEGMENTS)
    if ids is None and segments and segments[-1] in _BACKEND_KINDS:
        kind = _BACKEND_KINDS[segments.pop()]
        ids = _ids(segments, _RUN_SEGMENTS)
    if ids is None:
        return None
    team_id, task_id, run_id = ids
    return Route(kind, False, run_id, task_id, team_id)


def _ids(segments: list[str], pattern: tuple[str | None, ...]) -> list[str] | None:
    """The decoded ids at the places of None, if the last segments are like the pattern and those before them a base path."""
    base, route = segments[: -len(pattern)], segments[-len(pattern) :]
    if len(route) < len(pattern) or base[:1] != [""] or "" in base[1:]:
        return None
    if any(wanted is not None and wanted != found for wanted, found in zip(pattern, route, strict=True)):
        return None
    return [unquote(found) for wanted, found in zip(pattern, route, strict=True) if wanted is None]


def classify(method: str, target: str, headers: Mapping[str, str]) -> str:
    """The endpoint of a request, for the positions of faults: "run", "history", "token", "stream" or "other"."""
    route = parse_target(target) if method == "GET" else None
    return "other" if route is None else route.kind
