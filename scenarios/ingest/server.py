"""The scenarios of the contract ``ingest`` for the role ``server``; the table SERVER_SCENARIOS is the index."""

from __future__ import annotations

from ...harness.engine.scenario import Scenario
from .server_access import ACCESS
from .server_completion import COMPLETION
from .server_header import HEADER
from .server_limits import LIMITS
from .server_lines import LINES
from .server_live import LIVE
from .server_sequence import SEQUENCE

SERVER_SCENARIOS: tuple[Scenario, ...] = (SEQUENCE, COMPLETION, LINES, LIVE, LIMITS, ACCESS, HEADER)
