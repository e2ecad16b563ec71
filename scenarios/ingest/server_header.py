"""Scenario ``server-header``: the older protocol, in which headers complete a run."""

from __future__ import annotations

from hypothesis import strategies as st

from ...harness.checkers.ingest.server_model import ModelBody, ModelStream, header_number
from ...harness.engine.scenario import Scenario, Setting
from ...harness.values.case import Case, Operation
from .server_draw import Token, cases, number_body, token_words
from .server_play import play_server

LINE: tuple[Token, ...] = (("complete", 0),)
ENDS: tuple[tuple[tuple[Token, ...], tuple[str, str | None] | None], ...] = (
    ((), None),
    ((), ("true", "=")),
    ((), ("true", "+1")),
    ((), ("true", None)),
    ((), ("true", "-1")),
    ((), ("true", "x")),
    ((), ("true", "1.0")),
    ((), ("true", "")),
    ((), ("True", "=")),
    ((), ("1", "=")),
    ((), ("yes", "=")),
    ((), ("false", "=")),
    (LINE, ("true", "=")),
    (LINE, ("true", "+1")),
    (LINE, None),
)
"""A completion line or none, and the headers: ``=`` stands for the position behind the body, ``+1`` for the number after it."""

REQUESTS = st.lists(st.tuples(st.lists(token_words("next", "many"), max_size=2), st.sampled_from(ENDS)), max_size=4)

ALWAYS: tuple[tuple[list[Token], tuple[tuple[Token, ...], tuple[str, str | None] | None]], ...] = (
    ([("next", 0)], ((), ("true", "="))),
    ([("next", 0)], ((), None)),
)
"""What every example ends with: a completion by headers, and an event that comes too late."""


def _workload(requests: list[tuple[list[Token], tuple[tuple[Token, ...], tuple[str, str | None] | None]]]) -> list[Operation]:
    stream = ModelStream()
    operations: list[Operation] = []
    for before, (line, drawn) in (*requests, *ALWAYS):
        ahead = ModelBody(ModelStream(stream.last, stream.completed))
        pieces = number_body(ahead, (*before, *line))
        header = None if drawn is None else (drawn[0], _final_seq(drawn[1], ahead.stream.last))
        if header is not None and header[0] == "true" and header_number(header[1]) is None:
            pieces = []  # whether the lines of such a request are still applied is nowhere said
        body = ModelBody(stream, header)
        body.apply(pieces)
        body.end()
        operations.append(("request", {"pieces": pieces, "header": None if header is None else list(header)}))
    return operations


def _final_seq(drawn: str | None, last: int) -> str | None:
    return {"=": str(last), "+1": str(last + 1)}.get(drawn or "", drawn)


def _draw(setting: Setting) -> st.SearchStrategy[Case]:
    return cases(setting, "server-header", REQUESTS.map(_workload))


HEADER = Scenario(
    name="server-header",
    contract="ingest",
    role="server",
    summary="completion by headers: valid, missing, not a number, not the literal true, beside a completion line",
    profiles=("header",),
    judges=("ING-SRV-11",),
    draw=_draw,
    play=play_server,
)
