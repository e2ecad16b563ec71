"""Scenario ``server-sequence``: events in order, repeated and beyond the next number, to two runs."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ...harness.checkers.ingest.server_model import ModelBody, ModelStream
from ...harness.engine.scenario import Scenario, Setting
from ...harness.values.case import Case, Operation
from .server_draw import FRAMING, SEGMENT_BYTES, TEXTS, Token, cases, number_body, token_words
from .server_play import play_server

TOKENS = st.one_of(token_words("next", "many", "repeat", "other", "gap"), st.tuples(st.just("text"), TEXTS), st.just(("blank", " \t\r")))
REQUESTS = st.lists(st.tuples(st.lists(TOKENS, max_size=5), st.sampled_from((0, 0, 1)), FRAMING, SEGMENT_BYTES), max_size=4)

ALWAYS: tuple[tuple[list[Token], int, str, int], ...] = (
    ([("next", 0), ("other", 0)], 0, "length", 0),
    ([("next", 0), ("gap", 0), ("next", 0)], 0, "chunked", 0),
)
"""What every example ends with, so that a few of them judge all three requirements."""


def _workload(requests: list[tuple[list[Token], int, str, int]]) -> list[Operation]:
    streams = (ModelStream(), ModelStream())
    operations: list[Operation] = []
    for tokens, run, framing, segment_bytes in (*requests, *ALWAYS):
        args: dict[str, Any] = {"run": run, "framing": framing, "segment_bytes": segment_bytes}
        operations.append(("request", {**args, "pieces": number_body(ModelBody(streams[run]), tokens)}))
    return operations


def _draw(setting: Setting) -> st.SearchStrategy[Case]:
    return cases(setting, "server-sequence", REQUESTS.map(_workload))


SEQUENCE = Scenario(
    name="server-sequence",
    contract="ingest",
    role="server",
    summary="events in order, repeated and with gaps, in bodies of every framing, to two runs",
    profiles=("proxy", "direct"),
    judges=("ING-SRV-1", "ING-SRV-2", "ING-SRV-3"),
    draw=_draw,
    play=play_server,
)
