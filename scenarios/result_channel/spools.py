"""A spool that is too small for what a command writes while nobody acknowledges it."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.contracts.result_channel import LIMITS
from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import agent_scenario
from .draws import BRISK, MIDDLE, Timing, case, drop, figures, hold, task, timings, until, wait
from .happened import came_back
from .scripts import script, write

JUDGES = ("ERR-6", "SEQ-2", "HTTP-1")
SPOOLS = ({"spool_bytes": 3_000, "spool_reserve_bytes": 1_000}, {"spool_bytes": 20_000, "spool_reserve_bytes": 15_000})


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, spool: dict[str, int], threshold: int, repeats: int, outage_ms: int) -> Case:
        steps = [write(0, "first\n"), *(write(60 + 10 * number, f"{number:04}\n" * 40) for number in range(repeats))]
        limits = {"flush_threshold_bytes": threshold, **spool} if LIMITS in setting.capabilities else None
        back_ms = int(1.5 * figures(timing)["reconnect_max"]) if setting.world == "sim" else 500
        workload = [task(script(steps)), until("output"), hold(outage_ms), drop("rst"), wait(outage_ms), until("acked"), wait(back_ms)]
        return case("small-spool", setting, workload, timing=timing, limits=limits)

    outages = st.sampled_from((3_000, 1_000) if setting.world == "sim" else (1_000,))
    return st.builds(
        build, timings(setting, BRISK, MIDDLE), st.sampled_from(SPOOLS), st.sampled_from((100, 500)), st.integers(20, 45), outages
    )


SMALL_SPOOL = agent_scenario("small-spool", "more output than the spool can keep during an outage", JUDGES, draw, counts=came_back())
