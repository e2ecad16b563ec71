"""The first streams end before any id was read, or before their heads."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case, Operation
from ..drawing import HOW
from ..preconditions import injected
from .base import reader_scenario
from .draws import ENDS, Timing, case, config, figures, fixed, timings, wait
from .stream_faults import cut_behind, failed_connections

JUDGES = ("LOSS-1", "DUP-1", "ORD-1", "TOK-1")


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, old: int, kinds: list[int], how: str, live: int, end: tuple[Operation, ...]) -> Case:
        faults = [failed_connections(nth, kind) for nth, kind in enumerate(kinds, 1)]
        faults.append(cut_behind(0, len(kinds) + 1, how))
        pause = wait(figures(timing)["backoff_base"] // 2)
        events = [operation for mark in range(old + 1, old + 1 + live) for operation in (fixed(mark, 1), pause)]
        workload = [*([fixed(1, old)] if old else []), ("watch", {}), *events, *end]
        return case("early-cuts", setting, config(timing), workload, faults)

    kinds = st.lists(st.integers(0, 4), max_size=2)
    return st.builds(build, timings(setting), st.sampled_from((0, 1, 4)), kinds, HOW, st.integers(1, 6), st.sampled_from(ENDS))


EARLY_CUTS = reader_scenario("early-cuts", "the first connections end before the first id", JUDGES, draw, counts=injected("cut", "status"))
