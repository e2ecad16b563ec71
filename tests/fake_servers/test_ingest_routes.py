"""Routes are read from the raw target, and tokens open what they should."""

from __future__ import annotations

import pytest

from streamproof.fake_servers.ingest.routes import Access, Route, classify, parse_target
from streamproof.fake_servers.ingest.store import Run

RUN = Run(7, "task", "run", "T")
GONE = Run(7, "task", "gone", "G", exists=False)


@pytest.mark.parametrize(
    ("target", "route"),
    [
        ("/v1/runs/r/ingest", Route("proxy", "r")),
        ("/base/path//v1/runs/a%2Fb%3Fc/ingest", Route("proxy", "a/b?c")),
        ("/v1/runs/../ingest", Route("proxy", "..")),
        ("/v1/runs/%2E%2E/ingest", Route("proxy", "..")),
        ("/v1/runs/a%252Fb/ingest", Route("proxy", "a%2Fb")),
        ("/v1/runs/a+b/ingest?x=1", Route("proxy", "a+b")),
        ("/api/projects/7/tasks/t%20/runs/r/event_stream/", Route("direct", "r", "7", "t ")),
        ("/api/projects/7/tasks/t/runs/r/event_stream", Route("direct", "r", "7", "t")),
        ("/api/projects/@current/tasks/t/runs/r/event_stream", Route("direct", "r", "@current", "t")),
        ("/v1/ingest", None),
        ("/v1/runs/a/b/ingest", None),
        ("/v1/runs/r/ingest/", None),
        ("/api/projects/7/runs/r/event_stream/", None),
        ("/", None),
        ("*", None),
    ],
)
def test_target(target: str, route: Route | None) -> None:
    """One segment is one id, decoded once; anything may stand before the route; what is collapsed is no route."""
    assert parse_target(target) == route


def test_endpoints() -> None:
    """A POST with Content-Length: 0 is a sync, any other POST to the ingest URL an upload, all else other."""
    target = "/v1/runs/r/ingest"
    assert classify("POST", target, {"content-length": "0"}) == "sync"
    assert classify("POST", target, {"transfer-encoding": "chunked"}) == "upload"
    assert classify("POST", target, {"content-length": "10"}) == "upload"
    assert classify("GET", target, {"content-length": "0"}) == "other"
    assert classify("POST", "/v1/else", {"content-length": "0"}) == "other"


@pytest.mark.parametrize(
    ("target", "method", "authorization", "status"),
    [
        ("/v1/runs/run/ingest", "POST", "Bearer T", None),
        ("/v1/runs/run/ingest", "GET", "Bearer T", 405),
        ("/v1/runs/run/ingest", "POST", "", 401),
        ("/v1/runs/run/ingest", "POST", "Bearer ", 401),
        ("/v1/runs/run/ingest", "POST", "bearer T", 401),
        ("/v1/runs/run/ingest", "POST", "Basic T", 401),
        ("/v1/runs/run/ingest", "POST", "Bearer X", 401),
        ("/v1/runs/other/ingest", "POST", "Bearer T", 403),
        ("/v1/runs/gone/ingest", "POST", "Bearer G", None),
        ("/v1/runs/any/ingest", "POST", "Bearer ANY", None),
        ("/api/projects/7/tasks/task/runs/run/event_stream/", "POST", "Bearer T", None),
        ("/api/projects/@current/tasks/task/runs/run/event_stream/", "POST", "Bearer T", None),
        ("/api/projects/8/tasks/task/runs/run/event_stream/", "POST", "Bearer T", 403),
        ("/api/projects/7/tasks/else/runs/run/event_stream/", "POST", "Bearer T", 403),
        ("/api/projects/7/tasks/task/runs/gone/event_stream/", "POST", "Bearer G", 404),
        ("/v1/else", "POST", "Bearer T", 404),
    ],
)
def test_access(target: str, method: str, authorization: str, status: int | None) -> None:
    """401, 403, 404 and 405 as the contract has them; the proxy leg knows no task and no missing run."""
    refusal = Access([RUN, GONE], any_run_token="ANY").refuse(method, parse_target(target), authorization)
    assert (refusal.status if refusal else None) == status
