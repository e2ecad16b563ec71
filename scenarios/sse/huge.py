"""Events of megabytes, beside small ones."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.framing import Framing
from ...harness.values.case import Case
from .base import sse_scenario
from .draws import STREAM, WATCH, case, config, ending, event, retries, send, with_retry

JUDGES = ("LOSS-1", "PARSE-1")
SIZES_BYTES = (1_000_000, 70_000, 300_000, 8_000_000)


def draw(setting: Setting) -> SearchStrategy[Case]:
    framing: SearchStrategy[Fault] = st.builds(Framing, endpoint=STREAM, newline=st.sampled_from(("crlf", "cr")))

    def build(size_bytes: int, letter: str, plan: list[Fault], retry_ms: int | None) -> Case:
        huge = {"id": "2", "data": letter * (size_bytes // len(letter.encode()))}
        ops = [*with_retry([send(event(1))], retry_ms), WATCH, send(huge), send(event(3)), *ending(setting)]
        return case("huge", setting, config(setting), ops, plan)

    return st.builds(
        build, st.sampled_from(SIZES_BYTES[:2] if setting.world == "sim" else SIZES_BYTES), st.sampled_from(("x", "é", "🙂")),
        st.lists(framing, max_size=1), retries(setting),
    )  # fmt: skip


HUGE = sse_scenario("huge", "events of 1 to 8 MB", JUDGES, draw)
