"""Scenario ``server-completion``: completions that fit, that do not, that are cut off or refused, and what comes after them."""

from __future__ import annotations

from hypothesis import strategies as st

from ...harness.checkers.ingest.server_model import ModelBody, ModelStream
from ...harness.engine.scenario import Scenario, Setting
from ...harness.values.case import Case, Operation
from .server_draw import Token, cases, number_body, token_words
from .server_play import play_server

BEFORE = st.lists(token_words("next", "many", "repeat"), max_size=2)
BODIES = st.lists(st.tuples(BEFORE, st.just("end")), max_size=3)
COMPLETE: Token = ("complete", 0)
NEXT: Token = ("next", 0)
FINALES: tuple[tuple[tuple[list[Token], str], ...], ...] = (
    (),
    (([COMPLETE], "end"), ([NEXT], "end")),
    (([NEXT, COMPLETE], "end"), ([("repeat", 0)], "end"), ([COMPLETE], "end")),
    (([COMPLETE], "end"), ([("complete-at", 1)], "end"), ([("other", 1)], "end")),
    (([("complete-at", 1)], "end"), ([NEXT], "end")),
    (([NEXT, ("complete-at", -1)], "end"), ([NEXT, COMPLETE], "end"), ([NEXT], "end")),
    (([COMPLETE, ("bad", "{")], "end"), ([NEXT], "end")),
    (([COMPLETE, NEXT], "end"), ([NEXT, COMPLETE], "end")),
    (([NEXT, COMPLETE], "fin"), ([NEXT], "end")),
    (([NEXT, COMPLETE], "rst"), ([NEXT, COMPLETE], "end")),
)
"""How it ends: bodies and what becomes of each (ended in order, or cut). The completion comes early, late, twice, wrong, cut off."""


def _workload(bodies: list[tuple[list[Token], str]], finale: tuple[tuple[list[Token], str], ...]) -> list[Operation]:
    stream = ModelStream()
    operations: list[Operation] = []
    for tokens, how in (*bodies, *finale):
        body = ModelBody(stream)
        pieces = number_body(body, tokens)
        if how == "end":
            operations.append(("request", {"pieces": pieces}))
            body.end()
        else:
            operations += [("open", {"upload": "a", "pieces": pieces, "until": stream.last}), ("end", {"upload": "a", "how": how})]
    return operations


def _draw(setting: Setting) -> st.SearchStrategy[Case]:
    return cases(setting, "server-completion", st.builds(_workload, BODIES, st.sampled_from(FINALES)))


COMPLETION = Scenario(
    name="server-completion",
    contract="ingest",
    role="server",
    summary="completions that fit, do not fit, are cut off or refused, and events and completions after them",
    profiles=("proxy", "direct"),
    judges=("ING-SRV-4", "ING-SRV-5", "ING-SRV-1"),
    draw=_draw,
    play=play_server,
)
