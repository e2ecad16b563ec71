"""Scenario ``server-completion``: completions that fit, that do not, that are cut off or refused, and what comes after them."""

from __future__ import annotations

from hypothesis import strategies as st

from ...harness.checkers.ingest.server_model import ModelBody, ModelStream
from ...harness.engine.scenario import Scenario, Setting
from ...harness.values.case import Case, Operation
from .server_draw import Token, cases, number_body, relative, token_words
from .server_play import play_server

Episode = tuple[tuple[list[Token], str], ...]
"""Bodies, and what becomes of each: ended in order, or cut."""

COMPLETE: Token = ("complete", 0)
NEXT: Token = ("next", 0)
BEFORE = st.lists(token_words("next", "many", "repeat"), max_size=2)
MISMATCHES: tuple[Episode, ...] = (
    (([("complete-at", 1)], "end"), ([NEXT], "end")),
    (([NEXT, ("complete-at", -1)], "end"), ([NEXT], "end")),
    (([NEXT, NEXT, ("complete-at", 5)], "end"), ([NEXT], "end")),
)
IN_VAIN: tuple[Episode, ...] = (
    (),
    (([COMPLETE, ("bad", "{")], "end"), ([NEXT], "end")),
    (([COMPLETE, NEXT], "end"), ([NEXT], "end")),
    (([COMPLETE, COMPLETE], "end"), ([NEXT], "end")),
    (([NEXT, COMPLETE], "fin"), ([NEXT], "end")),
    (([NEXT, COMPLETE], "rst"), ([NEXT], "end")),
)
FINALES: tuple[Episode, ...] = (
    (([COMPLETE], "end"), ([NEXT], "end")),
    (([NEXT, COMPLETE], "end"), ([("repeat", 0)], "end"), ([COMPLETE], "end")),
    (([COMPLETE], "end"), ([("complete-at", 1)], "end"), ([("other", 1)], "end")),
)


EPISODES = st.tuples(st.sampled_from(MISMATCHES), st.sampled_from(IN_VAIN), st.sampled_from(FINALES))
"""Every example has a mismatch and an end, so that a few of them judge both requirements."""


def _workload(before: list[Token], episodes: tuple[Episode, ...]) -> list[Operation]:
    stream = ModelStream()
    operations: list[Operation] = []
    for tokens, how in ((before, "end"), *(body for episode in episodes for body in episode)):
        start, body = stream.last, ModelBody(stream)
        pieces = number_body(body, tokens)
        if how == "end":
            operations.append(("request", {"pieces": pieces}))
            body.end()
        else:
            operations += [
                ("open", {"upload": "a", "pieces": pieces, "until": relative(stream.last, start)}),
                ("end", {"upload": "a", "how": how}),
            ]
    return operations


def _draw(setting: Setting) -> st.SearchStrategy[Case]:
    return cases(setting, "server-completion", st.builds(_workload, BEFORE, EPISODES))


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
