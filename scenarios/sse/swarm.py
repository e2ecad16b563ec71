"""All kinds of faults in one plan, some switched off wholly in each example."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.duplicate import Duplicate
from ...harness.faults.framing import Framing
from ...harness.faults.interject import Interject
from ...harness.faults.redirect import Redirect
from ...harness.faults.restart import Restart
from ...harness.values.case import Case
from ..drawing import any_of, drips, slices, stalls
from ..preconditions import any_injected
from .base import sse_scenario
from .draws import AUTHORIZATION, NTH, STREAM, cases, clean_ends, cuts, drafts, half_closes, refusals

JUDGES = ("LOSS-1", "DUP-1", "ORD-1", "PARSE-1", "ID-1", "RES-1", "REC-1", "HALF-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    ops = drafts("event", "step", "burst", "named", "end", "wait", "comment", amount_max=6, size_max=10)
    every_ms = (1, 50) if setting.world == "sim" else (1, 5)
    framing = st.builds(Framing, endpoint=STREAM, nth=NTH, newline=st.sampled_from(("crlf", "cr")), bom=st.booleans(), space=st.booleans())
    what = st.sampled_from(("keepalive", "comment", "id-only", "retry", "empty-data", "bad-json"))
    others = st.builds(Interject, endpoint=STREAM, nth=NTH, after_events=st.integers(0, 4), what=what, with_id=st.booleans())
    again = st.builds(Duplicate, endpoint=STREAM, nth=NTH, after_events=st.integers(1, 4), count=st.integers(1, 3))
    kinds: tuple[SearchStrategy[Fault], ...] = (
        cuts(),
        half_closes(),
        clean_ends(),
        refusals(),
        slices(STREAM),
        drips(STREAM, every_ms),
        stalls(STREAM, st.sampled_from((None, 100))),
        framing,
        others,
        again,
        st.builds(Restart, endpoint=STREAM, nth=NTH),
        st.builds(Redirect, endpoint=STREAM, nth=NTH),
    )
    chosen = st.lists(st.sampled_from(range(len(kinds))), min_size=1, max_size=3, unique=True)
    faults = chosen.flatmap(lambda numbers: any_of(*(kinds[number] for number in numbers), size_max=5))
    return cases("swarm", setting, ops, faults, before=(("burst", 2, 0),), headers=AUTHORIZATION)


SWARM = sse_scenario("swarm", "mixtures of all faults and operations", JUDGES, draw, counts=any_injected)
