"""A command that writes a little now and then: each piece is at the control plane soon."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import agent_scenario
from .draws import Timing, case, figures, in_turn, timings
from .happened import happened
from .scripts import drips, script

JUDGES = ("FLUSH-1", "SEQ-1", "SEQ-3", "SEQ-4", "FIN-1", "ENV-1")
ALLOWANCE_MS = 300
"""In real time: more than what an upper bound is given beside two flush intervals, where the machine is not too slow."""


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, count: int, slowness: float, stream: str, stays: bool) -> Case:
        """With the last piece the command is not over, so that its end flushes nothing."""
        every_ms = int(figures(timing)["flush_interval"] * slowness)
        stays_ms = 6 * figures(timing)["flush_interval"] + (0 if setting.world == "sim" else ALLOWANCE_MS)
        more = {"exit_at_ms": count * every_ms + stays_ms} if stays else {}
        return case("drips", setting, in_turn([script(drips(count, every_ms, stream), **more)]), timing=timing)

    slowness = st.sampled_from((3.0, 0.4, 1.0, 7.0))
    return st.builds(
        build, timings(setting), st.integers(2, 8), slowness, st.sampled_from(("stdout", "stderr")), st.sampled_from((True, True, False))
    )


DRIPS = agent_scenario("drips", "a command that writes a little now and then", JUDGES, draw, counts=happened("taken", 2))
