"""Which run a request asks for, read from the raw request target, and whether its token may.

The raw target is read byte for byte: one segment is one id, decoded once. So ``..``, ``%2F`` and a second encoding are
seen as they were sent, whatever a URL library would make of them. Anything may stand before the route (a base path).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

from .store import Run
from .upload import Reply

Leg = Literal["proxy", "direct"]


@dataclass(frozen=True, slots=True)
class Route:
    """``project_id`` and ``task_id`` are empty on the proxy leg, which does not know them."""

    leg: Leg
    run_id: str
    project_id: str = ""
    task_id: str = ""


def parse_target(target: str) -> Route | None:
    """The route of a raw request target, or None when it is no ingest URL."""
    segments = target.partition("?")[0].split("/")
    if segments[-1] == "ingest" and segments[-4:-2] == ["v1", "runs"]:
        return Route("proxy", unquote(segments[-2]))
    if segments[-1] == "":
        segments.pop()
    if (
        segments[-1:] == ["event_stream"]
        and segments[-8:-6] == ["api", "projects"]
        and segments[-5::2] == ["tasks", "runs", "event_stream"]
    ):
        return Route("direct", unquote(segments[-2]), unquote(segments[-6]), unquote(segments[-4]))
    return None


def classify(method: str, target: str, headers: Mapping[str, str]) -> str:
    """The endpoint of a request, for the positions of faults: "sync", "upload" or "other". Header names in lower case."""
    if method != "POST" or parse_target(target) is None:
        return "other"
    return "sync" if headers.get("content-length") == "0" else "upload"


class Access:
    """Who may post to which run. ``any_run_token``, if given, opens every run there is or is not yet."""

    def __init__(self, runs: Iterable[Run], any_run_token: str | None = None) -> None:
        self._run_by_token = {run.token: run for run in runs}
        self._any_run_token = any_run_token

    def refuse(self, method: str, route: Route | None, authorization: str) -> Reply | None:
        """The answer to a request that may not pass, or None."""
        if route is None:
            return Reply(404, "Not found")
        if method != "POST":
            return Reply(405, "Method not allowed")
        if not authorization.startswith("Bearer ") or len(authorization) == len("Bearer "):
            return Reply(401, "Missing authorization bearer token")
        token = authorization[len("Bearer ") :]
        if token == self._any_run_token:
            return None
        run = self._run_by_token.get(token)
        if run is None:
            return Reply(401, "Invalid event ingest token", code="JWSInvalid" if route.leg == "proxy" else "DecodeError")
        return _refuse_proxy(run, route) if route.leg == "proxy" else _refuse_direct(run, route)


def _refuse_proxy(run: Run, route: Route) -> Reply | None:
    return None if route.run_id == run.run_id else Reply(403, "Token does not match run")


def _refuse_direct(run: Run, route: Route) -> Reply | None:
    if (route.task_id, route.run_id) != (run.task_id, run.run_id):
        return Reply(403, "Token does not match task run")
    if route.project_id not in (str(run.project_id), "@current"):
        return Reply(403, "Token does not match project")
    return None if run.exists else Reply(404, "Task run not found")
