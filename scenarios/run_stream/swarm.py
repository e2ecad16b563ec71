"""All kinds of faults in one plan, some switched off wholly in each example."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ..drawing import any_of, closings, drips, garbage, slices, spoilt_bodies, stalls, statuses
from ..preconditions import any_injected
from .base import ALL, reader_scenario
from .draws import ENDS, cases, drafts
from .stream_faults import (
    ENDPOINTS,
    STREAM,
    clean_ends,
    framings,
    interjections,
    read_cuts,
    repeats,
    restarts,
    stream_cuts,
)

JUDGES = ("LOSS-1", "DUP-1", "ORD-1", "RES-1", "RES-2", "CTL-1", "AUTH-1", "END-2")
KINDS = (
    stream_cuts(),
    read_cuts(),
    clean_ends("clean", "rotated", "error", "unknown"),
    statuses(ENDPOINTS),
    spoilt_bodies(ENDPOINTS),
    garbage(ENDPOINTS),
    closings(ENDPOINTS),
    stalls(ENDPOINTS, st.sampled_from((50, 200))),
    drips(STREAM, (1, 5)),
    slices(ENDPOINTS),
    framings(),
    interjections(),
    repeats(),
    restarts(),
)


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("step", "burst", "append", "wait", "state", "ask", "watch", "expire", amount_max=6, size_max=10)
    chosen = st.lists(st.sampled_from(range(len(KINDS))), min_size=1, max_size=4, unique=True)
    faults = chosen.flatmap(lambda numbers: any_of(*(KINDS[number] for number in numbers), size_min=2, size_max=6))
    return cases("swarm", setting, ops, faults, ends=ENDS)


SWARM = reader_scenario("swarm", "mixtures of all faults and operations", JUDGES, draw, counts=any_injected, profiles=ALL)
