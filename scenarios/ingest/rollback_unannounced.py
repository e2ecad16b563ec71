"""The server has lost state and says so with a status other than 409: no reason to renumber."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.faults.base import Fault
from ...harness.faults.forget import Forget
from ...harness.faults.lose_answer import LoseAnswer
from ...harness.faults.stale import StaleRead
from ...harness.faults.status import Status
from ...harness.values.case import Case
from .base import any_injected, sender_scenario
from .draws import AFTER_FAULTS, cases, drafts

JUDGES = ("REB-2", "IDEM-1", "LIVE-2")


def draw(setting: Setting) -> SearchStrategy[Case]:
    def plan(nth: int, count: int | None, status: int, times: int, behind: int | None) -> list[Fault]:
        answer = Status(endpoint="upload", nth=nth, times=times, status=status, commit="none", acknowledge=True)
        if behind is not None:
            return [StaleRead(endpoint="upload", nth=nth, behind=behind), LoseAnswer(endpoint="upload", nth=nth + 1)]
        return [Forget(endpoint="upload", nth=nth, count=count), answer]

    faults = st.builds(
        plan,
        st.integers(2, 3),
        st.sampled_from((1, 2, None)),
        st.sampled_from((413, 503, 500)),
        st.integers(1, 2),
        st.sampled_from((None, 1, 3)),
    )
    ops = drafts("burst", "step", "enqueue", amount_max=4, size_min=2, size_max=4)
    return cases("ingest-rollback-unannounced", setting, ops, faults, begin=(("burst", 3, 0), ("wait", 4, 0)), ends=AFTER_FAULTS)


ROLLBACK_UNANNOUNCED = sender_scenario(
    "rollback-unannounced",
    "lost state together with a 413 or 5xx that carries the lower position, stale positions",
    JUDGES,
    draw,
    counts=any_injected,
)
