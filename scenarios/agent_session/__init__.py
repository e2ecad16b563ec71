"""The scenarios of the contract ``agent-session``: one file each, and this table, which is their order in a session."""

from __future__ import annotations

from ...harness.engine.scenario import Scenario
from .steady import STEADY

AGENT_SESSION_SCENARIOS: tuple[Scenario, ...] = (STEADY,)
