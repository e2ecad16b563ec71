"""Scenario ``server-header``: the older protocol, in which headers complete a run."""

from __future__ import annotations

from hypothesis import strategies as st

from ...harness.checkers.ingest.server_model import ModelBody, ModelStream
from ...harness.checkers.ingest.server_pieces import resolved, resolved_piece
from ...harness.engine.scenario import Scenario, Setting
from ...harness.values.case import Case, Operation
from .server_draw import Token, cases, number_body, relative, token_words
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
        start = stream.last
        ahead = ModelBody(ModelStream(start, stream.completed))
        pieces = number_body(ahead, (*before, *line))
        final_seq = None if drawn is None else _final_seq(drawn[1], ahead.stream.last, start)
        if drawn is not None and drawn[0] == "true" and drawn[1] not in ("=", "+1"):
            pieces = []  # whether the lines of such a request are still applied is nowhere said
        body = ModelBody(stream, None if drawn is None else (drawn[0], _plain(final_seq, start)))
        body.apply([resolved_piece(piece, start) for piece in pieces])
        body.end()
        operations.append(("request", {"pieces": pieces, "header": None if drawn is None else [drawn[0], final_seq]}))
    return operations


def _final_seq(drawn: str | None, last: int, start: int) -> str | None:
    return {"=": relative(last, start), "+1": relative(last + 1, start)}.get(drawn or "", drawn)


def _plain(final_seq: str | None, start: int) -> str | None:
    return str(resolved(final_seq, start)) if final_seq is not None and final_seq.startswith("L") else final_seq


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
