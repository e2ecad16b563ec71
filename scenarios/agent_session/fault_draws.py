"""The faults that the scenarios draw from, by endpoint."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.cut import Cut
from ...harness.faults.end_stream import EndStreamFault
from ...harness.faults.framing import Framing
from ...harness.faults.half_close import HalfClose
from ...harness.faults.interject import Interject
from ...harness.faults.lose_answer import LoseAnswer
from ...harness.faults.spoilt_body import SpoiltBody
from ...harness.faults.status import Status
from ..drawing import HOW, Names, stalls

ALWAYS = 100_000
"""So many times is for ever."""
STREAM = st.just("stream")
READING = st.sampled_from(("read", "list"))
EVERY = st.sampled_from(("read", "list", "send", "create", "delete", "stream"))
POLLED = st.sampled_from(("read", "list", "send", "create", "delete"))
PASSING = (503, 500, 502, 429)
NTH = st.sampled_from((1, 1, 2, 3))
FIRST = ONCE = st.just(1)


def answered(
    endpoints: Names, *codes: int, nth: SearchStrategy[int] = NTH, times: SearchStrategy[int] | None = None, commit: bool = False
) -> SearchStrategy[Fault]:
    """A false status; with ``commit`` the request may have taken effect."""
    return st.builds(
        Status, endpoint=endpoints, nth=nth, times=ONCE if times is None else times, status=st.sampled_from(codes or PASSING),
        commit=st.sampled_from(("none", "all") if commit else ("none",)), body=st.sampled_from(("contract", "empty", "html")),
    )  # fmt: skip


def lost(endpoints: Names, times: SearchStrategy[int] | None = None, nth: SearchStrategy[int] = NTH) -> SearchStrategy[Fault]:
    return st.builds(
        LoseAnswer, endpoint=endpoints, nth=nth, times=ONCE if times is None else times, answer_bytes=st.sampled_from((0, 0, 30, 160)),
        how=HOW,
    )  # fmt: skip


def lost_requests(endpoints: Names, nth: SearchStrategy[int] = NTH) -> SearchStrategy[Fault]:
    """The service never gets the whole of it, so that it has no effect."""
    in_head = st.builds(
        Cut, endpoint=endpoints, nth=nth, direction=st.just("request"), part=st.just("head"), after_bytes=st.integers(0, 90), how=HOW
    )
    in_body = st.builds(Cut, endpoint=endpoints, nth=nth, direction=st.just("request"), after_bytes=st.integers(0, 8), how=HOW)
    return st.one_of(in_head, in_body)


def spoilt(endpoints: Names, times: SearchStrategy[int] | None = None) -> SearchStrategy[Fault]:
    body = st.sampled_from(("empty", "html", "truncated"))
    return st.builds(SpoiltBody, endpoint=endpoints, nth=NTH, times=ONCE if times is None else times, body=body)


def slow(endpoints: Names, setting: Setting) -> SearchStrategy[Fault]:
    """Long enough to be noticed, and short enough that nobody gives up."""
    return stalls(endpoints, st.sampled_from((200, 3_000) if setting.world == "sim" else (30,)))


# --- the stream


def stream_cuts(nth: SearchStrategy[int] | None = None) -> SearchStrategy[Fault]:
    """Behind any event, and anywhere inside one."""
    nth = FIRST if nth is None else nth
    behind = st.builds(
        Cut, endpoint=STREAM, nth=nth, direction=st.just("answer"), after_lines=st.integers(0, 12).map(lambda n: n * 2), how=HOW
    )
    inside = st.builds(
        Cut, endpoint=STREAM, nth=nth, direction=st.just("answer"), part=st.sampled_from(("body", "body", "head")),
        after_bytes=st.integers(0, 900), how=HOW,
    )  # fmt: skip
    return st.one_of(behind, inside, st.builds(HalfClose, endpoint=STREAM, nth=nth, after_bytes=st.integers(0, 500)))


def stream_ends(nth: SearchStrategy[int] | None = None) -> SearchStrategy[Fault]:
    """Whole as HTTP: what was streamed has arrived."""
    return st.builds(EndStreamFault, endpoint=STREAM, nth=FIRST if nth is None else nth, after_events=st.integers(0, 6))


def framings() -> SearchStrategy[Fault]:
    return st.builds(
        Framing, endpoint=STREAM, times=st.just(9), newline=st.sampled_from(("crlf", "lf", "cr")), bom=st.booleans(),
        space=st.sampled_from((False, True)), data_lines=st.sampled_from((1, 3, 8)),
    )  # fmt: skip


def interjections(*what: str) -> SearchStrategy[Fault]:
    return st.builds(
        Interject, endpoint=STREAM, times=st.just(9), after_events=st.integers(0, 4),
        what=st.sampled_from(what or ("comment", "keepalive", "id-only", "retry", "empty-data", "unknown")), count=st.integers(1, 3),
    )  # fmt: skip
