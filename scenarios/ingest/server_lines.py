"""Scenario ``server-lines``: lines that are none, bytes that are no UTF-8, and bodies whose last line has no LF."""

from __future__ import annotations

from hypothesis import strategies as st

from ...harness.checkers.ingest.server_model import ModelBody, ModelStream
from ...harness.engine.scenario import Scenario, Setting
from ...harness.values.case import Case, Operation
from .server_draw import FRAMING, SEGMENT_BYTES, Token, cases, number_body, token_words
from .server_play import play_server

_COMPLETION = '{"type":"_posthog/stream_complete"'
BAD = (
    "{",
    "null",
    "[]",
    '"text"',
    "42",
    '{"seq":@',
    '{"seq":@,"event":{}} {}',
    '{"seq":@,"event":{"a":NaN}}',
    "{'seq':@,'event':{}}",
    '{"event":{}}',
    '{"seq":@}',
    '{"seq":"@","event":{}}',
    '{"seq":true,"event":{}}',
    '{"seq":null,"event":{}}',
    '{"seq":@.5,"event":{}}',
    '{"seq":0,"event":{}}',
    '{"seq":-@,"event":{}}',
    '{"seq":@,"event":[]}',
    '{"seq":@,"event":null}',
    '{"seq":@,"event":"{}"}',
    f"{_COMPLETION}}}",
    f'{_COMPLETION},"final_seq":-1}}',
    f'{_COMPLETION},"final_seq":true}}',
    f'{_COMPLETION},"final_seq":"0"}}',
)
BAD_HEX = tuple(
    (b'{"seq":1,"event":{"t":"' + text + b'"}}').hex()
    for text in (b"\xff", b"\xc3", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf0\x9f\x99")  # no start, half, overlong, surrogate, three of four
)
PARTIAL = ("{", '{"seq":@', '{"seq":@,"event":{}', f'{_COMPLETION},"final_seq":')

BEFORE = st.lists(token_words("next", "many", "repeat"), max_size=2)
BAD_LINES: tuple[Token, ...] = (*(("bad", text) for text in BAD), *(("bad-hex", text) for text in BAD_HEX))
STEP = 10
"""How far the bad lines of one example are apart in the table, so that each example has three kinds of them."""
LAST_LINES = st.one_of(st.sampled_from(PARTIAL).map(lambda text: [("partial", text)]), st.just([("last-event", 0)]))
LASTS = st.tuples(LAST_LINES, st.one_of(LAST_LINES, st.just([("last-complete", 0)])))

Way = tuple[list[Token], str, int]
"""What comes before in the body, its framing, and the bytes of a segment (0: it is not cut up)."""
WAYS = st.tuples(*[st.tuples(BEFORE, FRAMING, SEGMENT_BYTES)] * 5)


def _workload(first: int, lasts: tuple[list[Token], list[Token]], ways: tuple[Way, ...]) -> list[Operation]:
    bad = [[BAD_LINES[(first + number * STEP) % len(BAD_LINES)], ("next", 0)] for number in range(3)]
    ends: list[list[Token]] = [bad[0], lasts[0], bad[1], bad[2], lasts[1]]
    stream = ModelStream()
    operations: list[Operation] = []
    for last, (before, framing, segment_bytes) in zip(ends, ways, strict=True):
        body = ModelBody(stream)
        pieces = number_body(body, [*before, *last])
        body.end()
        operations.append(("request", {"framing": framing, "segment_bytes": segment_bytes, "pieces": pieces}))
    return operations


def _draw(setting: Setting) -> st.SearchStrategy[Case]:
    return cases(setting, "server-lines", st.builds(_workload, st.integers(0, len(BAD_LINES) - 1), LASTS, WAYS))


LINES = Scenario(
    name="server-lines",
    contract="ingest",
    role="server",
    summary="bad JSON, bad types, bad UTF-8, and last lines without LF, whole and partial",
    profiles=("proxy", "direct"),
    judges=("ING-SRV-7", "ING-SRV-9"),
    draw=_draw,
    play=play_server,
)
