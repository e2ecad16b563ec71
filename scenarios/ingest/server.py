"""The scenarios of the contract ``ingest`` for the role ``server``; the table SERVER_SCENARIOS is the index."""

from __future__ import annotations

from dataclasses import replace

from ...harness.engine.scenario import Scenario
from .server_access import ACCESS
from .server_completion import COMPLETION
from .server_header import HEADER
from .server_limits import LIMITS
from .server_lines import LINES
from .server_live import LIVE
from .server_sequence import SEQUENCE
from .shapes import SERVER_CONFIG, SERVER_OPERATIONS

SERVER_SCENARIOS: tuple[Scenario, ...] = tuple(
    replace(scenario, operations=SERVER_OPERATIONS, config=SERVER_CONFIG)
    for scenario in (SEQUENCE, COMPLETION, LINES, LIVE, LIMITS, ACCESS, HEADER)
)
