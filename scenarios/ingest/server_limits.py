"""Scenario ``server-limits``: exactly the limit, one more, and one more behind a prefix that must stay."""

from __future__ import annotations

from hypothesis import strategies as st

from ...harness.checkers.ingest.server_pieces import Piece
from ...harness.engine.scenario import Scenario, Setting
from ...harness.values.case import Case, Operation
from .server_draw import FRAMING, cases
from .server_play import play_server

BODIES: tuple[tuple[Piece, ...], ...] = (
    (("events", 1, 1_001),),
    (("events", 1, 1_000), ("complete", 1_000)),
    (("events", 1, 400), ("blank", ""), ("events", 1, 400), ("events", 401, 201)),
    (("event", 1), ("sized", 2, 1_000_001), ("event", 3)),
    (("event", 1), ("sized", 2, 1_000_000), ("event", 3)),
    (("sized", 1, 1_000_001),),
    (*(("sized", seq, 999_999) for seq in range(1, 6)),),
    (*(("sized", seq, 999_999) for seq in range(1, 6)), ("event", 6)),
)
"""Five lines of 999,999 bytes and their LFs are exactly 5,000,000 bytes."""


def _workload(body: tuple[Piece, ...], framing: str) -> list[Operation]:
    return [("request", {"framing": framing, "pieces": [list(piece) for piece in body]})]


def _draw(setting: Setting) -> st.SearchStrategy[Case]:
    return cases(setting, "server-limits", st.builds(_workload, st.sampled_from(BODIES), FRAMING))


LIMITS = Scenario(
    name="server-limits",
    contract="ingest",
    role="server",
    summary="1,000 event lines, a line of 1,000,000 bytes, a body of 5,000,000 bytes, and one more of each",
    profiles=("proxy", "direct"),
    judges=("ING-SRV-6",),
    draw=_draw,
    play=play_server,
)
