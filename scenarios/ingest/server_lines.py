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
    '{"seq":N',
    '{"seq":N,"event":{}} {}',
    '{"seq":N,"event":{"a":NaN}}',
    "{'seq':N,'event':{}}",
    '{"event":{}}',
    '{"seq":N}',
    '{"seq":"N","event":{}}',
    '{"seq":true,"event":{}}',
    '{"seq":null,"event":{}}',
    '{"seq":N.5,"event":{}}',
    '{"seq":0,"event":{}}',
    '{"seq":-N,"event":{}}',
    '{"seq":N,"event":[]}',
    '{"seq":N,"event":null}',
    '{"seq":N,"event":"{}"}',
    f"{_COMPLETION}}}",
    f'{_COMPLETION},"final_seq":-1}}',
    f'{_COMPLETION},"final_seq":true}}',
    f'{_COMPLETION},"final_seq":"0"}}',
)
BAD_HEX = tuple(
    (b'{"seq":1,"event":{"t":"' + text + b'"}}').hex()
    for text in (b"\xff", b"\xc3", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf0\x9f\x99")  # no start, half, overlong, surrogate, three of four
)
PARTIAL = ("{", '{"seq":N', '{"seq":N,"event":{}', f'{_COMPLETION},"final_seq":')

BEFORE = st.lists(token_words("next", "many", "repeat"), max_size=2)
BAD_LINES = st.one_of(
    st.sampled_from(BAD).map(lambda text: [("bad", text)]),
    st.sampled_from(BAD).map(lambda text: [("bad", text), ("next", 0)]),
    st.sampled_from(BAD_HEX).map(lambda text: [("bad-hex", text), ("next", 0)]),
)
LAST_LINES = st.one_of(st.sampled_from(PARTIAL).map(lambda text: [("partial", text)]), st.just([("last-event", 0)]))
ENDS = st.sampled_from(([], [("last-complete", 0)]))

Body = tuple[list[Token], list[Token], str, int]
BODIES = st.tuples(
    st.tuples(BEFORE, BAD_LINES, FRAMING, SEGMENT_BYTES),
    st.tuples(BEFORE, LAST_LINES, FRAMING, SEGMENT_BYTES),
    st.tuples(BEFORE, BAD_LINES, FRAMING, SEGMENT_BYTES),
    st.tuples(BEFORE, LAST_LINES, FRAMING, SEGMENT_BYTES),
    st.tuples(BEFORE, ENDS, FRAMING, SEGMENT_BYTES),
)


def _workload(bodies: tuple[Body, ...]) -> list[Operation]:
    stream = ModelStream()
    operations: list[Operation] = []
    for before, last, framing, segment_bytes in bodies:
        body = ModelBody(stream)
        pieces = number_body(body, [*before, *last])
        body.end()
        operations.append(("request", {"framing": framing, "segment_bytes": segment_bytes, "pieces": pieces}))
    return operations


def _draw(setting: Setting) -> st.SearchStrategy[Case]:
    return cases(setting, "server-lines", BODIES.map(_workload))


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
