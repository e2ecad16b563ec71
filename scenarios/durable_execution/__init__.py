"""The scenarios of the contract ``durable-execution``: one file each, in two tables, whose order is theirs in a session.

The play of the role ``server`` is `server_play`; its operations are in `server_stage`, their shapes in `shapes`.
"""

from __future__ import annotations

from ...harness.engine.scenario import Scenario
from .approval_table import APPROVAL_SCENARIOS
from .client_table import CLIENT_SCENARIOS
from .stream_table import STREAM_SCENARIOS

SERVER_SCENARIOS: tuple[Scenario, ...] = (*STREAM_SCENARIOS, *APPROVAL_SCENARIOS)
DURABLE_SCENARIOS: tuple[Scenario, ...] = (*SERVER_SCENARIOS, *CLIENT_SCENARIOS)
