"""What is played: the scenarios of each contract, each about 25 lines, and the plays they share. They may name fake servers."""

from __future__ import annotations

from collections.abc import Mapping

from ..harness.engine.scenario import Scenario
from .agent_session import AGENT_SESSION_SCENARIOS
from .durable_execution import DURABLE_SCENARIOS
from .ingest import INGEST_SCENARIOS
from .pipe import PIPE_SCENARIOS
from .result_channel import RESULT_CHANNEL_SCENARIOS
from .run_stream import RUN_STREAM_SCENARIOS
from .sse import SSE_SCENARIOS

SCENARIOS: Mapping[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        *INGEST_SCENARIOS,
        *RUN_STREAM_SCENARIOS,
        *SSE_SCENARIOS,
        *PIPE_SCENARIOS,
        *DURABLE_SCENARIOS,
        *RESULT_CHANNEL_SCENARIOS,
        *AGENT_SESSION_SCENARIOS,
    )
}
