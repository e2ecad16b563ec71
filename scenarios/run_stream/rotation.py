"""The server ends every stream after a while and expects the reader back."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import reader_scenario
from .draws import END, TOLD, Timing, begun, case, config, figures, fixed, timings, wait

JUDGES = ("LOSS-1", "DUP-1", "ORD-1", "RES-1", "CTL-1", "END-2")
OLD = 1


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, bursts: list[int], token_dies: bool) -> Case:
        """A rotation about every second burst; where tokens live no longer than a stream, each rotation needs a new one."""
        base_ms = figures(timing)["backoff_base"]
        server = {"rotation_ms": 3 * base_ms, **({"token_ttl_ms": 2 * base_ms} if token_dies else {})}
        workload, mark = begun(OLD), OLD + 1
        for size in bursts:
            workload += [fixed(mark, size), wait(2 * base_ms)]
            mark += size
        return case("rotation", setting, config(timing, server=server), [*workload, TOLD, *END])

    return st.builds(build, timings(setting), st.lists(st.integers(1, 3), min_size=2, max_size=5), st.booleans())


ROTATION = reader_scenario("rotation", "streams that end by rotation, with tokens that live long or short", JUDGES, draw)
