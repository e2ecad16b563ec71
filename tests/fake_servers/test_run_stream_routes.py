"""Requests of readers are told apart by their raw targets, one segment for one id."""

from __future__ import annotations

import pytest

from streamproof.fake_servers.run_stream.routes import Route, classify, parse_target

RUNS = "/api/projects/7/tasks/t%2F1/runs/r%3F1"


@pytest.mark.parametrize(
    ("target", "route"),
    [
        (f"{RUNS}/", Route("run", False, "r?1", "t/1", "7")),
        (f"{RUNS}/session_logs/?limit=5&offset=5", Route("history", False, "r?1", "t/1", "7")),
        (f"{RUNS}/stream_token/", Route("token", False, "r?1", "t/1", "7")),
        (f"{RUNS}/stream/?start=latest", Route("stream", False, "r?1", "t/1", "7")),
        (f"/base/path{RUNS}/stream", Route("stream", False, "r?1", "t/1", "7")),
        ("/v1/runs/r%252F/stream?start=latest", Route("stream", True, "r%2F")),
        ("/base/v1/runs/../stream", Route("stream", True, "..")),
        ("/api/projects/7/tasks/t/runs/stream/", Route("run", False, "stream", "t", "7")),
    ],
)
def test_routes(target: str, route: Route) -> None:
    """Each endpoint, with a base path, with ids that are encoded twice or look like a route."""
    assert parse_target(target) == route
    assert classify("GET", target, {}) == route.kind
    assert classify("POST", target, {}) == "other"


@pytest.mark.parametrize(
    "target",
    [
        "//v1/runs/r/stream",
        "/base//v1/runs/r/stream",
        f"/{RUNS}/",
        f"//{RUNS}/stream/",
        "/v1/runs/r/stream/",
        "/v1/runs/a/b/stream",
        "/v1/runs/stream",
        "/api/projects/7/tasks/a/b/runs/r/",
        f"{RUNS}//",
        f"{RUNS}/other/",
        f"{RUNS}/session_logs//",
        "/",
        "*",
        "",
    ],
)
def test_what_is_no_route(target: str) -> None:
    """A base that was not stripped, an id that was not encoded, and anything else."""
    assert parse_target(target) is None
    assert classify("GET", target, {}) == "other"
