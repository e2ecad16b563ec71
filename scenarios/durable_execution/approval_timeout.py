"""Nobody decides: the approval runs out of time."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from .approval_draws import CRASH, GATED, approve, can_approve, case, config, create, obeys_timing, plain, script, status, wait
from .base import server_scenario

JUDGES = ("APR-10", "APR-2", "SSE-3", "STAT-1")
TIMEOUTS_MS = {"sim": (2_000, 1_800_000), "loopback": (700,)}
BEHIND_MS = 6_000
"""The time is over, and what it may take until that shows has passed, too."""


def draw(setting: Setting) -> SearchStrategy[Case]:
    if not can_approve(setting) or not obeys_timing(setting):
        return plain("approval-timeout", setting)

    def build(timeout_ms: int, decided: bool, crashed: bool, calls: int, late: bool) -> Case:
        turns = script([[GATED] * calls])
        first = [status("suspended"), approve()] if decided and calls > 1 else []
        workload = [
            create(turns),
            *first,
            *([CRASH] if crashed else []),
            status("suspended"),
            wait(timeout_ms + BEHIND_MS),
            status(),
            *([approve(True, f"call-{2 if first else 1}"), status()] if late else []),
        ]
        return case("approval-timeout", setting, workload, config_of=config(approval_timeout_ms=timeout_ms))

    return st.builds(build, st.sampled_from(TIMEOUTS_MS[setting.world]), st.booleans(), st.booleans(), st.integers(1, 2), st.booleans())


APPROVAL_TIMEOUT = server_scenario("approval-timeout", "approvals that nobody gives, until their time is over", JUDGES, draw)
