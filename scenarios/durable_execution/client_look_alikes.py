"""Frames that only look like a sign: words that name an envelope, operations that are no errors, tools that fail; then a false end."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.end_stream import EndStreamFault
from ...harness.values.case import Case
from .client_base import client_scenario
from .client_draws import begin, case, create, ending, follow, round_of

JUDGES = (1, 4)
FRAMES = (
    {"text": "tool-approval-request"},
    {"text": '[{"type":"tool-approval-request"}]'},
    {"text": '"finish_reason":"stop"'},
    {"text": 'type: "error"'},
    {"output_error": "call-0"},
    {"denied": "call-0"},
    {"operation": "completion"},
    {"operation": "errors"},
    {"summary": "error"},
    {"call": "tool-approval-request"},
)


def draw(setting: Setting) -> SearchStrategy[Case]:
    def build(frames: list[dict[str, str]], end: str, behind: int | None, found: bool) -> Case:
        drawn = [round_of(frames, end), round_of([])]
        first = [begin(drawn), follow(0)] if found else [create(drawn)]
        # The agent's failure is two frames: the answer may end between them.
        ends = len(frames) + (end == "agent_failure") if behind is None else behind
        plan: list[Fault] = [EndStreamFault(endpoint="stream" if found else "create", after_events=ends)]
        return case("look-alikes", setting, [*first, follow(again=1), *ending()], plan)

    frames = st.lists(st.sampled_from(FRAMES), min_size=1, max_size=4)
    return st.builds(
        build, frames, st.sampled_from(("success", "agent_failure", "suspended")), st.sampled_from((None, None, 1, 9)), st.booleans()
    )


LOOK_ALIKES = client_scenario("look-alikes", "frames that only look like a sign, and false ends behind them", JUDGES, draw)
