"""Where to follow the run is asked, and the answer is an older one, an error, or nonsense."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.spoilt_body import SpoiltBody
from ...harness.faults.status import Status
from ...harness.values.case import Case, Operation
from ..preconditions import any_injected
from .base import ALL, reader_scenario
from .draws import ENDS, TOLD, Timing, case, config, figures, fixed, timings, wait
from .stream_faults import cut_behind

JUDGES = ("TOK-1", "LOSS-1", "DUP-1", "AUTH-1", "RES-2", "RES-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, spoilt: list[Fault], cuts: list[int], end: tuple[Operation, ...]) -> Case:
        faults = [*spoilt, *(cut_behind(events, nth, "fin") for nth, events in enumerate(cuts, 1))]
        pause = wait(2 * figures(timing)["backoff_base"])
        live = [operation for mark in range(3, 3 + 2 * len(cuts), 2) for operation in (fixed(mark, 2), pause)]
        return case("tokens", setting, config(timing), [fixed(1, 2), ("watch", {}), TOLD, *live, *end], faults)

    token, times = st.just("token"), st.integers(1, 3)
    errors = st.builds(
        Status, endpoint=token, times=times, status=st.sampled_from((503, 429, 500)), body=st.sampled_from(("contract", "html"))
    )
    older = st.builds(Status, endpoint=token, times=times, status=st.sampled_from((404, 400)))
    nonsense = st.builds(SpoiltBody, endpoint=token, times=times, body=st.sampled_from(("html", "empty", "truncated")))
    spoilt = st.lists(st.one_of(errors, older, nonsense), min_size=1, max_size=1)
    cuts = st.lists(st.sampled_from((1, 2, 0)), min_size=1, max_size=3)
    return st.builds(build, timings(setting), spoilt, cuts, st.sampled_from(ENDS))


TOKENS = reader_scenario(
    "tokens", "stream_token answers 404, 5xx, 429 or nonsense, and streams are cut", JUDGES, draw, counts=any_injected, profiles=ALL
)
