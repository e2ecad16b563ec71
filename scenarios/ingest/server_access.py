"""Scenario ``server-access``: requests without a token, with a wrong one, with that of another run, and by other methods."""

from __future__ import annotations

from hypothesis import strategies as st

from ...harness.engine.scenario import Scenario, Setting
from ...harness.values.case import Case, Operation
from .server_draw import cases
from .server_play import play_server

REFUSED = st.one_of(
    st.tuples(st.just("POST"), st.sampled_from(("none", "wrong", "scheme", "other"))),
    st.tuples(st.sampled_from(("GET", "PUT", "DELETE", "PATCH")), st.just("own")),
)
REQUESTS = st.tuples(st.just(("POST", "own")), REFUSED, REFUSED, st.just(("POST", "own")), REFUSED)


def _workload(requests: tuple[tuple[str, str], ...]) -> list[Operation]:
    """Each request offers the next event, but for a GET, which has no body."""
    return [
        ("request", {"method": method, "token": token, "pieces": [["event", "L+1"]] if method != "GET" else []})
        for method, token in requests
    ]


def _draw(setting: Setting) -> st.SearchStrategy[Case]:
    return cases(setting, "server-access", REQUESTS.map(_workload))


ACCESS = Scenario(
    name="server-access",
    contract="ingest",
    role="server",
    summary="no token, a wrong one, that of another run, and methods other than POST",
    profiles=("proxy", "direct"),
    judges=("ING-SRV-10",),
    draw=_draw,
    play=play_server,
)
