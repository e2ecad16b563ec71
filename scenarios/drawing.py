"""What the scenarios of every contract draw from: identities and faults, all as plain values, by the endpoints they may sit at.

Lists may be empty and the harmless choice comes first, so that small cases are as likely as large ones.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ..harness.faults.base import Fault
from ..harness.faults.close_after import CloseAfter
from ..harness.faults.drip import Drip
from ..harness.faults.garbage import Garbage
from ..harness.faults.slice import Slice
from ..harness.faults.spoilt_body import SpoiltBody
from ..harness.faults.stall import Stall
from ..harness.faults.status import Status

PLAIN_IDS = ("task-1", "run-1")
URL_SPECIAL_IDS = (
    "a/b?c&d#e %",
    "a%2Fb",
    "é/ü 日本",
    "a+b",
    "x;y:z@",
    '{}[]|^`"<>',
    "-_.!~*'()",
    "r" * 1_000,
    "%",
    "a b",
    "a\\b",
    "🙂",
)
BASE_SUFFIXES = ("", "/", "//", "/prefix", "/prefix/", "/a/b//")

PASSING_STATUSES = (503, 500, 502, 429, 408, 504)
NTH = st.sampled_from((1, 2, 1, 3, 2, 4))
TIMES = st.integers(1, 3)
HOW = st.sampled_from(("fin", "rst"))
DIRECTION = st.sampled_from(("request", "answer"))

Names = SearchStrategy[str]

SURROGATES_FROM, SURROGATES = 0xD800, 0x800
CHARACTERS = 0x110000 - SURROGATES


def _character(number: int) -> str:
    return chr(number if number < SURROGATES_FROM else number + SURROGATES)


def texts(size_min: int, size_max: int, *, first: int = 1) -> SearchStrategy[str]:
    """Any characters that UTF-8 can tell, but NUL unless ``first`` is 0.

    By their numbers: an alphabet of Hypothesis would first put all of Unicode in order, for a second in each process.
    """
    characters = st.integers(first, CHARACTERS - 1).map(_character)
    return st.lists(characters, min_size=size_min, max_size=size_max).map("".join)


def any_of(*kinds: SearchStrategy[Fault], size_min: int = 1, size_max: int = 3) -> SearchStrategy[list[Fault]]:
    return st.lists(st.one_of(*kinds), min_size=size_min, max_size=size_max)


def led_by(first: SearchStrategy[Fault], *more: SearchStrategy[Fault], size_max: int = 2) -> SearchStrategy[list[Fault]]:
    """One that the example is about, and some others."""
    return st.builds(lambda one, others: [one, *others], first, any_of(*more, size_min=0, size_max=size_max))


def closings(endpoints: Names) -> SearchStrategy[Fault]:
    return st.builds(CloseAfter, endpoint=endpoints, nth=NTH, times=TIMES, how=HOW)


def garbage(endpoints: Names) -> SearchStrategy[Fault]:
    what = st.sampled_from(("text", "binary", "header", "status-line", "length", "chunk"))
    return st.builds(Garbage, endpoint=endpoints, nth=NTH, what=what, how=HOW)


def slices(endpoints: Names) -> SearchStrategy[Fault]:
    sizes = st.lists(st.integers(1, 40), min_size=1, max_size=3).map(tuple)
    return st.builds(Slice, endpoint=endpoints, nth=NTH, times=TIMES, sizes=sizes)


def stalls(endpoints: Names, for_ms: SearchStrategy[int | None]) -> SearchStrategy[Fault]:
    where = st.sampled_from(("before-head", "in-body", "never-read"))
    return st.builds(Stall, endpoint=endpoints, nth=NTH, times=TIMES, where=where, after_bytes=st.integers(0, 60), for_ms=for_ms)


def drips(endpoints: Names, every_ms: tuple[int, ...] = (1, 50, 400)) -> SearchStrategy[Fault]:
    return st.builds(Drip, endpoint=endpoints, nth=NTH, size_bytes=st.integers(1, 20), every_ms=st.sampled_from(every_ms))


def statuses(endpoints: Names, *codes: int) -> SearchStrategy[Fault]:
    return st.builds(
        Status, endpoint=endpoints, nth=NTH, times=TIMES, status=st.sampled_from(codes or PASSING_STATUSES),
        commit=st.sampled_from(("none", "all")), body=st.sampled_from(("contract", "empty", "html")), acknowledge=st.booleans(),
        retry_after_s=st.sampled_from((None, 0, 2)),
    )  # fmt: skip


def spoilt_bodies(endpoints: Names) -> SearchStrategy[Fault]:
    return st.builds(SpoiltBody, endpoint=endpoints, nth=NTH, times=TIMES, body=st.sampled_from(("empty", "html", "truncated")))
