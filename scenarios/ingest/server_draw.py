"""What the server scenarios share: ids, ways to send a body, and pieces drawn as tokens and numbered beside a model.

A token is (word, number). It becomes a piece when the position before it is known, so that a drawn "next" is the next
number and a "gap" is one; the model says what the position is then. All is drawn with tuples, which shrink well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from hypothesis import strategies as st

from ...harness.checkers.ingest.server_model import ModelBody, ModelStream
from ...harness.checkers.ingest.server_pieces import NUMBERED, Piece
from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from ..drawing import texts

Token = tuple[str, Any]

RUN_IDS = ("run", "a/b?c&d#e %", "..", "%2F", "r+1;2:3@4", "läuft🙂", "'(~!*)'", "x" * 1_000)
TEXTS = texts(0, 12, first=0)
FRAMING = st.sampled_from(("length", "chunked"))
SEGMENT_BYTES = st.sampled_from((0, 0, 1, 7, 100))


def configs(setting: Setting) -> st.SearchStrategy[dict[str, Any]]:
    """Two runs with ids of every kind, and the leg that the profile names."""
    leg = "direct" if setting.profile == "direct" else "proxy"

    def config(run_id: str, task_id: str) -> dict[str, Any]:
        return {"runs": [{"project_id": 7, "task_id": task_id, "run_id": run_id}] * 2, "leg": leg}

    return st.builds(config, st.sampled_from(RUN_IDS), st.sampled_from(RUN_IDS))


def cases(setting: Setting, scenario: str, workloads: st.SearchStrategy[Sequence[Operation]]) -> st.SearchStrategy[Case]:
    """Cases without faults: the hostility of these scenarios is in what the client sends."""

    def case(config: dict[str, Any], workload: Sequence[Operation]) -> Case:
        return Case("ingest", ("server",), setting.profile, scenario, config, tuple(workload))

    return st.builds(case, configs(setting), workloads)


def token_words(*words: str) -> st.SearchStrategy[Token]:
    """One of these words with a small number."""
    return st.tuples(st.sampled_from(words), st.integers(0, 3))


def number_body(body: ModelBody, tokens: Iterable[Token]) -> list[Piece]:
    """The pieces of these tokens, one after the other at the position that the model is then at; numbers relative to the first."""
    start = body.stream.last
    pieces: list[Piece] = []
    for word, value in tokens:
        piece = _piece(word, value, body.stream)
        body.apply([piece])
        pieces.append([piece[0], relative(piece[1], start), *piece[2:]] if piece[0] in NUMBERED else piece)
    return pieces


def relative(number: int, start: int) -> str:
    """ "L+2" for the number 2 above the start."""
    return f"L{number - start:+d}"


def _piece(word: str, value: Any, stream: ModelStream) -> Piece:
    following = stream.last + 1
    if word == "next":
        return ["event", following]
    if word == "text":
        return ["event", following, value]
    if word == "many":
        return ["events", following, value + 2]
    if word == "repeat":
        return ["event", max(1, stream.last - value)]
    if word == "other":
        return ["event", max(1, stream.last - value), "of other content"]
    if word == "gap":
        return ["event", following + 1 + value]
    if word == "complete":
        return ["complete", stream.last]
    if word == "complete-at":
        return ["complete", max(0, stream.last + value)]
    if word in ("last-event", "last-complete"):
        return [word, following if word == "last-event" else stream.last]
    # What is left holds the next number where it says @, so that a server which takes it gives itself away.
    return [word, value.replace("@", str(following))]
