"""The family of all scenarios of ``result-channel``."""

from __future__ import annotations

from ..family import Family
from .agent_play import play_agent
from .shapes import AGENT_CONFIG, AGENT_OPERATIONS

PROFILES = ("websocket",)

agent_scenario = Family("result-channel", "result-channel", "agent", "WSR", PROFILES, play_agent, AGENT_OPERATIONS, AGENT_CONFIG).scenario
