"""Faults of streams as the reader scenarios draw them. A frame of an event has three lines: id, data and an empty one."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.faults.base import Fault
from ...harness.faults.content_type import ContentType
from ...harness.faults.cut import Cut
from ...harness.faults.duplicate import Duplicate
from ...harness.faults.end_stream import EndStreamFault
from ...harness.faults.framing import Framing
from ...harness.faults.garbage import Garbage
from ...harness.faults.interject import Interject
from ...harness.faults.restart import Restart
from ...harness.faults.stale import StaleRead
from ...harness.faults.status import Status
from ..drawing import DIRECTION, HOW, NTH, TIMES

FRAME_LINES = 3
STREAM = st.just("stream")
ENDPOINTS = st.sampled_from(("stream", "stream", "history", "run", "token"))
READS = st.sampled_from(("history", "run", "token"))
EVENTS = st.sampled_from((1, 0, 2, 1, 3, 5))
ENDING = ("cut", "end-stream", "idle-timeout", "restart")
"""Faults behind which the reader comes back with another stream."""
LOST = st.sampled_from((0, 0, 1, 40))


def in_a_row(*kinds: SearchStrategy[Fault], size_min: int = 1, size_max: int = 3) -> SearchStrategy[list[Fault]]:
    """Faults of streams, the first of them (of the first kind) at the first stream: each that ends a stream leaves the rest to the next."""

    def place(faults: list[Fault]) -> list[Fault]:
        placed: list[Fault] = []
        nth = 1
        for fault in faults:
            placed.append(replace(fault, nth=nth, times=1))
            nth += fault.name in ENDING
        return placed

    others = st.lists(st.one_of(*kinds), min_size=max(0, size_min - 1), max_size=size_max - 1)
    some = st.builds(lambda first, rest: place([first, *rest]), kinds[0], others)
    return some if size_min else st.one_of(st.just([]), some)


def cut_behind(events: int, nth: int, how: str, more_lines: int = 0) -> Cut:
    """The ``nth`` stream ends behind so many events and lines."""
    return Cut(endpoint="stream", nth=nth, direction="answer", after_lines=FRAME_LINES * events + more_lines, how=how)  # type: ignore[arg-type]


def event_cuts() -> SearchStrategy[Fault]:
    """Between two events, or between two lines of one."""
    return st.builds(cut_behind, EVENTS, NTH, HOW, st.integers(0, FRAME_LINES - 1))


def stream_cuts() -> SearchStrategy[Fault]:
    """At any byte of a stream."""
    answer = st.just("answer")
    by_bytes = st.builds(
        Cut, endpoint=STREAM, nth=NTH, times=TIMES, direction=answer, part=st.sampled_from(("body", "body", "head")),
        after_bytes=st.integers(0, 120), how=HOW, lost_bytes=LOST,
    )  # fmt: skip
    inside = st.builds(
        Cut, endpoint=STREAM, nth=NTH, direction=answer, inside=st.sampled_from(("line", "chunk-header", "character")),
        at=st.integers(1, 9), after_bytes=st.integers(1, 60), how=HOW, lost_bytes=LOST,
    )  # fmt: skip
    return st.one_of(event_cuts(), inside, by_bytes)


def read_cuts() -> SearchStrategy[Fault]:
    """In a request that is no stream, or in its answer."""
    return st.builds(
        Cut, endpoint=READS, nth=NTH, times=TIMES, direction=DIRECTION, part=st.sampled_from(("body", "head")),
        after_bytes=st.integers(0, 40), how=HOW,
    )  # fmt: skip


def failed_connections(nth: int, kind: int) -> Fault:
    """The ``nth`` stream fails before its first event, in one of `FAILURES` ways."""
    return FAILURES[kind](nth)


FAILURES = (
    lambda nth: Status(endpoint="stream", nth=nth, status=503, retry_after_s=5),
    lambda nth: Cut(endpoint="stream", nth=nth, direction="answer", part="head", how="rst"),
    lambda nth: Cut(endpoint="stream", nth=nth, direction="answer", after_lines=0, how="fin"),
    lambda nth: Status(endpoint="stream", nth=nth, status=429),
    lambda nth: Cut(endpoint="stream", nth=nth, part="head", after_bytes=20, how="rst"),
    lambda nth: Garbage(endpoint="stream", nth=nth, what="text"),
    lambda nth: ContentType(endpoint="stream", nth=nth, media_type="text/html"),
    lambda nth: Cut(endpoint="stream", nth=nth, direction="answer", inside="line", after_bytes=3, how="rst"),
)


def clean_ends(*ends: str) -> SearchStrategy[Fault]:
    """Answers that are whole as HTTP, of a stream that goes on."""
    return st.builds(EndStreamFault, endpoint=STREAM, nth=NTH, times=TIMES, after_events=EVENTS, end=st.sampled_from(ends))


def repeats() -> SearchStrategy[Fault]:
    return st.builds(Duplicate, endpoint=STREAM, nth=NTH, times=TIMES, after_events=st.integers(1, 3), count=st.integers(1, 5))


INTERJECTIONS = ("keepalive", "comment", "unknown", "bad-json", "no-object", "id-only", "retry", "empty-data")


def interjections(*kinds: str) -> SearchStrategy[Fault]:
    return st.builds(
        Interject, endpoint=STREAM, nth=NTH, times=TIMES, after_events=st.integers(0, 2), what=st.sampled_from(kinds or INTERJECTIONS),
        count=st.integers(1, 3), with_id=st.booleans(),
    )  # fmt: skip


def framings() -> SearchStrategy[Fault]:
    """A lone CR as the end of a line is left out: this contract speaks of LF and CRLF only."""
    return st.builds(
        Framing, endpoint=STREAM, nth=NTH, times=TIMES, newline=st.sampled_from(("crlf", "lf")), bom=st.booleans(), space=st.booleans(),
        data_lines=st.sampled_from((1, 2, 5)),
    )  # fmt: skip


def restarts(nth: int = 1) -> SearchStrategy[Fault]:
    return st.builds(Restart, endpoint=st.sampled_from(("stream", "history", "token", "run")), nth=st.just(nth))


def stale_histories() -> SearchStrategy[Fault]:
    return st.builds(StaleRead, endpoint=st.just("history"), nth=st.integers(1, 2), times=TIMES, behind=TIMES)


def stale_states() -> SearchStrategy[Fault]:
    return st.builds(StaleRead, endpoint=st.just("run"), nth=st.integers(2, 3), times=TIMES, behind=TIMES)
