"""The scenarios of the contract ``pipe``: one file each, and this table, which is their order in a session."""

from __future__ import annotations

from ...harness.engine.scenario import Scenario
from .identities import IDENTITIES
from .leaving import LEAVING
from .lossy_reads import LOSSY_READS
from .lossy_uploads import LOSSY_UPLOADS
from .steady import STEADY
from .storm import STORM

PIPE_SCENARIOS: tuple[Scenario, ...] = (STEADY, LOSSY_UPLOADS, LOSSY_READS, STORM, LEAVING, IDENTITIES)
