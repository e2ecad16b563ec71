"""What is hard to carry as text: characters that writes and flushes part, bytes that are no UTF-8, bursts over the threshold."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .base import agent_scenario
from .draws import BRISK, MIDDLE, SHRUNK_TIMING, Timing, case, in_turn, limits, timings
from .happened import happened
from .scripts import Script, scripts, steps_of
from .scripts import script as script_of

JUDGES = ("SEQ-1", "SEQ-3", "SEQ-4", "SEQ-5", "FLUSH-2", "FIN-1", "ENV-1", "CONN-1")
SLOW_FLUSH: Timing = {**MIDDLE, "flush_interval": 5_000}
"""With it only the threshold and the end of a stream flush anything soon."""
DEFAULT_THRESHOLD_BYTES = 16_384


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, limit: Mapping[str, int] | None, given: list[Script]) -> Case:
        return case("bytes", setting, in_turn(given), timing=timing, limits=limit)

    odd = scripts("split", "line", "burst", "drip", "close", size_min=2, size_max=6, gaps_ms=(5, 30, 0), burst_bytes=60)
    raw = scripts("raw", "split", "line", size_min=2)
    some = st.lists(st.one_of(odd, odd, odd, raw), min_size=1, max_size=2)
    return st.builds(build, timings(setting, BRISK, MIDDLE), limits(setting, 8, 9, 33), some)


def draw_bursts(setting: Setting) -> SearchStrategy[Case]:
    def build(timing: Timing | None, limit: Mapping[str, int] | None, number: int, lead: bool, hold_ms: int) -> Case:
        """The command lives on behind its burst, so that nothing but the threshold flushes it."""
        bytes = DEFAULT_THRESHOLD_BYTES if limit is None else limit["flush_threshold_bytes"]
        drafts = [("line", "stdout", number)] * lead + [("burst", "stdout", number), ("burst", "stderr", number + 1)]
        steps = steps_of(drafts, 10, 2 * bytes)
        given = script_of(steps, exit_at_ms=hold_ms + 10 * len(steps))
        return case("bursts", setting, in_turn([given]), timing=timing, limits=limit)

    sim = setting.world == "sim"
    slow = timings(setting, SLOW_FLUSH, {**BRISK, "flush_interval": 5_000})
    timing = slow if sim else slow.map(lambda chosen: chosen and {**SHRUNK_TIMING, "flush_interval": 1_000})
    hold_ms = st.sampled_from((3_000, 8_000) if sim else (400,))
    return st.builds(build, timing, limits(setting, 64, 200, 1_000), st.integers(0, 11), st.booleans(), hold_ms)


BYTES = agent_scenario("bytes", "characters that are parted, bytes that are no UTF-8, streams that close early", JUDGES, draw)
BURSTS = agent_scenario(
    "bursts",
    "bursts over the flush threshold while the interval is long",
    JUDGES,
    draw_bursts,
    counts=happened("taken", 2, stream="stdout"),
)
