"""The agent fails: in its first round, behind approvals, and beside much that only looks like a failure."""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy

from ...harness.engine.scenario import Setting
from ...harness.values.case import Case
from ..drawing import any_of
from .client_base import client_scenario
from .client_draws import cuts, lives, rounds

JUDGES = (1,)


def draw(setting: Setting) -> SearchStrategy[Case]:
    return lives("agent-failures", setting, any_of(cuts(), size_min=0, size_max=1), rounds("agent_failure", "agent_failure", "success"))


AGENT_FAILURES = client_scenario("agent-failures", "error operations, and what is none", JUDGES, draw)
