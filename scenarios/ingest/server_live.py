"""Scenario ``server-live``: two bodies that stay open, looked at from another connection, then ended or cut."""

from __future__ import annotations

from hypothesis import strategies as st

from ...harness.checkers.ingest.server_model import ModelBody, ModelStream
from ...harness.engine.scenario import Scenario, Setting
from ...harness.values.case import Case, Operation
from .server_draw import Token, cases, number_body, relative, token_words
from .server_play import play_server

STEPS = st.lists(
    st.tuples(st.sampled_from(("a", "b")), st.lists(token_words("next", "repeat", "many"), min_size=1, max_size=3)), min_size=1, max_size=6
)
ENDS = st.tuples(*[st.sampled_from(("end", "fin", "rst"))] * 2)


def _workload(steps: list[tuple[str, list[Token]]], ends: tuple[str, str]) -> list[Operation]:
    stream = ModelStream()
    bodies: dict[str, ModelBody] = {}
    operations: list[Operation] = []
    for upload, tokens in steps:
        verb, start = "more" if upload in bodies else "open", stream.last
        pieces = number_body(bodies.setdefault(upload, ModelBody(stream)), tokens)
        operations.append((verb, {"upload": upload, "pieces": pieces, "until": relative(stream.last, start)}))
    operations += [("end", {"upload": upload, "how": how}) for upload, how in zip(bodies, ends, strict=False)]
    return operations


def _draw(setting: Setting) -> st.SearchStrategy[Case]:
    return cases(setting, "server-live", st.builds(_workload, STEPS, ENDS))


LIVE = Scenario(
    name="server-live",
    contract="ingest",
    role="server",
    summary="one or two uploads stay open while the position is read, then end in order or are cut",
    profiles=("proxy", "direct"),
    judges=("ING-SRV-8", "ING-SRV-1", "ING-SRV-2"),
    draw=_draw,
    play=play_server,
)
