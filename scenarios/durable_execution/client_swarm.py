"""All kinds of faults in one plan, some switched off wholly in each example."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.content_type import ContentType
from ...harness.faults.framing import Framing
from ...harness.faults.interject import Interject
from ...harness.faults.restart import Restart
from ...harness.values.case import Case
from ..drawing import any_of, drips, slices, stalls, statuses
from ..preconditions import any_injected
from .client_base import client_scenario
from .client_draws import NTH, STREAMS, clean_ends, cuts, half_closes, lives, lost, rounds

JUDGES = (1, 2, 3, 4, 6)


def draw(setting: Setting) -> SearchStrategy[Case]:
    in_sim = setting.world == "sim"
    framing = st.builds(Framing, endpoint=STREAMS, nth=NTH, newline=st.sampled_from(("crlf", "cr")), bom=st.booleans(), space=st.booleans())
    others = st.builds(
        Interject, endpoint=STREAMS, nth=NTH, after_events=st.integers(0, 4), what=st.sampled_from(("comment", "id-only", "retry"))
    )
    kinds: tuple[SearchStrategy[Fault], ...] = (
        cuts(),
        half_closes(),
        clean_ends("clean", "error"),
        lost("create"),
        lost("approve"),
        statuses(st.just("stream")),
        statuses(st.sampled_from(("create", "approve")), 500, 503),
        slices(STREAMS),
        drips(STREAMS, (1, 20) if in_sim else (1,)),
        stalls(STREAMS, st.sampled_from((50, 500) if in_sim else (50,))),
        framing,
        others,
        st.builds(Restart, endpoint=STREAMS, nth=NTH),
        st.builds(ContentType, endpoint=st.just("stream"), nth=NTH),
    )
    chosen = st.lists(st.sampled_from(range(len(kinds))), min_size=1, max_size=3, unique=True)
    faults = chosen.flatmap(lambda numbers: any_of(*(kinds[number] for number in numbers), size_max=5))
    return lives("swarm", setting, faults, rounds(every_ms=(0, 0, 20) if in_sim else (0, 2)))


SWARM = client_scenario("swarm", "mixtures of all faults and operations", JUDGES, draw, counts=any_injected)
